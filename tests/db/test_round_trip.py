"""What goes in comes out, to the last digit and the last trailing zero.

``repr`` is compared: two Decimals of one value but different texts are equal to ``==``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import db_strategies as strategies
from support.db import ACCOUNT, NOON, add_accounts, make_instrument, make_reading, opened

from brokerdesk.db.engine import Database
from brokerdesk.db.packing import pack, unpack, unpack_columns, unpack_frame
from brokerdesk.db.records import SeriesPoint, Stored
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.order import Order
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Reading
from brokerdesk.domain.transaction import Transaction

LIMITS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples: opening one for each would be the most of the time."""
    folder: Path = tmp_path_factory.mktemp("round-trip")
    with opened(folder) as database:
        database.run_sync(add_accounts)
        yield database


class Book:
    """Instruments by their place in a list, kept apart even when equal."""

    def __init__(self) -> None:
        self.known: list[Instrument] = []

    def numbers(self, instruments: Sequence[Instrument]) -> list[int]:
        first = len(self.known)
        self.known.extend(instruments)
        return list(range(first, len(self.known)))

    def named(self, numbers: Sequence[int]) -> list[Instrument]:
        return [self.known[number] for number in numbers]


@LIMITS
@given(reading=strategies.readings)
def test_packed_reading_is_the_same_reading(reading: Reading) -> None:
    book = Book()
    packed = pack(reading, book.numbers)
    frame = unpack_frame(packed.frame, book.named)
    again = unpack(packed.payload, frame, reading.account, reading.fetched_at, reading.as_of)
    assert repr(again) == repr(reading)
    assert again == reading
    assert hash(again) == hash(reading)
    columns = unpack_columns(packed.payload, frame)
    rows = zip(columns.instruments, columns.quantity, columns.mark, columns.open_pl, strict=True)
    assert repr(list(rows)) == repr(
        [(p.instrument, p.quantity, p.mark, p.open_pl) for p in reading.positions]
    )


@LIMITS
@given(reading=strategies.readings)
def test_stored_reading_is_the_same_reading(kept: Database, reading: Reading) -> None:
    stored = kept.run_sync(lambda work: work.snapshots.store(reading))
    found = kept.read_sync(lambda work: work.snapshots.as_of(ACCOUNT, reading.fetched_at))
    assert found is not None
    assert found.id == stored.snapshot_id
    assert not found.damaged
    assert found.reading is not None
    if stored.new:
        assert repr(found.reading) == repr(reading)
    else:
        assert repr(found.reading.positions) == repr(reading.positions)
        assert repr(found.reading.balances) == repr(reading.balances)
        assert found.fetched_at <= reading.fetched_at <= found.valid_until


@LIMITS
@given(item=strategies.transactions)
def test_transactions(kept: Database, item: Transaction) -> None:
    kept.run_sync(lambda work: work.transactions.upsert(ACCOUNT, [item], fetched_at=NOON))
    found = kept.read_sync(lambda work: work.transactions.list(ACCOUNT, item.time, item.time))
    assert repr(item) in map(repr, found)


@LIMITS
@given(item=strategies.orders)
def test_orders(kept: Database, item: Order) -> None:
    kept.run_sync(lambda work: work.orders.upsert(ACCOUNT, [item], fetched_at=NOON))
    found = kept.read_sync(lambda work: work.orders.list(ACCOUNT))
    assert repr(item) in map(repr, found)


@LIMITS
@given(item=strategies.quotes)
def test_quotes(kept: Database, item: Quote) -> None:
    kept.run_sync(lambda work: work.quotes.put([item]))
    found = kept.read_sync(lambda work: work.quotes.get([item.symbol]))
    assert [quote.symbol for quote in found] == [item.symbol]
    if found[0].fetched_at == item.fetched_at and found[0].source == item.source:
        assert repr(found[0]) == repr(item)


_numbers = itertools.count()


@LIMITS
@given(values=st.dictionaries(st.dates(), strategies.amounts, min_size=1, max_size=20))
def test_series_values_are_exact(kept: Database, values: dict[date, Decimal]) -> None:
    currency = f"{next(_numbers):03d}"
    points = [SeriesPoint(day=day, value=value) for day, value in sorted(values.items())]

    def put_and_get(work: UnitOfWork) -> tuple[SeriesPoint, ...]:
        for point in reversed(points):
            work.series.append(ACCOUNT, point.day, point.value, currency=currency)
        return work.series.values(ACCOUNT, currency=currency)

    assert list(kept.run_sync(put_and_get)) == points


def store(work: UnitOfWork, reading: Reading) -> Stored:
    return work.snapshots.store(reading)


def test_equal_instruments_with_different_texts_stay_apart(kept: Database) -> None:
    later = NOON + timedelta(days=100)
    for minute, text in enumerate(("100", "100.0", "1E+2")):
        instrument = make_instrument("TEXT", multiplier=Decimal(text))
        reading = make_reading(
            at=later + timedelta(minutes=minute),
            positions=(Position(instrument=instrument, quantity=Decimal(1)),),
        )
        kept.run_sync(partial(store, reading=reading))
        found = kept.read_sync(lambda work: work.snapshots.as_of(ACCOUNT, later + timedelta(1)))
        assert found is not None
        assert found.reading is not None
        assert str(found.reading.positions[0].instrument.multiplier) == text
