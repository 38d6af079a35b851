"""Connections, settings and the log in the real window over the real engine and database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.backups import make_profile
from support.db import CONNECTION, execute_raw
from support.ui_widgets import press, shown_text, unnamed

from brokerdesk.clock import SystemClock
from brokerdesk.log import start_log
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.life import Launch, Life
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.views.connections.disconnect_sheet import DisconnectSheet
from brokerdesk.ui.views.connections.page import ConnectionsPage
from brokerdesk.ui.views.log.page import LogPage
from brokerdesk.ui.views.settings.page import SettingsPage

LONG = 30_000


@dataclass
class Running:
    window: MainWindow
    model: PortfolioViewModel
    life: Life
    shown: list[str]


@pytest.fixture
def paths(tmp_path: Path) -> ProfilePaths:
    return make_profile(tmp_path / "profile", settings=Settings())


@pytest.fixture
def running(paths: ProfilePaths, qtbot: QtBot) -> Iterator[Running]:
    clock = SystemClock()
    (paths.log_dir / "brokerdesk.log").unlink()
    log = start_log(paths.log_dir)
    model = PortfolioViewModel(clock.now, offline=True)
    window = MainWindow(model)
    qtbot.addWidget(window)
    window.show()
    life = Life(
        window, model, paths=paths, clock=clock, settings=Settings(), launch=Launch(offline=True)
    )
    shown: list[str] = []
    life.presenter.shown.connect(lambda title, text: shown.append(f"{title} {text}"))
    life.begin()
    qtbot.waitUntil(lambda: bool(model.state.figures.accounts) and model.state.ready, timeout=LONG)
    yield Running(window, model, life, shown)
    theme().set_scale(1.0)
    theme().apply("light")
    window.close()
    assert life.close()
    log.close()


def only(running: Running, kind: type[ConnectionsPage]) -> ConnectionsPage:
    pages = [page for page in running.window.findChildren(kind) if page.isVisible()]
    assert len(pages) == 1
    return pages[0]


def at_connections(running: Running, qtbot: QtBot) -> ConnectionsPage:
    running.window.desk.go("connections")
    page = only(running, ConnectionsPage)
    qtbot.waitUntil(lambda: page.model.state.closely is not None, timeout=LONG)
    return page


def test_a_connection_is_renamed_and_the_name_comes_back(
    running: Running, paths: ProfilePaths, qtbot: QtBot
) -> None:
    page = at_connections(running, qtbot)
    assert unnamed(page) == []
    assert page.model.rename("Mine & <b>yours</b>")

    def name() -> str:
        return str(execute_raw(paths.portfolio_db, "SELECT name FROM connections")[0][0])

    qtbot.waitUntil(lambda: name() == "Mine & <b>yours</b>", timeout=LONG)
    qtbot.waitUntil(
        lambda: running.model.state.figures.connections[0].title == "Mine & <b>yours</b>",
        timeout=LONG,
    )
    qtbot.waitUntil(lambda: bool(page.model.state.undo), timeout=LONG)
    press(page, "Undo the rename")
    qtbot.waitUntil(lambda: name() == "Fake 1", timeout=LONG)
    assert running.shown == []


def test_an_account_is_left_out(running: Running, paths: ProfilePaths, qtbot: QtBot) -> None:
    page = at_connections(running, qtbot)
    first = next(iter(page.detail.ticks.values()))
    first.click()
    qtbot.waitUntil(
        lambda: (
            [
                row[0]
                for row in execute_raw(
                    paths.portfolio_db, "SELECT included FROM accounts ORDER BY included"
                )
            ]
            == [0, 1]
        ),
        timeout=LONG,
    )
    qtbot.waitUntil(lambda: "left out" in shown_text(page), timeout=LONG)


@pytest.mark.parametrize("keep", [True, False])
def test_disconnecting_keeps_or_deletes_what_it_says(
    keep: bool, running: Running, paths: ProfilePaths, qtbot: QtBot
) -> None:
    page = at_connections(running, qtbot)
    sealed = paths.secrets_dir / f"{CONNECTION}.sealed"
    assert sealed.exists()
    press(page, "Disconnect…")
    qtbot.waitUntil(lambda: page.sheet is not None, timeout=LONG)
    sheet = page.sheet
    assert isinstance(sheet, DisconnectSheet)
    assert "2 accounts, 1 saved day" in shown_text(sheet)
    if not keep:
        sheet.delete.click()
        sheet.sure.click()
    press(running.window, "Disconnect and keep" if keep else "Disconnect and delete")
    qtbot.waitUntil(lambda: not running.model.state.figures.connections, timeout=LONG)
    assert not sealed.exists()

    def count(table: str) -> int:
        return int(execute_raw(paths.portfolio_db, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608

    assert count("connections") == 0
    assert (count("accounts"), count("snapshots")) == ((2, 1) if keep else (0, 0))
    assert running.shown == []


def test_a_setting_is_seen_at_once_kept_and_undone(
    running: Running, paths: ProfilePaths, qtbot: QtBot
) -> None:
    running.window.desk.go("settings")
    page = next(p for p in running.window.findChildren(SettingsPage) if p.isVisible())
    page.model.enter("text_scale", "125")
    qtbot.waitUntil(lambda: theme().scale == 1.25, timeout=LONG)
    file = SettingsFile(paths.settings_file)
    qtbot.waitUntil(lambda: file.load().text_scale == 125, timeout=LONG)

    def anew() -> SettingsPage | None:
        QApplication.processEvents()
        found = [p for p in running.window.findChildren(SettingsPage) if p.isVisible()]
        return found[0] if len(found) == 1 and found[0] is not page else None

    qtbot.waitUntil(lambda: anew() is not None, timeout=LONG)
    again = anew()
    assert again is not None
    qtbot.waitUntil(lambda: again.undo.isVisibleTo(again), timeout=LONG)
    press(again, "Undo the last change")
    qtbot.waitUntil(lambda: theme().scale == 1.0, timeout=LONG)
    qtbot.waitUntil(lambda: file.load().text_scale == 100, timeout=LONG)
    assert running.shown == []


def test_the_log_of_this_very_program_is_shown(running: Running, qtbot: QtBot) -> None:
    logging.getLogger("brokerdesk.tests").info("seen in the window")
    running.window.desk.wish("log")
    page = next(p for p in running.window.findChildren(LogPage) if p.isVisible())
    qtbot.waitUntil(lambda: not page.model.state.reading, timeout=LONG)
    assert any(row.text == "seen in the window" for row in page.model.rows)
    logging.getLogger("brokerdesk.tests").info("seen a little later")
    page.model.look()
    qtbot.waitUntil(
        lambda: any(row.text == "seen a little later" for row in page.model.rows), timeout=LONG
    )
    assert unnamed(page) == []
