"""Any portfolio with everything at once: choices, closings, currencies, the broker's own rates and
days gone by. Whatever shows a total shows the sum that plain arithmetic over the same facts makes.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import FakeClock
from support.services import BROKER, Bench, a_position, a_reading, an_account, bench

from brokerdesk.cli import reading as cli
from brokerdesk.db.start_view import read_start_view
from brokerdesk.domain.balance import OWN_RATE, Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment, PriceFeed
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.services.exporting import ExportingService, ExportKind
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.live_figures import price_of
from brokerdesk.services.portfolio_view import PortfolioView
from brokerdesk.services.quoting_moves import Holdings
from brokerdesk.services.quoting_store import listed, read_some
from brokerdesk.services.rates import BANK
from brokerdesk.settings import Settings
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.live_overlay import figures_at

D = Decimal
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
TODAY = new_york_day(NOW)
DAYS = 5  # Monday to Friday
CODES = ("USD", "EUR", "CHF")
CENTS = st.integers(-9_999_999, 99_999_999).map(lambda whole: D(whole).scaleb(-2))
WORLDS = (Environment.LIVE, Environment.PAPER)


@dataclass(frozen=True)
class Read:
    """One reading: hours before now, and what stands in each currency (with the broker's rate)."""

    back: int
    amounts: tuple[tuple[str, Decimal | None, Decimal, Decimal | None], ...]
    held: tuple[tuple[str, str, Decimal, Decimal], ...]


@dataclass(frozen=True)
class One:
    world: Environment
    reads: tuple[Read, ...]
    ended: str  # "", "closed", "disconnected"


@dataclass(frozen=True)
class Case:
    accounts: tuple[One, ...]
    choices: tuple[tuple[int, int], ...]
    rates: tuple[dict[str, Decimal], ...]  # by days back
    base: str
    prices: dict[str, Decimal]


@st.composite
def reads(draw: Any, main: str, own: bool) -> Read:
    others = [code for code in CODES if code != main]
    if not own:  # whoever tells rates tells them with every reading
        others = draw(st.lists(st.sampled_from(others), unique=True))
    rate = st.integers(1, 30_000).map(lambda whole: D(whole).scaleb(-4)) if own else st.none()
    amounts = tuple(
        (code, draw(CENTS), draw(CENTS),
         draw(rate) if code != main else None)
        for code in (main, *others)
    )  # fmt: skip
    held = st.tuples(
        st.sampled_from("ABC"), st.just(main),
        st.integers(-500, 500).map(lambda whole: D(whole).scaleb(-1)),
        st.sampled_from((D(1), D(100))),
    )  # fmt: skip
    return Read(0, amounts, tuple(draw(st.lists(held, max_size=3))))


@st.composite
def accounts(draw: Any) -> One:
    main, own = draw(st.sampled_from(CODES)), draw(st.booleans())
    found = []
    for day in range(draw(st.integers(0, DAYS - 1)), -1, -1):
        for hours in sorted(draw(st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True))):
            found.append(replace(draw(reads(main, own)), back=24 * day + 5 - hours))
    ended = draw(st.sampled_from(("", "", "", "closed", "disconnected")))
    return One(draw(st.sampled_from((*WORLDS, Environment.LIVE))), tuple(found), ended)


@st.composite
def cases(draw: Any) -> Case:
    made = tuple(draw(st.lists(accounts(), min_size=1, max_size=4)))
    pairs = [
        (one, two)
        for one in range(len(made))
        for two in range(len(made))
        if one != two and made[one].world is made[two].world
    ]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else []
    rate = st.integers(5_000, 20_000).map(lambda whole: D(whole).scaleb(-4))
    rates = tuple(
        {code: draw(rate) for code in ("USD", "CHF") if draw(st.integers(0, 4))}
        for _ in range(DAYS)
    )
    price = st.integers(1, 99_999).map(lambda whole: D(whole).scaleb(-2))
    prices = {symbol: draw(price) for symbol in "ABC" if draw(st.booleans())}
    return Case(made, tuple(chosen), rates, draw(st.sampled_from(CODES)), prices)


# What plain arithmetic makes of it


