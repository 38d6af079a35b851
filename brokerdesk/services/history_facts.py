"""What a history is made of: lines of values, flows of money, changes taken apart; and exact sums.

Pure facts and arithmetic without rounding. Knows neither how totals over time come about
(``history``, ``history_day``) nor who draws them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from functools import reduce

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.transaction import Transaction
from brokerdesk.facts import dataclass
from brokerdesk.services.history_ranges import Range

_EXACT = Context(prec=400)
FLOWS = {
    TransactionType.DEPOSIT,
    TransactionType.WITHDRAWAL,
    TransactionType.TRANSFER,
    TransactionType.JOURNAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Money or securities that came in (positive) or went out. ``amount`` None: not valued."""

    account: AccountId
    day: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The net of one day's flows, at ``x`` of the line it belongs to."""

    x: int
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From first to last value: ``absolute`` = ``price`` + ``deposits`` + ``joined`` - ``left``.

    ``percent`` is of the first value, None when that is not above zero. ``deposits`` (net) and
    ``price`` are None when transactions are not known for the whole range. ``joined`` and ``left``
    are the values of accounts when they began and ceased to count. ``unvalued`` transfers of
    securities came or went without a known value: they are inside ``price``.
    """

    absolute: Decimal
    percent: Decimal | None
    price: Decimal | None
    deposits: Decimal | None
    joined: Decimal
    left: Decimal
    unvalued: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """What a chart shows. ``xs`` are day ordinals, or UTC seconds when ``intraday``.

    ``carried[i]`` accounts had no reading of their own at point ``i``. At an index in ``breaks``
    the total was not known for a while before that point.
    """

    range: Range
    currency: str
    xs: array[int]
    units: Sequence[int]
    exponent: int
    carried: Sequence[int]
    breaks: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    change: Change | None = None
    intraday: bool = False
    told: frozenset[int] = frozenset()
    """Those of ``xs`` whose value holds one that a broker told later."""

    def __len__(self) -> int:
        return len(self.xs)

    def value(self, index: int) -> Decimal:
        """The exact value of one point."""
        return decimal_of(self.units[index], self.exponent)


def explain(
    first: Decimal,
    last: Decimal,
    *,
    deposits: Decimal | None,
    joined: Decimal = Decimal(0),
    left: Decimal = Decimal(0),
    unvalued: int = 0,
) -> Change:
    """The change from ``first`` to ``last`` taken apart."""
    absolute = _EXACT.subtract(last, first)
    price = None
    if deposits is not None:
        price = exact_sum([absolute, deposits.copy_negate(), joined.copy_negate(), left])
    return Change(
        absolute=absolute,
        percent=absolute / first * 100 if first > 0 else None,
        price=price,
        deposits=deposits,
        joined=joined,
        left=left,
        unvalued=unvalued,
    )


def flows_of(transactions: Iterable[Transaction], day_of: Mapping[str, int]) -> tuple[Flow, ...]:
    """What came from outside or left. ``day_of`` gives each transaction's New York day by its id.

    A transfer of securities moves no cash: it is valued by its own quantity and price, if given.
    """
    found = []
    for one in transactions:
        if one.type not in FLOWS:
            continue
        amount: Decimal | None = one.amount
        if not one.amount and one.quantity:
            amount = worth_moved(one)
        if amount is None or amount:
            found.append(Flow(account=one.account, day=day_of[one.id], amount=amount))
    return tuple(found)


def worth_moved(one: Transaction) -> Decimal | None:
    """What moved units are worth; a contract is as many times its price as it has units."""
    if one.quantity is None or one.price is None:
        return None
    units = one.quantity
    if one.instrument is not None:
        units = _EXACT.multiply(units, one.instrument.multiplier)
    return _EXACT.multiply(units, one.price)


def daily_marks(flows: Iterable[Flow]) -> tuple[Mark, ...]:
    """One mark a day. What only moved between the accounts cancels out and gets none."""
    by_day: dict[int, list[Decimal]] = {}
    for flow in flows:
        if flow.amount is not None:
            by_day.setdefault(flow.day, []).append(flow.amount)
    marks = (
        Mark(x=day, amount=exact_sum(amounts), count=len(amounts))
        for day, amounts in sorted(by_day.items())
    )
    return tuple(mark for mark in marks if mark.amount)


def exact_sum(values: Iterable[Decimal | None]) -> Decimal:
    """The sum of what is given, with every digit."""
    known = (value for value in values if value is not None)
    return reduce(_EXACT.add, known, Decimal(0))


def decimal_of(units: int, exponent: int) -> Decimal:
    """``units * 10**exponent`` without rounding."""
    return Decimal(f"{units}E{exponent}") if exponent else Decimal(units)


def packed_units(units: list[int]) -> Sequence[int]:
    """An array of 64-bit numbers when all fit, else the list itself."""
    try:
        return array("q", units)
    except OverflowError:
        return units
