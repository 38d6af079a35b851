"""A past day beside now: the parts add up to the difference, and complete books leave no rest."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.db import CONNECTION, make_account, make_instrument

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import ConnectionState, TransactionType
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.base_money import Base
from brokerdesk.services.comparing import Comparison, compare
from brokerdesk.services.converting import Rate, RateTable
from brokerdesk.services.portfolio_view import (
    AccountRow,
    PortfolioView,
    PositionRow,
    assemble,
)

D = Decimal
WIDE = Context(prec=300)
THEN = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
SYMBOLS = ("ACME", "BOLT", "CORE")


def total(values: Iterable[Decimal]) -> Decimal:
    found = D(0)
    for value in values:
        found = WIDE.add(found, value)
    return found


def table(rates: dict[date, str]) -> RateTable:
    """What one euro bought in US dollars."""
    days = array("i", [one.toordinal() for one in sorted(rates)])
    units = [int(D(rates[one]).scaleb(6)) for one in sorted(rates)]
    column = RateColumn(days=days, units=units, exponent=-6)
    return RateTable({"USD": column}.get)


class Books:
    """An account whose every movement is written down, in one currency."""

    def __init__(self, number: int = 1, currency: str = "USD") -> None:
        self.account, self.currency = make_account(number, currency=currency), currency
        self.cash = D(0)
        self.held: dict[str, Decimal] = {}
        self.entries: list[Transaction] = []

    @property
    def id(self) -> AccountId:
        return self.account.id

    def book(self, kind: TransactionType, amount: Decimal, at: datetime, **more: Any) -> None:
        self.cash = WIDE.add(self.cash, amount)
        self.entries.append(
            Transaction(
                id=f"{self.id}:{len(self.entries)}", account=self.id, type=kind, time=at,
                amount=amount, currency=self.currency, **more,
            )
        )  # fmt: skip

    def trade(
        self, symbol: str, units: Decimal, price: Decimal, fees: Decimal, at: datetime
    ) -> None:
        self.held[symbol] = WIDE.add(self.held.get(symbol, D(0)), units)
        cost = WIDE.add(WIDE.multiply(units, price), fees)
        instrument = make_instrument(symbol, currency=self.currency)
        self.book(TransactionType.TRADE, cost.copy_negate(), at, instrument=instrument,
                  quantity=units, price=price, fees=fees)  # fmt: skip

    def look(
        self, at: datetime, prices: dict[str, Decimal]
    ) -> tuple[AccountRow, list[PositionRow]]:
        worth = {
            one: WIDE.multiply(units, prices[one]) for one, units in self.held.items() if units
        }
        net = total([self.cash, *worth.values()])
        row = AccountRow(
            account=self.account, name="A", connection=CONNECTION, connection_name="Fake",
            counts=True,
            balances=(Balance(currency=self.currency, cash=self.cash, net_liquidation=net),),
            as_of=at, fetched_at=at, age=timedelta(0), stale=False, state=ConnectionState.OK,
            state_text="",
        )  # fmt: skip
        return row, [
            PositionRow(
                account=self.id, account_name="A", environment=self.account.environment,
                position=Position(
                    instrument=make_instrument(symbol, currency=self.currency),
                    quantity=self.held[symbol], mark=prices[symbol], market_value=value,
                ),
                as_of=at, fetched_at=at,
            )
            for symbol, value in worth.items()
        ]  # fmt: skip


Looks = list[tuple[AccountRow, list[PositionRow]]]


def view(looks: Looks, at: datetime, rates: RateTable, *, past: bool) -> PortfolioView:
    return assemble(
        taken_at=NOW,
        as_of=at if past else None,
        connections=(),
        accounts=[row for row, _ in looks],
        positions=[one for _, its in looks for one in its],
        base=Base("USD", new_york_day(at), lambda _: rates, "USD"),
    )


def compared(
    old: Looks, new: Looks, books: Iterable[Books], rates: RateTable | None = None, **more: Any
) -> Comparison:
    known = rates or table({date(2026, 1, 2): "1.1"})

    def rate(one: Transaction) -> Rate | None:
        return known.rate(one.currency, "USD", new_york_day(one.time))

    entries = [one for each in books for one in each.entries]
    found = compare(
        view(old, THEN, known, past=True), view(new, NOW, known, past=False), entries, rate, **more
    )
    assert found is not None
    return found


money = st.decimals("-99999999.99", "99999999.99", places=2)
cents = st.decimals("0.01", "999999.9999", places=4)
fees = st.decimals("0", "99.99", places=2)
units = st.decimals("-5000", "5000", places=3)
moments = st.integers(1, 97 * 24).map(lambda hours: THEN + timedelta(hours=hours))
kinds = st.sampled_from(
    (TransactionType.DEPOSIT, TransactionType.WITHDRAWAL, TransactionType.DIVIDEND_OR_INTEREST,
     TransactionType.FEE, TransactionType.JOURNAL, TransactionType.OTHER)
)  # fmt: skip
days = st.integers(-240, 96).map(lambda number: new_york_day(THEN) + timedelta(days=number))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Looks, Looks, list[Books], RateTable, Decimal]:
    """Two accounts with complete books, one in euros, and what their prices alone did (in base)."""
    rates = draw(st.dictionaries(days, st.decimals("0.5", "2", places=6).map(str), max_size=8))
    rates[new_york_day(THEN) - timedelta(days=250)] = "1.25"
    known = table(rates)
    books, old, new = [Books(1, "USD"), Books(2, "EUR")], [], []
    gained = D(0)
    for each in books:
        prices = {symbol: draw(cents) for symbol in SYMBOLS}
        each.cash, each.held = draw(money), {one: draw(units) for one in SYMBOLS[:2]}
        old.append(each.look(THEN, prices))
        last = {symbol: draw(cents) for symbol in SYMBOLS}
        gain = [WIDE.multiply(held, WIDE.subtract(last[one], prices[one]))
                for one, held in each.held.items()]  # fmt: skip
        for at in sorted(draw(st.lists(moments, max_size=6))):
            if draw(st.booleans()):
                each.book(draw(kinds), draw(money), at)
            else:
                symbol, count, price = draw(st.sampled_from(SYMBOLS)), draw(units), draw(cents)
                each.trade(symbol, count, price, draw(fees), at)
                gain.append(WIDE.multiply(count, WIDE.subtract(last[symbol], price)))
        new.append(each.look(NOW, last))
        rate = known.rate(each.currency, "USD", new_york_day(NOW))
        assert rate is not None
        gained = WIDE.add(gained, WIDE.multiply(total(gain), rate.value))
    return old, new, books, known, gained


@given(worlds())
def test_complete_books_leave_no_rest(
    world: tuple[Looks, Looks, list[Books], RateTable, Decimal],
) -> None:
    old, new, books, rates, gained = world
    found = compared(old, new, books, rates)
    assert found.difference == WIDE.subtract(found.after or D(0), found.before or D(0))
    assert total(found.effects.parts) == found.difference
    assert found.effects.rest == 0
    assert found.effects.price == gained
    assert found.effects.accounts == 0


@given(worlds(), st.data())
def test_whatever_is_missing_the_parts_add_up(
    world: tuple[Looks, Looks, list[Books], RateTable, Decimal], data: st.DataObject
) -> None:
    """Entries that were not read, values that were not said, accounts that came or went."""
    old, new, books, rates, _ = world
    for each in books:
        each.entries = [one for one in each.entries if data.draw(st.booleans())]
    for looks in (old, new):
        for place, (row, held) in enumerate(looks):
            its = [
                replace(one, position=replace(one.position, market_value=None))
                if data.draw(st.booleans()) else one
                for one in held
            ]  # fmt: skip
            looks[place] = row, its
    old, new = old[data.draw(st.integers(0, 1)):], new[:data.draw(st.integers(1, 2))]  # fmt: skip
    found = compared(old, new, books, rates)
    assert found.difference is not None
    assert total(found.effects.parts) == found.difference
    assert found.before == view(old, THEN, rates, past=True).totals[0].net_liquidation or any(
        row.account.currency == "EUR" for row, _ in old
    )


def test_the_total_is_the_one_that_the_window_shows() -> None:
    rates = table({date(2026, 8, 14): "1.10", date(2026, 11, 19): "1.25"})
    books = [Books(1), Books(2, "EUR")]
    for each in books:
        each.cash = D("100.10")
    old = [each.look(THEN, {}) for each in books]
    new = [each.look(NOW, {}) for each in books]
    found = compared(old, new, books, rates)
    (then,) = view(old, THEN, rates, past=True).combined
    (now,) = view(new, NOW, rates, past=False).combined
    assert (found.before, found.after) == (then.net_liquidation, now.net_liquidation)
    assert found.effects.rates == found.difference == D("15.015")
    assert found.effects.price == 0


def test_each_part_by_name() -> None:
    books = Books()
    books.cash, books.held = D(1000), {"ACME": D(10)}
    old = [books.look(THEN, {"ACME": D(20)})]
    at = THEN + timedelta(days=3)
    books.book(TransactionType.DEPOSIT, D(500), at)
    books.book(TransactionType.DIVIDEND_OR_INTEREST, D("12.34"), at)
    books.book(TransactionType.FEE, D("-3.20"), at)
    books.book(TransactionType.UNKNOWN, D("1.11"), at)
    books.trade("ACME", D(5), D(21), D("0.65"), at)
    books.trade("BOLT", D(2), D(50), D(0), at)
    books.cash += D(7)  # nobody wrote that down
    new = [books.look(NOW, {"ACME": D(22), "BOLT": D(49)})]
    found = compared(old, new, [books])
    effects = found.effects
    assert (effects.deposits, effects.income, effects.fees) == (D(500), D("12.34"), D("-3.85"))
    assert effects.other == D("1.11")
    assert effects.price == 10 * 2 + 5 * 1 - 2
    assert effects.rest == 7
    acme, bolt = sorted(found.lines, key=lambda line: line.symbol)
    assert (acme.then.quantity, acme.now.quantity, acme.traded) == (D(10), D(15), D(5))
    assert (acme.then.value, acme.now.value, acme.difference) == (D(200), D(330), D(130))
    assert (bolt.then.quantity, bolt.now.value, bolt.difference) == (None, D(98), D(98))


def test_securities_that_came_in_are_a_deposit_and_without_a_value_the_rest() -> None:
    for price, deposits, gain, rest in ((D(20), D(200), D(30), D(0)), (None, D(0), D(0), D(230))):
        books = Books()
        old = [books.look(THEN, {})]
        books.held["ACME"] = D(10)
        books.book(
            TransactionType.TRANSFER, D(0), THEN + timedelta(days=1),
            instrument=make_instrument("ACME"), quantity=D(10), price=price,
        )  # fmt: skip
        effects = compared(old, [books.look(NOW, {"ACME": D(23)})], [books]).effects
        assert (effects.deposits, effects.price, effects.rest) == (deposits, gain, rest)


def test_a_sweep_into_a_money_fund_moves_nothing() -> None:
    books = Books()
    books.cash = D(1000)
    old = [books.look(THEN, {})]
    books.held["FUND"] = D(400)
    books.book(
        TransactionType.OTHER, D(-400), THEN + timedelta(days=1),
        instrument=make_instrument("FUND"), quantity=D(400), price=D(1),
    )  # fmt: skip
    found = compared(old, [books.look(NOW, {"FUND": D(1)})], [books])
    assert found.difference == D(0)
    assert set(found.effects.parts) == {D(0)}
    assert found.lines[0].traded == 400


def test_accounts_that_came_and_went_are_a_part_of_their_own() -> None:
    one, two = Books(1), Books(2)
    one.cash, two.cash = D(100), D(30)
    two.book(TransactionType.DEPOSIT, D(5), THEN + timedelta(days=2))
    found = compared([one.look(THEN, {})], [two.look(NOW, {})], [one, two])
    assert found.effects.accounts == found.difference == -65
    assert found.effects.deposits == 0


def test_what_was_booked_before_the_reading_is_in_it_already() -> None:
    books = Books()
    books.book(TransactionType.DEPOSIT, D(50), THEN)
    old = [books.look(THEN, {})]
    books.book(TransactionType.DEPOSIT, D(7), THEN + timedelta(seconds=1))
    effects = compared(old, [books.look(NOW, {})], [books]).effects
    assert (effects.deposits, effects.rest) == (D(7), D(0))


def test_without_a_value_there_is_no_difference() -> None:
    books = Books()
    row, held = books.look(THEN, {})
    silent = replace(row, balances=(replace(row.balances[0], net_liquidation=None),))
    found = compared([(silent, held)], [books.look(NOW, {})], [books])
    assert (found.before, found.difference, found.effects.rest) == (None, None, D(0))
    rates = table({})
    nothing = view([], NOW, rates, past=False)
    assert compare(view([], THEN, rates, past=True), nothing, []) is None
