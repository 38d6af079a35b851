"""Closing prices of the past, out of Schwab's candles and out of the simulated market."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs import SchwabRig, schwab_rig, sign_in

from brokerdesk.brokers.base import BrokerSession, DailyPrices
from brokerdesk.brokers.schwab.prices import daily_prices
from brokerdesk.domain.market_hours import is_trading_day
from brokerdesk.errors import BrokerProtocolError


def answer(*candles: Any, **more: Any) -> bytes:
    return json.dumps(
        {"candles": list(candles), "symbol": "X", "empty": not candles, **more}
    ).encode()


def candle(at: datetime, close: str = "10.5") -> Any:
    return {"open": 1, "high": 2, "low": 0.5, "close": float(close), "volume": 7,
            "datetime": int(at.timestamp() * 1000)}  # fmt: skip


@pytest.mark.parametrize("hour", [0, 4, 5, 6])
def test_a_candle_belongs_to_the_day_whose_american_midnight_it_carries(hour: int) -> None:
    """Midnight in Chicago (5 or 6 UTC) is what is seen; New York's and UTC's would do, too."""
    (one,) = daily_prices(answer(candle(datetime(2026, 3, 9, hour, tzinfo=UTC))))
    assert one.day == date(2026, 3, 9)


def test_closes_are_exact_and_in_order_and_the_last_of_a_day_counts() -> None:
    raw = (
        b'{"candles":[{"close":190.7000,"datetime":1795183260000},'
        b'{"close":0.00012345,"datetime":1795096800000},'
        b'{"close":12345678901234567890.12,"datetime":1795183260000}]}'
    )
    found = daily_prices(raw).items
    assert [one.day for one in found] == sorted(one.day for one in found)
    assert [str(one.close) for one in found] == ["0.00012345", "12345678901234567890.12"]


@pytest.mark.parametrize(
    "bad",
    [
        {"close": 10},
        {"close": None, "datetime": 1795183260000},
        {"close": 0, "datetime": 1795183260000},
        {"close": -3, "datetime": 1795183260000},
        {"close": 10, "datetime": 10**30},
        {"close": 10, "datetime": 0},
        "nonsense",
        None,
    ],
)
def test_a_bad_candle_costs_only_itself(bad: Any) -> None:
    batch = daily_prices(answer(bad, candle(datetime(2026, 3, 9, 5, tzinfo=UTC))))
    assert len(batch.items) == len(batch.unread) == 1


@pytest.mark.parametrize("raw", [b'{"candles":[],"empty":true}', b'{"empty":true}', b"{}"])
def test_no_candles_are_no_error(raw: bytes) -> None:
    assert len(daily_prices(raw)) == 0


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"candles":7}', b'{"candles":[{]}', b"<html>"])
def test_nonsense_is_told(raw: bytes) -> None:
    with pytest.raises(BrokerProtocolError):
        daily_prices(raw)


@pytest.fixture
async def rig() -> AsyncIterator[SchwabRig]:
    async with schwab_rig() as made:
        yield made


@pytest.fixture
async def session(rig: SchwabRig) -> AsyncIterator[BrokerSession]:
    opened = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("days", [30, 400, 5 * 365, 9 * 365])
async def test_the_simulated_market_tells_every_trading_day(
    rig: SchwabRig, session: BrokerSession, days: int
) -> None:
    assert rig.spec.capabilities.daily_prices
    assert isinstance(session, DailyPrices)
    since = rig.clock.now().date() - timedelta(days=days)
    batch = await session.daily_prices("AAPL", since)
    assert not batch.unread
    found = batch.items
    assert since <= found[0].day <= since + timedelta(days=5)
    assert found[-1].day <= rig.clock.now().date()
    assert all(one.close > 0 for one in found)
    every = (since + timedelta(days=n) for n in range(days + 1))
    trading = [day for day in every if is_trading_day(day) and day <= found[-1].day]
    assert [one.day for one in found] == trading
    assert "/marketdata/v1/pricehistory" in rig.requests()[-1]


async def test_an_unknown_symbol_has_no_prices(rig: SchwabRig, session: BrokerSession) -> None:
    assert isinstance(session, DailyPrices)
    assert (await session.daily_prices("ZZZZ", date(2026, 1, 1))).items == ()


async def test_the_last_close_is_near_the_quote(rig: SchwabRig, session: BrokerSession) -> None:
    assert isinstance(session, DailyPrices)
    prices = (await session.daily_prices("AAPL", date(2026, 10, 1))).items
    (quote,) = (await session.quotes(["AAPL"])).items
    assert quote.last is not None
    assert abs(prices[-1].close / quote.last - 1) < Decimal("0.1")
