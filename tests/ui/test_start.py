"""The packed first picture shows what the full reading shows, or is not used."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.clock import FakeClock
from support.db import (
    NOON,
    add_accounts,
    make_account,
    make_connection,
    make_instrument,
    make_reading,
    minutes,
    opened,
)
from support.desk import extreme_figures, sample_figures

from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.db.start_text import read_start_text
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.services.rates import BANK, MARKET
from brokerdesk.settings import Settings
from brokerdesk.ui import sketch
from brokerdesk.ui.start import broker_titles, first_figures, pack_figures
from brokerdesk.ui.start_rows import pack, unpack
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.portfolio import saved
from brokerdesk.ui.viewmodels.state import Figures, Mark

LATER = NOON + minutes(5)


def without_positions(found: Figures) -> Figures:
    return replace(found, positions=(), complete=False)


@pytest.mark.parametrize("make", [sample_figures, extreme_figures, Figures])
def test_every_row_survives_packing(make: object) -> None:
    whole = make()  # type: ignore[operator]
    read = unpack(pack(whole, NOON))
    assert read is not None
    assert read == (without_positions(whole), NOON)
    assert repr(read[0]) == repr(without_positions(whole)), "1.00 is not 1.0"


def test_another_layout_and_nonsense_are_not_read(tmp_path: Path) -> None:
    text = pack(sample_figures(), NOON)
    layout, moment, rows = json.loads(text)
    assert unpack(json.dumps(["0", moment, rows])) is None
    for broken in ("", "[]", "{}", "[1]", json.dumps([layout, "no time", rows]), text[:-9] + "]"):
        with pytest.raises((ValueError, TypeError, LookupError)):
            unpack(broken)


# both ways on generated files


def fill(work: UnitOfWork, chance: random.Random) -> None:
    """Connections in every state, accounts open, closed, left out, held and never read."""
    states = list(ConnectionState)
    for number in range(1, 4):
        environment = chance.choice([Environment.LIVE, Environment.LIVE, Environment.PAPER])
        connection = make_connection(
            number, environment=environment, state=chance.choice(states),
            state_text=chance.choice(["", "It said <b>no</b>."]),
            last_success=chance.choice([None, NOON]), sign_in_ends=NOON + timedelta(days=2),
            created_at=NOON - minutes(number),
        )  # fmt: skip
        work.connections.add(connection)
        for place in range(chance.randint(0, 3)):
            account = make_account(number * 10 + place, environment=environment)
            work.accounts.save(
                connection.id, account, included=chance.choice([True, True, False, None])
            )
            fill_account(work, chance, account.id)
    for row in work.connections.list():
        if chance.random() < 0.15:
            work.connections.remove(row.id, keep_history=chance.random() < 0.6)


def fill_account(work: UnitOfWork, chance: random.Random, account: AccountId) -> None:
    if chance.random() < 0.3:
        work.accounts.rename(account, chance.choice(["Nest egg", "\u202eevil", "x" * 200]))
    for _ in range(chance.randint(0, 2)):
        work.snapshots.store(reading(chance, account, NOON + minutes(chance.randint(0, 4))))
    if chance.random() < 0.2:
        work.snapshots.hold(reading(chance, account, NOON), "It is empty.", NOON)
    if chance.random() < 0.2:
        work.accounts.close(account, NOON)


def reading(chance: random.Random, account: AccountId, at: datetime) -> Reading:
    def money() -> Decimal | None:
        return chance.choice(
            [None, Decimal(0), Decimal("0.00"), Decimal(chance.randint(-(10**12), 10**12)) / 100]
        )

    positions = tuple(
        Position(
            instrument=make_instrument(f"S{chance.randint(0, 30)}x{place}"),
            quantity=Decimal(chance.randint(-50, 500)) / 10,
            average_cost=money(), cost_basis=money(), mark=money(), market_value=money(),
            day_pl=money(), open_pl=money(),
        )
        for place in range(chance.randint(0, 40))
    )  # fmt: skip
    currencies = chance.sample(["USD", "EUR", "JPY"], chance.randint(1, 3))
    unread = (Unread(where="positions[3]", reason="Odd.", label="ODD"),)
    return replace(
        make_reading(account, at, positions=positions),
        balances=tuple(
            Balance(currency=one, cash=money(), net_liquidation=money()) for one in currencies
        ),
        as_of=chance.choice([at, NOON - minutes(1)]),
        unread=unread if chance.random() < 0.2 else (),
    )


def add_rates(work: UnitOfWork, chance: random.Random) -> None:
    """Rates of some days and currencies; now and then not of all."""
    codes = chance.choice([("USD", "JPY"), ("USD",), ("JPY",)])
    day = new_york_day(LATER)
    days = [
        DayRates(
            day=day - timedelta(days=back),
            per_euro=tuple((code, Decimal(chance.randint(1, 10**6)) / 1000) for code in codes),
        )
        for back in (chance.choice([0, 3, 9]), 40)
    ]
    for source in (BANK, MARKET):
        work.rates.put(source, days)


def full(database: Database) -> Figures:
    """What the window shows when everything is loaded, but for offers of new accounts."""
    return figures(database.read_sync(_reader().read), broker_titles())


def as_saved(found: Figures) -> Figures:
    """Nothing is up to date at a start, and old is what the hour makes of it."""
    made = saved(found)
    return replace(
        made,
        accounts=tuple(replace(row, stale=row.stale.replace("old", "")) for row in made.accounts),
        everyone=tuple(replace(row, stale=row.stale.replace("old", "")) for row in made.everyone),
        positions=tuple(
            replace(
                row,
                stale="",
                children=tuple(replace(one, stale="", mark=Mark.SAVED) for one in row.children),
            )
            for row in made.positions
        ),
        movers=tuple(replace(row, stale="", mark=Mark.SAVED) for row in made.movers),
    )


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_show_what_the_full_reading_shows(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with opened(tmp_path, clock=FakeClock(LATER)) as database:
        database.run_sync(lambda work: fill(work, chance))
        if seed % 2:
            database.run_sync(lambda work: add_rates(work, chance))
        raw = first_figures(database.path, LATER)
        expected = full(database)
        stamp = database.read_sync(lambda work: work.start.stamp())
        text = pack_figures(expected, LATER)
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
        assert read_start_text(database.path) == text
        packed = first_figures(database.path, LATER + minutes(1))
        assert as_saved(raw) == as_saved(expected)
        assert as_saved(packed) == as_saved(without_positions(expected))
        assert packed.complete is False
        assert packed.held == raw.held == len(database.read_sync(_reader().read).positions)


@pytest.mark.parametrize("seed", range(30))
def test_a_scope_is_shown_both_ways_and_nothing_outside_it(tmp_path: Path, seed: int) -> None:
    chance = random.Random(1000 + seed)
    with opened(tmp_path, clock=FakeClock(LATER)) as database:
        database.run_sync(lambda work: fill(work, chance))
        there = [row.key for row in full(database).accounts]
        scope = tuple(chance.sample(there, min(len(there), chance.randint(1, 4))))
        if not scope:
            return  # no account at all
        ids = frozenset(map(AccountId, scope))
        view = database.read_sync(lambda work: _reader().read(work, scope=ids))
        expected = replace(figures(view, broker_titles()), scope=scope)
        raw = first_figures(database.path, LATER, scope=scope)
        assert as_saved(raw) == as_saved(expected)
        assert {row.key for row in raw.accounts} == set(scope)
        leave(database, pack_figures(full(database), LATER))
        assert as_saved(first_figures(database.path, LATER, scope=scope)) == as_saved(expected)
        leave(database, pack_figures(expected, LATER))
        packed = first_figures(database.path, LATER + minutes(1), scope=scope)
        assert as_saved(packed) == as_saved(without_positions(expected))
        assert as_saved(first_figures(database.path, LATER)) in (
            as_saved(full(database)), as_saved(without_positions(full(database)))
        )  # fmt: skip


def test_a_scope_whose_accounts_are_gone_is_none(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(lambda work: add_accounts(work, 2))
        assert first_figures(database.path, NOON, scope=("gone",)) == first_figures(
            database.path, NOON
        )


def leave(database: Database, text: str) -> None:
    stamp = database.read_sync(lambda work: work.start.stamp())
    assert database.run_sync(lambda work: work.start.keep(text, stamp))


def _reader() -> PortfolioReader:
    return PortfolioReader(clock=FakeClock(LATER), specs=spec, settings=Settings)


def test_a_picture_from_a_time_that_is_still_to_come_is_not_used(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(lambda work: add_accounts(work, 1))
        database.run_sync(lambda work: work.snapshots.store(make_reading()))
        text = pack_figures(replace(full(database), held=77), NOON + timedelta(days=1))
        leave(database, text)
        assert first_figures(database.path, NOON).held == 1
        assert first_figures(database.path, NOON + timedelta(days=1)).held == 77


def test_a_text_of_another_program_leads_to_the_snapshots(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(lambda work: add_accounts(work, 1))
        for text in ("", "nonsense", '["other", "2026-01-01T00:00:00+00:00", {}]'):
            leave(database, text)
            found = first_figures(database.path, NOON)
            assert found.complete
            assert len(found.accounts) == 1


# what is sketched


def test_movers_are_the_largest_changes_of_each_total() -> None:
    rows = sample_figures().positions
    found = sketch.movers(rows)
    live = [abs(row.day_pl) for row in found if row.day_pl is not None]
    assert live == sorted(live, reverse=True)
    assert all(row.day_pl and not row.children for row in found)
    many = [replace(rows[0], key=f"k{n}", day_pl=Decimal(n - 20)) for n in range(40)]
    assert [row.day_pl for row in sketch.movers(many)][:4] == [-20, -19, 19, -18]
    assert len(sketch.movers(many)) == sketch.MOST_MOVERS
    euro = replace(rows[0], currency="EUR", day_pl=Decimal(1))
    assert euro.key in [row.key for row in sketch.movers([*many, euro])]


@pytest.mark.parametrize("seed", range(6))
def test_movers_of_very_many_are_those_of_all_of_them(seed: int) -> None:
    chance = random.Random(seed)
    base = sample_figures().positions[0]
    rows = [
        replace(
            base, key=f"k{n}", symbol=f"S{chance.randint(0, 40)}",
            currency=chance.choice(["USD", "EUR"]),
            day_pl=chance.choice([None, Decimal(chance.randint(-30, 30))]),
        )
        for n in range(3_000)
    ]  # fmt: skip
    expected = []
    for currency in ("EUR", "USD"):
        moved = [(-abs(row.day_pl), row.symbol, row.key) for row in rows
                 if row.currency == currency and row.day_pl]  # fmt: skip
        expected += [key for _, _, key in sorted(moved)[: sketch.MOST_MOVERS]]
    assert [row.key for row in sketch.movers(rows)] == expected


def test_classes_add_up_and_count_what_is_not_known() -> None:
    base = sample_figures().positions[0]
    rows = [
        replace(base, asset_class="Bonds", value=Decimal("1.10")),
        replace(base, asset_class="Bonds", value=None),
        replace(base, asset_class="", value=Decimal("9")),
        replace(base, asset_class="Bonds", value=Decimal("2.20"), currency="EUR"),
    ]
    found = [(row.currency, row.name, row.value, row.unknown) for row in sketch.classes(rows)]
    assert found == [
        ("EUR", "Bonds", Decimal("2.20"), 0),
        ("USD", "Other", Decimal(9), 0),
        ("USD", "Bonds", Decimal("1.10"), 1),
    ]


def test_equal_rows_are_the_same_objects_from_one_picture_to_the_next() -> None:
    old, new = sample_figures(), sample_figures()
    assert new.positions[0] is not old.positions[0]
    same = sketch.same_objects(new, old)
    assert same == new
    assert same.positions is old.positions
    assert same.accounts is old.accounts
    first = replace(new.positions[0], value=Decimal(1))
    changed = sketch.same_objects(replace(new, positions=(first, *new.positions[1:])), old)
    assert changed.positions[0] is first
    assert all(a is b for a, b in zip(changed.positions[1:], old.positions[1:], strict=True))
    fewer = sketch.same_objects(replace(new, positions=new.positions[2:]), old)
    assert fewer.positions == new.positions[2:]
    assert sketch.same_objects(new, Figures()) == new
