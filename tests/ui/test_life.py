"""The whole window over the real engine: opening, trouble, connecting for real, and the end."""

from __future__ import annotations

import asyncio
import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QProcess
from pytestqt.qtbot import QtBot
from support.db import add_accounts, execute_raw, make_reading, opened
from support.ui_widgets import press, shown_text, unnamed

from brokerdesk.brokers.flow import BrowserStep
from brokerdesk.clock import SystemClock
from brokerdesk.domain.events import ConnectionsChanged, RefreshFinished
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import BrokerDeskError, SecretStoreLockedError
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import words
from brokerdesk.services.practice import PracticeService
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.gateways import connecting as gateway
from brokerdesk.ui.life import Launch, Life, practice_command
from brokerdesk.ui.network import NetworkWatch, Reachability
from brokerdesk.ui.shell.scope_button import ScopeButton
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.wizard_state import Keeping, KeepingKind, Page
from brokerdesk.ui.views.unlock import UnlockDialog
from brokerdesk.ui.wizard.account_pages import AccountsPage
from brokerdesk.ui.wizard.step_pages import FormPage

LONG = 30_000
Start = Callable[..., "Running"]


@dataclass
class Running:
    window: MainWindow
    model: PortfolioViewModel
    life: Life
    shown: list[str]


@pytest.fixture
def start(profile: ProfilePaths, qtbot: QtBot) -> Iterator[Start]:
    running: list[Running] = []

    def begin(*, trouble: BrokerDeskError | None = None, **launch: Any) -> Running:
        model = PortfolioViewModel(
            SystemClock().now, practice=launch.get("practice", False),
            offline=launch.get("offline", False),
        )  # fmt: skip
        window = MainWindow(model)
        window.trouble = trouble
        qtbot.addWidget(window)
        window.show()
        life = Life(
            window, model, paths=profile, clock=SystemClock(), settings=Settings(),
            launch=Launch(**launch),
        )  # fmt: skip
        shown: list[str] = []
        life.presenter.shown.connect(lambda title, text: shown.append(f"{title} {text}"))
        life.begin()
        running.append(Running(window, model, life, shown))
        return running[-1]

    yield begin
    for each in running:
        each.window.close()
        assert each.life.close()


def fill(profile: ProfilePaths) -> None:
    with opened(profile.root) as database:
        database.run_sync(lambda uow: add_accounts(uow, 1))
        database.run_sync(lambda uow: uow.snapshots.store(make_reading()))


def test_an_empty_profile_opens_and_invites(start: Start, qtbot: QtBot) -> None:
    desk = start()
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    assert "No accounts yet." in shown_text(desk.window)
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    assert desk.model.state.keys_kept == "Sign-ins last until the program ends"
    assert desk.shown == []