class Plain:
    """Sums over the facts of a case, written without a line of the program's own."""

    def __init__(self, case: Case) -> None:
        self.case = case
        order: list[list[int]] = [[number] for number in range(len(case.accounts))]
        # A later word on the same two accounts stands in the earlier one's stead, at its own time.
        last = {frozenset(pair): place for place, pair in enumerate(case.choices)}
        for chosen, other in (case.choices[place] for place in sorted(last.values())):
            mine = next(group for group in order if chosen in group)
            theirs = next(group for group in order if other in group)
            joined = list(dict.fromkeys((chosen, *mine, *theirs)))
            order = [one for one in order if one not in (mine, theirs)] + [joined]
        self.groups = order

    def there(self, number: int, moment: datetime) -> Read | None:
        """What the account last said by then, if it can be counted then."""
        one = self.case.accounts[number]
        if one.ended and moment >= NOW:
            return None
        past = [read for read in one.reads if NOW - timedelta(hours=read.back) <= moment]
        return past[-1] if past else None

    def counted(
        self, moment: datetime, scope: set[int] | None = None
    ) -> Iterator[tuple[int, Read]]:
        for group in self.groups:
            if scope is not None and not scope.intersection(group):
                continue
            able = [(one, read) for one in group if (read := self.there(one, moment))]
            yield from able[:1]

    def bank(self, currency: str, base: str, moment: datetime) -> tuple[int, Decimal] | None:
        day = new_york_day(moment)
        for back, rates in enumerate(self.case.rates):
            known = {**rates, "EUR": D(1)}
            if TODAY - timedelta(days=back) <= day and {currency, base} <= known.keys():
                return back, known[base] / known[currency]
        return None

    def rate(self, read: Read, currency: str, base: str, moment: datetime) -> Decimal | None:
        if currency == base:
            return D(1)
        own = {code: rate for code, _, _, rate in read.amounts if rate}
        if own:
            own.setdefault(read.amounts[0][0], D(1))
        reference = self.bank(currency, base, moment)
        if currency in own and base in own:
            when = new_york_day(NOW - timedelta(hours=read.back))
            if reference is None or TODAY - timedelta(days=reference[0]) <= when:
                return own[currency] / own[base]
        return None if reference is None else reference[1]

    def by_currency(self, moment: datetime, scope: set[int] | None = None) -> dict[Any, Decimal]:
        sums: dict[Any, Decimal] = {}
        for number, read in self.counted(moment, scope):
            for code, net, _, _ in read.amounts:
                if net is not None:
                    where = self.case.accounts[number].world, code
                    sums[where] = sums.get(where, D(0)) + net
        return sums

    def together(self, moment: datetime, scope: set[int] | None = None) -> dict[Any, Decimal]:
        sums: dict[Any, Decimal] = {}
        for number, read in self.counted(moment, scope):
            for code, net, _, _ in read.amounts:
                rate = self.rate(read, code, self.case.base, moment)
                if net is not None and rate is not None:
                    where = self.case.accounts[number].world
                    sums[where] = sums.get(where, D(0)) + net * rate
        return sums

    def moved(self) -> dict[Any, Decimal]:
        """What the newer prices change each world by, in the base currency."""
        sums: dict[Any, Decimal] = {}
        for number, read in self.counted(NOW):
            rate = self.rate(read, read.amounts[0][0], self.case.base, NOW)
            for symbol, _, units, multiplier in read.held:
                price = self.case.prices.get(symbol)
                if price is not None and rate is not None:
                    where = self.case.accounts[number].world
                    change = units * multiplier * (price - D("3.5")) * rate
                    sums[where] = sums.get(where, D(0)) + change
        return sums


# The program


def ids(case: Case) -> list[AccountId]:
    return [
        an_account(f"9000{number}777", environment=one.world).id
        for number, one in enumerate(case.accounts)
    ]


def position(symbol: str, currency: str, units: Decimal, multiplier: Decimal) -> Position:
    made = a_position(symbol, str(units), "3.5")
    thing = replace(made.instrument, currency=currency, multiplier=multiplier)
    return replace(made, instrument=thing, market_value=units * multiplier * D("3.5"))


