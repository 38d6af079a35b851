"""Splits between a past day and now: booked ones, probable ones, and what is none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import FakeClock
from support.services import Bench, a_position, a_reading, a_transaction, an_account, bench

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.splits import (
    Jump,
    Split,
    booked_splits,
    merged,
    probable_split,
    since,
)

D = Decimal
NOON = datetime(2026, 6, 10, 16, 0, tzinfo=UTC)
SHARE = Instrument(symbol="NVDA", asset_type=AssetType.EQUITY)
ACCOUNT = an_account().id


def entry(text: str, quantity: str | None = "90", **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "type": TransactionType.TRANSFER,
        "description": text,
        "instrument": SHARE,
        "quantity": None if quantity is None else D(quantity),
    }
    return a_transaction(ACCOUNT, NOON, "0", **{**values, **changes})


@pytest.mark.parametrize(
    ("text", "units", "each"),
    [
        ("Split 10 for 1 NVDA", 10, 1),
        ("STOCK SPLIT 3:2", 3, 2),
        ("1-for-20 reverse split", 1, 20),
        ("Split 0.1 for 1 NVDA", 1, 10),
        ("FORWARD SPLIT 4 FOR 1", 4, 1),
    ],
)
def test_an_entry_tells_its_ratio(text: str, units: int, each: int) -> None:
    (found,) = booked_splits([entry(text)])
    assert (found.symbol, found.day, found.units, found.each, found.probable) == (
        "NVDA",
        date(2026, 6, 10),
        units,
        each,
        False,
    )


def test_an_entry_without_a_ratio_is_judged_by_the_quantity_before() -> None:
    one = entry("Stock split NVDA", "90")
    (found,) = booked_splits([one], {one.id: D(10)})
    assert (found.units, found.each) == (10, 1)
    backwards = entry("Reverse split", "-19")
    (found,) = booked_splits([backwards], {backwards.id: D(20)})
    assert (found.units, found.each) == (1, 20)
    assert booked_splits([one]) == ()
    assert booked_splits([one], {one.id: D(0)}) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Dividend NVDA"},
        {"description": "Splitsville Corp 2 for 1"},
        {"type": TransactionType.TRADE},
        {"instrument": None},
        {"description": "Split 1 for 1"},
        {"description": "Split 1234 for 1000"},
    ],
)
def test_what_is_no_split(changes: dict[str, Any]) -> None:
    assert booked_splits([entry("Split 10 for 1", **changes)]) == ()


def jump(before: str, after: str, old: str | None, new: str | None) -> Jump:
    return Jump(
        SHARE.key, "NVDA", NOON, D(before), D(after),
        None if old is None else D(old), None if new is None else D(new),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "ratio"),
    [
        (jump("10", "100", "1200", "121.5"), (10, 1)),
        (jump("100", "10", "1.20", "12.5"), (1, 10)),
        (jump("7.5", "22.5", "300", "99"), (3, 1)),
        (jump("-10", "-20", "50", "26"), (2, 1)),
        (jump("20", "30", "90", "61"), (3, 2)),
    ],
)
def test_a_jump_by_a_ratio_with_the_inverse_price_is_probably_a_split(
    one: Jump, ratio: tuple[int, int]
) -> None:
    found = probable_split(one)
    assert found is not None
    assert (found.units, found.each) == ratio
    assert found.probable


@pytest.mark.parametrize(
    "one",
    [
        jump("10", "20", "100", "101"),  # bought as many again
        jump("10", "100", "1200", None),
        jump("10", "100", None, "120"),
        jump("10", "101", "1200", "120"),  # by no simple ratio
        jump("10", "-100", "1200", "120"),
        jump("10", "12", "120", "100"),  # too small to tell from a trade
        jump("0", "10", "1", "1"),
        jump("10", "100", "0", "120"),
    ],
)
def test_a_jump_that_a_trade_explains_as_well_is_none(one: Jump) -> None:
    assert probable_split(one) is None


@given(st.integers(2, 50), st.decimals("0.001", 10**6, places=3), st.decimals(1, 5000, places=2))
def test_a_true_split_is_always_recognised(ratio: int, held: Decimal, price: Decimal) -> None:
    new = (price / ratio).quantize(D("0.0001"))
    if new * ratio > price * D("0.81"):  # rounding to cents of a cent has not eaten it up
        found = probable_split(jump(str(held), str(held * ratio), str(price), str(new)))
        assert found is not None
        assert (found.units, found.each) == (ratio, 1)


def split(day: date, *, probable: bool = False, symbol: str = "NVDA", units: int = 2) -> Split:
    key = replace(SHARE, symbol=symbol).key
    return Split(instrument=key, symbol=symbol, day=day, units=units, each=1, probable=probable)


def test_what_is_booked_needs_no_guess() -> None:
    booked = split(date(2026, 6, 10))
    guess = split(date(2026, 6, 12), probable=True)
    later = split(date(2026, 9, 1), probable=True)
    assert merged([booked], [guess, later]) == (booked, later)


def test_only_splits_after_the_day_and_of_what_was_held() -> None:
    day = date(2026, 6, 10)
    other = AccountId("acme:other")
    found = {
        ACCOUNT: (split(day - timedelta(days=9)), split(day), split(day + timedelta(days=30))),
        other: (split(day + timedelta(days=31), probable=True),),
    }
    held = [(ACCOUNT, SHARE), (other, SHARE), (ACCOUNT, replace(SHARE, symbol="AAPL"))]
    (key,) = since(found, held, day)
    assert key == SHARE.key
    assert since(found, held, day)[key] == (split(day + timedelta(days=30)),)
    assert since(found, [(ACCOUNT, replace(SHARE, symbol="AAPL"))], day) == {}
    assert since(found, held, date(2026, 12, 1)) == {}


# out of a stored past


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, clock=FakeClock(NOON + timedelta(days=200))) as made:
        await made.connected()
        yield made


async def keep(desk: Bench, *days: tuple[int, str, str], symbol: str = "NVDA") -> AccountId:
    """Snapshots: day, quantity, price."""
    account = desk.bank.accounts[0].id
    readings = [
        a_reading(
            account,
            NOON + timedelta(days=day),
            value=str(1000 + day),
            positions=[a_position(symbol, quantity, price), a_position("AAPL", "5", "100")],
        )
        for day, quantity, price in days
    ]
    await desk.database.run(lambda uow: uow.snapshots.store_many(readings))
    return account


async def test_a_split_that_no_entry_tells_of_is_found_in_the_snapshots(desk: Bench) -> None:
    account = await keep(
        desk, (0, "10", "1200"), (1, "10", "1210"), (2, "100", "119"), (3, "120", "121")
    )
    found = await desk.services.splits.splits([account])
    assert found[account] == (
        Split(instrument=SHARE.key, symbol="NVDA", day=date(2026, 6, 12), units=10, each=1,
              probable=True),
    )  # fmt: skip


async def test_doubling_a_holding_is_no_split(desk: Bench) -> None:
    account = await keep(desk, (0, "10", "100"), (1, "20", "101"))
    assert (await desk.services.splits.splits([account]))[account] == ()


async def test_an_entry_takes_the_place_of_the_guess(desk: Bench) -> None:
    account = await keep(desk, (0, "10", "1200"), (2, "100", "119"))
    booked = entry("Stock split", "90", time=NOON + timedelta(days=1))
    await desk.database.run(
        lambda uow: uow.transactions.upsert(account, [booked], fetched_at=desk.clock.now())
    )
    (one,) = (await desk.services.splits.splits([account]))[account]
    assert (one.units, one.each, one.day, one.probable) == (10, 1, date(2026, 6, 11), False)


async def test_what_comes_later_is_looked_at_as_well(desk: Bench) -> None:
    account = await keep(desk, (0, "10", "1200"), (1, "10", "1210"))
    assert (await desk.services.splits.splits([account]))[account] == ()
    await keep(desk, (2, "10", "1190"))
    assert (await desk.services.splits.splits([account]))[account] == ()
    await keep(desk, (3, "20", "600"))
    (one,) = (await desk.services.splits.splits([account]))[account]
    assert (one.units, one.day) == (2, date(2026, 6, 13))


async def test_a_damaged_snapshot_hides_nothing_but_itself(desk: Bench) -> None:
    account = await keep(desk, (0, "10", "1200"), (1, "100", "120"), (5, "100", "121"))

    def damage(uow: Any) -> None:
        raw = uow.snapshots._raw
        for (name,) in raw.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(
            "UPDATE snapshots SET payload = CAST(payload || x'00' AS BLOB) WHERE id ="
            " (SELECT min(id) FROM snapshots)"
        )

    await desk.database.run(damage)
    # The price before is gone, so nothing can be said.
    assert (await desk.services.splits.splits([account]))[account] == ()
