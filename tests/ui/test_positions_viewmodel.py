"""Positions arranged, summed and described, without a widget."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.desk import extreme_figures, sample_figures
from support.ui import HOSTILE, NOW, account, position

from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.amounts import day_percent
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.price_history import PriceAsk, PriceHistory, Trade
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.option_words import option_words
from brokerdesk.ui.models.position_columns import PositionLook, haystack, position_columns
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels import position_detail as detail
from brokerdesk.ui.viewmodels import position_groups as groups
from brokerdesk.ui.viewmodels import position_prices as prices
from brokerdesk.ui.viewmodels.positions import PARTIAL, PositionsViewModel, foot_words
from brokerdesk.ui.viewmodels.state import (
    Figures,
    LotRow,
    Message,
    PositionRow,
    Query,
    TotalRow,
    WindowState,
)

D = Decimal


def window(figures: Figures, **more: Any) -> WindowState:
    return WindowState(figures=figures, everyone=figures.accounts, now=NOW, ready=True, **more)


def shown(figures: Figures, **more: Any) -> PositionsViewModel:
    made = PositionsViewModel()
    made.show(window(figures, **more))
    return made


def cells(row: PositionRow, *, by: str = groups.SYMBOL, child: bool = False) -> dict[str, Cell]:
    look = PositionLook(by=by, largest=D(50))
    return {
        column.title: (column.child if child and column.child else column.cell)(row, NOW)
        for column in position_columns(look)
    }


# arranging


def test_by_symbol_holdings_come_as_they_are_and_cash_is_last() -> None:
    figures = sample_figures()
    rows = groups.arranged(figures, "live", groups.SYMBOL)
    assert rows[:-1] == figures.positions
    assert all(one is other for one, other in zip(rows, figures.positions, strict=False))
    cash = rows[-1]
    assert groups.is_cash(cash)
    assert (cash.symbol, cash.name, cash.value) == ("Cash", "US dollars", D("69105.17"))
    assert len(cash.accounts) == 6


@pytest.mark.parametrize("by", [groups.SYMBOL, groups.ACCOUNT, groups.CLASS])
def test_whatever_the_grouping_the_sum_is_the_same_and_keys_are_unique(by: str) -> None:
    figures = sample_figures()
    rows = groups.arranged(figures, "live", by)
    worth = sum((row.value or D(0) for row in rows), D(0))
    plain = sum((row.value or D(0) for row in figures.positions), D(0))
    assert worth == plain + D("69105.17")
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert len({child.key for child in row.children}) == len(row.children)


def test_an_account_s_group_has_its_positions_and_its_cash() -> None:
    rows = groups.arranged(sample_figures(), "live", groups.ACCOUNT)
    schwab = next(row for row in rows if "4821" in row.symbol)
    assert [row.symbol for row in schwab.children][-1] == "Cash"
    assert schwab.value == sum((row.value or D(0) for row in schwab.children), D(0))
    assert {row.accounts for row in schwab.children} == {("s1",)}
    day = sum((row.day_pl for row in schwab.children if row.day_pl is not None), D(0))
    assert schwab.day_pl == day


def test_currencies_are_never_added_in_a_group() -> None:
    figures = sample_figures(
        positions=(
            position("a", asset_class="Bonds", value=D(10), accounts=("s1",)),
            position("b", asset_class="Bonds", value=D(20), currency="EUR", accounts=("s1",)),
        )
    )
    for by in (groups.ACCOUNT, groups.CLASS):
        rows = [row for row in groups.arranged(figures, "live", by) if groups.is_group(row)]
        assert {row.currency: len(row.children) for row in rows}.keys() == {"USD", "EUR"}
        assert all(len({c.currency for c in row.children}) == 1 for row in rows)


def test_a_sum_leaves_out_what_is_not_known_and_never_takes_it_for_zero() -> None:
    rows = [
        position("a", value=D(110), open_pl=D(10), day_pl=D(1)),
        position("b", value=None, open_pl=None, day_pl=None),
        position("c", value=D(50), open_pl=None, day_pl=None),
    ]
    found = groups.sums(rows)
    assert (found["value"], found["open_pl"], found["open_percent"]) == (D(160), D(10), D(10))
    assert found["day_percent"] == day_percent(D(1), D(110))
    assert groups.part_unknown(rows)
    nothing = groups.sums([rows[1]])
    assert set(nothing.values()) == {None, rows[1].weight}
    assert not groups.part_unknown([rows[1]])
    assert not groups.part_unknown([rows[0]])


def test_environments_are_apart_and_one_alone_needs_no_choice() -> None:
    figures = sample_figures()
    assert groups.environments(figures) == ("live",), "the paper account holds nothing"
    paper = position("p", environment="paper", accounts=("p1",))
    both = replace(figures, positions=(*figures.positions, paper))
    model = shown(both)
    assert model.state.environments == ("live", "paper")
    assert paper not in model.state.rows
    model.look_at("paper")
    assert [row.key for row in model.state.rows if not groups.is_cash(row)] == ["p"]


def test_equal_figures_make_nothing_anew() -> None:
    model = shown(sample_figures())
    told: list[int] = []
    model.changed.connect(lambda: told.append(1))
    before = model.state.rows
    model.show(window(sample_figures()))
    assert model.state.rows is before
    model.group(groups.CLASS)
    assert model.state.rows is not before
    assert model.state.noun == ("class", "classes")


# words


def test_the_foot_says_what_the_star_means_and_who_is_silent() -> None:
    figures = sample_figures()
    live = [row for row in figures.accounts if row.environment == "live"]
    said = foot_words(figures.positions, live)
    assert said == f"{PARTIAL} Vanguard …1190 does not report cost."
    known = [row for row in figures.positions if not row.partial and row.open_pl is not None]
    assert foot_words(known, live) == ""


def test_nothing_held_nothing_read_and_no_account_are_three_things() -> None:
    one = account("s2", broker="Schwab", mask="…7730", fetched_at=NOW - timedelta(minutes=5))
    said = shown(Figures(accounts=(one,), connections=sample_figures().connections)).state
    assert said.nothing == "No positions.\nSchwab …7730 holds cash only, checked 5 min ago."
    assert said.rows == ()
    unread = replace(one, fetched_at=None, as_of=None)
    said = shown(Figures(accounts=(unread,), connections=sample_figures().connections)).state
    assert said.nothing.startswith("No positions read yet.")
    empty = shown(Figures()).state
    assert empty.nothing.startswith("No accounts yet.")
    assert [one.id for one in empty.actions] == ["connect", "practice"]
    assert [one.id for one in shown(Figures(), practice=True).state.actions] == ["connect"]
    past = shown(Figures(), query=Query(as_of=NOW - timedelta(days=900))).state
    assert past.nothing.startswith("No snapshot of ")
    assert shown(Figures(complete=False)).state.loading


def test_cash_alone_is_no_table() -> None:
    total = TotalRow(environment="live", currency="USD", value=D(5), accounts=1, oldest=NOW,
                     cash=D(5))  # fmt: skip
    assert groups.arranged(Figures(totals=(total,)), "live", groups.SYMBOL) == ()


def test_unread_records_are_one_message() -> None:
    def unread(key: str) -> Message:
        return Message(
            key=f"unread:{key}", kind="warn", title=f"{key}: 1 record.", text="Left out."
        )

    assert shown(sample_figures(messages=())).state.unread is None
    one = shown(sample_figures(messages=(unread("a"),))).state.unread
    assert one is not None
    assert one.title == "a: 1 record."
    two = shown(sample_figures(messages=(unread("a"), unread("b")))).state.unread
    assert two is not None
    assert two.title.startswith("2 accounts")


# cells


def test_absent_zero_and_unknown_look_different() -> None:
    none = cells(position("a", value=None, day_percent=None, day_pl=None, open_pl=None,
                          average_cost=None))  # fmt: skip
    assert none["Value"].text == "no data"
    assert none["Day"].text == "no data"
    assert none["Avg cost"].text == "—"
    assert none["Unrealized"].text == "—"
    zero = cells(position("a", day_percent=D(0), day_pl=D(0), value=D(0)))
    assert (zero["Day"].text, zero["Day"].glyph, zero["Day"].tone) == ("0.00%", "", "text")
    assert zero["Day P/L"].text == "0.00"
    assert zero["Value"].text == "0.00"
    cash = cells(groups.arranged(sample_figures(), "live", groups.SYMBOL)[-1])
    assert {cash[name].text for name in ("Quantity", "Avg cost", "Last", "Day", "P/L %")} == {"—"}


def test_amounts_and_quantities_are_secret_prices_and_percentages_are_not() -> None:
    row = position("a", day_percent=D(1), open_percent=D(2), weight=D(3))
    found = cells(row)
    secret = {name for name, cell in found.items() if cell.secret}
    assert secret == {"Quantity", "Day P/L", "Value", "Unrealized"}


def test_a_part_s_row_names_its_account_and_the_date_of_old_figures() -> None:
    figures = sample_figures()
    vxus = next(row for row in figures.positions if row.symbol == "VXUS")
    good, old = vxus.children
    found = cells(old, child=True)
    assert found["Symbol"].text == "Vanguard …1190 Taxable"
    assert "sign in again" in found["Symbol"].spoken
    assert (found["Accts"].text, found["Accts"].tone) == ("18 Nov", "loss")
    assert found["Avg cost"].text == "not reported"
    assert cells(good, child=True)["Accts"].text == ""
    grouped = cells(replace(old, key="x"), by=groups.ACCOUNT, child=True)
    assert grouped["Symbol"].text == "VXUS"


def test_cash_stays_last_either_way_and_is_exported_with_its_value() -> None:
    cash = groups.arranged(sample_figures(), "live", groups.SYMBOL)[-1]
    for column in position_columns(PositionLook()):
        assert column.order(cash) is None, column.title
    value = next(c for c in position_columns(PositionLook()) if c.title == "Value")
    assert value.csv is not None
    assert value.csv(cash) == D("69105.17")


def test_a_short_position_is_negative_and_options_are_readable() -> None:
    row = position("o", symbol="AAPL  260116C00200000", asset_type="option", quantity=D(-2),
                   underlying="AAPL")  # fmt: skip
    found = cells(row)
    assert found["Symbol"].text == "AAPL 16 Jan 2026 200 C"
    assert found["Quantity"].text == "−2"
    assert "aapl" in haystack(row).casefold()


@pytest.mark.parametrize(
    ("symbol", "words"),
    [
        ("AAPL  260116C00200000", "AAPL 16 Jan 2026 200 C"),
        ("SPXW  261218P00660500", "SPXW 18 Dec 2026 660.5 P"),
        ("BRK.B 270115C00000001", "BRK.B 15 Jan 2027 0.001 C"),
        ("AAPL  261316C00200000", ""),
        ("AAPL", ""),
        ("", ""),
        ("AAPL  260116X00200000", ""),
        ("ＡＡＰＬ  260116C00200000", ""),
    ],
)
def test_option_words(symbol: str, words: str) -> None:
    assert option_words(symbol) == words


@pytest.mark.parametrize("by", [groups.SYMBOL, groups.ACCOUNT, groups.CLASS])
def test_hostile_figures_make_harmless_cells(by: str) -> None:
    figures = extreme_figures(60)
    rows = groups.arranged(figures, "live", by)
    assert rows
    every = [*rows, *(child for row in rows for child in row.children)]
    for row in every:
        for child in (False, True):
            for cell in cells(row, by=by, child=child).values():
                for text in (cell.text, cell.hint, cell.spoken):
                    assert "\u202e" not in text
                    assert "\n" not in text
        haystack(row)


# the inspector


def lot(acquired: date | None, quantity: str = "10", cost: str | None = "1000") -> LotRow:
    value = None if cost is None else D(cost)
    return LotRow(account="s1", quantity=D(quantity), acquired=acquired, cost=value, open_pl=D(5))


@pytest.mark.parametrize(
    ("acquired", "today", "term"),
    [
        (date(2025, 11, 20), date(2026, 11, 20), "Short"),
        (date(2025, 11, 19), date(2026, 11, 20), "Long"),
        (date(2024, 2, 29), date(2025, 2, 28), "Short"),
        (date(2024, 2, 29), date(2025, 3, 1), "Long"),
        (None, date(2026, 11, 20), "—"),
        (date(9999, 6, 1), date(9999, 7, 1), "Short"),
    ],
)
def test_long_term_is_more_than_a_year(acquired: date | None, today: date, term: str) -> None:
    assert detail.term(acquired, today) == term


def test_lots_are_by_age_with_the_price_paid_per_unit() -> None:
    row = position("a", lots=(lot(None), lot(date(2026, 2, 9)), lot(date(2021, 3, 12), "-4")))
    found = detail.lots(row, lambda _key: account("s1", mask="…4821"), date(2026, 11, 20))
    assert [one.acquired for one in found] == [date(2021, 3, 12), date(2026, 2, 9), None]
    assert [one.price for one in found] == [D(250), D(100), D(100)]
    assert {one.account for one in found} == {"…4821"}
    bare = position("b", lots=(lot(date(2021, 3, 12), "0", None),))
    assert detail.lots(bare, lambda _key: None, date(2026, 11, 20))[0].price is None


def test_the_head_says_price_change_age_and_source() -> None:
    row = position("aapl", mark_price=D("268.42"), day_percent=D("1.24"), accounts=("s1",),
                   as_of=NOW - timedelta(seconds=12))  # fmt: skip
    head = detail.head(row, NOW, "Schwab")
    assert (head.price, head.change, head.glyph) == ("268.42", "+3.29  +1.24%", "▲")
    assert head.source == "12 s ago · Schwab"
    bare = detail.head(position("b", mark_price=None, day_percent=None, as_of=None,
                                fetched_at=None), NOW, "")  # fmt: skip
    assert (bare.price, bare.change, bare.source) == ("no data", "no data for today", "never read")


def test_an_option_s_terms_and_identifiers_are_among_the_values() -> None:
    option = Instrument(
        symbol="AAPL  260116C00200000", asset_type=AssetType.OPTION, cusip="037833100",
        multiplier=D(100), underlying="AAPL", strike=D(200), expiry=date(2026, 1, 16),
        right=OptionRight.CALL,
    )  # fmt: skip
    found = {one.label: one.text for one in detail.values(position("o"), option, NOW)}
    assert found["Underlying"] == "AAPL"
    assert found["Expires"] == "16 Jan 2026"
    assert (found["Strike"], found["Right"], found["CUSIP"]) == ("200.00", "Call", "037833100")
    assert "ISIN" not in found
    secret = {one.label for one in detail.values(position("o"), None, NOW) if one.secret}
    assert secret == {"Quantity", "Market value", "Unrealized", "Today"}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_broker_s_own_words_never_widen_the_pane(text: str) -> None:
    row = position("a", asset_type=f"UNKNOWN({text})", asset_class=text, underlying=text)
    for one in detail.values(row, None, NOW):
        assert len(one.text) <= 60
        assert "\u202e" not in one.text + one.hint


# prices


class Port:
    """Prices in the test's hand."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.calls: list[tuple[PriceAsk, Any, Any]] = []

    def stored(self, ask: PriceAsk, done: Any, failed: Any) -> None:
        self.asked.append(f"stored {ask.symbol}")
        self.calls.append((ask, done, failed))

    def fetch(self, ask: PriceAsk, done: Any, failed: Any) -> None:
        self.asked.append(f"fetch {ask.symbol}")
        self.calls.append((ask, done, failed))

    def answer(self, **more: Any) -> None:
        ask, done, _ = self.calls.pop()
        done(history(ask, **more))

    def fail(self) -> None:
        _, _, failed = self.calls.pop()
        failed(BrokerUnavailableError("Acme cannot be reached."))


