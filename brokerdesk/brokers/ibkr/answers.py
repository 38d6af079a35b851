"""What TWS sends, gathered per question: the other side of the wire library's decoder.

The library's own store is not used. It logs account numbers, keeps what an ended connection said,
and shows a live order as cancelled after a code that it does not know. Here a question collects
rows until its end comes; a row that cannot be read is named; an error ends the question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from types import SimpleNamespace
from typing import Any

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.chain_answers import REQUEST_AT, ChainAnswers
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerError

UNREADABLE = "TWS sent something that could not be understood."
ACCOUNT, ORDERS, COMPLETED, TIME = "account", "orders", "completed", "time"
MOST_ROWS = 200_000
Key = int | str
_OF_MESSAGE: dict[str, Key] = {
    "6": ACCOUNT, "7": ACCOUNT, "8": ACCOUNT, "54": ACCOUNT, "3": ORDERS, "5": ORDERS,
    "53": ORDERS, "101": COMPLETED, "102": COMPLETED, "49": TIME,
}  # fmt: skip
_ANSWERS_ONLY = frozenset({"execution", "summary"})
"""What comes for nobody else than whoever asks: under another number it is one of theirs."""
_LABELS = {"7": 3, "11": 4, "5": 3, "101": 2}
_REQUEST_AT = {
    "10": 1,
    "11": 1,
    "18": 1,
    "63": 2,
    "52": 2,
    "55": 2,
    "57": 2,
    "64": 2,
    **REQUEST_AT,
}


@dataclass(slots=True)
class Question:
    """One question and what has come of it. ``rows`` are ``(kind, values)`` in their order."""

    done: asyncio.Future[None]
    account: str = ""
    rows: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        return [values for name, values in self.rows if name == kind]

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: BrokerError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


AVERAGE_VOLUME, HALTED = 21, 49
"""Ticks that are no prices. Of the many others nothing is kept."""
Heard = tuple[str, tuple[Any, ...]]
"""What was said: its kind, and the values."""


class Ears:
    """Keeps what was said unasked until somebody takes it."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._heard: list[Heard] = []

    def hear(self, kind: str, values: tuple[Any, ...]) -> None:
        self._heard.append((kind, values))
        self.event.set()

    def take(self) -> list[Heard]:
        found, self._heard = self._heard, []
        self.event.clear()
        return found


