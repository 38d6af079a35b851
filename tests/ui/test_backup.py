"""Backing up and restoring: the words, the sheets, and both over the real window and engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from support.backups import make_profile, open_profile
from support.db import ACCOUNT, NOON, make_reading
from support.ui import HOSTILE, NOW
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.clock import SystemClock
from brokerdesk.errors import StorageError
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.life import Launch, Life
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.backup import (
    BackupViewModel,
    ContentFacts,
    CopyFacts,
    Made,
    RestoredFacts,
    RestoreViewModel,
    Stage,
    Step,
    size_words,
    step_words,
)
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.views.backup.sheets import BackupSheet, RestoreSheet, ask_target

LONG = 30_000
BROKEN = StorageError("The backup is damaged.", "x: cut short.", "Choose another backup.")
CONTENT = ContentFacts(
    path="/media/disk/BrokerDesk 2026-11-20.brokerdesk-backup", own_copy=False, made=NOW,
    program="1.2.3", accounts=3, environments=("live", "paper"), size=12_345_678,
)  # fmt: skip
COPY = CopyFacts(path="/p/backups/portfolio-regular-x.db", made=NOW, size=999, before_upgrade=False)


@dataclass
class FakeBackup:
    """``BackupPort`` answered by hand."""

    calls: list[str] = field(default_factory=list)
    tell: Callable[[Step], object] = lambda _: None
    done: Callable[[Made], object] = lambda _: None
    failed: Callable[[BaseException], object] = lambda _: None
    stopped: Callable[[], object] = lambda: None

    def suggest(self, done: Callable[[str], object]) -> None:
        done("/x")

    def back_up(
        self,
        target: str,
        tell: Callable[[Step], object],
        done: Callable[[Made], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(target)
        self.tell, self.done, self.failed = tell, done, failed

    def stop(self, done: Callable[[], object]) -> None:
        self.calls.append("stop")
        self.stopped = done


@dataclass
class FakeRestore:
    """``RestorePort`` answered at once where it looks, by hand where it restores."""

    practice: bool = False
    found: tuple[CopyFacts, ...] = ()
    content: ContentFacts = CONTENT
    error: StorageError | None = None
    calls: list[str] = field(default_factory=list)
    tell: Callable[[Step], object] = lambda _: None
    done: Callable[[RestoredFacts | None], object] = lambda _: None
    failed: Callable[[BaseException], object] = lambda _: None

    def copies(self, done: Callable[[Any], object], failed: Callable[[Any], object]) -> None:
        done(self.found)

    def look_into(
        self, path: str, done: Callable[[Any], object], failed: Callable[[Any], object]
    ) -> None:
        self.calls.append(f"look {path}")
        if self.error is not None:
            failed(self.error)
        else:
            done(replace(self.content, path=path))

    def restore(
        self,
        content: ContentFacts,
        tell: Callable[[Step], object],
        done: Callable[[RestoredFacts | None], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(f"restore {content.path}")
        self.tell, self.done, self.failed = tell, done, failed

    def stop(self) -> None:
        self.calls.append("stop")


# words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"),
        (1_000_000_000, "1.0 GB"), (5_000_000_000_000, "5000.0 GB"),
    ],
)  # fmt: skip
def test_sizes(size: int, words: str) -> None:
    assert size_words(size) == words


def test_steps_in_words() -> None:
    assert step_words(Step(stage="packing", done=1, total=4)) == "Packing, 25%"
    assert step_words(Step(stage="copying")) == "Copying the database…"


# the view-models


def test_a_backup_goes_its_way(qtbot: QtBot) -> None:
    port = FakeBackup()
    model = BackupViewModel(port)
    model.begin("")
    assert port.calls == []
    model.begin("/x")
    model.begin("/y")  # one at a time
    port.tell(Step(stage="checking", done=3, total=4))
    assert (model.state.words, model.state.share) == ("Reading it back, 75%", 0.75)
    with qtbot.waitSignal(model.made) as told:
        port.done(Made(file="/x", size=5, accounts=2))
    assert told.args == [Made(file="/x", size=5, accounts=2)]
    assert not model.state.running
    assert port.calls == ["/x"]


def test_a_backup_that_is_stopped_or_fails() -> None:
    port = FakeBackup()
    model = BackupViewModel(port)
    ended: list[str] = []
    model.stopped.connect(lambda: ended.append("stopped"))
    model.made.connect(lambda _made: ended.append("made"))
    model.begin("/x")
    model.stop()
    model.stop()
    port.tell(Step(stage="packing"))
    assert model.state.words == "Stopping…"
    port.stopped()
    model.begin("/x")
    model.stop()
    port.done(Made(file="/x", size=5, accounts=2))  # it was beyond stopping
    port.stopped()
    model.begin("/x")
    port.failed(BROKEN)
    assert model.state.error is BROKEN
    assert ended == ["stopped", "made"]


def test_a_restore_shows_what_is_in_it_before_anything_happens() -> None:
    port = FakeRestore(found=(COPY, replace(COPY, path="/q.db", before_upgrade=True)))
    model = RestoreViewModel(port)
    assert [row.note for row in model.state.copies] == [
        "weekly copy, 999 bytes", "before an upgrade, 999 bytes",
    ]  # fmt: skip
    model.restore()
    assert port.calls == []
    model.look("/a.brokerdesk-backup")
    assert model.state.stage is Stage.ASK
    assert dict(model.state.facts) == {
        "Made": "20 Nov 2026 11:42 ET",
        "Made by": "BrokerDesk 1.2.3",
        "Holds": "3 accounts, live and paper",
        "Size": "12.3 MB",
        "File": "a.brokerdesk-backup",
    }
    assert any("not deleted" in words for words in model.state.means)
    assert any("sign in again" in words for words in model.state.means)
    assert port.calls == ["look /a.brokerdesk-backup"]
    model.back()
    assert model.state.stage.value == "choose"


def test_a_restore_runs_and_tells_how_it_ended() -> None:
    port = FakeRestore()
    model = RestoreViewModel(port)
    model.look("/a")
    model.restore()
    port.tell(Step(stage="unpacking", done=1, total=2))
    assert (model.state.share, model.state.can_stop) == (0.5, True)
    port.tell(Step(stage="swapping"))
    assert not model.state.can_stop
    model.stop()
    assert "stop" not in port.calls
    port.done(RestoredFacts(made=NOW, connections=2, aside="/p/replaced-1", notes=("A note.",)))
    assert model.state.stage is Stage.DONE
    assert model.state.means == (
        "The figures of 20 Nov 2026 11:42 ET are back.",
        "Sign in again at 2 connections to get new figures.",
        "The former data is kept in replaced-1.",
        "A note.",
    )


def test_a_restore_that_is_stopped_or_fails_comes_back_to_the_question() -> None:
    port = FakeRestore()
    model = RestoreViewModel(port)
    model.look("/a")
    model.restore()
    model.stop()
    port.done(None)
    assert model.state.stage is Stage.ASK
    model.restore()
    port.failed(BROKEN)
    assert (model.state.stage, model.state.error) == (Stage.ASK, BROKEN)
    model.restore()
    assert port.calls.count("restore /a") == 3


def test_what_cannot_be_read_is_said() -> None:
    model = RestoreViewModel(FakeRestore(error=BROKEN))
    model.look("/a")
    assert (model.state.stage, model.state.error) == (Stage.CHOOSE, BROKEN)


@pytest.mark.parametrize(
    ("practice", "kinds", "accounts", "words"),
    [
        (False, ("practice",), 1, "practice accounts only"),
        (True, ("live",), 1, "holds real accounts"),
        (False, (), 0, "no accounts"),
        (False, ("live", "practice"), 2, ""),
        (True, ("practice",), 2, ""),
    ],
)
def test_a_backup_of_another_kind_is_warned_about(
    practice: bool, kinds: tuple[str, ...], accounts: int, words: str
) -> None:
    content = replace(CONTENT, environments=kinds, accounts=accounts)
    model = RestoreViewModel(FakeRestore(practice=practice, content=content))
    model.look("/a")
    assert words in model.state.warning
    assert bool(words) == bool(model.state.warning)


# the sheets


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(1000, 700)
    qtbot.addWidget(made)
    made.show()
    yield made
    theme().set_scale(1.0)


def test_the_backup_sheet_stays_until_it_ends(window: QWidget, qtbot: QtBot) -> None:
    port = FakeBackup()
    model = BackupViewModel(port)
    sheet = BackupSheet(model, "/media/<b>disk</b>/x.brokerdesk-backup")
    sheet.open_over(window, sheet.cancel)
    model.begin("/x")
    port.tell(Step(stage="packing", done=1, total=2))
    assert "Packing, 50%" in shown_text(window)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert port.calls == ["/x", "stop"]
    assert not sheet.isHidden()
    with qtbot.waitSignal(sheet.closed):
        port.stopped()


def test_the_backup_sheet_says_why_it_failed(window: QWidget) -> None:
    port = FakeBackup()
    model = BackupViewModel(port)
    sheet = BackupSheet(model, "/x")
    sheet.open_over(window, sheet.cancel)
    model.begin("/x")
    port.failed(BROKEN)
    assert "The backup is damaged." in shown_text(window)
    assert "Choose another backup." in shown_text(window)
    press(window, "Close")


def test_the_restore_sheet_walks_through(window: QWidget, qtbot: QtBot) -> None:
    port = FakeRestore(found=(COPY,))
    sheet = RestoreSheet(RestoreViewModel(port))
    sheet.open_over(window, sheet.go)
    assert unnamed(window) == []
    press(window, "Copy of 20 Nov 2026 11:42 ET, weekly copy, 999 bytes")
    press(window, "Continue")
    assert port.calls == [f"look {COPY.path}"]
    assert sheet.title == "Restore this backup?"
    text = shown_text(window)
    assert "3 accounts, live and paper" in text
    assert "Sign-ins are not in it" in text
    assert unnamed(window) == []
    press(window, "Restore")
    assert sheet.held
    port.tell(Step(stage="swapping"))
    assert not sheet.cancel.isEnabled()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isHidden()
    port.done(RestoredFacts(made=NOW, connections=1, aside="/p/replaced-1"))
    assert "Sign in again at 1 connection to get new figures." in shown_text(window)
    with qtbot.waitSignal(sheet.closed):
        press(window, "Done")


def test_tab_stays_inside_the_sheet(window: QWidget, qtbot: QtBot) -> None:
    sheet = RestoreSheet(RestoreViewModel(FakeRestore(found=(COPY,))))
    sheet.open_over(window, sheet.go)
    window.activateWindow()
    qtbot.waitUntil(lambda: sheet.go.hasFocus())
    seen = set()
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget() or sheet, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        assert sheet.isAncestorOf(focus)
        seen.add(focus)
    assert len(seen) >= 3


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("words", HOSTILE)
def test_the_sheets_stand_with_any_words(
    words: str, name: str, scale: float, window: QWidget
) -> None:
    theme().apply(name)
    theme().set_scale(scale)
    error = StorageError(words, words, words)
    port = FakeRestore(content=replace(CONTENT, program=words), error=None)
    sheet = RestoreSheet(RestoreViewModel(port))
    sheet.open_over(window, sheet.go)
    sheet.model.look(f"/media/{words}".replace("\x00", ""))
    sheet.model.restore()
    port.failed(error)
    QApplication.processEvents()
    assert not window.grab().isNull()
    assert clipped(window) == []
    labels = window.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert not any("\u202e" in label.text() for label in labels)
    assert sheet.card.width() <= window.width()
    sheet.close_sheet()


def test_asking_where_to_never_blocks(window: QWidget, tmp_path: Path, qtbot: QtBot) -> None:
    chosen: list[str] = []
    suggested = str(tmp_path / "BrokerDesk 2026-11-20.brokerdesk-backup")
    dialog = ask_target(window, suggested, chosen.append)
    assert dialog.directory().absolutePath() == str(tmp_path)
    dialog.accept()
    assert chosen == [suggested]


# the real window


@dataclass
class Running:
    window: MainWindow
    model: PortfolioViewModel
    life: Life
    shown: list[str]


@pytest.fixture
def paths(tmp_path: Path) -> ProfilePaths:
    return make_profile(tmp_path / "profile", settings=Settings(theme="dark"))


@pytest.fixture
def running(paths: ProfilePaths, qtbot: QtBot) -> Iterator[Running]:
    clock = SystemClock()
    model = PortfolioViewModel(clock.now, offline=True)
    window = MainWindow(model)
    qtbot.addWidget(window)
    window.show()
    settings = SettingsFile(paths.settings_file).load()
    life = Life(
        window, model, paths=paths, clock=clock, settings=settings, launch=Launch(offline=True)
    )
    shown: list[str] = []
    life.presenter.shown.connect(lambda title, text: shown.append(f"{title} {text}"))
    life.begin()
    qtbot.waitUntil(lambda: bool(model.state.figures.accounts) and model.state.ready, timeout=LONG)
    yield Running(window, model, life, shown)
    theme().apply("light")
    window.close()
    assert life.close()


def worth(running: Running) -> Decimal | None:
    rows = {row.key: row for row in running.model.state.figures.accounts}
    return rows[ACCOUNT].net


def earn(running: Running, value: str, qtbot: QtBot) -> None:
    """A later figure comes in."""
    later = make_reading(worth=value, at=NOON + timedelta(minutes=1))

    async def store(services: Any) -> None:
        await services.database.run(lambda uow: uow.snapshots.store(later))

    running.window.desk.run("test", store, lambda _: running.model.reload())
    qtbot.waitUntil(lambda: worth(running) == Decimal(value), timeout=LONG)


def test_a_profile_goes_out_and_comes_back_in_the_running_window(
    running: Running, paths: ProfilePaths, tmp_path: Path, qtbot: QtBot
) -> None:
    target = tmp_path / "mine.brokerdesk-backup"
    toasts: list[Any] = []
    desk, care = running.window.desk, running.life.care
    desk.toasted.connect(toasts.append)
    care.back_up_to(str(target))
    qtbot.waitUntil(lambda: bool(toasts), timeout=LONG)
    assert target.stat().st_size > 1000
    assert "mine.brokerdesk-backup" in toasts[0].text
    assert not care.busy
    before = worth(running)
    earn(running, "42.00", qtbot)
    desk.change_settings({"theme": "light"})
    qtbot.waitUntil(lambda: SettingsFile(paths.settings_file).load().theme == "light", timeout=LONG)
    running.window.desk.wish("restore")
    sheet = care.restore_sheet
    assert sheet is not None
    sheet.model.look(str(target))
    qtbot.waitUntil(lambda: sheet.model.state.stage is Stage.ASK, timeout=LONG)
    press(running.window, "Restore")
    qtbot.waitUntil(lambda: sheet.model.state.stage is Stage.DONE, timeout=LONG)
    qtbot.waitUntil(lambda: running.model.state.ready and worth(running) == before, timeout=LONG)
    assert "Sign in again at 1 connection" in shown_text(sheet)
    assert theme().name == "dark"
    assert desk.settings is not None
    assert desk.settings.theme == "dark"
    aside = [one for one in paths.root.iterdir() if one.name.startswith("replaced-")]
    assert len(aside) == 1
    assert (aside[0] / "portfolio.db").exists()
    press(running.window, "Done")
    assert running.shown == []


def test_a_copy_of_its_own_comes_back(running: Running, paths: ProfilePaths, qtbot: QtBot) -> None:
    async def copy(services: Any) -> None:
        await services.database.backup_when_due(paths.backups)

    done: list[object] = []
    running.window.desk.run("test", copy, done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=LONG)
    before = worth(running)
    earn(running, "42.00", qtbot)
    running.life.care.restore()
    sheet = running.life.care.restore_sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: len(sheet.choices) == 2, timeout=LONG)
    list(sheet.choices.values())[1].click()
    press(running.window, "Continue")
    qtbot.waitUntil(lambda: sheet.model.state.stage is Stage.ASK, timeout=LONG)
    press(running.window, "Restore")
    qtbot.waitUntil(lambda: sheet.model.state.stage is Stage.DONE, timeout=LONG)
    qtbot.waitUntil(lambda: running.model.state.ready and worth(running) == before, timeout=LONG)


def test_a_damaged_backup_leaves_the_window_as_it_was(
    running: Running, paths: ProfilePaths, tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "bad.brokerdesk-backup"
    bad.write_bytes(b"PK\x03\x04 nothing")
    running.life.care.restore()
    sheet = running.life.care.restore_sheet
    assert sheet is not None
    sheet.model.look(str(bad))
    qtbot.waitUntil(lambda: sheet.model.state.error is not None, timeout=LONG)
    assert "This file is not a BrokerDesk backup." in shown_text(sheet)
    before = worth(running)
    # It vanishes between the look and the restore: the profile opens again as it was.
    target = tmp_path / "mine.brokerdesk-backup"
    sheet.close_sheet()
    toasts: list[Any] = []
    running.window.desk.toasted.connect(toasts.append)
    running.life.care.back_up_to(str(target))
    qtbot.waitUntil(lambda: bool(toasts), timeout=LONG)
    running.life.care.restore()
    again = running.life.care.restore_sheet
    assert again is not None
    model = again.model
    model.look(str(target))
    qtbot.waitUntil(lambda: model.state.stage is Stage.ASK, timeout=LONG)
    target.unlink()
    press(running.window, "Restore")
    qtbot.waitUntil(lambda: model.state.error is not None, timeout=LONG)
    qtbot.waitUntil(lambda: running.model.state.ready and worth(running) == before, timeout=LONG)
    assert running.window.desk.ready
    assert not [one for one in paths.root.iterdir() if one.name.startswith("replaced-")]


def test_closing_the_window_while_it_restores_leaves_a_whole_profile(
    running: Running, paths: ProfilePaths, tmp_path: Path, qtbot: QtBot
) -> None:
    target = tmp_path / "mine.brokerdesk-backup"
    toasts: list[Any] = []
    running.window.desk.toasted.connect(toasts.append)
    running.life.care.back_up_to(str(target))
    qtbot.waitUntil(lambda: bool(toasts), timeout=LONG)
    running.life.care.restore()
    sheet = running.life.care.restore_sheet
    assert sheet is not None
    sheet.model.look(str(target))
    qtbot.waitUntil(lambda: sheet.model.state.stage is Stage.ASK, timeout=LONG)
    press(running.window, "Restore")
    running.window.close()
    assert running.life.close()
    assert not paths.restore_was_killed()
    with closing(open_profile(paths)) as database:
        assert len(database.read_sync(lambda uow: uow.accounts.list())) == 2


def test_a_killed_restore_is_finished_when_the_window_opens(
    paths: ProfilePaths, qtbot: QtBot
) -> None:
    (paths.root / ".restoring-20261120T170000000000Z").mkdir()
    clock = SystemClock()
    model = PortfolioViewModel(clock.now, offline=True)
    window = MainWindow(model)
    qtbot.addWidget(window)
    launch = Launch(offline=True)
    life = Life(window, model, paths=paths, clock=clock, settings=Settings(), launch=launch)
    life.begin()
    try:
        qtbot.waitUntil(lambda: model.state.ready, timeout=LONG)
        assert not paths.restore_was_killed()
    finally:
        window.close()
        assert life.close()
