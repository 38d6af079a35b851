"""What a newer price makes of a holding: only where the broker's own figure is understood."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.services.live_figures import Base, moved, price_of, time_of

D = Decimal
AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)
BASE = Base(D(10), D(1), D(100), D(1000), D(10), D(100), AT)
amounts = st.decimals("0.01", "99999.99", places=2)


def quote(**changes: object) -> Quote:
    values: dict[str, object] = {
        "symbol": "AAA", "source": "acme", "feed": PriceFeed.REAL_TIME, "fetched_at": AT,
    }  # fmt: skip
    return Quote(**{**values, **changes})  # type: ignore[arg-type]


@given(amounts, amounts, st.decimals("-5000", "5000", places=3), st.sampled_from([1, 100]))
def test_value_and_gains_move_by_the_same(
    mark: Decimal, price: Decimal, units: Decimal, multiplier: int
) -> None:
    value = units * multiplier * mark
    base = replace(BASE, quantity=units, multiplier=D(multiplier), mark=mark, value=value)
    new = moved(base, price, LATER, None)
    assert new is not None
    assert new.value == units * multiplier * price
    assert new.delta == new.value - value
    assert new.day_pl == D(10) + new.delta
    assert new.open_pl == D(100) + new.delta


@pytest.mark.parametrize(
    "base",
    [
        replace(BASE, at=LATER),
        replace(BASE, at=None),
        replace(BASE, value=None),
        replace(BASE, mark=None),
        replace(BASE, quantity=None),
        replace(BASE, multiplier=D(100)),
        replace(BASE, value=D(10)),  # a bond's price is in percent
    ],
    ids=[
        "newer",
        "of nobody knows when",
        "no value",
        "no mark",
        "no quantity",
        "multiplied",
        "bond",
    ],
)
def test_the_brokers_figures_stay(base: Base) -> None:
    assert moved(base, D(101), LATER, None) is None
    assert moved(BASE, None, LATER, None) is None


def test_another_day_counts_from_its_own_close() -> None:
    tomorrow = AT + timedelta(days=1)
    new = moved(BASE, D(110), tomorrow, D(105))
    assert new is not None
    assert new.day_pl == D(50)
    unknown = moved(BASE, D(110), tomorrow, None)
    assert unknown is not None
    assert unknown.day_pl is None
    assert unknown.value == D(1100)


def test_options_are_valued_between_bid_and_ask() -> None:
    told = quote(bid=D(1), ask=D(2), last=D(9))
    assert price_of(AssetType.OPTION, told) == D("1.5")
    assert price_of(AssetType.EQUITY, told) == D(9)
    assert price_of("equity", quote(bid=D(1), ask=D(2))) == D("1.5")
    assert price_of(AssetType.EQUITY, quote(last=D(0))) is None
    assert price_of(AssetType.EQUITY, quote(bid=D(0), ask=D(2))) is None


def test_a_time_ahead_of_ours_proves_nothing() -> None:
    assert time_of(quote(as_of=LATER)) == AT
    assert time_of(quote(as_of=AT - timedelta(hours=1))) == AT - timedelta(hours=1)
    assert time_of(quote()) == AT
