"""The levers of a running simulator, under a path that nobody can guess.

What a broker never offers: approving a sign-in without a browser, moving the clock, breaking
things on purpose, and the history that a practice profile starts with.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from brokerdesk.simulator.dialects import Dialect
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.faults.rules import FaultScriptError
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.wire import encode, json_answer

if TYPE_CHECKING:
    from brokerdesk.simulator.server import SimulatorServer

DEFAULT_DAYS = 1260


class ControlError(Exception):
    """A control request that cannot be done; told as 400."""


class Control:
    """The control API of one server, as far as one of its brokers is concerned."""

    def __init__(self, server: SimulatorServer, dialect: Dialect) -> None:
        self._server = server
        self._dialect = dialect

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/approve", self._guard(self.approve))
        router.add_post(prefix + "/clock", self._guard(self.clock))
        router.add_get(prefix + "/clock", self._guard(self.read_clock))
        router.add_post(prefix + "/tokens/expire", self._guard(self.expire))
        router.add_get(prefix + "/history", self.history)
        router.add_get(prefix + "/log", self._guard(self.log))
        router.add_delete(prefix + "/log", self._guard(self.clear_log))
        router.add_get(prefix + "/truth", self.truth)
        router.add_post(prefix + "/faults", self._guard(self.add_faults))
        router.add_get(prefix + "/faults", self._guard(self.read_faults))
        router.add_delete(prefix + "/faults", self._guard(self.clear_faults))
        router.add_post(prefix + "/switches", self._guard(self.switches))
        router.add_get(prefix + "/switches", self._guard(self.read_switches))

    def _guard(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.Response:
            try:
                body = await _json(request) if request.can_read_body else {}
                return json_answer(await handler(body))
            except ControlError as error:
                return json_answer({"error": str(error)}, 400)

        return guarded

    async def approve(self, body: dict[str, Any]) -> dict[str, Any]:
        action = body.get("action", "allow")
        if action not in ("allow", "deny"):
            raise ControlError("action must be allow or deny")
        query = dict(parse_qsl(urlsplit(str(body.get("url", ""))).query, keep_blank_values=True))
        if body.get("login"):
            query["institution"] = str(body["login"])
        accounts = body.get("accounts")
        try:
            url = self._dialect.approve(query, accounts, allow=action == "allow")
        except ValueError as error:
            raise ControlError(str(error)) from error
        return {"redirect": url}

    async def clock(self, body: dict[str, Any]) -> dict[str, Any]:
        seconds = body.get("advance")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
            raise ControlError("advance must be a number of seconds, not negative")
        self._server.clock.advance(seconds)
        return await self.read_clock({})

    async def read_clock(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"now": self._server.clock.now().isoformat()}

    async def expire(self, body: dict[str, Any]) -> dict[str, Any]:
        kind = body.get("kind")
        if kind not in self._dialect.token_kinds:
            raise ControlError(f"kind must be {' or '.join(self._dialect.token_kinds)}")
        self._dialect.expire(str(kind))
        return {"expired": kind}

    async def add_faults(self, body: Any) -> dict[str, Any]:
        """A rule, a list of rules, or ``{"rules": [...]}``; all are added or none."""
        rules = body.get("rules", body) if isinstance(body, dict) else body
        try:
            self._server.faults.add(rules)
        except FaultScriptError as error:
            raise ControlError(str(error)) from error
        return await self.read_faults({})

    async def read_faults(self, _: Any) -> dict[str, Any]:
        rules = self._server.faults.rules
        return {"rules": [{"kind": r.kind, "seen": r.seen, "struck": r.struck} for r in rules]}

    async def clear_faults(self, _: Any) -> dict[str, Any]:
        self._server.faults.clear()
        return {"rules": []}

    async def log(self, _: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self._server.log)

    async def clear_log(self, _: dict[str, Any]) -> dict[str, Any]:
        self._server.log.clear()
        return {}

    async def truth(self, request: web.Request) -> web.Response:
        """Every request that would change an order, oldest first; ``after`` a number of entry."""
        after = request.query.get("after", "0")
        if not after.isdigit():
            return json_answer({"error": "after must be a whole number"}, 400)
        return json_answer(self._server.truth.entries[int(after) :])

    async def read_switches(self, _: dict[str, Any]) -> dict[str, Any]:
        return {**asdict(self._dialect.switches), "callback_urls": self._dialect.callback_urls}

    async def switches(self, body: dict[str, Any]) -> dict[str, Any]:
        known = {field.name for field in fields(self._dialect.switches)} | {"callback_urls"}
        unknown = set(body) - known
        if unknown:
            raise ControlError(f"no such switch: {', '.join(sorted(unknown))}")
        for name, value in body.items():
            if name == "callback_urls":
                self._dialect.callback_urls[:] = value
            else:
                setattr(self._dialect.switches, name, value)
        return await self.read_switches({})

    async def history(self, request: web.Request) -> web.StreamResponse:
        """Newline-delimited JSON: one line per account and finished trading day, oldest first.

        ``ends`` (last digits) leaves out the accounts whose number does not end so.
        """
        text = request.query.get("days", str(DEFAULT_DAYS))
        if not text.isdigit():
            return json_answer({"error": "days must be a whole number"}, 400)
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        ends = tuple(request.query.getall("ends", [""]))
        async for block in self._lines(int(text), ends):
            await answer.write(block)
        await answer.write_eof()
        return answer

    async def _lines(self, count: int, ends: tuple[str, ...]) -> AsyncIterator[bytes]:
        now = self._server.clock.now()
        shown = [
            one for one in self._dialect.exchange.accounts if one.profile.number.endswith(ends)
        ]
        for day in finished_days(now, count):
            session = calendar.session(day)
            assert session is not None
            lines = []
            for account in shown:
                line = {
                    "account_number": account.profile.number,
                    "at": session.closes.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "answer": self._dialect.recorded(account, session.closes),
                }
                lines.append(encode(line) + b"\n")
            yield b"".join(lines)


def finished_days(now: datetime, count: int) -> tuple[date, ...]:
    """The newest ``count`` trading days whose session is over and on which accounts existed."""
    days = calendar.trading_days(START, calendar.new_york_day(now))
    if days:
        session = calendar.session(days[-1])
        if session is not None and session.closes > now:
            days = days[:-1]
    return days[-count:] if count else ()


async def _json(request: web.Request) -> Any:
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise ControlError("the body is not JSON") from error
    lists_allowed = request.path.endswith("/faults")
    if not isinstance(body, dict) and not (lists_allowed and isinstance(body, list)):
        raise ControlError("the body must be a JSON object")
    return body