async def fill(desk: Bench, case: Case) -> None:
    keys = ids(case)

    def write(uow: Any) -> None:
        for number, one in enumerate(case.accounts):
            cid = ConnectionId(f"{BROKER}-{number}")
            account = an_account(f"9000{number}777", environment=one.world)
            uow.connections.add(
                Connection(id=cid, broker=BROKER, environment=one.world, name=cid, identity=cid,
                           created_at=NOW)
            )  # fmt: skip
            uow.accounts.save(cid, account, included=True)
        for back, rates in enumerate(case.rates):
            day = TODAY - timedelta(days=back)
            uow.rates.put(BANK, [DayRates(day=day, per_euro=tuple(rates.items()))])

    await desk.database.run(write)
    for number, one in enumerate(case.accounts):
        for read in one.reads:
            moment = NOW - timedelta(hours=read.back)
            reading = replace(
                a_reading(keys[number], moment, positions=[position(*part) for part in read.held]),
                balances=tuple(
                    Balance(
                        currency=code, cash=cash, net_liquidation=net,
                        others=((OWN_RATE, rate),) if rate else (),
                    )
                    for code, net, cash, rate in read.amounts
                ),
            )  # fmt: skip
            await desk.database.run(partial(store_reading, reading=reading))
    for chosen, other in case.choices:
        desk.clock.jump(1)
        await desk.services.same_accounts.choose(keys[chosen], keys[other])

    def end(uow: Any) -> None:
        for number, one in enumerate(case.accounts):
            if one.ended == "closed":
                uow.accounts.close(keys[number], NOW)
            elif one.ended:
                uow.connections.remove(ConnectionId(f"{BROKER}-{number}"), keep_history=True)

    await desk.database.run(end)


def near(found: Decimal | None, expected: Decimal) -> bool:
    return found is not None and abs(found - expected) < D("1e-9")


def check(view: PortfolioView, plain: Plain, moment: datetime, scope: set[int] | None) -> None:
    own = {
        (one.environment, one.currency): one.net_liquidation
        for one in view.totals
        if one.net_liquidation is not None
    }
    assert own == plain.by_currency(moment, scope)
    whole = plain.together(moment, scope)
    for total in view.combined:
        assert total.currency == plain.case.base
        assert near(total.net_liquidation, whole[total.environment])
    mixed = {world for world, code in own if code != plain.case.base}
    for world in mixed & whole.keys():
        assert world in {total.environment for total in view.combined}


def typed(desk: Bench, case: Case, as_of: str, command: str = "balances") -> list[dict[str, Any]]:
    """What the command line prints, balances in the base currency."""
    options = Namespace(
        command=command, json=True, base=case.base, connection="", account="", as_of=as_of,
        data_dir=desk.paths.root, practice=False,
    )  # fmt: skip
    out = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setattr(cli, "SystemClock", lambda: desk.clock)
        patch.setattr(cli, "database_of", lambda _: _Opened(desk))
        assert cli.run(options) == 0
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


class _Opened:
    def __init__(self, desk: Bench) -> None:
        self._desk = desk

    def __enter__(self) -> Any:
        return self._desk.database

    def __exit__(self, *_: object) -> None: ...


@settings(max_examples=40)
@given(case=cases())
async def test_whatever_shows_a_total_shows_the_same_sum(case: Case) -> None:
    with localcontext(prec=60), TemporaryDirectory() as folder:
        clock = FakeClock(NOW)
        chosen = Settings(base_currency=case.base)
        async with bench(Path(folder), clock=clock, settings=chosen) as desk:
            await fill(desk, case)
            plain, keys = Plain(case), ids(case)
            await everywhere(desk, case, plain, keys)
            await past_days(desk, case, plain, keys)
            await live(desk, case, plain)


async def everywhere(desk: Bench, case: Case, plain: Plain, keys: list[AccountId]) -> None:
    for scope in (None, {0}, set(range(0, len(keys), 2))):
        named = None if scope is None else [keys[number] for number in scope]
        check(await desk.services.portfolio.view(accounts=named), plain, NOW, scope)
        sketch = await desk.services.portfolio.sketch(named)
        check(sketch.view, plain, NOW, scope)
    start = read_start_view(desk.database.path, now=desk.clock.now(), base=case.base)
    assert start is not None
    first = {(one.environment, one.currency): one.value for one in start.totals}
    assert first == plain.by_currency(NOW)
    counted = {keys[number] for number, _ in plain.counted(NOW)}
    exporting = ExportingService(
        database=desk.database, portfolio=desk.services.portfolio, clock=desk.clock
    )
    table = await exporting.table(ExportKind.BALANCES)
    place = {name: number for number, name in enumerate(table.columns)}
    sums: dict[Any, Decimal] = {}
    for row in table.rows:
        ended = any(word in str(row[place["Note"]]) for word in ("closed", "disconnected"))
        if row[place["Figure"]] == "Net liquidation" and not ended:
            where = Environment(str(row[place["Environment"]])), row[place["Currency"]]
            amount = row[place["Amount"]]
            assert isinstance(amount, Decimal)
            sums[where] = sums.get(where, D(0)) + amount
    assert sums == plain.by_currency(NOW)
    check_typed(typed(desk, case, ""), plain, NOW, counted)
    assert counted == {
        one["id"]
        for one in typed(desk, case, "", "accounts")
        if one["connection"] and not one["closed_at"] and not one["counted_through"]
    }


