"""The comparison of a past day with the last figures: its words, its table, its sheet and keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from support.shell import Make, desk_of, esc, key, shell
from support.ui import HOSTILE
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.domain.kinds import Environment
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.comparing import Comparison, Effects, Line, Side
from brokerdesk.ui.comparisons import Comparisons
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.viewmodels.comparison import CASH, NOTHING, CompareState, state_of

__all__ = ["shell"]

D = Decimal
THEN = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def line(symbol: str, then: tuple[str, str] | None, now: tuple[str, str] | None, traded: str = "0",
         **more: Any) -> Line:  # fmt: skip
    def side(of: tuple[str, str] | None) -> Side:
        if of is None:
            return Side()
        units, price = D(of[0]), D(of[1])
        return Side(quantity=units, price=price, value=EXACT.multiply(units, price))

    fields: dict[str, Any] = {"name": f"{symbol} Inc.", "kind": "equity", "currency": "USD"}
    return Line(symbol=symbol, then=side(then), now=side(now), traded=D(traded), **(fields | more))


LINES = (
    line("NVDA", ("160", "183.60"), ("210", "188.89"), "50"),
    line("IBIT", None, ("300", "52.81"), "300"),
    line("META", ("22", "612.40"), None, "-22"),
    line("GONE", ("5", "1"), None),
    line("ODD", ("5", "1"), ("7", "1")),
    line("GOOGL", ("120", "253.01"), ("120", "285.24")),
    line("MSFT", ("115", "524.78"), ("115", "511.48")),
)


def found(**changes: Any) -> Comparison:
    fields: dict[str, Any] = {
        "environment": Environment.LIVE, "currency": "USD", "then_at": THEN, "now_at": NOW,
        "before": D("911874.51"), "after": D("944458.14"), "difference": D("32583.63"),
        "effects": Effects(price=D("18717.69"), deposits=D(12000), income=D("1904.14"),
                           fees=D("-38.20")),
        "lines": LINES,
    }  # fmt: skip
    return Comparison(**(fields | changes))


class Answers:
    """A gateway that answers with what it was given; ``asked`` are the questions."""

    def __init__(self, state: CompareState | None, *, hold: bool = False) -> None:
        self.state, self.hold = state, hold
        self.asked: list[Any] = []
        self.waiting: list[Any] = []

    def compare(self, moment: datetime, scope: tuple[str, ...], done: Any) -> None:
        self.asked.append((moment, scope))
        if self.hold:
            self.waiting.append(done)
        else:
            done(self.state)


@pytest.fixture(autouse=True)
def _plain() -> Any:
    yield
    privacy().set(False)


# words


def test_the_parts_are_named_and_only_prices_have_a_direction() -> None:
    state = state_of(found())
    assert [part.label for part in state.parts] == [
        "Price changes", "Deposits, withdrawals", "Dividends, interest", "Fees, taxes",
    ]  # fmt: skip
    assert [part.text for part in state.parts] == [
        "+18,717.69", "+12,000.00", "+1,904.14", "−38.20",
    ]  # fmt: skip
    assert [part.glyph for part in state.parts] == ["▲", "", "", ""]
    assert [part.tone for part in state.parts] == ["gain", "text", "text", "text"]
    assert state.parts[0].share == 1
    assert state.moved[:2] == ("Difference, 98 days", "+$32,583.63")
    assert state.prices == "+$18,717.69"
    assert len(state.notes) == 1


def test_what_is_not_explained_has_its_name_and_its_reason() -> None:
    effects = Effects(price=D(5), rest=D("2.50"), rates=D("-1"), other=D(1), accounts=D(3))
    state = state_of(found(effects=effects))
    assert [part.label for part in state.parts] == [
        "Price changes", "Exchange rates", "Deposits, withdrawals", "Dividends, interest",
        "Fees, taxes", "Other entries", "Accounts added, removed", "Not explained",
    ]  # fmt: skip
    assert "no activity accounts for" in state.notes[-1]
    late = state_of(found(effects=effects, unknown=2))
    assert late.notes[-1] == (
        "Not all activity since this day is known of 2 accounts: “Not explained” holds what it "
        "would explain."
    )


def test_what_changed_is_said_as_far_as_entries_tell() -> None:
    rows = {row.symbol: row for row in state_of(found()).rows}
    assert [rows[one].change for one in ("NVDA", "IBIT", "META", "GONE", "ODD", "GOOGL")] == [
        "Bought 50", "New", "Sold all", "Gone", "Quantity", "Price",
    ]  # fmt: skip


def test_the_rows_add_up_to_the_totals() -> None:
    state = state_of(found())
    for side in (0, 1):
        assert sum(row.value[side] or D(0) for row in state.rows) == state.whole[side]
    assert state.rows[-1].key == CASH
    assert sum(row.difference or D(0) for row in state.rows) == D("32583.63")


def test_without_totals_nothing_is_made_up() -> None:
    state = state_of(found(before=None, difference=None, effects=Effects()))
    assert (state.parts, state.prices, state.notes) == ((), "", (NOTHING,))
    assert (state.then[1], state.moved[1]) == ("no data", "no data")


# the sheet


def opened(shell: Make, state: CompareState | None = None) -> tuple[Any, Comparisons, Answers]:
    window = shell()
    desk = desk_of(window)
    answers = Answers(state or state_of(found()))
    made = Comparisons(window, desk, answers)  # type: ignore[arg-type]
    desk.wished.connect(lambda wish: made.ask() if wish.startswith("compare:") else None)
    desk.travel(THEN)
    return window, made, answers


def is_shut(made: Comparisons) -> bool:
    return made.sheet is None


def test_the_bar_opens_it_and_esc_goes_back_to_the_button(shell: Make, qtbot: QtBot) -> None:
    window, made, answers = opened(shell)
    bar = window.banner_place.past_bar
    bar.compare.setFocus()
    key(qtbot, window, "Space")
    assert answers.asked == [(THEN, ())]
    assert made.sheet is not None
    assert QApplication.focusWidget() is made.sheet.table
    text = shown_text(made.sheet)
    for words in ("$911,874.51", "$944,458.14", "+$32,583.63", "Not explained"):
        assert (words in text) == (words != "Not explained")
    assert unnamed(made.sheet) == []
    assert clipped(made.sheet) == []
    esc(qtbot, window)
    assert is_shut(made)
    assert QApplication.focusWidget() is bar.compare
    assert desk_of(window).past == THEN, "Esc closes the sheet first, then returns to now"


def test_it_is_a_command_only_while_a_past_day_is_shown(shell: Make) -> None:
    window, made, _ = opened(shell)
    assert window.deeds.possible("compare")
    window.deeds.do("compare")
    assert made.sheet is not None
    made.sheet.close_sheet()
    desk_of(window).travel(None)
    assert not window.deeds.possible("compare")
    made.ask()
    assert is_shut(made)
    assert desk_of(window).sentences[-1] == "Choose a past day first (Ctrl+D)."


def test_an_answer_for_a_day_that_was_left_opens_nothing(shell: Make) -> None:
    _, made, answers = opened(shell)
    answers.hold = True
    made.ask()
    desk_of(made._window).travel(None)  # type: ignore[arg-type]
    answers.waiting.pop()(answers.state)
    assert made.sheet is None


def test_hidden_amounts_are_hidden_in_all_of_it(shell: Make) -> None:
    _, made, _ = opened(shell)
    made.ask()
    sheet = made.sheet
    assert sheet is not None
    privacy().set(True)
    QApplication.processEvents()
    sheet.table.selectAll()
    sheet.table.copy_rows(headers=False)
    model = sheet.table.model()
    cells = [
        str(model.index(row, column).data(role))
        for row in range(model.rowCount())
        for column in range(model.columnCount())
        for role in (0, 3, 11, 12)
    ]
    widgets = sheet.findChildren(QWidget)
    told = "\n".join(
        [shown_text(sheet), QApplication.clipboard().text(), *cells, sheet.accessibleName(),
         *(f"{each.accessibleName()} {each.toolTip()}" for each in widgets)]
    )  # fmt: skip
    for amount in ("911", "944,4", "32,583", "18,717", "12,000", "1,904", "38.20", "29,376",
                   "Bought 50", "160", "+50", "15,843"):  # fmt: skip
        assert amount not in told, amount
    assert DOTS in told
    assert "188.89" in told, "prices stay"


def test_hostile_names_stay_text(shell: Make) -> None:
    lines = tuple(line(text or "X", ("1", "2"), ("1", "3"), name=text) for text in HOSTILE)
    _, made, _ = opened(shell, state_of(found(lines=lines)))
    made.ask()
    assert made.sheet is not None
    for row in made.sheet.state.rows:
        assert "\n" not in row.symbol
        assert "\u202e" not in row.symbol + row.name
    assert replace(made.sheet.state.rows[0]).change == "Price"