def history(ask: PriceAsk, days: int = 500, **more: Any) -> PriceHistory:
    end = date(2026, 11, 19).toordinal()
    xs = array("i", range(end - days + 1, end + 1))
    values: dict[str, Any] = {
        "ask": ask, "days": xs, "units": [10000 + n for n in range(days)], "exponent": -2,
        "source": "acme", "fetched_at": NOW,
    }  # fmt: skip
    return PriceHistory(**{**values, **more})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed(port: Port, clock: Clock, qapp: Any) -> prices.PriceFeed:
    return prices.PriceFeed(port, clock, str.title)


def test_going_through_rows_asks_only_for_the_one_rested_on(
    feed: prices.PriceFeed, port: Port
) -> None:
    for symbol in ("a", "b", "c"):
        feed.show(position(symbol), None)
    assert port.asked == []
    assert feed.state.words == prices.READING
    feed.hurry()
    assert port.asked == ["stored C"]
    feed.show(position("c"), None)
    assert not feed.waiting, "the same holding with newer figures is not asked for again"


def test_a_broker_is_asked_only_when_it_could_tell_more(feed: prices.PriceFeed, port: Port) -> None:
    feed.show(position("a"), None)
    feed.hurry()
    port.answer(askable=False)
    assert port.asked == ["stored A"]
    assert len(feed.state.line) > 200
    feed.show(position("b"), None)
    feed.hurry()
    port.answer(askable=True, days=3)
    assert port.asked[-1] == "fetch B"
    busy = [feed.state.busy]
    assert len(feed.state.line) >= 3, "what is stored is shown meanwhile"
    port.answer(askable=False)
    busy.append(feed.state.busy)
    assert busy == [True, False]
    assert feed.state.source.startswith("Closing prices from Acme, fetched")