class Answers(ChainAnswers):
    """Receives what the decoder understands. Names of methods are the library's."""

    defaultTimezone = UTC  # noqa: N815

    def __init__(self, future: Callable[[], asyncio.Future[None]] | None = None) -> None:
        self._future = future or asyncio.get_running_loop().create_future
        # Times without a zone are those of this computer, where TWS most likely runs as well.
        self.ib = SimpleNamespace(TimezoneTWS="")
        self.questions: dict[Key, Question] = {}
        self.accounts: tuple[str, ...] = ()
        self.broker_lost = False
        self.broken: BrokerError | None = None
        """Why we ended the connection, if we did."""
        self.gone = asyncio.Event()
        self.ready: asyncio.Future[None] = self._future()
        self.client = 0
        self.ears: list[Ears] = []
        self.last_byte = 0.0
        """When anything last came, on the loop's time."""

    def ask(self, key: Key, account: str = "") -> Question:
        """Begin to collect."""
        question = Question(self._future(), account)
        self.questions[key] = question
        return question

    def forget(self, key: Key) -> None:
        question = self.questions.pop(key, None)
        if question is not None and question.done.done() and not question.done.cancelled():
            question.done.exception()  # heard, so that the loop does not complain
        elif question is not None:
            question.done.cancel()

    def fail_all(self, error: BrokerError) -> None:
        """The connection is of no more use."""
        for question in self.questions.values():
            question.fail(error)
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # whoever waited may have been cancelled: no complaint then

    def undecodable(self, fields: Sequence[str]) -> None:
        """A message whose fields do not fit: named at the question that it answers."""
        kind = fields[0]
        key = _OF_MESSAGE.get(kind)
        if kind in _REQUEST_AT:
            text = "".join(fields[_REQUEST_AT[kind] : _REQUEST_AT[kind] + 1])
            # Questions are asked one at a time, so a number that is none was meant for this one.
            key = int(text) if _is_number(text) else None
            key = key if key in self.questions else self._numbered()
        elif kind == "59":
            key = self._numbered()
        question = self.questions.get(key) if key is not None else None
        if question is None:
            return
        place = _LABELS.get(kind)
        label = clean_symbol(fields[place]) if place and len(fields) > place else ""
        if kind == "6" and len(fields) > 2:
            label = clean_symbol(fields[2])
        self._name(question, label)

    def _name(self, question: Question, label: str) -> None:
        """Keep that something came which is in no row."""
        where = f"messages[{len(question.rows) + len(question.unread)}]"
        question.unread.append(Unread(where=where, reason=UNREADABLE, label=label))

    def _row(self, key: Key, kind: str, *values: Any) -> None:
        question = self.questions.get(key)
        if question is None:
            asked = self._numbered() if kind in _ANSWERS_ONLY and key != -1 else None
            if asked is not None:
                self._name(self.questions[asked], "")
            return
        question.rows.append((kind, values))
        if len(question.rows) > MOST_ROWS:
            question.fail(problems.nonsense())

    def _numbered(self) -> Key | None:
        """The first open question that has a number."""
        return next((one for one in self.questions if isinstance(one, int)), None)

    def _tell(self, kind: str, *values: Any) -> None:
        for one in self.ears:
            one.hear(kind, values)

    def _end(self, key: Key) -> None:
        question = self.questions.get(key)
        if question is not None:
            question.end()

    # -- the connection -----------------------------------------------------------------------
    def tcpDataArrived(self) -> None:  # noqa: N802
        """Bytes came."""
        self.last_byte = asyncio.get_running_loop().time()

    def started(self) -> None:
        """The greeting is over."""
        if not self.ready.done():
            self.ready.set_result(None)

    def connectAck(self) -> None:  # noqa: N802
        """The version is agreed on."""

    def nextValidId(self, request: int) -> None:  # noqa: N802
        """Known to the library, which numbers questions and orders by it."""

    def managedAccounts(self, accounts: str) -> None:  # noqa: N802
        self.accounts = tuple(one.strip() for one in accounts.split(",") if one.strip())

    def setEventsDone(self) -> None:  # noqa: N802
        """The socket has ended."""
        self.gone.set()
        self._tell("gone")
        self.fail_all(self.ended())

    def ended(self) -> BrokerError:
        """Why there is no connection any more."""
        return self.broken or problems.dropped()

    def connectionClosed(self) -> None:  # noqa: N802
        """The socket has ended after a greeting."""

    def error(self, request: int, code: int, text: str, advanced: str) -> None:
        """An error, a warning or mere news; the number tells which."""
        if advanced:
            self._tell("advanced", request, advanced)
        self._tell("error", request, code, text)
        if code in (problems.LOST, 2110):
            self.broker_lost = True
        elif code in problems.RESTORED:
            self.broker_lost = False
        if code == problems.CLIENT_TAKEN:
            self.fail_all(problems.client_taken(self.client))
            return
        if request in self.questions:
            question = self.questions[request]
            question.codes.append(code)
            if code in problems.NO_PRICES:
                question.end()
                return
        found = problems.by_code(code, request)
        if found is None:
            return
        if request in self.questions:
            self.questions[request].fail(found)
        elif code in (problems.VALIDATION, 322):
            self._refuse_named("read-only" in text.lower(), found)
        else:
            self.fail_all(found)

    def _refuse_named(self, read_only: bool, found: BrokerError) -> None:
        """A refusal without a request number is for what was asked without one."""
        for key, question in self.questions.items():
            if read_only and key in (ORDERS, COMPLETED):
                question.fail(problems.read_only())
            elif not read_only and isinstance(key, str):
                question.fail(found)

    # -- accounts -----------------------------------------------------------------------------
    def updateAccountValue(self, key: str, value: str, currency: str, account: str) -> None:  # noqa: N802
        if self._asked(account):
            self._row(ACCOUNT, "value", key, value, currency)

    def updatePortfolio(self, contract: Any, *rest: Any) -> None:  # noqa: N802
        *figures, account = rest
        if self._asked(account):
            self._row(ACCOUNT, "holding", contract, *figures)
        elif account not in self.accounts and (question := self.questions.get(ACCOUNT)):
            # Nobody's holding may well be one of ours.
            self._name(question, clean_symbol(contract.symbol))

    def updateAccountTime(self, time: str) -> None:  # noqa: N802
        """A time of day without a date."""

    def accountDownloadEnd(self, account: str) -> None:  # noqa: N802
        if self._asked(account):
            self._end(ACCOUNT)

    def _asked(self, account: str) -> bool:
        question = self.questions.get(ACCOUNT)
        return question is not None and question.account == account

    def position(self, account: str, contract: Any, units: Any, cost: Any) -> None:
        self._tell("position", account, contract, units)

    def positionEnd(self) -> None:  # noqa: N802
        self._tell("positions_end")

    def accountSummary(  # noqa: N802
        self, request: int, account: str, tag: str, value: str, currency: str
    ) -> None:
        self._row(request, "summary", account, tag, value, currency)

    def accountSummaryEnd(self, request: int) -> None:  # noqa: N802
        self._end(request)

    # -- orders and executions ----------------------------------------------------------------
    def openOrder(self, number: int, contract: Any, order: Any, state: Any) -> None:  # noqa: N802
        self._row(ORDERS, "order", contract, order, state)
        self._tell("order", contract, order, state)

    def orderStatus(self, *values: Any) -> None:  # noqa: N802
        self._row(ORDERS, "status", *values)
        self._tell("status", *values)

    def openOrderEnd(self) -> None:  # noqa: N802
        self._end(ORDERS)

    def completedOrder(self, contract: Any, order: Any, state: Any) -> None:  # noqa: N802
        self._row(COMPLETED, "order", contract, order, state)

    def completedOrdersEnd(self) -> None:  # noqa: N802
        self._end(COMPLETED)

    def execDetails(self, request: int, contract: Any, execution: Any) -> None:  # noqa: N802
        asked = self._numbered()
        if request < 0:
            self._tell("execution", contract, execution)
            if asked is not None:
                # One that happens while executions are read is one of them.
                self._row(asked, "execution", contract, execution)
            return
        self._row(request, "execution", contract, execution)

    def commissionReport(self, report: Any) -> None:  # noqa: N802
        """It names its execution and no request: it goes to whoever asks for executions."""
        for key in self.questions:
            if isinstance(key, int):
                self._row(key, "commission", report)

    def execDetailsEnd(self, request: int) -> None:  # noqa: N802
        self._end(request)

    # -- contracts, prices, time --------------------------------------------------------------
    def contractDetails(self, request: int, details: Any) -> None:  # noqa: N802
        self._row(request, "details", details)

    def bondContractDetails(self, request: int, details: Any) -> None:  # noqa: N802
        self._row(request, "details", details)

    def contractDetailsEnd(self, request: int) -> None:  # noqa: N802
        self._end(request)

    def priceSizeTick(self, request: int, kind: int, price: Any, size: Any) -> None:  # noqa: N802
        self._row(request, "price", kind, price)
        self._tell("price", request, kind, price)

    def tickString(self, request: int, kind: int, value: str) -> None:  # noqa: N802
        self._row(request, "text", kind, value)
        self._tell("text", request, kind, value)

    def tickSize(self, request: int, kind: int, size: Any) -> None:  # noqa: N802
        if kind == AVERAGE_VOLUME:
            self._tell("size", request, kind, size)

    def tickGeneric(self, request: int, kind: int, value: Any) -> None:  # noqa: N802
        if kind == HALTED:
            self._row(request, "state", kind, value)
            self._tell("state", request, kind, value)

    def marketDataType(self, request: int, kind: int) -> None:  # noqa: N802
        self._row(request, "feed", kind)
        self._tell("feed", request, kind)

    def tickSnapshotEnd(self, request: int) -> None:  # noqa: N802
        self._end(request)

    def currentTime(self, seconds: int) -> None:  # noqa: N802
        self._row(TIME, "time", seconds)
        self._end(TIME)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 11
