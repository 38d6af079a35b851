"""What brokers tell of usual volumes and halts, and what of it is no figure."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from support import alpaca_stream as on_alpaca
from support.alpaca_stream import StreamRig, stream_rig
from support.ibkr_stream import APPLE, COIN, FUND, TwsLines, tws_lines
from support.order_desk import order_desk
from support.schwab_stream import Listener

from brokerdesk.brokers.alpaca.prices import Volumes
from brokerdesk.brokers.finding import TellsVolume
from brokerdesk.brokers.schwab.quotes import quotes
from brokerdesk.brokers.streaming import Told
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.simulator.alpaca.price_line import PriceLine
from brokerdesk.simulator.market.candles import average_volume

D = Decimal
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BARS = "/alpaca/data/v2/stocks/bars"
SHARE = QuoteKey("AAPL", AssetType.EQUITY, "USD")


# -- in Schwab's quotes -----------------------------------------------------------------------
def schwab(**given: Any) -> Quote:
    (found,) = quotes(json.dumps({"X": given}).encode(), NOW).items
    return found


@pytest.mark.parametrize(
    ("word", "halted"),
    [("Halted", True), ("Normal", False), ("Closed", None), ("Unknown", None), ("", None),
     (None, None), ("halt", None)],
)  # fmt: skip
def test_schwab_s_word_for_a_halt(word: str | None, halted: bool | None) -> None:
    assert schwab(quote={"securityStatus": word}).halted is halted
    assert schwab(quote={}).halted is None


@pytest.mark.parametrize(
    ("told", "average"),
    [
        ({"avg10DaysVolume": 37498265.0, "avg1YearVolume": 5.0}, D("37498265.0")),
        ({"avg10DaysVolume": 0.0, "avg1YearVolume": 58820585.0}, D("58820585.0")),
        ({"avg10DaysVolume": None, "avg1YearVolume": 7}, D(7)),
        ({"avg10DaysVolume": -3, "avg1YearVolume": 0}, None),
        ({}, None),
        (None, None),
    ],
)
def test_schwab_s_average_volume(told: Any, average: Decimal | None) -> None:
    assert schwab(quote={}, fundamental=told).average_volume == average


# -- out of Alpaca's daily bars ---------------------------------------------------------------
def bars(*units: Any, until: date = date(2026, 11, 19)) -> bytes:
    """One bar a day, the last one of ``until``."""
    days = [until - timedelta(days=len(units) - 1 - place) for place in range(len(units))]
    made = [{"t": f"{day}T05:00:00Z", "c": 1, "v": one}
            for day, one in zip(days, units, strict=True)]  # fmt: skip
    return json.dumps({"bars": {"AAPL": made}, "next_page_token": None}).encode()


def average(raw: bytes, most: int = 4, before: date = date(2026, 11, 20)) -> Decimal | None:
    volumes = Volumes()
    assert volumes.add(raw, "AAPL") == ""
    return volumes.average(before, most)


def test_the_average_is_of_the_last_days_that_are_over() -> None:
    assert average(bars(9000, 100, 200, 300, 401)) == 250
    today = bars(9000, 100, 200, 300, 401, 7, until=date(2026, 11, 20))
    assert average(today) == 250, "a day that goes on is less than a day"


def test_bars_without_a_volume_do_not_count() -> None:
    assert average(bars(100, "many", None, 0, -5, 200, 300, 400)) == 250
    assert average(bars(100, 200)) == 150
    assert average(bars(100)) is None, "too few days"
    assert average(bars()) is None
    assert average(b'{"bars": null}') is None


async def test_alpaca_s_average_is_of_all_exchanges_and_asked_for_once_a_day(
    tmp_path: Any,
) -> None:
    async with order_desk(tmp_path, "alpaca") as desk:
        session = desk.session
        assert isinstance(session, TellsVolume)
        found = await session.average_volume(SHARE)
        market = desk.rig.dialect.exchange.market
        usual = average_volume(market, market.listing("AAPL"))
        assert found is not None
        assert abs(found - usual) < usual * D("0.2")
        desk.rig.sim.faults.add([{"kind": "status", "path": BARS, "args": {"status": 500}}])
        assert await session.average_volume(SHARE) == found
        coin = QuoteKey("BTC/USD", AssetType.CRYPTO, "USD")
        option = QuoteKey("AAPL  261218C00300000", AssetType.OPTION, "USD")
        assert await session.average_volume(coin) is None, "one exchange's own is not all"
        assert await session.average_volume(option) is None


async def test_who_may_not_see_all_exchanges_is_told_no_volume(tmp_path: Any) -> None:
    async with order_desk(tmp_path, "alpaca") as desk:
        refusal = {"message": "subscription does not permit querying recent SIP data"}
        fault = {"kind": "status", "path": BARS, "args": {"status": 403, **refusal}}
        desk.rig.sim.faults.add([{**fault, "args": {"status": 403, "text": json.dumps(refusal)}}])
        assert await desk.session.average_volume(SHARE) is None


# -- on Alpaca's line -------------------------------------------------------------------------
@pytest.fixture
async def lines() -> AsyncIterator[StreamRig]:
    async with stream_rig() as made:
        yield made


def _says(listener: Listener, key: QuoteKey, halted: bool | None) -> bool:
    return listener.quotes()[key].halted is halted


async def _asked(lines: StreamRig, *symbols: str) -> list[bool | None]:
    return [one.halted for one in await lines.session.quotes(symbols)]


@pytest.mark.parametrize("key", [on_alpaca.APPLE, on_alpaca.FUND])  # of two tapes
async def test_alpaca_tells_halts_of_all_shares_while_its_line_is_up(
    lines: StreamRig, key: QuoteKey
) -> None:
    listener = lines.prices(key)
    await lines.subscribed(listener, key)
    assert listener.quotes()[key].halted is None, "nothing was said of it"
    halted = lines.rig.dialect.floor.knobs.halted
    halted += [key.symbol, "MSFT"]
    await lines.tick()
    await listener.until(partial(_says, listener, key, True))
    assert await _asked(lines, key.symbol, "MSFT", "NVDA") == [True, True, None]
    halted.clear()
    await lines.tick()
    await listener.until(partial(_says, listener, key, False))
    assert await _asked(lines, key.symbol, "MSFT", "NVDA") == [False, False, None]
    await listener.stop()
    assert await _asked(lines, key.symbol) == [None], "nobody tells any more when it ends"


@pytest.mark.parametrize(("code", "halted"), [("P", True), ("Q", None), ("A", None), ("", None)])
async def test_alpaca_s_codes_of_a_tape(lines: StreamRig, code: str, halted: bool | None) -> None:
    listener = lines.prices(on_alpaca.APPLE)
    await lines.subscribed(listener, on_alpaca.APPLE)
    status = {"T": "s", "S": "AAPL", "sc": code, "sm": "?", "t": "2026-11-20T15:00:00Z", "z": "C"}
    await lines.lines[0].say([status])
    await lines.tick()
    await listener.until(partial(_says, listener, on_alpaca.APPLE, halted))
    assert await _asked(lines, "AAPL") == [halted]


@pytest.mark.parametrize("code", [400, 405, 409, 410, 413])
async def test_halts_that_are_not_given_cost_no_price(
    lines: StreamRig, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PriceLine._change

    async def refusing(line: PriceLine, add: bool, body: dict[str, Any]) -> None:
        if "statuses" in body:
            await line._refuse(code)
        else:
            await real(line, add, body)

    monkeypatch.setattr(PriceLine, "_change", refusing)
    listener = lines.prices(on_alpaca.APPLE)
    await lines.subscribed(listener, on_alpaca.APPLE)
    seen = len(listener.all(Told))
    await lines.tick(60)
    await listener.until(lambda: len(listener.all(Told)) > seen)
    assert listener.states == ["connecting", "live"]
    assert listener.refusals == {}


# -- in TWS's ticks ---------------------------------------------------------------------------
@pytest.fixture
async def tws() -> AsyncIterator[TwsLines]:
    async with tws_lines() as made:
        yield made


async def test_tws_tells_a_halt_as_it_comes_and_goes(tws: TwsLines) -> None:
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    assert {quote.halted for quote in listener.quotes().values()} == {False}
    for told, halted in ((1, True), (0, False), (2, True), (-1, None), (3, None)):
        await tws.say((45, 6, tws.request("AAPL"), 49, told))
        await listener.until(partial(_is_told, listener, halted))
    assert listener.quotes()[FUND].halted is False


def _is_told(listener: Listener, halted: bool | None) -> bool:
    return listener.quotes()[APPLE].halted is halted


async def test_a_halt_of_the_exchange_reaches_the_line_and_the_snapshot(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    tws.rig.dialect.floor.knobs.halted.append("AAPL")
    await tws.tick()
    await listener.until(lambda: listener.quotes()[APPLE].halted)
    (quote,) = (await tws.session.quotes_of([APPLE])).items
    assert quote.halted
    assert quote.last is not None


async def test_the_average_volume_comes_with_the_line_for_shares_alone(tws: TwsLines) -> None:
    assert await tws.session.average_volume(APPLE) is None
    listener = tws.prices(APPLE, FUND, COIN)
    await listener.until(lambda: len(listener.quotes()) == 3)
    market = tws.rig.dialect.exchange.market
    usual = average_volume(market, market.listing("AAPL"))
    assert await tws.session.average_volume(APPLE) == usual // 100 * 100
    assert await tws.session.average_volume(FUND) is not None
    assert await tws.session.average_volume(COIN) is None


@pytest.mark.parametrize("told", ["-1", "0", "NaN", "Infinity", "1.7976931348623157E308"])
async def test_a_volume_that_is_none_never_becomes_one(tws: TwsLines, told: str) -> None:
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    before = await tws.session.average_volume(APPLE)
    await tws.say(
        (2, 6, tws.request("AAPL"), 21, told),
        (2, 6, tws.request("AAPL"), 8, "5"),
        (2, 6, 9_999_999, 21, "5"),
        (1, 6, tws.request("SPY"), 68, "7.5", 1, 0),
    )
    await listener.until(lambda: listener.quotes()[FUND].last == D("7.5"))
    assert await tws.session.average_volume(APPLE) == before
