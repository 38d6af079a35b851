"""The Log page: newest first, older after it, filters, following, copying, rotation, any words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.ui import HOSTILE
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.errors import StorageError
from brokerdesk.services import log_reading
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.log import LogPiece, LogRow, LogViewModel
from brokerdesk.ui.views.log.entries import EntryModel
from brokerdesk.ui.views.log.page import LogPage

Show = Callable[..., LogPage]


def row(number: int, level: str = "INFO", text: str = "") -> LogRow:
    words = text or f"line {number}"
    at = f"2026-11-20 16:00:00,{number:03d}"
    return LogRow.of(at, level, "brokerdesk.http", words, f"{at} {level} {words}")


def piece(*rows: LogRow, before: Any = None, after: Any = 1) -> LogPiece:
    return LogPiece(tuple(rows), before, after)


@dataclass
class FakeLog:
    """``LogPort`` with pieces by place."""

    first: LogPiece = field(default_factory=lambda: piece(row(8, "WARNING"), row(9)))
    olds: dict[Any, LogPiece] = field(default_factory=dict)
    news: list[LogPiece | None] = field(default_factory=list)
    error: StorageError | None = None
    calls: list[str] = field(default_factory=list)

    def newest(
        self, done: Callable[[LogPiece], object], failed: Callable[[BaseException], object]
    ) -> None:
        self.calls.append("newest")
        if self.error is not None:
            failed(self.error)
        else:
            done(self.first)

    def older(
        self,
        before: Any,
        done: Callable[[LogPiece], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(f"older {before}")
        done(self.olds[before])

    def since(
        self,
        after: Any,
        done: Callable[[LogPiece | None], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(f"since {after}")
        done(self.news.pop(0))


def texts(model: LogViewModel) -> list[str]:
    return [one.text for one in model.rows]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    def make(desk: FakeDesk, port: FakeLog) -> LogPage:
        page = LogPage(desk, port)
        qtbot.addWidget(page)
        page.resize(920, 560)
        page.show()
        page.enter()
        return page

    yield make
    theme().set_scale(1.0)


# the view-model


def test_older_pieces_come_before_the_newest() -> None:
    port = FakeLog(
        first=piece(row(4), before="b"),
        olds={"b": piece(row(2), row(3), before="a"), "a": piece(row(1))},
    )
    model = LogViewModel(port)
    QAbstractItemModelTester(entries := EntryModel(model))
    model.begin()
    assert texts(model) == ["line 1", "line 2", "line 3", "line 4"]
    assert port.calls == ["newest", "older b", "older a"]
    assert not model.state.reading
    assert model.state.count == "4 entries"
    assert entries.rowCount() == 4
    assert entries.rowCount(entries.index(0)) == 0


def test_new_entries_come_after_the_last_and_a_rotation_begins_anew() -> None:
    port = FakeLog(news=[piece(row(10), after=2), piece(after=3), None])
    model = LogViewModel(port)
    QAbstractItemModelTester(EntryModel(model))
    model.look()  # nothing was read yet
    assert port.calls == []
    model.begin()
    model.look()
    model.look()
    assert texts(model) == ["line 8", "line 9", "line 10"]
    port.first = piece(row(11))
    model.look()
    assert texts(model) == ["line 11"]
    assert port.calls == ["newest", "since 1", "since 2", "since 3", "newest"]


@pytest.mark.parametrize(
    ("level", "text", "found"),
    [
        ("all", "", 4), ("info", "", 3), ("warning", "", 2), ("error", "", 1),
        ("all", "LINE 2", 1), ("all", "http brokerdesk", 4), ("error", "nothing", 0),
    ],
)  # fmt: skip
def test_filters(level: str, text: str, found: int) -> None:
    rows = (row(1, "DEBUG"), row(2), row(3, "WARNING"), row(4, "CRITICAL"))
    port = FakeLog(first=piece(*rows), news=[piece(row(5, "DEBUG"), after=2)])
    model = LogViewModel(port)
    QAbstractItemModelTester(EntryModel(model))
    model.begin()
    model.filter_level(level)
    model.filter_text(text)
    assert len(model.rows) == found
    if found != 4:
        assert model.state.count == f"{found} of 4 entries"
    model.look()
    model.clear_filter()
    assert len(model.rows) == 5


def test_what_cannot_be_read_is_said() -> None:
    port = FakeLog(error=StorageError("The log cannot be read.", "x: Permission denied."))
    model = LogViewModel(port)
    model.begin()
    assert model.state.trouble == "The log cannot be read. x: Permission denied."
    assert not model.state.reading
    port.error = None
    model.begin()
    assert model.state.trouble == ""


def test_copying_takes_the_chosen_or_all_that_are_shown() -> None:
    model = LogViewModel(FakeLog())
    model.begin()
    assert model.copied([model.rows[1]]) == model.rows[1].line
    assert model.copied([]).count("\n") == 1


def test_entries_speak_level_time_and_words() -> None:
    model = LogViewModel(FakeLog())
    entries = EntryModel(model)
    model.begin()
    said = entries.data(entries.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Warning, 2026-11-20 16:00:00,008, brokerdesk.http, line 8"
    assert entries.data(QModelIndex()) is None


# the page


def test_the_page_names_everything_and_follows(desk: FakeDesk, show: Show) -> None:
    port = FakeLog(first=piece(*(row(n) for n in range(400))), news=[piece(row(401), after=2)])
    page = show(desk, port)
    QApplication.processEvents()
    assert unnamed(page) == []
    assert clipped(page) == []
    assert page.list.at_end()
    page.model.look()
    QApplication.processEvents()
    assert page.list.at_end()
    bar = page.list.verticalScrollBar()
    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    QApplication.processEvents()
    assert not page.tail.isChecked()
    press(page, "Follow the end")
    assert page.list.at_end()


def test_an_entry_is_shown_whole_and_copied(desk: FakeDesk, show: Show, qtbot: QtBot) -> None:
    trace = "a bug\nTraceback (most recent call last):\n  File x"
    page = show(desk, FakeLog(first=piece(row(1), row(2, "ERROR", trace))))
    page.list.setCurrentIndex(page.entries.index(1))
    assert "Traceback (most recent call last):" in page.detail.toPlainText()
    press(page, "Copy")
    assert QGuiApplication.clipboard().text().endswith(trace)
    assert desk.sentences == ["1 log entry copied."]
    page.list.clearSelection()
    press(page, "Copy")
    assert desk.sentences[-1] == "2 log entries copied."
    press(page, "Copy report")
    press(page, "Open folder")
    assert desk.wishes == ["report", "folder"]


def test_nothing_matches_and_nothing_there(desk: FakeDesk, show: Show) -> None:
    page = show(desk, FakeLog())
    page.search.setText("<b>zzz</b>")
    assert "Nothing matches “<b>zzz</b>”." in shown_text(page)
    assert "2 entries are hidden by the filter." in shown_text(page)
    press(page, "Clear filter")
    assert len(page.model.rows) == 2
    press(page, "Errors")
    assert "Nothing of this level." in shown_text(page)
    empty = show(desk, FakeLog(first=piece()))
    assert "The log is empty." in shown_text(empty)


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_any_words_in_both_themes(name: str, scale: float, desk: FakeDesk, show: Show) -> None:
    theme().apply(name)
    theme().set_scale(scale)
    rows = [row(n, "ERROR", words) for n, words in enumerate(HOSTILE)]
    page = show(desk, FakeLog(first=piece(*rows)))
    for place in range(len(rows)):
        page.list.setCurrentIndex(page.entries.index(place))
        assert "\u202e" not in page.detail.toPlainText()
    assert not page.grab().isNull()
    assert page.width() == 920


def test_leaving_stops_looking(desk: FakeDesk, show: Show) -> None:
    page = show(desk, FakeLog())
    assert page._timer.isActive()
    page.leave()
    assert not page._timer.isActive()


def test_the_real_log_of_a_profile_is_read(tmp_path: Path, qtbot: QtBot) -> None:
    file = log_reading.log_file(tmp_path)
    lines = [
        f"2026-11-20 16:00:00,{n % 1000:03d} INFO 1 MainThread brokerdesk.x: line {n} {'x' * 60}"
        for n in range(60_000)
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert file.stat().st_size > 6_000_000

    class Reader:
        """The gateway's calls without its thread."""

        def newest(self, done: Callable[[LogPiece], object], failed: object) -> None:
            done(_piece(log_reading.newest(tmp_path)))

        def older(self, before: Any, done: Callable[[LogPiece], object], failed: object) -> None:
            done(_piece(log_reading.older(tmp_path, before)))

        def since(
            self, after: Any, done: Callable[[LogPiece | None], object], failed: object
        ) -> None:
            found = log_reading.since(tmp_path, after)
            done(None if found is None else _piece(found))

    model = LogViewModel(Reader())
    EntryModel(model)
    model.begin()
    assert len(model.rows) == 60_000
    assert [one.text.split()[1] for one in model.rows[:3]] == ["0", "1", "2"]
    with file.open("a", encoding="utf-8") as stream:
        stream.write("2026-11-20 16:00:01,000 ERROR 1 MainThread brokerdesk.x: the last\n")
    model.look()
    assert model.rows[-1].text == "the last"
    model.filter_level("error")
    assert texts(model) == ["the last"]


def _piece(found: log_reading.Piece) -> LogPiece:
    rows = tuple(
        LogRow.of(one.at, one.level, one.where, one.text, one.line) for one in found.entries
    )
    return LogPiece(rows, found.before, found.after)