def check_typed(
    rows: list[dict[str, Any]], plain: Plain, moment: datetime, counted: set[AccountId]
) -> None:
    keys = ids(plain.case)
    present = [row for row in rows if row["account"] in counted]
    found: dict[Any, Decimal] = {}
    for row in present:
        if row["base_value"] is not None:
            world = plain.case.accounts[keys.index(row["account"])].world
            found[world] = found.get(world, D(0)) + D(row["base_value"])
    whole = plain.together(moment)
    assert found.keys() == whole.keys()
    assert all(abs(found[world] - whole[world]) < D("0.1") for world in found)


async def past_days(desk: Bench, case: Case, plain: Plain, keys: list[AccountId]) -> None:
    for back in range(1, DAYS):
        moment = end_of_day(TODAY - timedelta(days=back))
        check(await desk.services.portfolio.view(moment), plain, moment, None)
        counted = {keys[number] for number, _ in plain.counted(moment)}
        day = (TODAY - timedelta(days=back)).isoformat()
        check_typed(typed(desk, case, day), plain, moment, counted)
    for world in {one.world for one in case.accounts}:
        history = await desk.services.history.daily(world, case.base, together=True)
        for number, ordinal in enumerate(history.days):
            back = TODAY.toordinal() - ordinal
            if back <= 0:
                continue  # who ended today still stands for the day's line
            moment = end_of_day(TODAY - timedelta(days=back))
            shown = D(history.units[number]).scaleb(history.exponent)
            expected = plain.together(moment).get(world, D(0))
            assert abs(shown - expected) < D("0.0001"), (back, shown, expected)


async def live(desk: Bench, case: Case, plain: Plain) -> None:
    """Newer prices move each world's total by what its counted accounts hold, and nothing else."""
    view = await desk.services.portfolio.view()
    if not view.combined:
        return
    shown = figures(view, {})
    accounts = await desk.database.read(lambda uow: read_some(listed(uow), uow))

    def price(of: Any) -> tuple[Quote, bool] | None:
        last = case.prices.get(of.key.symbol)
        if last is None:
            return None
        quote = Quote(
            symbol=of.key.symbol, source="x", feed=PriceFeed.REAL_TIME, fetched_at=LATER,
            as_of=LATER, last=last,
        )  # fmt: skip
        assert price_of(of.key.asset_type, quote) == last
        return quote, False

    held = Holdings()
    for one in accounts.values():
        held.take(one, price)
    moves = held.update((), price)
    moved = figures_at(shown, {}, {str(one.account): one for one in moves})
    change = plain.moved()
    for old, new in zip(shown.combined, moved.combined, strict=True):
        world = Environment(old.environment)
        assert old.value is not None
        assert near(new.value, old.value + change.get(world, D(0)))


@pytest.mark.parametrize("hours", [2, 24])
async def test_what_was_exchanged_is_not_there_twice(tmp_path: Path, hours: int) -> None:
    """A currency that is listed no more holds nothing from then on: neither in the line of all
    currencies, on the day of the exchange, nor in a line of its own."""
    async with bench(tmp_path, clock=FakeClock(NOW)) as desk:
        made = an_account("90000777")

        def balance(code: str, net: str) -> Balance:
            return Balance(currency=code, cash=D(0), net_liquidation=D(net))

        before = (balance("USD", "1000"), balance("EUR", "500"))
        after = (balance("USD", "1600"),)

        def write(uow: Any) -> None:
            cid = ConnectionId(f"{BROKER}-0")
            uow.connections.add(
                Connection(id=cid, broker=BROKER, environment=Environment.LIVE, name=cid,
                           identity=cid, created_at=NOW)
            )  # fmt: skip
            uow.accounts.save(cid, made, included=True)
            for back in range(5):
                rates = DayRates(day=TODAY - timedelta(days=back), per_euro=(("USD", D("1.2")),))
                uow.rates.put(BANK, [rates])
            for at, balances in ((NOW - timedelta(hours=hours), before), (NOW, after)):
                store_reading(uow, replace(a_reading(made.id, at), balances=balances))

        await desk.database.run(write)
        whole = await desk.services.history.daily(Environment.LIVE, "USD", together=True)
        assert D(whole.units[-1]).scaleb(whole.exponent) == 1600
        euros = await desk.services.history.daily(Environment.LIVE, "EUR")
        assert euros.units[-1] == 0
