"""Finding symbols and listing options, with each broker's own adapter in front of its simulator."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.brokers import MemoryCredentials
from support.drafts import share
from support.rigs import RIGS, sign_in

from brokerdesk.brokers import chain_rows
from brokerdesk.brokers.alpaca import finding as alpaca_finding
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.finding import FindsSymbols, HasChains
from brokerdesk.brokers.schwab import finding as schwab_finding
from brokerdesk.brokers.snaptrade import finding as snaptrade_finding
from brokerdesk.domain.kinds import AssetType, OptionRight, PriceFeed
from brokerdesk.errors import BrokerError, BrokerProtocolError

FINDERS = ("alpaca", "schwab", "snaptrade", "ibkr")
LISTERS = ("alpaca", "schwab", "ibkr")
OVER_HTTP = ("alpaca", "schwab")
JANUARY = date(2027, 1, 15)


def _finds(session: object) -> bool:
    return isinstance(session, FindsSymbols)


@asynccontextmanager
async def opened(broker: str) -> AsyncIterator[tuple[Any, Any]]:
    async with RIGS[broker]() as rig:
        if broker == "alpaca":
            port = MemoryCredentials({**rig.keys("live"), "venues": "live"})
        else:
            port = MemoryCredentials((await sign_in(rig)).credentials)
        session: Any = rig.session(port)
        try:
            yield rig, session
        finally:
            await session.aclose()


def asked(rig: Any, part: str) -> int:
    return sum(part in one["path"] for one in rig.sim.log)


@pytest.mark.parametrize("broker", FINDERS)
async def test_symbols_are_found_by_their_beginning_and_by_name(broker: str) -> None:
    async with opened(broker) as (_, session):
        assert _finds(session)
        (first, *_) = (await session.find("aapl")).items
        assert (first.symbol, first.asset_type, first.currency) == (
            "AAPL",
            AssetType.EQUITY,
            "USD",
        )
        assert "apple" in first.name.casefold()
        assert "AAPL" in [one.symbol for one in (await session.find("Apple")).items]
        begins = [one.symbol for one in (await session.find("V", most=3)).items]
        assert len(begins) == 3, begins
        assert all(one.startswith("V") for one in begins)
        (fund, *_) = (await session.find("VOO")).items
        assert fund.asset_type is AssetType.ETF
        assert (await session.find("no such thing at all")).items == ()
        assert (await session.find("  ")).items == ()


@pytest.mark.parametrize("broker", FINDERS)
async def test_the_same_letters_are_not_asked_twice(broker: str) -> None:
    async with opened(broker) as (rig, session):
        await session.find("AAPL")
        before = len(rig.sim.log)
        for text in ("AAPL", "aapl", " AAPL "):
            await session.find(text)
        assert len(rig.sim.log) == before
        await rig.clock.advance(26 * 3600)
        if broker != "schwab":  # whose sign-in is another matter by then
            await session.find("AAPL")
            assert len(rig.sim.log) > before


@pytest.mark.parametrize("broker", FINDERS)
@pytest.mark.parametrize("text", ["$(rm)", "a.*b[", "'; --", "ÄÖ", "\x00\x07", "x" * 500, "%2F/.."])
async def test_whatever_is_typed_is_only_looked_for(broker: str, text: str) -> None:
    async with opened(broker) as (_, session):
        assert (await session.find(text)).items == ()


@pytest.mark.parametrize("broker", LISTERS)
async def test_a_chain_has_both_sides_of_each_strike(broker: str) -> None:
    async with opened(broker) as (_, session):
        assert isinstance(session, HasChains)
        days = await session.expiries(share())
        assert list(days) == sorted(days)
        assert JANUARY in days
        chain = await session.chain(share(), JANUARY)
        assert (chain.underlying, chain.expiry, chain.unread) == ("AAPL", JANUARY, 0)
        assert chain.feed is (PriceFeed.REAL_TIME if broker == "schwab" else PriceFeed.DELAYED)
        strikes = [row.strike for row in chain.rows]
        assert strikes == sorted(set(strikes))
        assert len(strikes) > 20
        priced = 0
        for row in chain.rows:
            assert row.call is not None
            assert row.put is not None
            for one, right in ((row.call, OptionRight.CALL), (row.put, OptionRight.PUT)):
                what = one.contract
                assert (what.right, what.strike, what.expiry) == (right, row.strike, JANUARY)
                assert (what.multiplier, what.underlying) == (Decimal(100), "AAPL")
                assert len(what.symbol) == 21
                if broker == "ibkr" and one.bid is None:
                    continue
                priced += 1
                assert one.bid is not None
                assert one.ask is not None
                assert one.bid <= one.ask
                assert one.volatility is not None
                assert 20 < one.volatility < 50, "in percent"
                assert one.delta is not None
                assert (one.delta >= 0) == (right is OptionRight.CALL)
        assert priced == (40 if broker == "ibkr" else 2 * len(chain.rows))


@pytest.mark.parametrize("broker", LISTERS)
async def test_an_option_of_the_chain_can_be_ordered(broker: str) -> None:
    async with opened(broker) as (_, session):
        chain = await session.chain(share(), JANUARY)
        side = chain.rows[len(chain.rows) // 2].call
        assert side is not None
        (quote,) = (await session.quotes([side.contract.symbol])).items
        assert (quote.symbol, quote.bid) == (side.contract.symbol, side.bid)


@pytest.mark.parametrize("broker", LISTERS)
async def test_what_has_no_options_has_no_days(broker: str) -> None:
    async with opened(broker) as (_, session):
        assert await session.expiries(share("NOPE")) == ()
        assert await session.expiries(share("FXAIX")) == ()


ROUTES = {
    "alpaca": {"chain": "/v1beta1/options/snapshots/AAPL$", "days": "/v2/options/contracts$"},
    "schwab": {"chain": "/marketdata/v1/chains$", "days": "/marketdata/v1/expirationchain$"},
}


@pytest.mark.parametrize("broker", OVER_HTTP)
@pytest.mark.parametrize("kind", ["truncate", "garbage", "html", "huge", "reset_after"])
@pytest.mark.parametrize("route", ["days", "chain"])
async def test_a_chain_that_cannot_be_read_is_an_error_in_words(
    broker: str, kind: str, route: str
) -> None:
    async with opened(broker) as (rig, session):
        path = ROUTES[broker][route]
        rig.sim.faults.add([{"kind": kind, "path": path}])
        with pytest.raises(BrokerError) as caught:
            await session.chain(share(), JANUARY) if route == "chain" else await session.expiries(
                share()
            )
        assert caught.value.title.endswith(".")
        rig.sim.faults.clear()
        assert (await session.chain(share(), JANUARY)).rows


async def test_alpacas_pages_belong_together() -> None:
    async with opened("alpaca") as (rig, session):
        whole = await session.chain(share(), JANUARY)
        rig.dialect.switches.options_page = 60
        session._series.clear()
        before = asked(rig, "/options/contracts")
        again = await session.chain(share(), JANUARY)
        assert asked(rig, "/options/contracts") - before > 5
        assert again.rows == whole.rows


@pytest.mark.parametrize(("page", "circle"), [(60, True), (7, False)])
async def test_a_list_that_does_not_end_is_no_list(page: int, circle: bool) -> None:
    async with opened("alpaca") as (rig, session):
        rig.dialect.switches.options_page = page
        rig.dialect.switches.options_circle = circle
        for ask in (session.expiries(share()), session.chain(share(), JANUARY)):
            before = asked(rig, "/options/contracts")
            with pytest.raises(BrokerProtocolError) as caught:
                await ask
            assert caught.value.title == "Alpaca's list of options of AAPL does not end."
            assert asked(rig, "/options/contracts") - before <= 40


async def test_alpacas_contracts_are_listed_once_a_day_and_stand_without_prices() -> None:
    async with opened("alpaca") as (rig, session):
        await session.expiries(share())
        await session.chain(share(), JANUARY)
        assert asked(rig, "/options/contracts") == 1
        code = json.dumps({"code": 40310000, "message": "subscription does not permit this"})
        told = {"text": code, "content_type": "application/json"}
        rig.sim.faults.add([{"kind": "body", "path": ROUTES["alpaca"]["chain"], "args": told}])
        chain = await session.chain(share(), JANUARY)
        assert chain.feed is PriceFeed.UNKNOWN
        assert chain.rows
        assert all(row.call is not None and row.call.bid is None for row in chain.rows)


# -- figures that are none, fields that nobody knows ---------------------------------------------


def leaf(symbol: str = "AAPL  270115C00280000", **changes: Any) -> dict[str, Any]:
    told = {
        "putCall": "CALL",
        "symbol": symbol,
        "description": "AAPL 01/15/2027 280.00 C",
        "bid": 5.1,
        "ask": 5.2,
        "last": 5.15,
        "mark": 5.15,
        "volatility": 24.1,
        "delta": 0.55,
        "openInterest": 1500,
        "totalVolume": 320,
        "multiplier": 100.0,
        "nonStandard": False,
        "mini": False,
        "aFieldOfTomorrow": {"x": [1]},
    }
    return {name: one for name, one in {**told, **changes}.items() if one is not ...}


def schwab_chain(*leaves: dict[str, Any]) -> Any:
    raw = json.dumps({"status": "SUCCESS", "callExpDateMap": {"2027-01-15:56": {"280.0": leaves}}})
    given = JsonDecoder(schwab_finding.ChainAnswer).decode(raw.encode())
    return schwab_finding.contracts(given, "AAPL", JANUARY)


@pytest.mark.parametrize("none", [-999.0, "-999.0", "NaN", "Infinity", "", None, ..., {}, "1e999"])
def test_what_schwab_does_not_know_is_unknown_and_costs_no_contract(none: Any) -> None:
    names = ("volatility", "delta", "last", "mark", "openInterest", "totalVolume", "ask", "bid")
    (one,), left_out = schwab_chain(leaf(**dict.fromkeys(names, none)))
    assert left_out == 0
    told = (one.volatility, one.delta, one.last, one.mark, one.open_interest, one.volume)
    assert told == (None,) * 6
    assert (one.bid, one.ask) == (None, None)


def test_a_bid_of_nothing_is_a_bid_and_a_price_of_nothing_is_none() -> None:
    (one,), _ = schwab_chain(leaf(bid=0.0, ask=0.05, last=0.0, openInterest=0))
    assert (one.bid, one.last, one.open_interest) == (Decimal("0"), None, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonStandard": True},
        {"mini": True},
        {"multiplier": 10.0},
        {"symbol": "AAPL  270122C00280000"},
        {"symbol": "nonsense"},
        {"symbol": None},
        {"putCall": ["CALL"]},
    ],
)
def test_contracts_that_are_out_of_the_ordinary_are_counted_and_left_out(
    changes: dict[str, Any],
) -> None:
    found, left_out = schwab_chain(leaf(), leaf(**changes))
    assert (len(found), left_out) == (1, 1)


def test_two_contracts_in_one_place_are_no_two_rows() -> None:
    found, _ = schwab_chain(leaf(), leaf(bid=1.0))
    rows, twice = chain_rows.rows(found)
    assert (len(rows), twice) == (1, 1)


def test_days_of_which_none_can_be_read_are_an_error() -> None:
    raw = b'{"expirationList":[{"expirationDate":"soon"},{"expirationDate":7}]}'
    with pytest.raises(BrokerProtocolError):
        schwab_finding.expiries(raw)
    half = b'{"expirationList":[{"expirationDate":"2027-01-15","x":1},{"expirationDate":7}]}'
    assert schwab_finding.expiries(half) == (JANUARY,)
    assert schwab_finding.expiries(b"{}") == ()


def test_descriptions_come_without_entities() -> None:
    raw = b'{"instruments":[{"symbol":"T","description":"AT&amp;T INC","assetType":"EQUITY"},7]}'
    batch = schwab_finding.listed(raw)
    assert [one.name for one in batch.items] == ["AT&T INC"]
    assert len(batch.unread) == 1


def contract(**changes: Any) -> dict[str, Any]:
    told = {
        "symbol": "AAPL270115C00280000",
        "expiration_date": "2027-01-15",
        "tradable": True,
        "size": "100",
        "open_interest": "12",
        "field_of_tomorrow": [],
    }
    return {**told, **changes}


def alpaca_series(*records: Any) -> alpaca_finding.Series:
    raw = json.dumps({"option_contracts": records}).encode()
    return alpaca_finding.series_of("AAPL", [JsonDecoder(alpaca_finding.Contracts).decode(raw)])


@pytest.mark.parametrize(
    "bad",
    [
        7,
        contract(expiration_date="soon"),
        contract(symbol="AAPL"),
        contract(size="10"),
        contract(size=None),
        contract(expiration_date="2027-01-22"),
    ],
)
def test_alpacas_odd_contracts_are_counted_and_left_out(bad: Any) -> None:
    found = alpaca_series(contract(), bad)
    ((one, interest),) = found.days[JANUARY]
    assert (one.symbol, interest, found.unread) == ("AAPL  270115C00280000", 12, 1)
    if bad in (7, contract(symbol="AAPL")):
        with pytest.raises(BrokerProtocolError):
            alpaca_series(bad)


def test_what_may_not_be_traded_is_not_listed() -> None:
    raw = json.dumps(
        [
            {"symbol": "AAPL", "name": "Apple Inc.", "class": "us_equity", "tradable": True},
            {"symbol": "GONE", "name": "Gone Inc.", "class": "us_equity", "tradable": False},
            {"name": "no symbol"},
        ]
    ).encode()
    batch = alpaca_finding.listed(raw)
    assert [one.symbol for one in batch.items] == ["AAPL"]
    assert len(batch.unread) == 1
    assert alpaca_series(contract(tradable=False)).days == {}


def test_snaptrades_symbols_may_be_bad_one_by_one() -> None:
    raw = json.dumps([{"id": "u", "symbol": "AAPL", "type": {"code": "cs"}}, 7, {}]).encode()
    batch = snaptrade_finding.symbols(raw)
    assert [one.symbol for one in batch.items] == ["AAPL"]
    assert len(batch.unread) == 2


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_make_a_figure_that_is_none(raw: bytes) -> None:
    for read in (chain_rows.figure, chain_rows.price, chain_rows.bid, chain_rows.delta):
        found = read(msgspec.Raw(raw))
        assert found is None or found.is_finite()
    number = chain_rows.count(msgspec.Raw(raw))
    assert number is None or number >= 0
