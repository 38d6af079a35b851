"""``/trader/v1``: accounts for now; the other reads are beside it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.profiles import COLOURS
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.portfolio import account_answer
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.tokens import Grant
from brokerdesk.simulator.wire import json_answer

BASE = "/trader/v1"
SOCKET = "/ws"
HASH_LENGTH = 64
GRANT: web.RequestKey[Grant] = web.RequestKey("grant", Grant)


class NoAccountError(Exception):
    """The path names no account of this login."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


class Trader:
    """Reads of accounts."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/accounts/accountNumbers", self.account_numbers)
        router.add_get(BASE + "/accounts", self.accounts)
        # schwabdev asks with a slash at the end, and is answered.
        router.add_get(BASE + "/accounts/", self.accounts)
        router.add_get(BASE + "/accounts/{hash}", self.account)
        router.add_get(BASE + "/userPreference", self.user_preference)

    async def account_numbers(self, request: web.Request) -> web.Response:
        pairs = [
            {"accountNumber": number, "hashValue": self._state.hash_of(number)}
            for number in (a.profile.number for a in self._state.granted(request[GRANT]))
        ]
        return json_answer(pairs)

    async def accounts(self, request: web.Request) -> web.Response:
        fields = _fields(request)
        if fields is None:
            return envelopes.trader_error(400, "Invalid fields", "fields")
        now = self._state.clock.now()
        bodies = []
        for account in self._state.granted(request[GRANT]):
            bodies.append(account_answer(account, now, positions=fields))
            # The first answer about an account tells its whole history: let others in between.
            await asyncio.sleep(0)
        return json_answer(bodies)

    async def account(self, request: web.Request) -> web.Response:
        fields = _fields(request)
        if fields is None:
            return envelopes.trader_error(400, "Invalid fields", "fields")
        account = account_of(self._state, request)
        now = self._state.clock.now()
        return json_answer(account_answer(account, now, positions=fields))

    async def user_preference(self, request: web.Request) -> web.Response:
        body = _preference(self._state, self._state.granted(request[GRANT]))
        return json_answer([body] if self._state.switches.preference_as_array else body)


def account_of(state: SchwabState, request: web.Request) -> Account:
    """The account a path names.

    Raises:
        NoAccountError: with the answer to give.
    """
    text = request.match_info["hash"]
    found = state.by_hash(request[GRANT], text)
    if found is None:
        if len(text) == HASH_LENGTH:
            raise NoAccountError(envelopes.trader_error(404, "Account not found"))
        raise NoAccountError(envelopes.trader_error(400, "Invalid account number"))
    return found


def _fields(request: web.Request) -> bool | None:
    text = request.query.get("fields", "")
    if text in ("", "positions"):
        return text == "positions"
    return None


def _preference(state: SchwabState, accounts: list[Account]) -> dict[str, Any]:
    customer = state.hash_of("customer")
    return {
        "accounts": [
            {
                "accountNumber": account.profile.number,
                "primaryAccount": place == 0,
                "type": "BROKERAGE",
                "nickName": account.profile.nickname,
                "displayAcctId": "..." + account.profile.number[-3:],
                "autoPositionEffect": True,
                "accountColor": COLOURS[place % len(COLOURS)],
            }
            for place, account in enumerate(accounts)
        ],
        "streamerInfo": None
        if not state.switches.streamer_told
        else [
            {
                "streamerSocketUrl": state.switches.streamer_url
                or state.base_url.replace("http://", "ws://") + SOCKET,
                "schwabClientCustomerId": customer,
                "schwabClientCorrelId": str(uuid.UUID(customer[:32])),
                "schwabClientChannel": "N9",
                "schwabClientFunctionId": "APIAPP",
            }
        ],
        "offers": [{"level2Permissions": True, "mktDataPermission": "NP"}],
    }
