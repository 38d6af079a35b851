"""The timeline: its steps out of an order, its marks, its lines, what is said aloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from PySide6.QtGui import QAccessible
from support.ledger import filled_row, intent, ledger_row, moments, unknown_row, working_row
from support.lists import order
from support.ui import HOSTILE, NOW

from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.services.trading_facts import LedgerRow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.ledger_rows import ledger_row as row_of
from brokerdesk.ui.viewmodels.order_steps import DONE, FAILED, FILLED, TODO, UNKNOWN, Step, steps_of
from brokerdesk.ui.widgets import timeline as module
from brokerdesk.ui.widgets.timeline import LEAST, Timeline

TODAY = date(2026, 11, 20)


def steps(row: LedgerRow, today: date = TODAY) -> tuple[Step, ...]:
    return steps_of(row_of(row, {}), today)


def test_a_filled_order_s_points_have_times_to_the_millisecond() -> None:
    found = steps(filled_row())
    assert [(one.kind, one.title) for one in found] == [
        (DONE, "Journaled"),
        (DONE, "Sent once"),
        (DONE, "Accepted"),
        (FILLED, "Filled"),
    ]
    assert [one.time for one in found] == [
        "11:12:20.020", "11:12:20.233", "11:12:20.688", "11:12:21.102",
    ]  # fmt: skip
    assert found[0].note == "on this computer"


def test_an_unknown_outcome_waits_for_proof() -> None:
    found = steps(unknown_row())
    assert [(one.kind, one.title) for one in found[-2:]] == [
        (UNKNOWN, "Outcome unknown"),
        (TODO, "Found or absent"),
    ]
    assert found[-2].time == "since 11:40:50"
    assert (found[-1].time, found[-1].note) == ("", "waiting for proof")


def test_a_doubt_that_was_settled_is_none_any_more() -> None:
    row = unknown_row()
    assert row.intent is not None
    settled = replace(
        row,
        intent=replace(row.intent, state=IntentState.FOUND, order_id="1"),
        order=order(1),
        moments=(*row.moments, *moments(NOW, ("found", 5, ""), ("working", 6, ""))),
    )
    assert [one.kind for one in steps(settled)] == [DONE, DONE, DONE, DONE, DONE, TODO]


def test_an_answer_and_its_proof_are_one_point() -> None:
    row = replace(
        filled_row(),
        moments=moments(NOW, ("sending", 1, ""), ("answered", 2, ""), ("accepted", 3, "")),
    )
    assert [one.title for one in steps(row)][:2] == ["Sent once", "Accepted"]


@pytest.mark.parametrize("state", ["rejected", "not_sent"])
def test_what_did_not_happen_is_no_tick(state: str) -> None:
    row = ledger_row(
        intent=intent(state=IntentState(state)), moments=moments(NOW, (state, 1, "no shares"))
    )
    assert [one.kind for one in steps(row)] == [FAILED]


def test_days_are_said_where_they_change() -> None:
    row = replace(filled_row(), moments=moments(NOW - timedelta(days=2), ("committed", 0, "here")))
    (first, *_) = steps(row)
    assert first.note == "18 Nov 2026, here"
    assert steps(row, date(2026, 11, 18))[0].note == "here"


def test_an_order_made_elsewhere_has_the_broker_s_two_times() -> None:
    done = order(2, status=OrderStatus.FILLED, closed_at=NOW)
    assert [(one.title, one.kind) for one in steps(ledger_row(order=done))] == [
        ("Entered", DONE),
        ("Filled", FILLED),
    ]
    found = steps(working_row())
    assert [(one.title, one.kind) for one in found] == [
        ("Entered", DONE),
        ("Working", DONE),
        ("Filled", TODO),
    ]
    assert found[1].time == "", "nobody said when"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str, qtbot: Any) -> None:
    found = steps(replace(filled_row(), moments=moments(NOW, (text[:40], 1, text))))
    for one in found:
        assert "\u202e" not in one.title + one.note
        assert "\n" not in one.title + one.note
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.show_steps("k", found)
    widget.resize(300, widget.heightForWidth(300))
    assert widget.grab().height() > 0


# the widget


@pytest.fixture
def line(qtbot: Any) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(600, 100)
    made.show()
    return made


def test_it_is_read_out_point_by_point(line: Timeline) -> None:
    line.show_steps("k", steps(unknown_row()))
    spoken = QAccessible.queryAccessibleInterface(line).text(QAccessible.Text.Name)
    assert spoken.startswith("Timeline: Journaled, 11:40:20.114, on this computer; Sent once,")
    assert spoken.endswith("Found or absent, waiting for proof, to come.")


def test_that_it_becomes_unknown_is_said_aloud_once(
    line: Timeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(module, "alert", lambda _widget, words: said.append(words))
    found = steps(unknown_row())
    line.show_steps("k", found[:2])
    assert said == []
    line.show_steps("k", found)
    assert said == ["Outcome unknown, since 11:40:50, no answer in 30 s"]
    line.show_steps("k", (*found[:3], replace(found[3], note="still waiting")))
    assert len(said) == 1, "it was unknown before"
    line.show_steps("other", found)
    assert len(said) == 2, "another order"


def test_narrow_lines_break_and_nothing_is_cut_off(line: Timeline) -> None:
    found = steps(filled_row())
    line.show_steps("k", found)
    wide = line.heightForWidth(4 * LEAST)
    assert wide < line.heightForWidth(2 * LEAST) < line.heightForWidth(LEAST)
    theme().set_scale(1.5)
    try:
        assert line.heightForWidth(6 * LEAST) > wide
    finally:
        theme().set_scale(1.0)
    line.show_steps("k", ())
    assert line.heightForWidth(400) <= 0


@pytest.mark.parametrize("look", ["light", "dark"])
def test_each_kind_has_a_mark_of_its_own(line: Timeline, look: str) -> None:
    """In greyscale too: the shapes differ, not the colours alone."""
    theme().apply(look)
    seen = set()
    for kind in (DONE, FILLED, UNKNOWN, FAILED, TODO):
        line.show_steps(kind, (Step(kind=kind, title="x"),))
        image = line.grab().toImage().copy(0, 0, 20, 20)
        edge = image.pixelColor(0, 0)
        seen.add(tuple(
            image.pixelColor(x, y).lightness() // 64 != edge.lightness() // 64
            for x in range(20) for y in range(20)
        ))  # fmt: skip
    assert len(seen) == 5