def test_stored_figures_show_offline_and_nothing_is_asked(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    fill(profile)
    desk = start(offline=True)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    text = shown_text(desk.window)
    assert "All accounts" in [each.text() for each in desk.window.findChildren(ScopeButton)]
    assert "You are offline. Showing figures saved at" in text
    assert not desk.window.deeds.possible("connect")
    assert desk.model.state.keys_kept == ""  # no keychain was asked


def test_a_damaged_database_is_kept_and_a_fresh_one_made(
    start: Start, profile: ProfilePaths, qtbot: QtBot, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("cannot be opened")
    damaged = b"this was never a database" * 400
    profile.portfolio_db.write_bytes(damaged)
    desk = start()
    qtbot.waitUntil(lambda: "Move it aside" in shown_text(desk.window), timeout=LONG)
    assert unnamed(desk.window) == []
    press(desk.window, "Move it aside and start fresh")
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    kept = [file for file in profile.root.rglob("portfolio.db") if file != profile.portfolio_db]
    assert [file.read_bytes() for file in kept] == [damaged]
    assert "No accounts yet." in shown_text(desk.window)


def test_a_newer_database_is_left_alone(
    start: Start, profile: ProfilePaths, qtbot: QtBot, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("cannot be opened")
    fill(profile)
    execute_raw(profile.portfolio_db, "PRAGMA user_version = 9999")
    before = profile.portfolio_db.read_bytes()
    desk = start()
    qtbot.waitUntil(lambda: "newer" in shown_text(desk.window), timeout=LONG)
    assert "Move it aside" not in shown_text(desk.window)
    assert profile.portfolio_db.read_bytes() == before
    with qtbot.waitSignal(desk.life.ended):
        press(desk.window, "Quit")


def test_a_locked_database_can_be_tried_again(
    start: Start, profile: ProfilePaths, qtbot: QtBot, allow_warnings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from support.db import raw_connection

    from brokerdesk.db import driver

    allow_warnings("cannot be opened")
    monkeypatch.setattr(driver, "BUSY_SECONDS", 0.1)
    fill(profile)
    execute_raw(profile.portfolio_db, "PRAGMA journal_mode = DELETE")
    other = raw_connection(profile.portfolio_db)
    other.execute("BEGIN EXCLUSIVE")
    desk = start()
    qtbot.waitUntil(lambda: "Try again" in shown_text(desk.window), timeout=LONG)
    other.execute("ROLLBACK")
    other.close()
    press(desk.window, "Try again")
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)


def test_trouble_found_before_the_paint_shows_at_once(start: Start) -> None:
    error = BrokerDeskError("The profile cannot be written.", "Nothing was changed.")
    desk = start(trouble=error)
    assert "The profile cannot be written." in shown_text(desk.window)
    assert not desk.model.state.ready


def test_a_chosen_theme_is_remembered(start: Start, profile: ProfilePaths, qtbot: QtBot) -> None:
    desk = start()
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    desk.window.deeds.do("theme:dark")
    assert theme().name == "dark"
    file = SettingsFile(profile.settings_file)
    qtbot.waitUntil(lambda: file.load().theme == "dark", timeout=LONG)


def test_a_bug_on_the_io_thread_is_shown_and_the_program_goes_on(
    start: Start, qtbot: QtBot, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("a bug in")
    desk = start()
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)

    async def fail() -> None:
        raise ZeroDivisionError

    desk.life._runner.run("broken", fail)
    qtbot.waitUntil(lambda: bool(desk.shown))
    assert "went wrong" in desk.shown[0]
    desk.model.reload()
    qtbot.waitUntil(lambda: not desk.model._loading, timeout=LONG)


def test_a_network_that_returns_wakes_the_schedule(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = start()
    desk.life.network_returned()  # nothing is open yet, and nothing happens
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    woken: list[None] = []
    schedule = desk.life._engine.services.schedule
    monkeypatch.setattr(schedule, "wake", lambda: woken.append(None))
    watch = NetworkWatch()
    watch.returned.connect(desk.life.network_returned)
    for reachability in (
        Reachability.Online, Reachability.Unknown, Reachability.Disconnected,
        Reachability.Local, Reachability.Unknown, Reachability.Online, Reachability.Online,
    ):  # fmt: skip
        watch.on_reachability(reachability)
    qtbot.waitUntil(lambda: len(woken) == 1, timeout=LONG)


def test_practice_opens_as_a_program_of_its_own(
    start: Start, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[list[str]] = []

    def note(program: str, arguments: list[str]) -> tuple[bool, int]:
        started.append([program, *arguments])
        return True, 1

    monkeypatch.setattr(QProcess, "startDetached", note)
    desk = start(data_dir=tmp_path / "mine", theme="dark")
    desk.window.deeds.do("practice")
    command = started[0]
    assert command == practice_command(Launch(data_dir=tmp_path / "mine", theme="dark"))
    assert command[-5:] == [
        "--practice", "--data-dir", str(tmp_path / "mine-practice"), "--theme", "dark",
    ]  # fmt: skip


def test_a_locked_vault_is_said_and_unlocked(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    allow_warnings("connection fake-")  # no such broker is registered
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    desk.life.wishes.on_keeping(Keeping(KeepingKind.VAULT_LOCKED, "Locked."))
    assert "The passphrase vault is locked." in shown_text(desk.window)

    tried: list[str] = []

    async def unlock(passphrase: str) -> None:
        tried.append(passphrase)
        if passphrase != "right":
            raise SecretStoreLockedError("That is another passphrase.")

    monkeypatch.setattr(desk.life._engine.store, "unlock", unlock)
    press(desk.window, "Unlock")
    (dialog,) = desk.window.findChildren(UnlockDialog)
    assert unnamed(dialog) == []
    dialog._field.setText("wrong")
    press(dialog, "Unlock")
    qtbot.waitUntil(lambda: "another passphrase" in shown_text(dialog), timeout=LONG)
    dialog._field.setText("right")
    press(dialog, "Unlock")
    qtbot.waitUntil(lambda: desk.window.findChildren(UnlockDialog) == [], timeout=LONG)
    assert tried == ["wrong", "right"]
    assert "The passphrase vault is locked." not in shown_text(desk.window)


# the real flow against the practice market


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch) -> dict[str, PracticeServer]:
    """The practice market runs, but nothing is connected to it yet."""
    found: dict[str, PracticeServer] = {}

    async def prepare(self: PracticeService, servers: dict[str, PracticeServer]) -> tuple[()]:
        for broker, server in servers.items():
            self._practice_urls[broker] = server.base_url
        found.update(servers)
        return ()

    monkeypatch.setattr(PracticeService, "prepare", prepare)
    return found


def visit(url: str) -> None:
    """What the browser does at the end: it comes back to the loopback address."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(url, context=trusting, timeout=20) as answer:  # noqa: S310
        assert answer.status == 200


def test_connecting_for_real_then_everything_is_there(
    start: Start, market: dict[str, PracticeServer], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.brokers.recordings import approve

    visited: list[str] = []

    async def browse(url: str) -> bool:
        server = market["schwab"]
        back = await approve(server.control_url, url)
        visited.append(back)
        await asyncio.to_thread(visit, back)
        return True

    monkeypatch.setattr(gateway, "open_in_browser", browse)
    desk = start(practice=True)
    qtbot.waitUntil(lambda: bool(market), timeout=LONG)
    wizard = desk.life.connect_broker()
    assert wizard is not None
    wizard.model.go()
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.KEEPING, timeout=LONG)
    press(wizard, "Go on for this session")
    qtbot.waitUntil(lambda: isinstance(wizard.page, FormPage), timeout=LONG)
    page = wizard.page
    assert isinstance(page, FormPage)
    server = market["schwab"]
    for name, text in server.secrets.items():
        page.fields[name].setText(text)
    page.fields["app_key"].setText("")
    press(wizard, "Continue")
    assert "Enter the app key." in shown_text(wizard)
    page.fields["app_key"].setText(server.secrets["app_key"])
    press(wizard, "Continue")
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.NOTICE, timeout=LONG)
    press(wizard, "Open browser")
    qtbot.waitUntil(lambda: isinstance(wizard.page, AccountsPage), timeout=LONG)
    assert len(visited) == 1
    accounts = wizard.page
    assert isinstance(accounts, AccountsPage)
    assert len(accounts.boxes) >= 2
    first = next(iter(accounts.nicknames.values()))
    first.setText("<i>Mine</i>")
    accounts._save()
    qtbot.waitUntil(lambda: wizard.model.state.finished, timeout=LONG)
    assert wizard.model.state.sync_words == ""
    press(wizard, "Done")
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.positions), timeout=LONG)
    titles = [row.title for row in desk.model.state.figures.accounts]
    assert any(title.endswith("<i>Mine</i>") for title in titles)
    assert desk.model.state.figures.totals[0].environment == "practice"
    assert desk.shown == []


def test_cancelling_the_browser_step_leaves_no_port_and_no_row(
    start: Start, market: dict[str, PracticeServer], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_url: str) -> bool:
        return True

    monkeypatch.setattr(gateway, "open_in_browser", nothing)
    desk = start(practice=True)
    qtbot.waitUntil(lambda: bool(market), timeout=LONG)
    wizard = desk.life.connect_broker()
    assert wizard is not None
    assert desk.life.connect_broker() is wizard  # one wizard at a time
    wizard.model.go()
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.KEEPING, timeout=LONG)
    wizard.model.session_only()
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.FORM, timeout=LONG)
    server = market["schwab"]
    wizard.model.submit(server.secrets)
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.NOTICE, timeout=LONG)
    wizard.model.submit({})
    qtbot.waitUntil(lambda: wizard.model.state.page is Page.BROWSER, timeout=LONG)
    step = wizard.model.state.step
    assert isinstance(step, BrowserStep)
    callback = server.secrets["callback_url"]
    wizard.close()
    qtbot.waitUntil(lambda: desk.life.wishes.wizard is None, timeout=LONG)

    def closed() -> bool:
        try:
            visit(callback)
        except OSError:
            return True
        return False

    qtbot.waitUntil(closed, timeout=LONG)
    assert desk.model.state.figures.connections == ()
    assert desk.shown == []


def test_closing_at_once_leaves_nothing_open(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    """The window may be closed while its file is still being opened."""
    fill(profile)
    desk = start()
    desk.window.close()
    assert desk.life.close()
    with opened(profile.root) as database:
        assert database.read_sync(lambda uow: len(uow.accounts.list())) == 1


# what pages and the window ask of the program


def test_work_of_a_page_waits_for_the_profile_and_runs_on_its_services(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    desk = start()
    answers: list[Any] = []

    async def look(services: Any) -> Any:
        return threading.current_thread().name, services.paths.root

    desk.window.desk.run("look", look, answers.append)
    assert answers == []
    assert desk.life.busy()
    qtbot.waitUntil(lambda: bool(answers), timeout=LONG)
    assert answers == [("brokerdesk-io", profile.root)]
    qtbot.waitUntil(lambda: not desk.life.busy(), timeout=LONG)


def test_work_of_a_page_that_fails_is_told_to_it_or_shown(start: Start, qtbot: QtBot) -> None:
    desk = start()
    failures: list[BaseException] = []

    async def fail(_services: Any) -> None:
        raise BrokerDeskError("This cannot be read.", "Nothing was changed.")

    desk.window.desk.run("quietly", fail, None, failures.append)
    desk.window.desk.run("loudly", fail)
    qtbot.waitUntil(lambda: bool(failures) and bool(desk.shown), timeout=LONG)
    assert desk.shown == ["This cannot be read. Nothing was changed."]


def test_settings_apply_at_once_and_are_kept(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    desk = start()
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    told: list[str] = []
    desk.window.desk.change_settings(
        {"text_scale": 120, "colour_vision": True, "refresh_open_minutes": 7},
        lambda: told.append("kept"),
    )
    assert theme().scale == 1.2
    assert theme().vision
    qtbot.waitUntil(lambda: told == ["kept"], timeout=LONG)
    kept = SettingsFile(profile.settings_file).load()
    assert (kept.text_scale, kept.colour_vision, kept.refresh_open_minutes) == (120, True, 7)
    assert desk.life._engine.services.settings == kept
    assert desk.window.desk.settings == kept
    theme().set_scale(1)
    theme().set_colour_vision(False)


def test_a_setting_that_cannot_be_used_changes_nothing(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    desk = start(theme="light")
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    refused: list[BaseException] = []
    values: dict[str, object] = {"theme": "dark", "text_scale": 900}
    desk.window.desk.change_settings(values, None, refused.append)
    assert theme().name == "light"
    assert len(refused) == 1
    desk.window.desk.change_settings(values)
    qtbot.waitUntil(lambda: bool(desk.shown), timeout=LONG)
    assert not profile.settings_file.exists()


def test_another_setting_leaves_the_theme_that_the_command_line_chose(
    start: Start, qtbot: QtBot
) -> None:
    desk = start(theme="dark")
    theme().apply("dark")
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    desk.window.desk.change_settings({"reduced_motion": True})
    assert theme().name == "dark"
    assert not theme().motion
    theme().set_motion(True)


def test_settings_that_cannot_be_kept_still_apply_and_are_said(
    start: Start, profile: ProfilePaths, qtbot: QtBot
) -> None:
    profile.settings_file.mkdir()
    desk = start()
    qtbot.waitUntil(lambda: desk.model.state.ready, timeout=LONG)
    desk.window.deeds.do("theme:dark")
    assert theme().name == "dark"
    qtbot.waitUntil(lambda: bool(desk.shown), timeout=LONG)
    assert "could not be saved" in desk.shown[0]


def test_a_broker_asked_for_too_early_is_connected_when_the_profile_is_open(
    start: Start, qtbot: QtBot
) -> None:
    desk = start()
    assert not desk.model.state.ready
    desk.window.desk.wish("connect:")
    assert desk.life.wishes.wizard is None
    qtbot.waitUntil(lambda: desk.life.wishes.wizard is not None, timeout=LONG)
    desk.life.close_wizard()
    qtbot.waitUntil(lambda: desk.life.wishes.wizard is None, timeout=LONG)


async def not_answered() -> bool:
    return False


def test_a_locked_keychain_is_asked_again(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    monkeypatch.setattr(desk.life._engine, "keychain_answered", not_answered)
    desk.life.wishes.on_keeping(Keeping(KeepingKind.LOCKED, "Locked."))
    assert (
        "The system keychain is locked. Unlock it to sign in. Saved figures can still be read."
        in shown_text(desk.window)
    )

    async def opened_now() -> Keeping:
        return Keeping(KeepingKind.DURABLE, "Sign-ins are kept under the system keychain")

    refreshed: list[bool] = []
    monkeypatch.setattr(desk.window.desk.portfolio, "refresh", lambda: refreshed.append(True))
    monkeypatch.setattr(desk.life._engine, "unlock_keychain", opened_now)
    qtbot.waitUntil(lambda: not desk.life._io.supervisor.running("window:keychain"), timeout=LONG)
    press(desk.window, "Unlock")
    qtbot.waitUntil(lambda: "keychain is locked" not in shown_text(desk.window), timeout=LONG)
    assert desk.window.findChildren(UnlockDialog) == []
    assert refreshed == [True], "what could not be read without it is read now"


def test_a_keychain_that_is_not_running_is_not_called_locked(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    monkeypatch.setattr(desk.life._engine, "keychain_answered", not_answered)
    desk.life.wishes.on_keeping(Keeping(KeepingKind.LOCKED, words.ended().sentences()))
    shown = shown_text(desk.window)
    assert "The system keychain is not running. Start it, or sign in" in shown
    assert "locked" not in shown
    asked: list[bool] = []

    async def still_gone() -> Keeping:
        asked.append(True)
        return Keeping(KeepingKind.LOCKED, words.ended().sentences())

    monkeypatch.setattr(desk.life._engine, "unlock_keychain", still_gone)
    qtbot.waitUntil(lambda: not desk.life._io.supervisor.running("window:keychain"), timeout=LONG)
    press(desk.window, "Try again")
    qtbot.waitUntil(lambda: bool(asked), timeout=LONG)
    qtbot.waitUntil(lambda: "keychain is not running" in shown_text(desk.window), timeout=LONG)


def test_an_answer_to_the_keychains_own_window_is_enough(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)

    async def answered() -> bool:
        return True

    refreshed: list[bool] = []
    monkeypatch.setattr(desk.window.desk.portfolio, "refresh", lambda: refreshed.append(True))
    monkeypatch.setattr(desk.life._engine, "keychain_answered", answered)
    desk.life.wishes.on_keeping(Keeping(KeepingKind.LOCKED, "Locked."))
    qtbot.waitUntil(lambda: "keychain is locked" not in shown_text(desk.window), timeout=LONG)
    assert refreshed == [True]


def test_what_ended_unanswered_does_not_take_back_that_it_asks(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    """Its word comes on the way between threads while the user clicks."""
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    monkeypatch.setattr(desk.life._engine, "keychain_answered", not_answered)
    answer = asyncio.Event()

    async def asks() -> Keeping:
        await answer.wait()
        return Keeping(KeepingKind.LOCKED, "Locked.")

    monkeypatch.setattr(desk.life._engine, "unlock_keychain", asks)
    desk.life.wishes.on_keeping(Keeping(KeepingKind.LOCKED, "Locked."))
    press(desk.window, "Unlock")
    desk.life.wishes._on_keychain_answered(False)
    assert "Its own window asks for the password." in shown_text(desk.window)


def test_an_answer_to_a_keychain_that_a_refresh_asked_is_enough(
    start: Start, profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> None:  # fmt: skip
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.keys_kept), timeout=LONG)
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    with monkeypatch.context() as shut:
        shut.setattr(desk.life._engine, "keychain_answered", not_answered)
        desk.life.wishes.on_keeping(Keeping(KeepingKind.LOCKED, "Locked."))
        supervisor = desk.life._io.supervisor
        qtbot.waitUntil(lambda: not supervisor.running("window:keychain"), timeout=LONG)
        assert "keychain is locked" in shown_text(desk.window)
    refreshed: list[bool] = []
    monkeypatch.setattr(desk.window.desk.portfolio, "refresh", lambda: refreshed.append(True))
    desk.life._bus.publish(RefreshFinished(connection=ConnectionId("fake-1"), failed=("Locked.",)))
    qtbot.waitUntil(lambda: "keychain is locked" not in shown_text(desk.window), timeout=LONG)
    assert refreshed


def test_a_lost_network_is_said_until_it_returns(
    start: Start, profile: ProfilePaths, qtbot: QtBot, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("connection fake-")
    fill(profile)
    desk = start()
    qtbot.waitUntil(lambda: bool(desk.model.state.figures.accounts), timeout=LONG)
    watch = NetworkWatch()
    watch.lost.connect(desk.life.network_lost)
    watch.returned.connect(desk.life.network_returned)
    watch.on_reachability(Reachability.Online)
    assert "You are offline." not in shown_text(desk.window)
    watch.on_reachability(Reachability.Disconnected)
    assert "You are offline." in shown_text(desk.window)
    watch.on_reachability(Reachability.Online)
    assert "You are offline." not in shown_text(desk.window)


def test_the_events_of_services_reach_pages(start: Start, qtbot: QtBot) -> None:
    desk = start()
    heard: list[object] = []
    desk.window.desk.happened.connect(heard.append)
    desk.life._bus.publish(ConnectionsChanged())
    qtbot.waitUntil(lambda: heard == [ConnectionsChanged()], timeout=LONG)
