"""Activity without a widget: rows, sums, ranges, what is asked for and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.desk import sample_figures
from support.lists import HandPort, cash, entry, instrument
from support.ui import HOSTILE, NOW

from brokerdesk.domain.kinds import TransactionType
from brokerdesk.errors import StorageError
from brokerdesk.ui.models.activity_columns import ACTIVITY_COLUMNS, haystack, when
from brokerdesk.ui.viewmodels.activity import ActivityViewModel
from brokerdesk.ui.viewmodels.activity_detail import detail_of
from brokerdesk.ui.viewmodels.activity_rows import ALL, FEES, INCOME, ActivityRow, row_of, sums_of
from brokerdesk.ui.viewmodels.date_ranges import AHEAD, BACKWARDS, RANGES, DateRange
from brokerdesk.ui.viewmodels.state import Figures, Query, WindowState

D = Decimal
TODAY = date(2026, 11, 20)
TITLES = {"s1": "Schwab …4821 Individual"}


def made(*found: Any) -> tuple[ActivityRow, ...]:
    return tuple(row_of(one, TITLES) for one in found)


# rows


@pytest.mark.parametrize(
    ("change", "words", "kind"),
    [
        ({}, "Buy", "trades"),
        ({"quantity": D(-3)}, "Sell", "trades"),
        ({"quantity": None}, "Trade", "trades"),
        ({"type": TransactionType.DIVIDEND_OR_INTEREST}, "Dividend or interest", "income"),
        ({"type": TransactionType.DEPOSIT}, "Deposit", "deposits"),
        ({"type": TransactionType.WITHDRAWAL}, "Withdrawal", "withdrawals"),
        ({"type": TransactionType.FEE}, "Fee", "fees"),
        ({"type": TransactionType.TRANSFER, "quantity": D(5)}, "Transfer in", "others"),
        ({"type": TransactionType.TRANSFER, "quantity": None}, "Transfer out", "others"),
        (
            {"type": TransactionType.TRANSFER, "quantity": None, "amount": D(0)},
            "Transfer",
            "others",
        ),
        (
            {"type": TransactionType.UNKNOWN, "raw_type": "NEW_THING"},
            "UNKNOWN(NEW_THING)",
            "others",
        ),
        ({"type": TransactionType.UNKNOWN, "raw_type": ""}, "UNKNOWN", "others"),
    ],
)
def test_the_type_in_words(change: dict[str, Any], words: str, kind: str) -> None:
    row = row_of(entry(**change), TITLES)
    assert (row.words, row.kind) == (words, kind)


def test_every_type_has_words_and_a_kind() -> None:
    for kind in TransactionType:
        row = row_of(entry(type=kind), TITLES)
        assert row.words
        assert row.kind


def test_sums_by_kind_and_currency_count_a_trade_s_fees_once() -> None:
    rows = made(
        entry(1, amount=D("-2684.85"), fees=D("0.65")),
        entry(2, amount=D("500.00"), quantity=D(-2), fees=None),
        cash(3, TransactionType.FEE, "-5"),
        cash(4, TransactionType.DEPOSIT, "1000"),
        cash(5, TransactionType.DEPOSIT, "20", currency="EUR"),
        cash(6, TransactionType.OTHER, "-1"),
    )
    found = {(one.label, one.currency): (one.amount, one.count) for one in sums_of(rows)}
    assert found == {
        ("Deposits", "EUR"): (D(20), 1),
        ("Deposits", "USD"): (D(1000), 1),
        ("Fees", "USD"): (D("-5.65"), 2),
        ("Bought", "USD"): (D("-2684.20"), 1),
        ("Sold", "USD"): (D("500.00"), 1),
        ("Other", "USD"): (D(-1), 1),
        ("Net", "EUR"): (D(20), 1),
        ("Net", "USD"): (D("-1190.85"), 5),
    }
    parts = sum((a for (label, cur), (a, _) in found.items() if label != "Net" and cur == "USD"),
                D(0))  # fmt: skip
    assert parts == found["Net", "USD"][0]
    assert sums_of(()) == ()


def test_no_digit_of_huge_amounts_is_lost() -> None:
    huge = D("12345678901234567890.123456789012345678")
    rows = made(entry(1, amount=huge, fees=huge), entry(2, amount=huge, fees=None, quantity=D(-1)))
    found = {one.label: one.amount for one in sums_of(rows)}
    assert str(found["Net"]) == "24691357802469135780.246913578024691356"
    assert str(found["Fees"]) == "-12345678901234567890.123456789012345678"


def test_what_is_secret_and_what_absent() -> None:
    bare = row_of(cash(1, TransactionType.DEPOSIT, "0"), TITLES)
    full = row_of(entry(), TITLES)
    cells = {c.title: (c.cell(full, NOW), c.cell(bare, NOW)) for c in ACTIVITY_COLUMNS}
    secret = {title for title, (cell, _) in cells.items() if cell.secret}
    assert secret == {"Quantity", "Fees", "Amount"}
    assert [cells[name][1].text for name in ("Quantity", "Price", "Fees")] == ["—"] * 3
    assert cells["Amount"][1].text == "0.00"


def test_an_option_stands_under_its_root_with_its_terms_beside() -> None:
    row = row_of(entry(instrument=instrument("AAPL  260116C00200000")), TITLES)
    cells = {column.title: column.cell(row, NOW).text for column in ACTIVITY_COLUMNS}
    assert cells["Symbol"] == "AAPL"
    assert cells["Description"] == "AAPL 16 Jan 2026 200 C"
    assert "16 jan 2026" in haystack(row).casefold()


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 20, 16, 42, tzinfo=UTC), "20 Nov 2026 11:42"),
        (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), "20 Nov 2026"),
        (datetime(2026, 7, 1, 4, 0, tzinfo=UTC), "1 Jul 2026"),
    ],
)
def test_a_booking_without_a_time_of_day_shows_its_day(at: datetime, text: str) -> None:
    assert when(at) == text


def test_the_pane_has_every_field_that_was_stored_and_no_other() -> None:
    found = detail_of(row_of(entry(description="BOUGHT 10 AAPL"), TITLES))
    fields = {f.label: f.text for section in found.sections for f in section.fields}
    assert fields["Account"] == TITLES["s1"]
    assert fields["CUSIP"] == "037833100"
    assert (fields["Entry"], fields["Order"]) == ("1", "5550001")
    assert fields["Settles"] == "23 Nov 2026"
    assert found.words == "“BOUGHT 10 AAPL”"
    assert [one.id for one in found.actions] == ["order:s1/5550001", "symbol:AAPL"]
    bare = detail_of(row_of(cash(1, TransactionType.FEE, "-1", settlement_date=None), TITLES))
    labels = {f.label for section in bare.sections for f in section.fields}
    assert labels == {"Time", "Account", "Type", "Broker’s type", "Amount", "Entry"}
    assert bare.actions == ()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    row = row_of(
        entry(description=text, raw_type=text[:60], instrument=instrument(text[:40], name=text)),
        {"s1": text},
    )
    for column in ACTIVITY_COLUMNS:
        cell = column.cell(row, NOW)
        assert "\u202e" not in cell.text + cell.hint
        assert "\n" not in cell.text + cell.hint
    detail_of(row)


# ranges


@pytest.mark.parametrize(
    ("key", "first"),
    [
        ("30d", date(2026, 10, 21)),
        ("90d", date(2026, 8, 22)),
        ("ytd", date(2026, 1, 1)),
        ("1y", date(2025, 11, 20)),
        ("all", None),
    ],
)
def test_fixed_ranges(key: str, first: date | None) -> None:
    assert DateRange(key=key).days(TODAY) == (first, TODAY)
    assert DateRange(key=key).problem(TODAY) == ""


def test_days_by_hand_and_what_is_wrong_with_them() -> None:
    day = timedelta(days=1)
    assert DateRange().with_days(TODAY, TODAY - day).problem(TODAY) == BACKWARDS
    assert DateRange().with_days(TODAY + day, TODAY + day * 2).problem(TODAY) == AHEAD
    good = DateRange().with_days(TODAY - day, TODAY + day * 9)
    assert good.problem(TODAY) == ""
    assert good.days(TODAY) == (TODAY - day, TODAY), "nothing is after today"


def test_whole_new_york_days_belong_to_a_range() -> None:
    chosen = DateRange().with_days(date(2026, 10, 31), date(2026, 11, 1))  # clocks change
    since, until = chosen.moments(NOW, open_end=True)
    assert since == datetime(2026, 10, 31, 4, 0, tzinfo=UTC)
    assert until == datetime(2026, 11, 2, 5, 0, tzinfo=UTC) - timedelta(microseconds=1)
    assert DateRange().moments(NOW, open_end=False)[1] == NOW
    assert DateRange().moments(NOW, open_end=True)[1] > NOW


def test_every_range_of_the_bar_is_known() -> None:
    for key, _ in RANGES:
        assert DateRange(key=key, first=TODAY, last=TODAY).days(TODAY)[1] == TODAY


# the list


@pytest.fixture
def port() -> HandPort:
    return HandPort()


@pytest.fixture
def model(port: HandPort, qapp: Any) -> ActivityViewModel:
    return ActivityViewModel(port, lambda: NOW)


def window(**more: Any) -> WindowState:
    figures = more.pop("figures", sample_figures())
    return WindowState(figures=figures, everyone=figures.accounts, now=NOW, ready=True, **more)


def test_the_scope_and_the_range_are_what_is_asked_for(
    model: ActivityViewModel, port: HandPort
) -> None:
    model.show(window())
    assert model.state.loading
    assert dict(port.queries[0].accounts)["s1"] == "Schwab …4821 Individual"
    assert port.queries[0].since == datetime(2026, 8, 22, 4, 0, tzinfo=UTC)
    port.answer(*made(entry(1), entry(2)))
    assert (len(model.state.rows), model.state.summary) == (2, "2 entries")
    model.show(replace(window(), now=NOW + timedelta(seconds=9)))
    assert len(port.queries) == 1, "the second alone asks for nothing"
    figures = sample_figures()
    narrowed = replace(figures, accounts=figures.accounts[:1])
    model.show(window(figures=narrowed))
    assert len(port.queries[1].accounts) == 1
    assert model.state.loading, "rows of other accounts are not shown for these"


def test_what_was_stored_meanwhile_is_read_and_the_old_stays_until_then(
    model: ActivityViewModel, port: HandPort
) -> None:
    model.show(window())
    port.answer(*made(entry(1)))
    model.refresh()
    assert not model.state.loading
    assert len(model.state.rows) == 1
    before = model.state.rows
    port.answer(*made(entry(1)))
    assert model.state.rows is before, "equal rows are the same rows"


def test_a_kind_filters_without_asking(model: ActivityViewModel, port: HandPort) -> None:
    model.show(window())
    port.answer(*made(entry(1), cash(2, TransactionType.FEE, "-1")))
    model.choose_kind(FEES)
    assert [row.kind for row in model.state.rows] == [FEES]
    model.choose_kind(INCOME)
    assert model.state.rows == ()
    assert model.state.nothing.startswith("No income in this range.")
    model.choose_kind("nonsense")
    assert model.state.kind == INCOME
    assert len(port.queries) == 1


def test_a_wrong_custom_range_says_so_and_keeps_what_is_shown(
    model: ActivityViewModel, port: HandPort
) -> None:
    model.show(window())
    port.answer(*made(entry(1)))
    model.choose_range("custom")
    assert (model.state.first, model.state.last) == (date(2026, 8, 22), TODAY)
    port.answer(*made(entry(1))) if port.waiting else None
    asked = len(port.queries)
    model.choose_days(TODAY, TODAY - timedelta(days=3))
    assert model.state.problem == BACKWARDS
    assert len(model.state.rows) == 1
    assert len(port.queries) == asked
    model.choose_days(TODAY - timedelta(days=3), TODAY)
    assert model.state.problem == ""
    assert len(port.queries) == asked + 1


def test_only_the_newest_question_is_answered(model: ActivityViewModel, port: HandPort) -> None:
    model.show(window())
    model.choose_range("1y")
    port.answer(*made(entry(1)))
    assert model.state.rows == ()
    port.answer(*made(entry(1), entry(2)))
    assert len(model.state.rows) == 2


def test_a_failure_is_said_and_the_next_look_asks_again(
    model: ActivityViewModel, port: HandPort
) -> None:
    model.show(window())
    port.fail(StorageError("The disk is full.", "Nothing was changed."))
    assert model.state.problem == "The disk is full."
    model.show(window())
    assert len(port.queries) == 2


def test_a_past_moment_ends_the_range(model: ActivityViewModel, port: HandPort) -> None:
    past = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
    model.show(window(query=Query(as_of=past)))
    assert port.queries[0].until == past
    assert port.queries[0].since == datetime(2026, 5, 16, 4, 0, tzinfo=UTC)


def test_looking_for_one_entry_shows_all_of_them(model: ActivityViewModel, port: HandPort) -> None:
    model.start_with("30d")
    model.choose_kind(FEES)
    model.show(window())
    port.answer()
    model.everything()
    assert (model.state.kind, model.state.range.key) == (ALL, "all")
    assert port.queries[-1].since is None


def test_without_accounts_the_words_say_so(model: ActivityViewModel, port: HandPort) -> None:
    model.show(window(figures=Figures()))
    port.answer()
    assert model.state.nothing.startswith("No accounts yet.")
