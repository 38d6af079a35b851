"""Newer releases: told of where the user wants it, in plain text, with a way to their page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk

from brokerdesk.domain.events import ReleasesChanged
from brokerdesk.domain.release import Release
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.update_check import UpdateNews
from brokerdesk.ui.gateways import updates as gateway
from brokerdesk.ui.shell.banner_place import BannerPlace
from brokerdesk.ui.shell.commands import all_commands
from brokerdesk.ui.updates import Updates
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.viewmodels.surroundings import banner
from brokerdesk.ui.views.updates import UpdatesDialog
from brokerdesk.ui.widgets.paragraph import Paragraph

HOSTILE = "<b onclick=x>bold</b> \u202edesrever\u202c\n\x1b[31m &amp; " + "x" * 500


def release(version: str, *changes: str) -> Release:
    page = f"https://releases.example/v{version}"
    return Release(version=version, day=date(2026, 11, 18), page=page, changes=changes)


class FakeUpdates:
    """The service's face: what is known, and what was asked of it."""

    def __init__(self, *newer: Release, named: bool = True) -> None:
        self.newer, self.named, self.skipped = newer, named, ""
        self.trouble: BrokerUnavailableError | None = None
        self.asked: list[str] = []

    async def news(self) -> UpdateNews:
        self.asked.append("news")
        return UpdateNews(version="9.0.0", named=self.named, newer=self.newer, skipped=self.skipped)

    async def check(self) -> UpdateNews:
        self.asked.append("check")
        if self.trouble is not None:
            raise self.trouble
        return await self.news()

    async def skip(self, version: str) -> UpdateNews:
        self.skipped = version
        return await self.news()

    async def page_of(self, version: str) -> str:
        return next((one.page for one in self.newer if one.version == version), "")


class Stand:
    def __init__(self, service: FakeUpdates) -> None:
        self.service = service
        self.desk = FakeDesk(services=SimpleNamespace(updates=service))
        self.window = QWidget()
        self.updates = Updates(self.window, self.desk)
        self.desk.opened.emit()

    def want(self, on: bool = True) -> None:
        self.desk.change_settings({"look_for_updates": on})
        self.desk.changed.emit()

    @property
    def message(self) -> Message | None:
        told = banner(self.desk.state)
        return told if told is not None and told.key == "updates" else None

    def texts(self) -> list[str]:
        assert self.updates.dialog is not None
        kinds: tuple[type[QLabel] | type[Paragraph], ...] = (QLabel, Paragraph)
        found = [one for kind in kinds for one in self.updates.dialog.findChildren(kind)]
        return [one.text() for one in found if one.isVisible()]

    def shown(self) -> UpdatesDialog:
        assert self.updates.dialog is not None
        return self.updates.dialog

    def told(self) -> Message:
        assert self.message is not None
        return self.message


@pytest.fixture
def stand(qtbot: QtBot) -> Iterator[Callable[..., Stand]]:
    made: list[Stand] = []

    def make(*newer: Release, **more: Any) -> Stand:
        made.append(Stand(FakeUpdates(*newer, **more)))
        qtbot.addWidget(made[-1].window)
        return made[-1]

    yield make
    for one in made:
        if one.updates.dialog is not None:
            one.updates.dialog.close()


def test_the_menu_has_it_without_a_key_of_its_own() -> None:
    command = next(one for one in all_commands() if one.id == "updates")
    assert (command.menu, command.words, command.keys) == ("Help", "Look for updates", ())


def test_nothing_is_told_of_where_it_is_off(stand: Callable[..., Stand]) -> None:
    one = stand(release("9.1.0", "New."))
    assert one.message is None
    one.want()
    assert one.told().kind == "info"
    one.want(False)
    assert one.message is None
    assert "check" not in one.service.asked, "the window itself never asks"


def test_closing_the_message_is_told_and_it_stays_away(
    stand: Callable[..., Stand], qtbot: QtBot
) -> None:
    one = stand(release("9.1.0", "Faster."))
    one.want()
    place = BannerPlace()
    qtbot.addWidget(place)
    place.acted.connect(lambda action: one.updates.verbs[action.partition(":")[0]]("updates"))
    place.show_message(banner(one.desk.state))
    place.show()
    shut = next(
        each
        for each in place.findChildren(QAbstractButton)
        if each.accessibleName() == "Close this message"
    )
    QTest.keyClick(shut, Qt.Key.Key_Space)
    assert place.isHidden()
    one.desk.portfolio.tick()
    place.show_message(banner(one.desk.state))
    assert place.isHidden()


