"""The pane around a table: filter, words when empty, foot, memory, export."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.tables import line, rows_model
from support.ui import HOSTILE, NOW
from support.ui_widgets import press, shown_text, unnamed

from brokerdesk.ui import format as fmt
from brokerdesk.ui.gateways.tables import csv_writer, written
from brokerdesk.ui.models.table_export import TableExport
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.table_pane import FILTER_PAUSE_MS, TablePane
from brokerdesk.ui.widgets.table_save import taken

ROWS = (
    line("AAPL", "3", change="1", children=(line("AAPL-1", "1"), line("AAPL-2", "2"))),
    line("BND", "2", name="Vanguard Bonds"),
    line("VTI", "1", name="Vanguard Stocks"),
)
Make = Callable[..., TablePane]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    models = []

    def build(rows: tuple[Any, ...] | None = ROWS, **more: Any) -> TablePane:
        model = rows_model()
        models.append(model)
        pane = TablePane(
            "Positions", model, lambda n: fmt.count(n, "symbol"),
            nothing="No positions.\nBroker …7730 holds cash only, checked 11:42 ET.",
            filter_name="Filter positions", noun=("position", "positions"),
            columns_button=True, foot="* A part.", **more,
        )  # fmt: skip
        qtbot.addWidget(pane)
        pane.resize(900, 420)
        if rows is not None:
            pane.show_rows(rows, NOW)
        pane.show()
        pane.activateWindow()
        QCoreApplication.processEvents()
        return pane

    yield build
    privacy().set(False)


def field(pane: TablePane) -> Any:
    assert pane.filter_field is not None
    return pane.filter_field


def test_title_count_and_currency(make: Make) -> None:
    pane = make()
    pane.single_currency = "USD"
    pane.refresh_words()
    assert "3 symbols · amounts in USD" in shown_text(pane)
    assert unnamed(pane) == []


def test_typing_filters_after_a_pause(make: Make, qtbot: QtBot) -> None:
    pane = make()
    assert pane.focus_filter()
    QTest.keyClicks(field(pane), "vanguard b")
    assert pane.table.rows.shown == 3
    qtbot.waitUntil(lambda: pane.table.rows.shown == 1, timeout=FILTER_PAUSE_MS * 20)
    QTest.keyClick(field(pane), Qt.Key.Key_Down)
    assert pane.table.hasFocus()
    assert pane.table.current_row().key == "BND"


def test_enter_filters_at_once(make: Make) -> None:
    pane = make()
    pane.focus_filter()
    QTest.keyClicks(field(pane), "vti")
    QTest.keyClick(field(pane), Qt.Key.Key_Return)
    assert pane.table.rows.shown == 1
    assert pane.table.hasFocus()


def test_a_filter_that_finds_nothing_says_so_and_can_be_cleared(make: Make) -> None:
    pane = make()
    field(pane).setText("nothing of this")
    pane.apply_filter()
    text = shown_text(pane)
    assert "Nothing matches “nothing of this”." in text
    assert "3 positions are hidden by the filter." in text
    press(pane, "Clear filter")
    assert pane.table.rows.shown == 3
    assert pane.table.hasFocus()
    assert "Nothing matches" not in shown_text(pane)
    assert "3 symbols" in shown_text(pane)


def test_one_hidden_row_is_singular(make: Make) -> None:
    pane = make((ROWS[1],))
    field(pane).setText("x y z")
    pane.apply_filter()
    assert "1 position is hidden by the filter." in shown_text(pane)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_stays_plain(text: str, make: Make) -> None:
    pane = make()
    field(pane).setText(text)
    pane.apply_filter()
    assert "Nothing matches “" in shown_text(pane)
    assert "\u202e" not in shown_text(pane)


def test_the_focus_is_not_lost_with_the_last_row(make: Make) -> None:
    pane = make()
    pane.table.setFocus()
    pane.show_rows((), NOW)
    assert field(pane).hasFocus()


def test_an_empty_table_says_what_is_absent(make: Make, qtbot: QtBot) -> None:
    pane = make((), actions=(Action(id="connect", label="Connect a broker"),))
    text = shown_text(pane)
    assert "No positions." in text
    assert "Broker …7730 holds cash only, checked 11:42 ET." in text
    with qtbot.waitSignal(pane.acted) as heard:
        press(pane, "Connect a broker")
    assert heard.args == ["connect"]


def test_the_second_leaves_the_button_of_an_empty_table_alone(make: Make) -> None:
    rows: tuple[Any, ...] = ()
    pane = make(rows, actions=(Action(id="connect", label="Connect a broker"),))
    before = pane._empty.buttons
    pane.show_rows(rows, NOW)
    pane.refresh_words()
    assert pane._empty.buttons is before


def test_loading_never_blanks_a_figure(make: Make) -> None:
    pane = make(None)
    pane.show_loading()
    assert pane._stack.currentIndex() == 2
    assert "No positions." not in shown_text(pane)
    pane.show_rows(ROWS, NOW)
    assert pane._stack.currentIndex() == 0
    pane.show_loading()
    assert pane._stack.currentIndex() == 0


def test_the_foot_shows_when_it_explains_something(make: Make) -> None:
    pane = make()
    assert "* A part." not in shown_text(pane)
    pane.set_foot(True)
    assert "* A part." in shown_text(pane)
    pane.set_foot(True, "* Another.")
    assert "* Another." in shown_text(pane)
    pane.set_foot(False)
    assert "*" not in shown_text(pane)


def test_columns_are_remembered_and_damage_is_ignored(make: Make, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    pane = make(memory_key="positions/columns")
    pane.table.columns.choose("day", False)
    pane.remember(memory)
    memory.sync()
    again = make(memory_key="positions/columns")
    again.recall(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    assert ("day", False) in [(c.key, shown) for c, shown in again.table.columns.choices()]
    memory.setValue("positions/columns", "nonsense")
    make(memory_key="positions/columns").recall(memory)
    make(memory_key="positions/columns").recall(None)


def test_the_column_button_opens_the_chooser(make: Make) -> None:
    pane = make()
    press(pane, "Columns")
    (menu,) = [each for each in pane.findChildren(QMenu) if each.isVisible()]
    assert "Quantity" in [action.text() for action in menu.actions()]
    menu.close()


# -- export


def test_an_export_asks_without_waiting_and_hands_over_rows(
    make: Make, tmp_path: Path, qtbot: QtBot
) -> None:
    asked: list[tuple[TableExport[Any], Path]] = []
    pane = make(export=lambda export, path: asked.append((export, path)))
    pane.table.sort_by("value", Qt.SortOrder.AscendingOrder)
    pane.table.expandAll()
    assert pane.table.can_export
    assert pane.export_csv()
    (dialog,) = pane.findChildren(QFileDialog)
    assert dialog.windowTitle() == "Export Positions as CSV"
    assert dialog.selectedFiles()[0].endswith("brokerdesk-positions-2026-11-20.csv")
    dialog.fileSelected.emit(str(tmp_path / "x.csv"))
    dialog.close()
    ((export, path),) = asked
    assert path == tmp_path / "x.csv"
    assert [row.key for row in export.rows] == ["VTI", "BND", "AAPL"]
    assert not export.hide


def test_an_export_that_hides_amounts_says_so(make: Make) -> None:
    privacy().set(True)
    pane = make(export=lambda _export, _path: None)
    pane.export_csv()
    (dialog,) = pane.findChildren(QFileDialog)
    assert "Amounts are hidden" in dialog.windowTitle()
    dialog.close()
    assert taken("T", pane.table).hide


def test_a_selection_is_exported_as_it_is_selected(make: Make) -> None:
    pane = make()
    pane.table.expandAll()
    pane.table.go_to(1)
    assert [row.key for row in taken("T", pane.table, selected=True).rows] == ["AAPL-1"]
    pane.table.rows.set_filter("vanguard")
    assert [row.key for row in taken("T", pane.table).rows] == ["BND", "VTI"]


def test_nobody_writes_files_where_nobody_was_told_to(make: Make) -> None:
    pane = make()
    assert not pane.export_csv()
    assert not pane.table.can_export


def test_the_file_is_written_away_from_the_window(make: Make, tmp_path: Path) -> None:
    pane = make()
    path = tmp_path / "out.csv"
    rows = asyncio.run(written(None, taken("Positions", pane.table), path))  # type: ignore[arg-type]
    assert rows == 3
    text = path.read_bytes().decode("utf-8-sig")
    assert text.startswith('"Symbol","Name","Quantity","Value","Day","As of"\r\n"AAPL"')


def test_the_desk_runs_the_writing(make: Make, tmp_path: Path, monkeypatch: Any) -> None:
    asked: list[Path] = []

    async def at_once(_services: Any, export: TableExport[Any], path: Path) -> int:
        asked.append(path)
        return len(export.rows)

    monkeypatch.setattr("brokerdesk.ui.gateways.tables.written", at_once)
    desk = FakeDesk()
    said: list[str] = []
    desk.said.connect(said.append)
    csv_writer(desk)(taken("Positions", make().table), tmp_path / "out.csv")
    assert asked == [tmp_path / "out.csv"]
    assert said == ["Exported 3 rows to out.csv."]
