"""What TWS says after orders were handed to the socket, and what that proves.

An order is taken when TWS shows it under our number *and* our label with a permanent number: the
label alone can be on two orders, and the number alone on one of an earlier life. It is refused by
the numbers that say so, and only for as long as nothing shows it alive. Statuses are never made up
from an error, as the wire library does. Whatever else comes, or nothing, is unproven.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr import TITLE, order_codes
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.brokers.trading import Answered, Asked, Outcome, Refused, Unproven

LIVE = frozenset({"PreSubmitted", "Submitted", "Filled", "PendingCancel"})
OVER = frozenset({"Cancelled", "ApiCancelled", "Inactive"})
LEAVING = frozenset({"PendingCancel", "Cancelled", "ApiCancelled"})
SILENT = f"{TITLE} did not say what became of it."
GONE = "TWS or IB Gateway ended the connection before it said what became of it."
READ_ONLY = "read-only"


@dataclass(slots=True)
class _Fate:
    """What was said about one order."""

    label: str
    perm: int = 0
    status: str = ""
    refused: tuple[int, str] | None = None
    advanced: str = ""
    odd: str = ""
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands. ``wait`` seconds without news make it final; None: only the deadline does."""

    outcome: Outcome
    wait: float | None = 0.0


class Watch:
    """Listens for the fate of orders that go out together; the first is the one that is named.

    Args:
        labels: what each number's order carries as our id.
        terms: for a change, the figures that the order has once the change is made.
        together: whether each of them lives on its own (they only cancel each other).
    """

    def __init__(
        self,
        labels: Mapping[int, str],
        *,
        client: int,
        account: str,
        terms: Mapping[str, Decimal | None] | None = None,
        perm: int = 0,
        together: bool = False,
    ) -> None:
        self._fates = {number: _Fate(label) for number, label in labels.items()}
        self._client = client
        self._account = account
        self._terms = terms
        self._perm = perm
        self._together = together
        self._unknown = ""
        self._read_only = ""

    # -- hearing --------------------------------------------------------------------------------
    def hear(self, kind: str, values: tuple[Any, ...]) -> None:
        if kind == "order":
            self._order(*values)
        elif kind == "status":
            self._status(values)
        elif kind == "advanced":
            number, text = values
            if number in self._fates:
                self._fates[number].advanced = text
        elif kind == "error":
            self._error(*values)

    def _order(self, contract: Any, order: Any, state: Any) -> None:
        fate = self._fates.get(order.orderId)
        if fate is None or order.whatIf or order.clientId != self._client:
            return
        if order.account != self._account:
            fate.odd = "TWS showed our order in another account."
            return
        if not self._is_labelled(order.orderRef, fate):
            fate.odd = "TWS showed another order under our number."
            return
        if self._terms is not None and not _has(order, self._terms):
            return  # as it was before the change
        if order.permId > 0:
            if self._perm and order.permId != self._perm:
                fate.odd = "TWS showed another order than the one that was changed."
                return
            fate.perm = order.permId
            self._stands(fate, str(state.status))

    def _is_labelled(self, label: str, fate: _Fate) -> bool:
        # TWS may keep the label with which an order was entered when it is changed.
        return label == fate.label or self._terms is not None

    def _status(self, values: tuple[Any, ...]) -> None:
        fate = self._fates.get(values[0])
        if fate is None or values[8] != self._client:
            return
        if not fate.perm or values[5] != fate.perm:
            return  # told before its order was shown, or of another one
        fate.filled = fate.filled or bool(known(values[2]))
        self._stands(fate, str(values[1]))

    def _stands(self, fate: _Fate, status: str) -> None:
        fate.status = status
        if status in LIVE:
            fate.refused = None

    def _error(self, number: int, code: int, text: str) -> None:
        if order_codes.informs(code):
            return
        fate = self._fates.get(number)
        if fate is None:
            if number < 0 and code == order_codes.VALIDATION and READ_ONLY in text.lower():
                self._read_only = order_codes.told(code, text)
            return
        final: Collection[int] = order_codes.REFUSALS
        if self._terms is not None:
            final = order_codes.REFUSALS | order_codes.CHANGE_REFUSALS
        if code in final and not fate.filled:
            fate.refused = (code, order_codes.told(code, text))
        elif code != order_codes.CANCELLED:
            self._unknown = f"{TITLE} said: {order_codes.told(code, text)} (code {code})"

    # -- judging --------------------------------------------------------------------------------
    def verdict(self) -> Verdict | None:
        """What is known by now; None: nothing yet."""
        if self._read_only and not any(one.perm for one in self._fates.values()):
            return Verdict(Refused(words=self._read_only, code=str(order_codes.VALIDATION)))
        fates = list(self._fates.values())
        odd = next((one.odd for one in fates if one.odd), "")
        if odd:
            return Verdict(self._unproven(odd), wait=2.0)
        refused = self._refusal(fates)
        if refused is not None:
            return refused
        if all(one.perm and one.refused is None for one in fates):
            settled = all(one.status in LIVE for one in fates)
            wait = 0.0 if settled else (1.0 if fates[0].status in OVER else 3.0)
            return Verdict(Answered(order_id=str(fates[0].perm)), wait=wait)
        if self._unknown:
            return Verdict(self._unproven(self._unknown), wait=5.0)
        return None

    def _refusal(self, fates: list[_Fate]) -> Verdict | None:
        head, said = fates[0], [one for one in fates if one.refused is not None]
        if not said:
            return None
        alone = said[0].refused
        assert alone is not None
        code, words = alone
        all_gone = len(said) == len(fates)
        # What hangs on an order that was refused cannot start.
        headless = head.refused is not None and not self._together
        if all_gone or headless:
            if any(one.perm for one in fates if one.refused is None):
                return Verdict(self._unproven(f"A part of it was refused: {words}"), wait=2.0)
            codes = order_codes.overrides(head.advanced) if len(fates) == 1 else ""
            if codes:
                return Verdict(Asked(questions=(words,), token=codes))
            return Verdict(Refused(words=words, code=str(code)))
        return Verdict(self._unproven(f"A part of it was refused: {words}"), wait=2.0)

    def at_end(self, why: str) -> Outcome:
        """What it comes to when nothing more is waited for."""
        found = self.verdict()
        if found is not None:
            return found.outcome
        return self._unproven(why)

    def _unproven(self, why: str) -> Unproven:
        perm = next(iter(self._fates.values())).perm
        return Unproven(why=why, order_id=str(perm) if perm else "")


