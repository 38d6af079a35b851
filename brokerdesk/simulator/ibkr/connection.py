"""One client's connection: the greeting, then requests in their order."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.faults.rules import Rule
from brokerdesk.simulator.ibkr.contracts import Contract
from brokerdesk.simulator.ibkr.frames import (
    LARGEST_REQUEST,
    OLDEST,
    VERSION,
    Message,
    fields_of,
    frame,
    message,
)
from brokerdesk.simulator.ibkr.placing import is_what_if, ref_of
from brokerdesk.simulator.ibkr.requests import NAMES, Requests, error
from brokerdesk.simulator.ibkr.state import IbkrState
from brokerdesk.simulator.ibkr.trouble import ClosedError, send
from brokerdesk.simulator.market.calendar import NEW_YORK
from brokerdesk.tasks import Supervisor

PREFIX = "/ibkr/tws/"
METHOD = "TWS"
MOST_A_SECOND = 50
PLACE, WRITES = 3, (3, 4, 58)
NOT_REACHED = frozenset({"reset_before", "html", "garbage", "redirect", "status", "body"})
"""Faults that keep an order from TWS, unless they say that it was executed."""
FARMS = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
)
_RANGE = re.compile(rb"v(\d{1,5})(?:\.\.(\d{1,5}))?(?: .*)?", re.DOTALL)

Log = Callable[[dict[str, Any]], None]
Faults = Callable[[str, str], Rule | None]


class Connection:
    """Serves one socket until it ends."""

    def __init__(
        self,
        state: IbkrState,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        faults: Faults,
        log: Log,
        supervisor: Supervisor,
    ) -> None:
        self._state = state
        self._reader = reader
        self._writer = writer
        self._faults = faults
        self._log = log
        self._supervisor = supervisor
        self._telling: asyncio.Task[None] | None = None
        self._requests = Requests(state)
        self._tokens = 2.0 * MOST_A_SECOND
        self._seen = asyncio.get_running_loop().time()
        self.client: int | None = None
        self.told_last: list[Message] = []
        """What was told unasked the last time anything was."""

    async def serve(self) -> None:
        """Until the client leaves, breaks the protocol, or a fault ends it."""
        try:
            if not await self._greet():
                return
            while True:
                await self._request(await self._message())
        except (ClosedError, OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            pass
        finally:
            if self._telling is not None:
                self._telling.cancel()
            if self.client is not None and self._state.clients.get(self.client) is self:
                del self._state.clients[self.client]
            self._writer.close()

    def _keep_telling(self) -> None:
        """Look at the market from time to time, for as long as this client follows anything."""
        wanted = self._requests.live.busy and self._state.switches.stream_interval
        if wanted and self._telling is None:
            self._telling = self._supervisor.spawn("live", self._live())

    async def _live(self) -> None:
        while self._requests.live.busy and (pace := self._state.switches.stream_interval):
            await self._state.clock.sleep(pace)
            await self.round()
        self._telling = None

    async def round(self) -> None:
        """Tell what has changed of what this client follows; a fault may befall it."""
        live = self._requests.live
        if not live.busy or not self._state.switches.connected_to_broker:
            return
        told = live.round()
        if told:
            self.told_last = told
            try:
                await self._answer("live", told, self._faults(METHOD, PREFIX + "live"))
            except (ClosedError, OSError):
                self._writer.close()

    @property
    def lines(self) -> Mapping[str, tuple[Contract, list[Message]]]:
        """What it subscribed, by the numbers of its requests."""
        return self._requests.live.lines

    def forget_lines(self) -> None:
        """What it subscribed is gone, as 1101 says."""
        self._requests.live.forget_lines()

    def raw(self, data: bytes) -> None:
        """Send these bytes, whatever they are."""
        if not self._writer.is_closing():
            self._writer.write(data)

    def tell(self, *messages: Message) -> None:
        """Send something that nobody asked for."""
        if not self._writer.is_closing():
            self._writer.write(b"".join(map(frame, messages)))

    def drop(self, *, hard: bool = False) -> None:
        """End it, in order or with a reset."""
        if hard:
            reset(self._writer.transport)
        else:
            self._writer.close()

    async def _greet(self) -> bool:
        """``API`` and a range of versions; answered with one version and TWS's time."""
        head = await self._reader.readexactly(4)
        found = _RANGE.fullmatch(await self._body()) if head == b"API\0" else None
        if found is None:
            return False
        oldest, newest = int(found[1]), int(found[2] or found[1])
        if newest < OLDEST or oldest > VERSION:
            return False
        local = self._state.now().astimezone(NEW_YORK)
        said = self._state.switches.server_version or min(newest, VERSION)
        hello = message(said, f"{local:%Y%m%d %H:%M:%S} EST")
        await self._answer("connect", [hello], self._faults(METHOD, PREFIX + "connect"))
        return True

    async def _message(self) -> Sequence[str]:
        fields = fields_of(await self._body())
        if not fields or not fields[0].isdecimal():
            raise ValueError("no request")
        return fields

    async def _body(self) -> bytes:
        (length,) = struct.unpack(">I", await self._reader.readexactly(4))
        if length > LARGEST_REQUEST:
            raise ValueError("a request of that size")
        return await self._reader.readexactly(length)

    async def _request(self, fields: Sequence[str]) -> None:
        number = int(fields[0])
        self._state.asked.append(number)
        if self._too_many():
            words = "Max rate of messages per second has been exceeded:max=50 rec=51 (1)"
            self.tell(error("-1", 100, words))
            raise ClosedError
        if number == 71 and number not in self._state.switches.silent:
            await self._start(fields)
        elif number in self._state.switches.silent:
            self._entry(NAMES.get(number, str(number)))
        elif self.client is None:
            raise ClosedError
        else:
            await self._asked(number, fields)
            self._keep_telling()

    async def _asked(self, number: int, fields: Sequence[str]) -> None:
        """One request. An order is written down as it arrives; a fault may keep it from TWS."""
        name, entry = NAMES.get(number, str(number)), dict[str, Any]()
        truth = self._state.truth
        if number in WRITES and truth is not None:
            what_if = number == PLACE and is_what_if(fields)
            if not what_if:
                body = "|".join(fields).encode()
                entry = truth.arrived("ibkr", METHOD, PREFIX + name, body)
        rule = self._faults(METHOD, PREFIX + name)
        answer: Sequence[Message] = ()
        self._requests.trading.executed = []
        kept = rule is not None and number in WRITES and rule.kind in NOT_REACHED
        if not kept or (rule is not None and rule.args.get("executed")):
            answer = self._requests.answer(fields)
            done = self._requests.trading.executed
            if entry and number in WRITES:
                entry.update(executed=bool(done), orders=done, outcome=name if done else "refused")
                if number == PLACE:
                    entry["client_order_id"] = ref_of(fields)
        if entry and rule is not None:
            entry["fault"] = rule.kind
        if rule is not None and rule.kind == "status" and number in WRITES:
            answer, rule = _said(rule, fields, answer), None
        await self._answer(name, answer, rule)

    async def _start(self, fields: Sequence[str]) -> None:
        """71: the client says who it is. A number that is taken is told, and the socket closed."""
        client = int(fields[2])
        if client in self._state.clients:
            self._entry("start", fault="326")
            words = "Unable to connect as the client id is already in use. Retry with a unique one."
            self.tell(error("-1", 326, words))
            await self._writer.drain()
            raise ClosedError
        self.client = self._requests.trading.client = client
        self._state.clients[client] = self
        numbers = ",".join(self._state.number(one) for one in self._state.exchange.accounts)
        hello = [message(15, 1, numbers), message(9, 1, self._requests.trading.next_id())]
        if self._state.switches.connected_to_broker:
            hello += [error("-1", code, text) for code, text in FARMS]
        else:
            hello += [error("-1", 1100, LOST)]
        await self._answer("start", hello, self._faults(METHOD, PREFIX + "start"))

    async def _answer(self, name: str, answer: Sequence[Message], rule: Rule | None = None) -> None:
        self._entry(name, fault=rule.kind if rule else "")
        if rule is None:
            self._writer.write(b"".join(map(frame, answer)))
            await self._writer.drain()
        else:
            await send(rule, answer, self._writer, self._state.clock)

    def _entry(self, name: str, fault: str = "") -> None:
        entry: dict[str, Any] = {"method": METHOD, "path": PREFIX + name, "status": 0}
        if fault:
            entry["fault"] = fault
        self._log(entry)

    def _too_many(self) -> bool:
        """Whether messages come faster than 50 a second, on the computer's own time.

        Twice as many at once pass: a busy computer bunches up what was sent in time.
        """
        now = asyncio.get_running_loop().time()
        self._tokens = min(2.0 * MOST_A_SECOND, self._tokens + (now - self._seen) * MOST_A_SECOND)
        self._seen = now
        self._tokens -= 1
        return self._tokens < 0


def _said(rule: Rule, fields: Sequence[str], answer: Sequence[Message]) -> list[Message]:
    """A code about the order of a request: alone, or with what else is said of it after it.

    ``about`` names another number than the order's.
    """
    args = rule.args
    own = fields[1] if fields[0] == str(PLACE) else fields[2]
    code = int(args.get("code", args.get("status", 321)))
    told = error(str(args.get("about", own)), code, str(args.get("text", "Practice")))
    told = (*told[:5], str(args.get("advanced", "")))
    return [told, *answer] if args.get("then_answer") else [told]


LOST = "Connectivity between IB and Trader Workstation has been lost."
