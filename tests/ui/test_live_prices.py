"""Live prices in the window: laid over the broker's figures, never instead of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from support.desk import FakeDesk
from support.overview import FakeHistories
from support.ui import NOW, account, position

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AssetType, Environment, PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.services.quoting_book import LivePrice, PricesMoved, PriceState
from brokerdesk.services.quoting_holdings import AccountMove
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.live import LivePrices
from brokerdesk.ui.viewmodels.state import Figures, PositionRow, TotalRow
from brokerdesk.ui.views.overview.page import OverviewPage
from brokerdesk.ui.views.positions.page import PositionsPage

D = Decimal
READ = NOW - timedelta(minutes=4)


def named(symbol: str) -> str:
    return f"live\t{symbol}\tequity\tUSD"


def part(symbol: str, key: str = "", units: str = "10", **more: Any) -> PositionRow:
    values: dict[str, Any] = {
        "quantity": D(units), "average_cost": D(90), "mark_price": D(100),
        "value": D(units) * 100, "day_pl": D(10), "open_pl": D(100), "day_percent": D("1.01"),
        "open_percent": D("11.11"), "as_of": READ, "fetched_at": READ, "priced_as": named(symbol),
        "asset_type": "equity", "environment": "live", "currency": "USD", "children": (),
        "accounts": ("s1",), **more,
    }  # fmt: skip
    return replace(position(key or symbol), symbol=symbol, **values)


def price(symbol: str, last: str, state: PriceState = PriceState.LIVE, **more: Any) -> LivePrice:
    at = more.pop("at", NOW)
    return LivePrice(
        of=Priced(Environment.LIVE, QuoteKey(symbol, AssetType.EQUITY, "USD")),
        quote=Quote(
            symbol=symbol, source="schwab", feed=PriceFeed.REAL_TIME, fetched_at=at, as_of=at,
            last=D(last), **more,
        ),
        state=state,
        connection=ConnectionId("c"),
        at=at,
    )  # fmt: skip


def move(value: str, *, priced: int = 1, stale: int = 0) -> AccountMove:
    return AccountMove(
        account=AccountId("s1"), currency="USD", net=D(5000), value=D(value), day=D(value),
        priced=priced, stale=stale, count=2, at=NOW,
    )  # fmt: skip


def figures() -> Figures:
    rows = (part("AAA"), part("BBB", units="5"))
    return Figures(
        totals=(TotalRow(environment="live", currency="USD", value=D(5000), accounts=1,
                         oldest=READ, day_pl=D(20), day_percent=D("0.4"), open_pl=D(200)),),
        accounts=(replace(account("s1"), net=D(5000), day_pl=D(20), currency="USD",
                          environment="live", as_of=READ, fetched_at=READ),),
        positions=rows,
        movers=rows,
        held=2,
    )  # fmt: skip


@pytest.fixture
def live(qapp: Any) -> LivePrices:
    return LivePrices()


@pytest.fixture
def desk(qapp: Any) -> FakeDesk:
    return FakeDesk(figures(), services=SimpleNamespace(history=FakeHistories()))


@pytest.fixture
def positions(desk: FakeDesk) -> Iterator[PositionsPage]:
    page = PositionsPage(desk)
    page.resize(1400, 700)
    page.enter()
    page.show()
    yield page
    page.close()
    page.deleteLater()


def cell(page: PositionsPage, symbol: str, column: str) -> Any:
    place = next(n for n, one in enumerate(page.rows.columns) if one.title == column)
    return page.rows.cell_at(page.rows.line_of(symbol), place)


def test_a_row_moves_and_says_where_its_price_comes_from(live: LivePrices) -> None:
    live.on_event(PricesMoved(prices=(price("AAA", "110"),)))
    row = live.row(part("AAA"))
    assert (row.mark_price, row.value, row.day_pl, row.open_pl) == (D(110), D(1100), D(110), D(200))
    assert (row.live, row.price_from, row.own_price, row.own_as_of) == (
        "live", ("schwab", "real_time"), D(100), READ,
    )  # fmt: skip
    assert row.open_percent is not None
    assert round(row.open_percent, 2) == D("22.22")
    other = part("BBB")
    assert live.row(other) is other


def test_an_older_price_changes_nothing(live: LivePrices) -> None:
    live.on_event(PricesMoved(prices=(price("AAA", "90", at=READ - timedelta(hours=1)),)))
    row = part("AAA")
    assert live.row(row) is row


def test_a_holding_of_several_accounts_moves_by_what_its_parts_do(live: LivePrices) -> None:
    newer = part("AAA", "s2", units="30", as_of=NOW + timedelta(hours=1))
    whole = part("AAA", units="40", children=(part("AAA", "s1"), newer), day_pl=D(20),
                 open_pl=D(200), priced_as="")  # fmt: skip
    live.on_event(PricesMoved(prices=(price("AAA", "110"),)))
    row = live.row(whole)
    assert row.value == D(4100), "the second account read its price later"
    assert (row.day_pl, row.open_pl) == (D(120), D(300))
    assert [one.live for one in row.children] == ["live", ""]


def test_totals_and_accounts_move_by_what_the_services_say(live: LivePrices) -> None:
    live.on_event(PricesMoved(prices=(price("AAA", "110"),), accounts=(move("100"),)))
    found = live.figures(figures())
    (row,), (total,) = found.accounts, found.totals
    assert (row.net, row.day_pl) == (D(5100), D(120))
    assert (total.value, total.day_pl, total.open_pl) == (D(5100), D(120), D(300))
    assert total.live == "newer prices for 1 of 2 positions"
    assert [one.symbol for one in found.movers] == ["AAA", "BBB"]
    other = replace(figures(), accounts=(replace(figures().accounts[0], net=D(4000)),))
    assert live.figures(other).accounts == other.accounts, "it belongs to another reading"


def test_what_stands_still_says_so(live: LivePrices) -> None:
    still = price("AAA", "110", PriceState.STALE)
    live.on_event(PricesMoved(prices=(still,), accounts=(move("100", stale=1),)))
    assert live.row(part("AAA")).live == "stale"
    assert live.figures(figures()).totals[0].live == (
        "newer prices for 1 of 2 positions, standing still"
    )


def test_the_table_shows_prices_and_gives_them_back(
    desk: FakeDesk, positions: PositionsPage
) -> None:
    assert cell(positions, "AAA", "Last").text == "100.00"
    desk.on_event(PricesMoved(prices=(price("AAA", "110"),), accounts=(move("100"),)))
    last = cell(positions, "AAA", "Last")
    assert (last.text, last.changed, last.spoken) == ("110.00", True, "110.00, live")
    assert "Live price: Charles Schwab, real time, as of" in last.hint
    assert "The account’s broker: 100.00" in last.hint
    assert cell(positions, "AAA", "Value").text == "1,100.00"
    assert cell(positions, "BBB", "Last").text == "100.00"
    assert desk.figures.positions[0].mark_price == D(100), "the desk's figures stay as they were"
    positions._on_unmark()
    assert not cell(positions, "AAA", "Last").changed
    positions._settle_prices()
    assert "1 newer price" in positions._summary(2)
    still = price("AAA", "110", PriceState.STALE)
    desk.on_event(PricesMoved(prices=(still,)))
    last = cell(positions, "AAA", "Last")
    assert (last.tone, last.spoken) == ("text3", "110.00, stale")
    assert last.hint.startswith("This price stands still")
    desk.on_event(PricesMoved(gone=(still.of,)))
    assert cell(positions, "AAA", "Last").text == "100.00"


def test_rows_stay_where_they_are_until_there_is_time(
    desk: FakeDesk, positions: PositionsPage
) -> None:
    assert positions.rows.line_of("AAA") < positions.rows.line_of("BBB")
    desk.on_event(PricesMoved(prices=(price("BBB", "900"),)))
    assert positions.rows.line_of("AAA") < positions.rows.line_of("BBB")
    positions._settle_prices()
    assert positions.rows.line_of("BBB") < positions.rows.line_of("AAA")


def test_a_past_day_is_never_touched(desk: FakeDesk, positions: PositionsPage) -> None:
    desk.on_event(PricesMoved(prices=(price("AAA", "110"),), accounts=(move("100"),)))
    desk.travel(READ)
    assert cell(positions, "AAA", "Last").text == "100.00"
    desk.on_event(PricesMoved(prices=(price("AAA", "120"),)))
    assert cell(positions, "AAA", "Last").text == "100.00"
    desk.travel(None)
    assert cell(positions, "AAA", "Last").text == "120.00"


def test_amounts_stay_hidden(desk: FakeDesk, positions: PositionsPage) -> None:
    privacy().set(True)
    try:
        desk.on_event(PricesMoved(prices=(price("AAA", "110"),), accounts=(move("100"),)))
        assert cell(positions, "AAA", "Last").text == "110.00"
        assert not any(letter.isdigit() for letter in cell(positions, "AAA", "Value").text)
    finally:
        privacy().set(False)


def test_the_overview_shows_the_total_and_says_how_much_of_it_is_newer(desk: FakeDesk) -> None:
    page = OverviewPage(desk)
    page.enter()
    try:
        desk.on_event(PricesMoved(prices=(price("AAA", "110"),), accounts=(move("100"),)))
        spoken = said(page)
        assert "5,100.00" in spoken
        assert "newer prices for 1 of 2 positions" in spoken
        desk.detach()
        assert "5,000.00" in said(page), "without services the broker's own"
    finally:
        page.deleteLater()


def said(page: OverviewPage) -> str:
    names = [one.accessibleName() for one in page.main.hero.findChildren(QWidget)]
    return " ".join((page.main.hero.accessibleName(), *names))


def test_prices_are_followed_while_a_page_shows_them(desk: FakeDesk) -> None:
    told: list[bool] = []
    desk.live.wanted.connect(told.append)
    desk.hold_prices("one")
    desk.hold_prices("two")
    desk.release_prices("one")
    desk.release_prices("one")
    desk.release_prices("two")
    assert told == [True, False]


def test_prices_are_no_news_for_pages_that_show_none(desk: FakeDesk) -> None:
    heard: list[object] = []
    desk.happened.connect(heard.append)
    desk.on_event(PricesMoved(prices=(price("AAA", "110"),)))
    assert not heard
