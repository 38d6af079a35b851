"""Counted twice? What is asked, how it is answered, and what stands where afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, sample_accounts, sample_figures
from support.ui import HOSTILE, NOW
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, Environment
from brokerdesk.services.same_account import Likeness, Verdict
from brokerdesk.services.same_accounts import Before, Comparison, Source
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.sources import Sources
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.accounts_list import list_rows
from brokerdesk.ui.viewmodels.desk import Toast
from brokerdesk.ui.viewmodels.overview import hero
from brokerdesk.ui.viewmodels.overview_notices import notices
from brokerdesk.ui.viewmodels.same_account import (
    pair_of,
    pair_target,
    question,
    source_messages,
)
from brokerdesk.ui.viewmodels.scope import ScopeChoice, scope_words
from brokerdesk.ui.viewmodels.state import Figures, Query, TotalRow, WindowState
from brokerdesk.ui.views.same_account.sheet import SourceSheet
from brokerdesk.ui.words import counted_twice

TITLES = {"acme": "Acme", "gather": "Gather"}
ONE, TWO = AccountId("acme:1"), AccountId("gather:2")


def source(key: AccountId = ONE, **more: Any) -> Source:
    broker = key.partition(":")[0]
    listed = Account(
        id=key,
        broker=broker,
        environment=Environment.LIVE,
        name=more.pop("account_name", "Roth IRA"),
        number_mask="…4803",
        type=AccountType.CASH,
        institution=more.pop("institution", "Acme Securities"),
    )
    fields: dict[str, Any] = {
        "account": listed, "name": listed.name, "connection_name": f"My {broker}",
        "gathers": broker == "gather", "counted": True, "worth": Decimal("1234.56"),
        "cash": Decimal(200), "currency": "USD", "positions": 12, "as_of": NOW - timedelta(hours=1),
        "fetched_at": NOW,
    }  # fmt: skip
    return Source(**(fields | more))


def compared(**more: Any) -> Comparison:
    fields: dict[str, Any] = {
        "first": source(),
        "second": source(TWO, worth=None, as_of=None, fetched_at=None),
        "verdict": Verdict(likeness=Likeness.CERTAIN, reasons=("Both are at Acme.", "And so on.")),
    }
    return Comparison(**(fields | more))


class FakeGateway:
    """Answers at once and remembers what was asked."""

    def __init__(self, found: Comparison) -> None:
        self.found = found
        self.said: list[tuple[Any, ...]] = []
        self.before = Before(frozenset({(ONE, TWO)}), ())

    def compare(self, one: str, other: str, done: Callable[[Comparison], object]) -> None:
        self.said.append(("compare", one, other))
        done(self.found)

    def choose(self, chosen: str, other: str, done: Callable[[Before], object]) -> None:
        self.said.append(("choose", chosen, other))
        done(self.before)

    def keep_apart(self, one: str, other: str, done: Callable[[Before], object]) -> None:
        self.said.append(("apart", one, other))
        done(self.before)

    def undo(self, before: Before, done: Callable[[], object]) -> None:
        self.said.append(("undo", before))
        done()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made
    privacy().set(False)


class Opened:
    def __init__(self, window: QWidget, found: Comparison) -> None:
        self.desk = FakeDesk()
        self.toasts: list[Toast] = []
        self.desk.toasted.connect(self.toasts.append)
        self.gateway = FakeGateway(found)
        self.sources = Sources(window, self.desk, self.gateway)  # type: ignore[arg-type]
        self.sources._titles = TITLES
        self.sources.ask(pair_target(ONE, TWO).partition(":")[2])

    @property
    def sheet(self) -> SourceSheet:
        assert self.sources.sheet is not None
        return self.sources.sheet


# words


def test_a_pair_is_named_in_a_wish_and_read_back() -> None:
    verb, _, target = pair_target(ONE, TWO).partition(":")
    assert verb == "source"
    assert pair_of(target) == (ONE, TWO)
    assert pair_of("nonsense") is None


def test_the_answers_say_which_source() -> None:
    asked = question(compared(), TITLES, NOW, private=False)
    assert [one.label for one in asked.choices] == [
        "Use Acme directly",
        "Use through Gather",
        "They are two accounts",
    ]
    assert [one.key for one in asked.choices] == [ONE, TWO, ""]
    assert asked.heads == ("Acme …4803 Roth IRA", "Gather …4803 Roth IRA")
    assert asked.chosen is None


def test_two_sources_of_one_kind_go_by_their_connections() -> None:
    other = AccountId("gather:3")
    found = compared(first=source(TWO), second=source(other, connection_name="The other"))
    labels = [one.label for one in question(found, TITLES, NOW, private=False).choices]
    assert labels[:2] == ["Use “My gather”", "Use “The other”"]


def test_both_stand_side_by_side_and_what_is_not_known_says_so() -> None:
    facts = question(compared(), TITLES, NOW, private=False).facts
    by_word = {word: values for word, *values in facts}
    assert by_word["Value"] == ["$1,234.56", "not reported"]
    assert by_word["Number"] == ["…4803", "…4803"]
    assert by_word["As of"] == ["10:42 ET", "never read"]
    assert set(by_word) >= {"Institution", "Connection", "Cash", "Holdings"}


def test_amounts_are_hidden_where_they_are_to_be() -> None:
    facts = {w: v for w, *v in question(compared(), TITLES, NOW, private=True).facts}
    assert facts["Value"] == [DOTS, "not reported"]
    assert facts["Cash"] == [DOTS, DOTS]


def test_what_was_said_is_shown() -> None:
    found = compared(decided=True, chosen=TWO, first=source(counted=False))
    asked = question(found, TITLES, NOW, private=False)
    assert asked.chosen == TWO
    assert "see Gather …4803 Roth IRA" in asked.lead
    apart = question(compared(decided=True), TITLES, NOW, private=False)
    assert (apart.chosen, "two accounts" in apart.lead) == ("", True)


# the sheet


def test_the_first_answer_has_the_focus_and_all_can_be_reached(
    qtbot: QtBot, window: QWidget
) -> None:
    opened = Opened(window, compared())
    sheet = opened.sheet
    assert QApplication.focusWidget() in (sheet.answers[0], None)
    assert unnamed(sheet) == []
    reached = {QApplication.focusWidget()}
    for _ in range(3):
        qtbot.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    assert reached == {*sheet.answers, sheet.later}
    text = shown_text(sheet)
    assert "Both are at Acme." in text
    assert "$1,234.56" in text


@pytest.mark.parametrize(
    ("place", "expected"),
    [(0, ("choose", ONE, TWO)), (1, ("choose", TWO, ONE)), (2, ("apart", ONE, TWO))],
)
def test_an_answer_is_kept_told_and_can_be_taken_back(
    qtbot: QtBot, window: QWidget, place: int, expected: tuple[str, str, str]
) -> None:
    opened = Opened(window, compared())
    answer = opened.sheet.answers[place]
    answer.setFocus()
    qtbot.keyClick(answer, Qt.Key.Key_Space)
    assert opened.sources.sheet is None
    assert opened.gateway.said[-1] == expected
    (toast,) = opened.toasts
    assert toast.label == "Undo"
    verb, _, number = toast.action.partition(":")
    assert verb == "unsource"
    opened.sources.take_back(number)
    opened.sources.take_back(number)  # once
    assert [one for one in opened.gateway.said if one[0] == "undo"] == [
        ("undo", opened.gateway.before)
    ]


def test_esc_leaves_everything_as_it_is(qtbot: QtBot, window: QWidget) -> None:
    opened = Opened(window, compared())
    qtbot.keyClick(opened.sheet, Qt.Key.Key_Escape)
    assert opened.sources.sheet is None
    assert [one[0] for one in opened.gateway.said] == ["compare"]


def test_what_holds_already_cannot_be_said_again(qtbot: QtBot, window: QWidget) -> None:
    opened = Opened(window, compared(decided=True, chosen=TWO))
    assert [one.isEnabled() for one in opened.sheet.answers] == [True, False, True]
    assert "· counted" in shown_text(opened.sheet)


def test_one_sheet_at_a_time_and_amounts_hide_while_it_is_open(
    qtbot: QtBot, window: QWidget
) -> None:
    opened = Opened(window, compared())
    first = opened.sheet
    opened.sources.ask(f"{ONE}|{TWO}")
    assert opened.sheet is first
    privacy().set(True)
    assert "$1,234.56" not in shown_text(first)
    assert DOTS in shown_text(first)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_hostile_names_and_large_text_fit(qtbot: QtBot, window: QWidget, scale: float) -> None:
    theme().set_scale(scale)
    try:
        for text in HOSTILE:
            found = compared(
                first=source(account_name=text[:60] or "x", institution=text),
                second=source(TWO, connection_name=text),
            )
            opened = Opened(window, found)
            assert clipped(opened.sheet) == []
            opened.sheet.close_sheet()
    finally:
        theme().set_scale(1.0)


# what stands elsewhere


def twice() -> Figures:
    rows = sample_accounts()
    left_out = replace(rows[1], through=rows[0].key, counts=False)
    return sample_figures(accounts=(rows[0], left_out, *rows[2:]))


def test_the_total_says_how_much_may_be_there_twice() -> None:
    figures = sample_figures()
    first: TotalRow = figures.totals[0]
    doubled = replace(first, doubled=Decimal("1490.50"))
    figures = replace(figures, totals=(doubled, *figures.totals[1:]))
    for private, words in ((False, "$1,490.50"), (True, DOTS)):
        found = hero(figures, NOW, None, private=private)
        assert found is not None
        assert f"{words} of it may be counted twice" in found.notes


def test_the_notice_offers_the_question() -> None:
    said = counted_twice("Gather …4803", "Acme …4803", certain=True)
    message = said.message(f"twice:{ONE}|{TWO}", "warn", pair_target(ONE, TWO))
    (row,) = notices([message], None)
    assert row.title == "Counted twice?"
    assert [one.label for one in row.actions] == ["Choose source"]
    assert row.actions[0].id == f"source:{ONE}|{TWO}"


def test_a_left_out_source_is_marked_in_the_list() -> None:
    figures = twice()
    rows = {row.key: row for row in list_rows(figures, (), NOW, None)}
    left_out = figures.accounts[1]
    shown = rows[left_out.key]
    assert shown.below == f"Counted through {figures.accounts[0].title}"
    assert shown.dim
    assert shown.value == ""


def test_both_pages_of_the_account_tell_and_lead_to_the_question() -> None:
    figures = twice()
    counted, left_out = figures.accounts[:2]
    (said,) = source_messages(left_out.key, figures.accounts)
    assert said.title == f"Counted through {counted.title}."
    assert said.actions[0].id == pair_target(left_out.key, counted.key)
    (told,) = source_messages(counted.key, figures.accounts)
    assert left_out.title in told.text
    assert source_messages(figures.accounts[2].key, figures.accounts) == ()
    assert source_messages("nobody", figures.accounts) == ()


def test_a_scope_has_accounts_and_no_sources() -> None:
    figures = twice()
    counted, left_out = figures.accounts[:2]
    state = WindowState(figures=figures, everyone=figures.accounts)
    every = scope_words(state)[1]
    whole = sample_figures()
    assert every == scope_words(WindowState(figures=whole, everyone=whole.accounts))[1] - 1
    choice = ScopeChoice(figures.accounts, (left_out.key,))
    assert choice.ticked == {counted.key}
    assert left_out.key not in {row.key for row in choice.rows}
    narrowed = replace(state, query=Query(scope=(left_out.key,)))
    assert scope_words(narrowed) == (counted.title, 0)
