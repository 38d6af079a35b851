"""What happens to the orders of an account, as Alpaca's ``trade_updates`` tells it.

There is no replay. After a line was lost, the orders that changed meanwhile are asked for and told
as ``recovered``; a message that comes twice is told once. The messages come in binary frames and
are JSON all the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, wire
from brokerdesk.brokers.alpaca import orders as order_mapping
from brokerdesk.brokers.alpaca.instruments import Names
from brokerdesk.brokers.alpaca.stream_problems import doubted
from brokerdesk.brokers.alpaca.stream_socket import GREETING, PROBE, Open
from brokerdesk.brokers.alpaca.times import from_wire
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.lines import WebLine
from brokerdesk.brokers.streaming import AccountMoved
from brokerdesk.brokers.transport import Refusals
from brokerdesk.clock import Clock
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerError, BrokerProtocolError

_FILLS = frozenset({"fill", "partial_fill"})
_REMEMBERED = 2000
_LATE = timedelta(minutes=5)
"""How far before the last word on a lost line is asked again: our clock and theirs differ."""


class _Envelope(msgspec.Struct, gc=False):
    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _State(msgspec.Struct, gc=False):
    """The answer to a login or to a request."""

    status: str = ""
    action: str = ""
    streams: list[str] = []


class _Update(msgspec.Struct, gc=False):
    event: str = ""
    execution_id: str | None = None
    timestamp: str | None = None
    order: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPE = JsonDecoder(_Envelope)
_STATE = JsonDecoder(_State)
_UPDATE = JsonDecoder(_Update)
_ORDER = JsonDecoder(wire.Order)
_WRITER = msgspec.json.Encoder()
_LISTEN = _WRITER.encode({"action": "listen", "data": {"streams": ["trade_updates"]}}).decode()


@dataclass(slots=True)
class Heard:
    """What a session remembers of one account's line from one attempt to the next."""

    until: datetime | None = None
    told: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def is_new(self, mark: str) -> bool:
        """Whether this was not told before. Notes it."""
        if mark in self.told:
            return False
        self.told[mark] = None
        if len(self.told) > _REMEMBERED:
            self.told.popitem(last=False)
        return True


class AccountLine:
    """The line of one account.

    Args:
        login: what the first message carries.
        missed: the orders entered since a moment, by REST.
        entered: called when signed in.
    """

    def __init__(
        self,
        account: AccountId,
        open_line: Open,
        login: Callable[[], Awaitable[dict[str, str]]],
        missed: Callable[[datetime], Awaitable[list[wire.Order]]],
        names: Names,
        clock: Clock,
        heard: Heard,
        *,
        entered: Callable[[], None],
        tell: Callable[[AccountMoved], None],
    ) -> None:
        self._account = account
        self._open = open_line
        self._login = login
        self._missed = missed
        self._names = names
        self._clock = clock
        self._heard = heard
        self._entered = entered
        self._tell = tell
        self._refusals = Refusals(BROKER_ID, TITLE)

    async def run(self) -> None:
        """Until cancelled.

        Raises:
            BrokerError: the line could not be made, or was lost.
        """
        async with self._open() as line:
            login = {"action": "authenticate", "data": await self._login()}
            await line.send(_WRITER.encode(login).decode())
            await self._expect(line, "authorization")
            await line.send(_LISTEN)
            await self._expect(line, "listening")
            self._entered()
            before, self._heard.until = self._heard.until, self._clock.now()
            if before is not None:
                await self._recover(before)
            while True:
                message = await line.receive_within(PROBE)
                if message is None:
                    await line.send(_LISTEN)  # is anybody there? the answer is the list
                    continue
                self._take(message)

    async def _expect(self, line: WebLine, stream: str) -> None:
        while True:
            message = await line.receive_within(GREETING)
            if message is None:
                raise self._refusals.too_slow()
            given = self._envelope(message)
            if given.stream == "authorization":
                if self._state(given).status != "authorized":
                    raise doubted()
            elif given.stream == "listening":
                if "trade_updates" not in self._state(given).streams:
                    raise doubted()
            elif given.stream == "trade_updates":
                self._take(message)
            if given.stream == stream:
                return

    def _take(self, message: str | bytes) -> None:
        given = self._envelope(message)
        now = self._clock.now()
        self._heard.until = now
        if given.stream == "authorization" and self._state(given).status != "authorized":
            raise doubted()
        if given.stream != "trade_updates":
            return
        try:
            update = _UPDATE.decode_checked(given.data)
        except BrokerProtocolError:
            # Something happened, even if nobody can say what: that is reason enough to read.
            self._tell(AccountMoved(account=self._account, at=now))
            return
        record = self._record(update.order)
        mark = update.execution_id or f"{record and record.id}:{update.event}:{update.timestamp}"
        if self._heard.is_new(mark):
            self._tell(
                AccountMoved(
                    account=self._account,
                    at=_moment(update.timestamp) or now,
                    order=self._order(record),
                    filled=update.event in _FILLS,
                )
            )

    async def _recover(self, since: datetime) -> None:
        """Tell of the orders that changed while nobody listened."""
        for record in await self._missed(since):
            changed = _changed(record)
            if changed is None or changed < since - _LATE:
                continue
            if self._heard.is_new(f"{record.id}:{record.status}:{record.filled_qty}"):
                order = self._order(record)
                self._tell(
                    AccountMoved(
                        account=self._account,
                        at=changed,
                        order=order,
                        filled=bool(record.filled_qty),
                        recovered=True,
                    )
                )

    def _order(self, record: wire.Order | None) -> Order | None:
        if record is None:
            return None
        try:
            return order_mapping.order(record, self._account, self._names)
        except ValueError:
            return None

    def _record(self, raw: msgspec.Raw) -> wire.Order | None:
        try:
            return _ORDER.decode_checked(raw)
        except BrokerProtocolError:
            return None

    def _envelope(self, message: str | bytes) -> _Envelope:
        raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        try:
            return _ENVELOPE.decode(raw)
        except BrokerProtocolError as error:
            raise self._unreadable() from error

    def _state(self, given: _Envelope) -> _State:
        try:
            return _STATE.decode_checked(given.data)
        except BrokerProtocolError as error:
            raise self._unreadable() from error

    def _unreadable(self) -> BrokerError:
        return self._refusals.unreadable("Its message could not be understood.")


def _moment(text: str | None) -> datetime | None:
    try:
        return from_wire(text)
    except ValueError:
        return None


def _changed(record: wire.Order) -> datetime | None:
    """When an order last changed, as far as its times tell."""
    times = (
        record.updated_at,
        record.filled_at,
        record.canceled_at,
        record.expired_at,
        record.failed_at,
        record.replaced_at,
        record.submitted_at,
    )
    known = [moment for moment in map(_moment, times) if moment is not None]
    return max(known) if known else None
