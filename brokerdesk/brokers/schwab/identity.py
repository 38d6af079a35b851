"""Who signed in, as a digest that stays the same for the same login.

Schwab's ``userPreference`` names the customer; that is the identity. Should it not, the sorted
account numbers stand in. Both are offered, best first, so that a connection made with the one is
recognised when only the other can be had. Nothing in a digest leads back to a number.
"""

from __future__ import annotations

import hashlib

from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.schwab import BROKER_ID
from brokerdesk.brokers.schwab.client import SchwabClient
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthRejectedError, BrokerProtocolError, BrokerRefusedError


class _FreshToken:
    """The token that has just been issued: if it is refused, the app lacks the right."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def bearer(self, *, refused: str = "") -> str:
        if refused:
            raise AuthRejectedError(
                "Schwab does not let your app read accounts.",
                "The sign-in worked, but the app lacks a product. Nothing was saved.",
                "Add “Accounts and Trading Production” to it at developer.schwab.com.",
                broker_id=BROKER_ID,
            )
        return self._token


async def read_identities(
    http: BrokerHttp, access_token: str, environment: Environment
) -> tuple[str, ...]:
    """Digests that stand for the login, the best one first; at least one.

    Raises:
        BrokerError: neither source could be read, or no account was shared.
    """
    client = SchwabClient(http, _FreshToken(access_token))
    found: list[str] = []
    try:
        preference = await client.preference()
    except (BrokerProtocolError, BrokerRefusedError):
        preference = None
    for info in (preference.streamer_info if preference else None) or ():
        if info.schwab_client_customer_id:
            found.append(_digest(environment, "customer", info.schwab_client_customer_id))
            break
    listed, _ = await client.account_numbers()
    numbers = sorted(record.account_number for record in listed)
    if not numbers:
        raise AuthRejectedError(
            "No account was shared.",
            "The sign-in worked, but Schwab lists no account. Nothing was saved.",
            "Start again and tick at least one account on Schwab's page.",
            broker_id=BROKER_ID,
        )
    found.append(_digest(environment, "accounts", "\x00".join(numbers)))
    return tuple(found)


def _digest(environment: Environment, kind: str, text: str) -> str:
    material = "\x00".join((BROKER_ID, environment.value, kind, text))
    return hashlib.sha256(material.encode()).hexdigest()[:32]