def test_a_newer_version_stands_under_the_top_bar_until_later(stand: Callable[..., Stand]) -> None:
    one = stand()
    one.want()
    assert one.message is None
    one.service.newer = (release("9.1.0", "Faster.", "Prettier.", "Third."),)
    one.desk.on_event(ReleasesChanged())
    message = one.told()
    assert (message.title, message.text) == ("BrokerDesk 9.1.0 is out.", "Faster. Prettier.")
    assert [each.id for each in message.actions] == ["updates:known"]
    one.updates.verbs["closed"]("another")
    assert one.told() == message
    one.updates.verbs["closed"]("updates")
    assert one.message is None
    one.service.newer = (release("9.2.0", "More."), *one.service.newer)
    one.desk.on_event(ReleasesChanged())
    assert one.told().title == "BrokerDesk 9.2.0 is out.", "later is about one version"


def test_what_changed_is_shown_without_asking_anybody(stand: Callable[..., Stand]) -> None:
    one = stand(release("9.1.0", "Faster."), release("9.0.1", "Mended."))
    one.updates.verbs["updates"]("known")
    assert "check" not in one.service.asked
    texts = one.texts()
    assert "BrokerDesk 9.1.0 is out." in texts
    assert {"• Faster.", "• Mended."} <= set(texts)
    assert any("Nothing is downloaded or installed" in each for each in texts)


def test_what_comes_into_an_open_window_finds_room_there(
    stand: Callable[..., Stand], qtbot: QtBot
) -> None:
    one = stand()
    one.updates.ask()
    dialog = one.shown()
    qtbot.waitUntil(dialog.isVisible)
    one.service.newer = (release("9.1.0", "Faster.", "Nothing is forgotten."),)
    one.updates.ask()
    assert one.shown() is dialog
    QTest.qWait(0)
    layout = dialog.layout()
    assert layout is not None
    assert dialog.height() >= layout.totalHeightForWidth(dialog.width())
    shown = [each for each in dialog.findChildren(Paragraph) if each.isVisible()]
    assert len(shown) == 3
    for each in shown:
        assert each.height() >= each.heightForWidth(each.width())
    assert dialog.open_button.geometry().bottom() < dialog.height()


def test_hostile_words_are_plain_and_short(stand: Callable[..., Stand]) -> None:
    one = stand(release("9.1.0", *[HOSTILE] * 40))
    one.want()
    one.updates.ask()
    message = one.told()
    assert len(message.text) <= 110
    for text in (message.text, *one.texts()):
        assert not set("\u202e\u202c\x1b") & set(text)
    assert one.updates.dialog is not None
    for label in one.updates.dialog.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert all(len(text) <= 260 for text in one.texts())
    assert sum(each.startswith("• <b") for each in one.texts()) == 12
    assert any("28 further changes on its page." in each for each in one.texts())
    assert one.updates.dialog.height() < 700


def test_the_page_opens_in_the_browser_by_keyboard(
    stand: Callable[..., Stand], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    async def open_in_browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(gateway, "open_in_browser", open_in_browser)
    one = stand(release("9.1.0", "Faster."))
    one.updates.ask()
    dialog = one.updates.dialog
    assert dialog is not None
    assert dialog.open_button.text() == "Open releases.example"
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert opened == ["https://releases.example/v9.1.0"]
    assert one.desk.sentences[-1] == "The page opens in your browser."
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_version_is_skipped_for_good(stand: Callable[..., Stand]) -> None:
    one = stand(release("9.1.0", "Faster."))
    one.want()
    one.updates.ask()
    assert one.updates.dialog is not None
    one.updates.dialog.skip_button.click()
    assert one.service.skipped == "9.1.0"
    assert banner(one.desk.state) is None
    one.updates.dialog = None
    one.updates.ask("")
    assert any("You chose to skip" in each for each in one.texts())
    assert not one.shown().skip_button.isVisible()


def test_what_went_wrong_is_said_in_words(stand: Callable[..., Stand]) -> None:
    one = stand(release("9.1.0"))
    one.service.trouble = BrokerUnavailableError("BrokerDesk is working offline.")
    one.updates.ask()
    texts = one.texts()
    assert "New versions could not be looked for." in texts
    assert "BrokerDesk is working offline." in texts
    assert one.updates.dialog is not None
    assert not one.updates.dialog.open_button.isVisible()


@pytest.mark.parametrize(
    ("named", "title"),
    [(True, "There is no newer version."), (False, "This copy looks nowhere for new versions.")],
)
def test_nothing_newer_and_nowhere_to_look(
    stand: Callable[..., Stand], named: bool, title: str
) -> None:
    one = stand(named=named)
    one.updates.ask()
    assert title in one.texts()
    assert one.updates.dialog is not None
    assert one.updates.dialog.close_button.hasFocus() or one.updates.dialog.close_button.isDefault()


def test_asked_twice_there_is_one_dialog(stand: Callable[..., Stand]) -> None:
    one = stand()
    one.updates.ask()
    first = one.updates.dialog
    one.updates.ask()
    assert one.updates.dialog is first
    assert one.service.asked.count("check") == 2
