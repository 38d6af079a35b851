"""What an order would cost, as TWS itself computes it: a message 3 that is never sent on."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from brokerdesk.brokers.ibkr import BROKER_ID, TITLE, order_codes, problems
from brokerdesk.brokers.ibkr.answers import Answers, Ears
from brokerdesk.brokers.ibkr.border import known, written
from brokerdesk.brokers.ibkr.link import Wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.trading import Preview
from brokerdesk.brokers.transport import Refusals
from brokerdesk.errors import BrokerProtocolError

LIMIT = 10.0
_PATIENCE = 1.0
"""How long figures may follow an answer that has none yet."""


class Asked:
    """One question what an order would need, and its answer so far."""

    def __init__(self, number: int, client: int) -> None:
        self._number = number
        self._client = client
        self.state: Any = None
        self.warnings: list[str] = []
        self.refusals: list[str] = []

    @property
    def whole(self) -> bool:
        """Whether it is answered, with figures or with a refusal."""
        if self.refusals:
            return True
        return self.state is not None and written(str(self.state.initMarginChange)) is not None

    def hear(self, kind: str, values: tuple[Any, ...]) -> None:
        if kind == "order":
            _, order, state = values
            mine = (order.orderId, order.clientId) == (self._number, self._client)
            if order.whatIf and mine:
                self.state = state
        elif kind == "error":
            number, code, text = values
            read_only = number < 0 and "read-only" in text.lower()
            if number != self._number and not read_only:
                return
            words = order_codes.told(code, text)
            (self.warnings if order_codes.informs(code) else self.refusals).append(words)

    def preview(self, at: datetime, currency: str) -> Preview:
        """What was answered.

        Raises:
            BrokerProtocolError: it has a figure that is none.
        """
        if self.state is None:
            return Preview(at=at, warnings=tuple(self.warnings), refusals=tuple(self.refusals))
        state = self.state
        warnings = list(self.warnings)
        said = clean(state.warningText, MESSAGE_LENGTH)
        if said:
            warnings.append(said)
        paid_in = clean(state.commissionCurrency, 8)
        try:
            commission = known(state.commission)
            least, most = known(state.minCommission), known(state.maxCommission)
        except ValueError as error:
            raise BrokerProtocolError(
                f"{TITLE}'s preview cannot be understood.", "Nothing was sent."
            ) from error
        if commission is None and least is not None and most is not None:
            warnings.append(f"The commission is between {least} and {most} {paid_in}.")
        elif commission is not None and paid_in and paid_in != currency:
            warnings.append(f"The commission is {commission} {paid_in}.")
            commission = None
        return Preview(
            at=at,
            commission=commission,
            margin_change=written(str(state.initMarginChange)),
            warnings=tuple(warnings),
            refusals=tuple(self.refusals),
        )


async def ask(wire: Wire, answers: Answers, number: int, message: str) -> Asked:
    """Ask TWS; nothing is placed by it.

    Raises:
        BrokerUnavailableError: there is no answer.
    """
    if not wire.room(1):
        raise problems.too_many()
    found = Asked(number, wire.clientId)
    ears = Ears()
    answers.ears.append(ears)
    try:
        wire.hand_over(message)
        await _answered(answers, ears, found)
    except ConnectionError as error:
        raise problems.dropped() from error
    finally:
        answers.ears.remove(ears)
    return found


async def _answered(answers: Answers, ears: Ears, found: Asked) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + LIMIT
    while not found.whole:
        until = min(ends, loop.time() + _PATIENCE) if found.state is not None else ends
        try:
            async with asyncio.timeout_at(until):
                await ears.event.wait()
        except TimeoutError:
            if found.state is not None:
                return
            raise Refusals(BROKER_ID, TITLE).too_slow() from None
        for kind, values in ears.take():
            found.hear(kind, values)
        if answers.gone.is_set() and not found.whole:
            raise answers.ended()
