"""End at a broker what signing in there began, such as a login that is billed by the month.

Only where the broker's capabilities say that there is such a thing. A login that the broker refuses
has nothing left to end. One that does not answer is asked again by the user: otherwise it would go
on billing without anybody knowing.
"""

from __future__ import annotations

import logging

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, CredentialPort, SignsOut
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    BrokerError,
    BrokerUnavailableError,
    InputError,
    SecretMissingError,
    SecretStoreError,
)
from brokerdesk.services.opening import SessionPool

_log = logging.getLogger(__name__)


async def end_connection(pool: SessionPool, row: Connection) -> None:
    """Before a connection is removed.

    Raises:
        BrokerUnavailableError: the broker has to be told and does not answer.
        SecretStoreError: what it has to be told with cannot be read.
    """
    try:
        spec = pool.spec(row.broker)
    except InputError:
        return  # a broker that this version does not know: nobody here could tell it
    if not spec.capabilities.signs_out:
        return
    try:
        await _sign_out(pool.session(row))
    except BrokerUnavailableError as error:
        if row.environment is Environment.PRACTICE:
            return
        raise BrokerUnavailableError(
            f"“{row.name}” could not be disconnected.",
            f"{error.title} Its login over there has to end as well, because it may be billed. "
            "Nothing was changed.",
            "Try again when the network works.",
            broker_id=row.broker,
        ) from error
    except (BrokerError, SecretMissingError) as error:
        _log.warning("a login could not be ended at its broker: %s", error.code)


async def end_unkept(
    pool: SessionPool,
    spec: BrokerSpec,
    environment: Environment,
    credentials: CredentialPort,
    practice_url: str,
) -> None:
    """After a sign-in that is thrown away before it was saved. Never fails: there is no one to
    ask what to do then, and the log says so.
    """
    if not spec.capabilities.signs_out:
        return
    try:
        session = pool.open(spec.id, environment, credentials, practice_url)
        try:
            await _sign_out(session)
        finally:
            await session.aclose()
    except (BrokerError, SecretStoreError) as error:
        _log.warning("a login that was not kept could not be ended: %s", error.code)


async def _sign_out(session: BrokerSession) -> None:
    if isinstance(session, SignsOut):
        await session.sign_out()
