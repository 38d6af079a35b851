"""The table model: it shows what it is given, in order, with the least signals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.qtbot import QtBot
from support.ui import HOSTILE, NOW

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.diff import runs_gone, runs_new
from brokerdesk.ui.models.portfolio_columns import accounts_model, positions_model
from brokerdesk.ui.models.tree_rows import AT_ONCE, TreeRows

from support.ui import account, position  # isort: skip


@dataclass(frozen=True)
class Row:
    key: str
    value: int | None = 0
    children: tuple[Row, ...] = ()


COLUMNS: tuple[Column[Row], ...] = (
    Column("Key", lambda r, _: Cell(r.key), lambda r: r.key, lambda r: r.key, 100),
    Column(
        "Value", lambda r, _: Cell(str(r.value)), lambda r: r.value, lambda r: str(r.value), 100,
        number=True,
    ),
)  # fmt: skip


def table() -> TreeRows[Row]:
    return TreeRows(COLUMNS, children=lambda r: r.children)


def keys(model: TreeRows[Any]) -> list[str]:
    return [model.data(model.index(line, 0)) for line in range(model.rowCount())]


class Signals:
    """Counts what a model says."""

    def __init__(self, model: TreeRows[Any]) -> None:
        self.seen: list[str] = []
        model.rowsInserted.connect(lambda _p, a, b: self.seen.append(f"+{a}-{b}"))
        model.rowsRemoved.connect(lambda _p, a, b: self.seen.append(f"-{a}-{b}"))
        model.dataChanged.connect(lambda a, b: self.seen.append(f"~{a.row()}-{b.row()}"))
        model.layoutChanged.connect(lambda: self.seen.append("layout"))
        model.modelReset.connect(lambda: self.seen.append("reset"))


def test_models_keep_qts_rules(qtmodeltester: Any) -> None:
    for model in (accounts_model(), positions_model()):
        qtmodeltester.check(model)
    accounts = accounts_model()
    accounts.set_rows([account("a"), account("b", net=None)], NOW)
    qtmodeltester.check(accounts)
    positions = positions_model()
    positions.set_rows(
        [position("a", children=(position("x", account="X"), position("y"))), position("b")], NOW
    )
    qtmodeltester.check(positions)
    positions.sort(6, Qt.SortOrder.DescendingOrder)
    positions.set_filter("b")
    positions.set_rows([position("b"), position("c", name="b")], NOW)
    qtmodeltester.check(positions)


def test_an_unchanged_row_is_not_touched() -> None:
    model = table()
    model.set_rows([Row("a"), Row("b"), Row("c")], NOW)
    said = Signals(model)
    model.set_rows([Row("a"), Row("b"), Row("c")], NOW)
    assert said.seen == []
    model.set_rows([Row("a"), Row("b", 7), Row("c")], NOW)
    assert said.seen == ["~1-1"]


def test_rows_come_and_go_in_runs() -> None:
    model = table()
    model.set_rows([Row(k) for k in "abcdef"], NOW)
    said = Signals(model)
    model.set_rows([Row(k) for k in "aefxyz"], NOW)
    assert said.seen == ["-1-3", "+3-5"]
    assert keys(model) == list("aefxyz")


def test_unknown_is_last_whichever_way_one_sorts() -> None:
    model = table()
    model.set_rows([Row("a", 2), Row("b", None), Row("c", 3)], NOW)
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert keys(model) == ["a", "c", "b"]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert keys(model) == ["c", "a", "b"]


def test_a_new_row_finds_its_place_in_the_order() -> None:
    model = table()
    model.sort(1, Qt.SortOrder.DescendingOrder)
    model.set_rows([Row("a", 1), Row("c", 3)], NOW)
    model.set_rows([Row("a", 1), Row("b", 2), Row("c", 3)], NOW)
    assert keys(model) == ["c", "b", "a"]


def test_selection_follows_its_row_and_its_child_through_sorting() -> None:
    model = table()
    model.set_rows([Row("a", 1, (Row("x", 1), Row("y", 2))), Row("b", 2)], NOW)
    model.set_open(model.index(0, 0), True)
    assert keys(model) == ["a", "x", "y", "b"]
    row = QPersistentModelIndex(model.index(0, 0))
    child = QPersistentModelIndex(model.index(2, 0))
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert keys(model) == ["b", "a", "y", "x"]
    assert (row.row(), row.data()) == (1, "a")
    assert (child.row(), child.data()) == (2, "y")
    assert model.is_child(child)
    assert not model.is_child(row)


def test_children_change_without_a_reset() -> None:
    model = table()
    model.set_rows([Row("a", 1, (Row("x", 1),))], NOW)
    model.set_open(model.index(0, 0), True)
    said = Signals(model)
    model.set_rows([Row("a", 1, (Row("x", 1), Row("y", 1)))], NOW)
    assert "reset" not in said.seen
    assert "+2-2" in said.seen
    assert keys(model) == ["a", "x", "y"]
    model.set_rows([Row("a", 1, (Row("y", 1),))], NOW)
    assert keys(model) == ["a", "y"]
    model.set_rows([Row("b", 1), Row("a", 1, (Row("y", 1),))], NOW)
    assert keys(model) == ["b", "a", "y"]


def test_the_filter_wants_every_word() -> None:
    model = positions_model()
    model.set_rows([position("voo", name="Vanguard S&P"), position("bnd", name="Bond")], NOW)
    model.set_filter("  vanguard  VOO ")
    assert (model.shown, model.hidden) == (1, 1)
    model.set_filter("vanguard bond")
    assert (model.shown, model.hidden) == (0, 2)
    model.set_filter("")
    assert (model.shown, model.hidden) == (2, 0)


def test_a_row_that_is_renamed_passes_the_filter_anew() -> None:
    model = positions_model()
    model.set_rows([position("voo", name="Old"), position("bnd", name="Bond")], NOW)
    model.set_filter("new")
    assert model.shown == 0
    model.set_rows([position("voo", name="New"), position("bnd", name="Bond")], NOW)
    assert (keys(model), model.hidden) == (["VOO"], 1)
    model.update_rows([position("voo", name="Old")], NOW)
    assert model.shown == 0


def test_live_values_move_rows_and_open_children() -> None:
    model = table()
    model.set_rows([Row("a", 1, (Row("x", 1), Row("y", 2))), Row("b", 2)], NOW)
    model.sort(1, Qt.SortOrder.AscendingOrder)
    model.set_open(model.index(0, 0), True)
    assert keys(model) == ["a", "x", "y", "b"]
    said = Signals(model)
    model.update_rows([Row("a", 1, (Row("x", 5), Row("y", 2)))], NOW)
    assert keys(model) == ["a", "y", "x", "b"]
    model.update_rows([Row("a", 9, (Row("x", 5), Row("y", 2))), Row("unknown", 1)], NOW)
    assert keys(model) == ["b", "a", "y", "x"]
    assert "reset" not in said.seen
    model.update_rows([Row("b", 3, (Row("z", 1),))], NOW)
    assert model.has_kids(model.index(0, 0))


def test_only_what_is_seen_is_told_when_much_changes(qtbot: QtBot) -> None:
    model = table()
    model.set_rows([Row(f"{n:04}", n) for n in range(1000)], NOW)
    model.set_window(lambda: (100, 125))
    said = Signals(model)
    model.update_rows([Row(f"{n:04}", -n) for n in range(0, 1000, 5)], NOW)
    runs = [f"~{n}-{min(n + AT_ONCE - 1, 125)}" for n in range(100, 126, AT_ONCE)]
    assert said.seen == runs[:1], "the rest in later turns: nobody waits for all of it at a time"
    qtbot.waitUntil(lambda: len(said.seen) == len(runs))
    assert said.seen == runs
    model.update_rows([Row("0110", 7), Row("0500", 7)], NOW)
    assert said.seen == [*runs, "~110-110"]


def test_lines_that_go_before_they_were_told_of_are_told_of_no_more(qtbot: QtBot) -> None:
    model = table()
    model.set_rows([Row(f"{n:04}", n) for n in range(100)], NOW)
    model.set_window(lambda: (0, min(25, model.rowCount() - 1)))
    said = Signals(model)
    model.update_rows([Row(f"{n:04}", -n) for n in range(100)], NOW)
    model.set_rows([Row(f"{n:04}", 1) for n in range(7)], NOW)
    qtbot.waitUntil(lambda: said.seen[-1] == "~5-6")
    assert keys(model) == [f"{n:04}" for n in range(7)]


def test_a_table_that_is_gone_tells_nothing(qtbot: QtBot) -> None:
    model = table()
    model.set_rows([Row(f"{n:04}", n) for n in range(100)], NOW)
    model.set_window(lambda: (0, 25))
    model.update_rows([Row(f"{n:04}", -n) for n in range(100)], NOW)
    with qtbot.waitSignal(model.destroyed):
        model.deleteLater()


def test_many_changes_are_one_reset() -> None:
    model = table()
    model.set_rows([Row(f"{n:04}") for n in range(1000)], NOW)
    said = Signals(model)
    model.set_rows([Row(f"{n:04}") for n in range(0, 1000, 2)], NOW)
    assert said.seen == ["reset"]


lists = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.integers(0, 5))),
    unique_by=lambda pair: pair[0],
    max_size=8,
)


@settings(max_examples=200)
@given(st.lists(lists, min_size=1, max_size=5), st.booleans())
def test_whatever_comes_the_model_shows_the_last(
    steps: list[list[tuple[str, int | None]]], backwards: bool
) -> None:
    model = table()
    order = Qt.SortOrder.DescendingOrder if backwards else Qt.SortOrder.AscendingOrder
    model.sort(1, order)
    counted = 0

    def count(_parent: QModelIndex, first: int, last: int) -> None:
        nonlocal counted
        counted += last - first + 1

    def uncount(_parent: QModelIndex, first: int, last: int) -> None:
        nonlocal counted
        counted -= last - first + 1

    def recount() -> None:
        nonlocal counted
        counted = model.rowCount()

    model.modelReset.connect(recount)
    model.rowsInserted.connect(count)
    model.rowsRemoved.connect(uncount)
    for step in steps:
        model.set_rows([Row(key, value) for key, value in step], NOW)
        given_ = [pair for pair in step if pair[1] is not None]
        given_.sort(key=lambda pair: pair[1] or 0, reverse=backwards)
        expected = [key for key, _ in given_] + [key for key, value in step if value is None]
        assert keys(model) == expected
        assert counted == len(step)


def test_the_runs() -> None:
    assert runs_gone(list("abcde"), {"a", "d"}) == [(4, 4), (1, 2)]
    assert runs_new(list("abcde"), {"c"}) == [(0, 1), (3, 4)]


def test_quantities_keep_their_points_in_line() -> None:
    model = positions_model()
    model.set_rows([position("a", quantity=_d("2650.412")), position("b", quantity=_d("250"))], NOW)
    cells = [model.cell(model.index(row, 3)) for row in range(2)]
    assert [(cell.text, cell.tail) for cell in cells] == [("2,650.412", ""), ("250", ".000")]


def test_copied_rows_are_plain_text() -> None:
    model = positions_model()
    model.set_rows([position("a", name="A\tB\nC", open_pl=_d("-1063.30"))], NOW)
    text = model.as_text([model.index(0, 0), model.index(0, 3)], headers=True)
    head, line = text.split("\n")
    assert head.startswith("Symbol\tName")
    assert line.count("\t") == head.count("\t")
    assert "A B C" in line
    assert "-1063.30" in line


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_cells_and_tips(text: str, qtbot: QtBot) -> None:
    model = positions_model()
    model.set_rows([position("a", symbol=text, name=text)], NOW)
    index = model.index(0, 1)
    assert "\n" not in model.data(index)
    assert "\u202e" not in model.data(index)
    tip = model.data(index, Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("<qt>")
    assert "<img" not in tip
    assert "<b>" not in tip


def test_cells_speak_column_and_value() -> None:
    model = accounts_model()
    model.set_rows([account("a")], NOW)
    said = [
        model.data(model.index(0, column), Qt.ItemDataRole.AccessibleTextRole)
        for column in range(model.columnCount())
    ]
    assert said[0] == "Account, Broker …4821 Individual, up to date"
    assert said[2] == "Value, 245,173.98"
    assert said[3] == "Day P/L, up 614.40"


def test_ages_go_on_without_a_change_of_data() -> None:
    model = accounts_model()
    model.set_rows([account("a")], NOW)
    said = Signals(model)
    model.set_now(NOW + timedelta(seconds=7))
    assert model.cell(model.index(0, 6)).text == "7 s ago"
    assert said.seen == []


def test_only_lines_whose_age_reads_otherwise_are_painted_anew() -> None:
    model = accounts_model()
    long_ago = NOW - timedelta(minutes=5, seconds=3)
    rows = [account("a"), replace(account("b"), as_of=long_ago, fetched_at=long_ago)]
    model.set_rows(rows, NOW)
    for line in range(2):
        for column in range(len(model.columns)):
            model.cell_at(line, column)
    assert model.set_now(NOW) == []
    fresh = model.line_of("a")
    assert model.set_now(NOW + timedelta(seconds=7)) == [fresh], "the other is minutes old"
    later = NOW + timedelta(minutes=15)
    assert sorted(model.set_now(later)) == [0, 1], "a day may have ended"


def test_an_old_figure_is_never_shown_as_now() -> None:
    model = accounts_model()
    row = account("a", stale="kept", net=None)
    model.set_rows([replace(row, as_of=None, fetched_at=None)], NOW)
    assert model.cell(model.index(0, 6)).text == "never read"
    model.set_rows([row], NOW)
    cell = model.cell(model.index(0, 6))
    assert (cell.text, cell.tone) == ("kept, 0 s ago", "warn")
    assert model.cell(model.index(0, 2)).text == "no data"


def _d(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)