def test_a_failure_is_quiet_and_not_repeated_at_once(
    feed: prices.PriceFeed, port: Port, clock: Clock
) -> None:
    def look(symbol: str) -> None:
        feed.show(position(symbol), None)
        feed.hurry()

    look("a")
    port.answer(askable=True, days=0)
    port.fail()
    assert feed.state.words == "No price history yet. Acme cannot be reached."
    look("b")
    port.answer(askable=False)
    look("a")
    port.answer(askable=True, days=0)
    assert port.asked[-1] == "stored A"
    clock.now += prices.AGAIN
    look("b")
    look("a")
    port.answer(askable=True, days=0)
    assert port.asked[-1] == "fetch A"


def test_a_late_answer_for_another_holding_is_dropped(feed: prices.PriceFeed, port: Port) -> None:
    feed.show(position("a"), None)
    feed.hurry()
    late = port.calls.pop()
    feed.show(position("b"), None)
    late[1](history(late[0]))
    assert len(feed.state.line) == 0
    late[2](BrokerUnavailableError("gone"))
    assert feed.state.words == prices.READING


def test_saved_prices_say_so(feed: prices.PriceFeed, port: Port) -> None:
    feed.show(position("a"), None)
    feed.hurry()
    port.answer(source="", fetched_at=None)
    assert feed.state.source == prices.SAVED_PRICES


