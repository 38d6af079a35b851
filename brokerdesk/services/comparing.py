"""A past day beside the last figures: what the total's difference consists of. Pure.

Every part is exact and in the base currency; what is left when all parts are taken away is a part
with a name of its own (``rest``), so that they always add up. What moved an account in another
currency is converted with the last rate, a flow with the rate of its own day; the difference
between the two, and what the old value gained by the rate, is the effect of ``rates``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.domain.transaction import Transaction
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.converting import Rate
from brokerdesk.services.history_facts import FLOWS, exact_sum, worth_moved
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, PositionRow

_TRADED = {TransactionType.TRADE, TransactionType.CORPORATE_ACTION}
_UNNAMED = {TransactionType.OTHER, TransactionType.UNKNOWN}
Key = tuple[str, str, str]
Where = tuple[AccountId, str]
"""An account's money in one currency."""
DayRate = Callable[[Transaction], Rate | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """``price`` of what was held, exchange ``rates``, ``deposits`` less withdrawals, ``income``,
    ``fees`` and taxes (negative), ``other`` entries, ``accounts`` that began or ceased to count,
    and the ``rest`` that nothing read explains.
    """

    price: Decimal = ZERO
    rates: Decimal = ZERO
    deposits: Decimal = ZERO
    income: Decimal = ZERO
    fees: Decimal = ZERO
    other: Decimal = ZERO
    accounts: Decimal = ZERO
    rest: Decimal = ZERO

    @property
    def parts(self) -> tuple[Decimal, ...]:
        return (self.price, self.rates, self.deposits, self.income, self.fees, self.other,
                self.accounts, self.rest)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A holding at one of the two moments; None: not held, or not said. ``value`` is in the base
    currency, ``price`` in the instrument's own.
    """

    quantity: Decimal | None = None
    price: Decimal | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One holding then and now. ``traded`` are the units that entries say were bought or sold."""

    symbol: str
    name: str
    kind: str
    currency: str
    then: Side
    now: Side
    traded: Decimal

    @property
    def same(self) -> bool:
        """Whether only its price can have moved it."""
        return self.then.quantity == self.now.quantity

    @property
    def difference(self) -> Decimal | None:
        """None when a value is not known; a holding that is not there is worth nothing."""
        old = ZERO if self.then.quantity is None else self.then.value
        new = ZERO if self.now.quantity is None else self.now.value
        return None if old is None or new is None else EXACT.subtract(new, old)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``before`` and ``after`` are None when no account said what it was worth; then there is no
    ``difference`` and nothing explains it. ``unknown`` accounts' entries are not known from then
    till now, so that the rest may hold what they would explain.
    """

    environment: Environment
    currency: str
    then_at: datetime
    now_at: datetime
    before: Decimal | None
    after: Decimal | None
    difference: Decimal | None
    effects: Effects
    lines: tuple[Line, ...]
    unknown: int = 0


class _Look:
    """One of the two views: what its accounts and positions of one environment are worth."""

    def __init__(self, view: PortfolioView, environment: Environment, currency: str) -> None:
        self.base, self.currency = view.base, currency
        self.rows = {
            row.id: row
            for row in view.accounts
            if row.environment is environment and row.in_totals and row.balances
        }
        self.nets: dict[Where, Decimal] = {}
        for row in self.rows.values():
            for one in row.balances:
                value = one.net_liquidation
                if value is not None and self.factor(row.id, one.currency) is not None:
                    where = row.id, one.currency
                    self.nets[where] = EXACT.add(self.nets.get(where, ZERO), value)
        self.positions = [
            one
            for one in view.positions
            if one.account in self.rows and self.factor(one.account, _currency(one)) is not None
        ]

    def factor(self, account: AccountId, currency: str) -> Decimal | None:
        """What one unit of the account's money is worth; None: there is no rate."""
        if currency == self.currency:
            return Decimal(1)
        row: AccountRow = self.rows[account]
        rate = self.base.rate(account, row.environment, currency)
        return None if rate is None else rate.value

    def worth(self, accounts: Iterable[AccountId] | None = None) -> Decimal:
        chosen = self.rows.keys() if accounts is None else set(accounts)
        return exact_sum(
            EXACT.multiply(value, self.factor(key, currency) or ZERO)
            for (key, currency), value in self.nets.items()
            if key in chosen
        )


def compare(
    then: PortfolioView,
    now: PortfolioView,
    entries: Sequence[Transaction],
    day_rate: DayRate = lambda _: None,
    *,
    unknown: int = 0,
) -> Comparison | None:
    """``then`` (a past day) beside ``now``, of the environment that leads. ``entries`` are what
    happened since; those of other accounts, or outside each account's own two readings, are not
    looked at. ``day_rate`` is what an entry in another currency is converted with. None: there is
    nothing to compare.
    """
    environment = now.main_environment or then.main_environment
    if environment is None or then.as_of is None:
        return None
    currency = _currency_of(now, environment) or _currency_of(then, environment)
    old, new = _Look(then, environment, currency), _Look(now, environment, currency)
    booked = [one for one in entries if _between(one, old, new)]
    before = old.worth() if old.nets else None
    after = new.worth() if new.nets else None
    difference = None if before is None or after is None else EXACT.subtract(after, before)
    effects = Effects()
    if difference is not None:
        effects = _explained(difference, old, new, booked, day_rate)
    return Comparison(
        environment=environment,
        currency=currency,
        then_at=then.as_of,
        now_at=max((row.fetched_at for row in new.rows.values() if row.fetched_at is not None),
                   default=now.taken_at),
        before=before,
        after=after,
        difference=difference,
        effects=effects,
        lines=_lines(old, new, booked),
        unknown=unknown,
    )  # fmt: skip


def _currency_of(view: PortfolioView, environment: Environment) -> str:
    together = [one.currency for one in view.combined if one.environment is environment]
    alone = [one.currency for one in view.totals if one.environment is environment]
    if together or view.base.currency in alone:
        return view.base.currency
    return alone[0] if alone else ""


def _currency(row: PositionRow) -> str:
    return row.position.instrument.currency


def _between(one: Transaction, old: _Look, new: _Look) -> bool:
    """Whether the entry lies between the two readings of its account."""
    begin, end = old.rows.get(one.account), new.rows.get(one.account)
    if begin is None or end is None or begin.as_of is None or end.fetched_at is None:
        return False
    return begin.as_of < one.time <= end.fetched_at


def _explained(
    difference: Decimal,
    old: _Look,
    new: _Look,
    booked: Sequence[Transaction],
    day_rate: DayRate,
) -> Effects:
    both = old.nets.keys() & new.nets.keys()
    found: dict[str, list[Decimal]] = defaultdict(list)
    for look, sign in ((new, 1), (old, -1)):
        for where, value in look.nets.items():
            if where not in both:
                worth = EXACT.multiply(value, look.factor(*where) or ZERO)
                found["accounts"].append(worth if sign > 0 else worth.copy_negate())
    for where in both:
        moved = EXACT.subtract(_last(new, where), old.factor(*where) or ZERO)
        found["rates"].append(EXACT.multiply(old.nets[where], moved))
    odd = {
        (one.account, one.instrument.key)
        for one in booked
        if one.type in FLOWS and not one.amount and one.quantity and worth_moved(one) is None
        if one.instrument is not None
    }
    for key, value in _prices(old, new, odd).items():
        if key in both:
            found["price"].append(EXACT.multiply(value, _last(new, key)))
    for one in booked:
        where = one.account, one.currency
        if where in both:
            _add_entry(found, one, _last(new, where), day_rate, odd)
    parts = {name: exact_sum(amounts) for name, amounts in found.items()}
    rest = exact_sum([difference, *(part.copy_negate() for part in parts.values())])
    return Effects(**parts, rest=rest)


def _is_trade(one: Transaction) -> bool:
    """Whether money became a holding or a holding money, whatever the entry is called: a broker's
    sweep into a money fund is neither a trade to it nor a loss to anybody.
    """
    if one.type in _TRADED:
        return True
    if one.type not in _UNNAMED or one.instrument is None or not one.quantity:
        return False
    return bool(one.amount) and (one.amount > 0) != (one.quantity > 0)


def _last(new: _Look, where: Where) -> Decimal:
    return new.factor(*where) or ZERO


def _add_entry(
    found: dict[str, list[Decimal]],
    one: Transaction,
    last: Decimal,
    day_rate: DayRate,
    odd: set[tuple[AccountId, Key]],
) -> None:
    """One entry's part, by the rate of its own day. What a trade cost beside its price is a fee;
    its price left as money what came as a holding, so it is taken from the effect of prices.
    """
    rate = day_rate(one) if last != 1 else None
    own = last if rate is None else rate.value

    def add(name: str, amount: Decimal) -> None:
        found[name].append(EXACT.multiply(amount, own))
        if own != last:
            found["rates"].append(EXACT.multiply(amount, EXACT.subtract(last, own)))

    if _is_trade(one):
        fees = one.fees or ZERO
        add("fees", fees.copy_negate())
        skipped = one.instrument is not None and (one.account, one.instrument.key) in odd
        if not skipped:
            found["price"].append(EXACT.multiply(EXACT.add(one.amount, fees), last))
    elif one.type in FLOWS:
        moved = worth_moved(one) if not one.amount and one.quantity else None
        add("deposits", one.amount if moved is None else moved)
        if moved is not None:
            found["price"].append(EXACT.multiply(moved.copy_negate(), last))
    elif one.type is TransactionType.DIVIDEND_OR_INTEREST:
        add("income", one.amount)
    elif one.type is TransactionType.FEE:
        add("fees", one.amount)
    else:
        add("other", one.amount)


def _prices(old: _Look, new: _Look, odd: set[tuple[AccountId, Key]]) -> dict[Where, Decimal]:
    """How much more the positions of each account and currency are worth. A holding whose value is
    not known at one of the moments, or that moved without a value, is left to the rest.
    """
    values: dict[tuple[AccountId, Key], list[Decimal]] = defaultdict(list)
    unsaid = set(odd)
    for look, sign in ((old, -1), (new, 1)):
        for row in look.positions:
            key = row.account, row.position.instrument.key
            value = row.position.market_value
            if value is None:
                unsaid.add(key)
            else:
                values[key].append(value if sign > 0 else value.copy_negate())
    found: dict[Where, Decimal] = {}
    for (account, instrument), amounts in values.items():
        if (account, instrument) not in unsaid:
            where = account, instrument[2]
            found[where] = exact_sum([found.get(where), *amounts])
    return found


def _lines(old: _Look, new: _Look, booked: Sequence[Transaction]) -> tuple[Line, ...]:
    """Every holding of either moment, the largest difference first."""
    held: dict[Key, tuple[list[PositionRow], list[PositionRow]]] = {}
    for place, look in enumerate((old, new)):
        for row in look.positions:
            held.setdefault(row.position.instrument.key, ([], []))[place].append(row)
    traded: dict[Key, list[Decimal]] = defaultdict(list)
    for one in booked:
        if _is_trade(one) and one.instrument is not None and one.quantity:
            traded[one.instrument.key].append(one.quantity)
    lines = []
    for key, (then, now) in held.items():
        first = (now or then)[0]
        lines.append(
            Line(
                symbol=key[0],
                name=first.name,
                kind=key[1],
                currency=key[2],
                then=_side(then, old),
                now=_side(now, new),
                traded=exact_sum(traded.get(key, ())),
            )
        )
    return tuple(sorted(lines, key=_rank))


def _rank(line: Line) -> tuple[bool, bool, Decimal, str]:
    moved = line.difference
    return line.same, moved is None, (moved or ZERO).copy_abs().copy_negate(), line.symbol


def _side(rows: Sequence[PositionRow], look: _Look) -> Side:
    if not rows:
        return Side()
    values = []
    for row in rows:
        value = row.position.market_value
        factor = look.factor(row.account, _currency(row))
        values.append(None if value is None or factor is None else EXACT.multiply(value, factor))
    return Side(
        quantity=exact_sum(row.position.quantity for row in rows),
        price=max(rows, key=lambda row: row.as_of).position.mark,
        value=None if None in values else exact_sum(values),
    )
