"""Symbols and options of TWS: what it may not have or tells wrongly, how often it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.drafts import share
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in

from brokerdesk.brokers.ibkr import finding
from brokerdesk.brokers.ibkr.answers import Question
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.errors import BrokerError

JANUARY = date(2027, 1, 15)


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


@pytest.fixture
async def session(rig: IbkrRig) -> AsyncIterator[Any]:
    opened = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    yield opened
    await opened.aclose()


@pytest.mark.parametrize("kind", ["none", "competing"])
async def test_contracts_stand_without_prices(rig: IbkrRig, session: Any, kind: str) -> None:
    rig.tws.switches.market_data = kind
    chain = await session.chain(share(), JANUARY)
    assert len(chain.rows) > 20
    assert chain.feed is PriceFeed.UNKNOWN
    assert chain.underlying_price is None
    told = [side for row in chain.rows for side in (row.call, row.put)]
    assert all(one is not None and one.bid is None and one.volatility is None for one in told)


async def test_live_prices_are_told_as_such(rig: IbkrRig, session: Any) -> None:
    rig.tws.switches.market_data = "live"
    assert (await session.chain(share(), JANUARY)).feed is PriceFeed.REAL_TIME


async def test_tws_is_asked_for_symbols_once_a_second(rig: IbkrRig, session: Any) -> None:
    began = rig.clock.monotonic()
    for text in ("A", "AA", "AAP", "AAPL"):
        await session.find(text)
    assert rig.clock.monotonic() - began >= 3
    await session.find("AAP")
    paths = [one["path"] for one in rig.sim.log if one["path"].endswith("symbols")]
    assert len(paths) == 4


async def test_a_day_without_options_has_none(session: Any) -> None:
    chain = await session.chain(share(), date(2027, 1, 16))
    assert (chain.rows, chain.unread) == ((), 0)


@pytest.mark.parametrize("kind", ["garbage", "half_frame", "reset_after"])
@pytest.mark.parametrize("route", ["symbols", "chains", "contracts"])
async def test_a_socket_in_trouble_is_an_error_in_words_and_heals(
    rig: IbkrRig, session: Any, monkeypatch: pytest.MonkeyPatch, kind: str, route: str
) -> None:
    rig.shorten(monkeypatch, 1.0)
    session.answer_limit = 2.0
    await rig.fault(kind, route)
    with pytest.raises(BrokerError) as caught:
        await (session.find("AAPL") if route == "symbols" else session.expiries(share()))
    assert caught.value.title.endswith(".")
    await rig.heal()
    session.answer_limit = 20.0
    assert (await session.find("AAPL")).items[0].symbol == "AAPL"
    assert JANUARY in await session.expiries(share())


# -- rows that are not as they should be ---------------------------------------------------------


def row(**changes: Any) -> tuple[Any, ...]:
    told = {
        "exchange": "SMART",
        "name": "AAPL",
        "multiplier": "100",
        "days": ["20270115", "20270122"],
        "strikes": [280.0],
    }
    return tuple({**told, **changes}.values())


@pytest.mark.parametrize(
    "odd",
    [
        row(name="AAPL1", days=["20270201"]),
        row(multiplier="10", days=["20270201"]),
        row(multiplier="", days=["20270201"]),
        row(days=["202702", "", "soon", "20279999"]),
    ],
)
def test_only_days_of_ordinary_options_count(odd: tuple[Any, ...]) -> None:
    found = finding.days([row(), odd, row(exchange="CBOE")], "AAPL")
    assert found == (JANUARY, date(2027, 1, 22))


def a_contract(**changes: Any) -> Any:
    told = {
        "conId": 7,
        "symbol": "AAPL",
        "secType": "OPT",
        "lastTradeDateOrContractMonth": "20270115",
        "strike": 280.0,
        "right": "C",
        "multiplier": "100",
        "currency": "USD",
        "localSymbol": "AAPL  270115C00280000",
        "tradingClass": "AAPL",
        "exchange": "SMART",
    }
    return SimpleNamespace(**{**told, **changes})


async def question(*contracts: Any) -> Question:
    made = Question(asyncio.get_running_loop().create_future())
    made.rows = [("details", (SimpleNamespace(contract=one),)) for one in contracts]
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"multiplier": "10"},
        {"tradingClass": "AAPL1"},
        {"lastTradeDateOrContractMonth": "20270122"},
        {"secType": "STK"},
        {"right": "?"},
        {"strike": float("nan")},
        {"strike": 1.7976931348623157e308},
    ],
)
async def test_odd_contracts_are_counted_and_left_out(changes: dict[str, Any]) -> None:
    asked = await question(a_contract(), a_contract(**changes))
    found, left_out = finding.contracts(asked, "AAPL", JANUARY)
    assert (len(found), left_out) == (1, 1)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((13, 0.25, 0.5), (Decimal("25.00"), Decimal("0.5"))),
        ((83, 0.25, -0.5), (Decimal("25.00"), Decimal("-0.5"))),
        ((13, -1.0, -2.0), (None, None)),
        ((13, 1.7976931348623157e308, 1.7976931348623157e308), (None, None)),
        ((13, float("nan"), 0.5), (None, None)),
        ((10, 0.25, 0.5), (None, None)),
    ],
)
async def test_what_the_model_does_not_know_is_unknown(told: Any, expected: Any) -> None:
    asked = await question()
    asked.rows = [("option", told)]
    assert finding._model(asked) == expected


async def test_prices_are_asked_for_near_the_market_only() -> None:
    pairs = [
        (SimpleNamespace(conId=number), SimpleNamespace(strike=Decimal(number)))
        for number in range(1, 101)
    ]
    chosen: Any = finding.nearest(pairs, Decimal("80.1"))  # type: ignore[arg-type]
    assert sorted(one.conId for one in chosen) == list(range(61, 101))
    assert finding.nearest([], None) == []