@pytest.mark.parametrize(
    ("chosen", "days"),
    [(Range.MONTH, 32), (Range.QUARTER, 93), (Range.YEAR, 366), (Range.FIVE_YEARS, 501)],
)
def test_a_range_cuts_the_line_and_ends_with_the_holding_s_price(chosen: Range, days: int) -> None:
    row = position("a", mark_price=D("104.5"), as_of=NOW)
    ask = prices._ask(row, None)
    line = prices.line_of(history(ask), row, chosen, date(2026, 11, 20))
    assert len(line) == days
    assert line.value(len(line) - 1) == D("104.5")
    assert line.xs[-1] == date(2026, 11, 20).toordinal()


def test_a_price_of_another_unit_is_not_put_behind_the_closes() -> None:
    row = position("a", mark_price=D("1045"), as_of=NOW)
    line = prices.line_of(history(prices._ask(row, None)), row, Range.YEAR, date(2026, 11, 20))
    assert line.xs[-1] == date(2026, 11, 19).toordinal()


def test_a_finer_price_keeps_its_digits_and_the_others_theirs() -> None:
    row = position("a", mark_price=D("104.56789"), as_of=NOW)
    line = prices.line_of(history(prices._ask(row, None)), row, Range.MONTH, date(2026, 11, 20))
    assert line.value(-1 + len(line)) == D("104.56789")
    assert line.value(-2 + len(line)) == D("104.99")


def test_trades_of_a_day_are_one_mark_on_a_day_of_the_line() -> None:
    ask = prices._ask(position("a"), None)
    days = array("i", [100, 103, 104])
    trades = (Trade(day=90, quantity=D(1)), Trade(day=101, quantity=D(2)),
              Trade(day=102, quantity=D(3)), Trade(day=103, quantity=D(-1)),
              Trade(day=200, quantity=D(5)))  # fmt: skip
    found = replace(history(ask, 3), days=days, trades=trades)
    marks = prices.trade_marks(found, days)
    assert [(one.x, one.quantity, one.count, one.letter) for one in marks] == [
        (103, D(-1), 1, "S"),
        (103, D(5), 2, "B"),
    ]


def test_privacy_is_not_the_view_model_s() -> None:
    """Prices stay visible; what is hidden is hidden where it is drawn."""
    privacy().set(True)
    assert cells(position("a"))["Last"].text == "120.00"