@dataclass(slots=True)
class CancelWatch:
    """Listens for what becomes of the wish to cancel one order."""

    number: int
    client: int
    order_id: str
    perm: int
    _asked: bool = False
    _refused: tuple[int, str] | None = None
    _unknown: str = field(default="")

    def hear(self, kind: str, values: tuple[Any, ...]) -> None:
        if kind == "status":
            mine = (values[0], values[8]) == (self.number, self.client)
            if mine and values[5] in (0, self.perm) and values[1] in LEAVING:
                self._asked = True
        elif kind == "error":
            request, code, text = values
            if request < 0 and code == order_codes.VALIDATION and READ_ONLY in text.lower():
                self._refused = (code, order_codes.told(code, text))
            elif request != self.number or order_codes.informs(code):
                return
            elif code == order_codes.CANCELLED:
                self._asked = True
            elif code in order_codes.CANCEL_REFUSALS or code == order_codes.VALIDATION:
                self._refused = (code, order_codes.told(code, text))
            else:
                self._unknown = f"{TITLE} said: {order_codes.told(code, text)} (code {code})"

    def verdict(self) -> Verdict | None:
        if self._asked:
            return Verdict(Answered(order_id=self.order_id))
        if self._refused is not None:
            code, words = self._refused
            return Verdict(Refused(words=words, code=str(code)))
        return Verdict(Unproven(why=self._unknown), wait=5.0) if self._unknown else None

    def at_end(self, why: str) -> Outcome:
        found = self.verdict()
        return Unproven(why=why) if found is None else found.outcome


def _has(order: Any, terms: Mapping[str, Decimal | None]) -> bool:
    """Whether an order as shown has these figures."""
    try:
        return all(
            wanted is None or known(getattr(order, name)) == wanted
            for name, wanted in terms.items()
        )
    except (TypeError, ValueError):
        return False
