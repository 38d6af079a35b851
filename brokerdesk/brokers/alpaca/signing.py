"""From a key or a code to complete credentials: what is asked of Alpaca while signing in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from brokerdesk.brokers.alpaca import BROKER_ID, balances, problems, wire
from brokerdesk.brokers.alpaca.client import TradingClient
from brokerdesk.brokers.alpaca.login import Fresh
from brokerdesk.brokers.alpaca.venues import LIVE, Addresses, venues
from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.base import Credentials
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.flow import FlowContext
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.rate import Priority
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthError
from brokerdesk.log import register_account, register_secret

READING, TRADING = "data", "data trading"
"""Prices; reading the account needs no scope. Orders are asked for only where that is wanted."""

_TOKEN = JsonDecoder(wire.TokenAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Credentials that work, and whose they are."""

    identity: str
    credentials: Credentials = field(repr=False)


class Signing:
    """Asks with credentials that nothing has stored yet."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._addresses = Addresses(context.environment, context.practice_url)

    def authorize_query(
        self, client_id: str, redirect_uri: str, state: str, scope: str
    ) -> Mapping[str, str]:
        """What the sign-in page is asked. Practice leaves both accounts to choose from."""
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": TRADING if "trading" in scope.split() else READING,
        }
        if self._context.environment is not Environment.PRACTICE:
            query["env"] = venues(self._context.environment)[0]
        return query

    def authorize_url(self) -> str:
        return f"{self._addresses.of('app')}/oauth/authorize"

    def _http(self, venue: str) -> BrokerHttp:
        context = self._context
        return self._addresses.http(
            venue, network=context.network, clock=context.clock, book=context.book
        )

    async def exchange(self, answers: Mapping[str, str], code: str) -> Credentials:
        """The token for a code. The live host gives it, also for paper.

        Raises:
            AuthRejectedError: the code or the app's keys were refused.
            BrokerError: no usable answer; the code is spent.
        """
        http = self._http(LIVE)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": answers["client_id"],
            "client_secret": answers["client_secret"],
            "redirect_uri": answers["callback_url"],
        }
        try:
            request = Request(template="/oauth/token", priority=Priority.USER)
            answer = await http.post_form(request, form=form)
        finally:
            await http.aclose()
        if answer.status != 200:
            raise problems.token_refusal(answer)
        given = _TOKEN.decode(answer.body)
        register_secret(given.access_token)
        granted = answers.get("scope", "") if given.scope is None else given.scope
        scope = TRADING if "trading" in granted.split() else READING
        return {**answers, "access_token": given.access_token, "scope": scope}

    async def identify(self, credentials: Credentials) -> SignedIn:
        """Ask each host that the credentials may be for whose account it is.

        The guard against taking live for paper is this: what counts is which host answered.

        Raises:
            AuthError: no host knows them.
            BrokerError: no usable answer.
        """
        found: dict[str, str] = {}
        refused: AuthError | None = None
        for venue in venues(self._context.environment):
            http = self._http(venue)
            try:
                given = await TradingClient(http, Fresh(credentials)).account()
            except AuthError as error:
                refused = error
                continue
            finally:
                await http.aclose()
            register_account(balances.text(given, "account_number"))
            found[venue] = balances.text(given, "id")
        if not found:
            raise problems.keys_refused() from refused
        material = "\x00".join((BROKER_ID, self._context.environment.value, *found.values()))
        signed_in_at = self._context.clock.now().isoformat()
        return SignedIn(
            identity=hashlib.sha256(material.encode()).hexdigest()[:32],
            credentials={
                **credentials,
                "venues": " ".join(found),
                "signed_in_at": signed_in_at,
            },
        )
