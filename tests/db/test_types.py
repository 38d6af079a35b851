"""Columns that lose nothing, and the ban on those that do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy
from hypothesis import given
from support import db_strategies as strategies

from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.tables import metadata
from brokerdesk.db.types import DecimalText, IsoDay, UtcDateTime

DIALECT = sqlalchemy.create_engine("sqlite://").dialect


def test_no_column_type_that_loses_digits_or_zones() -> None:
    banned = (sqlalchemy.Numeric, sqlalchemy.Float, sqlalchemy.DateTime, sqlalchemy.Date)
    for table in metadata.tables.values():
        for column in table.columns:
            kind = column.type
            assert not isinstance(kind, banned), column
            if isinstance(kind, sqlalchemy.types.TypeDecorator):
                assert isinstance(kind, DecimalText | UtcDateTime | IsoDay), column


def test_every_table_is_strict() -> None:
    for table in metadata.tables.values():
        assert table.dialect_options["sqlite"]["strict"], table


@given(strategies.amounts)
def test_decimals_keep_their_text(amount: Decimal) -> None:
    kind = DecimalText()
    text = kind.process_bind_param(amount, DIALECT)
    assert repr(kind.process_result_value(text, DIALECT)) == repr(amount)


@pytest.mark.parametrize("value", [1.5, 1, "1", True, Decimal("NaN"), Decimal("-Infinity")])
def test_anything_but_a_finite_decimal_is_refused(value: Decimal) -> None:
    with pytest.raises((TypeError, ValueError)):
        DecimalText().process_bind_param(value, DIALECT)


@given(strategies.moments)
def test_times_keep_their_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).tzinfo is UTC


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 3, 8, 1, 59, tzinfo=timezone(timedelta(hours=-5)))
    assert from_micros(to_micros(moment)) == moment


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), DIALECT)  # noqa: DTZ001


@pytest.mark.parametrize("value", ["1", 1.5, None, 1 << 62, -(1 << 62)])
def test_what_is_no_stored_time_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        from_micros(value)


def test_none_stays_none() -> None:
    for kind in (DecimalText(), UtcDateTime(), IsoDay()):
        assert kind.process_bind_param(None, DIALECT) is None
        assert kind.process_result_value(None, DIALECT) is None
