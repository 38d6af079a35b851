"""The Settings page: what it lists, what it refuses, what it applies, and how it is taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.errors import SettingsError
from brokerdesk.settings import SECTIONS, SettingInfo, Settings, SettingsFile, describe
from brokerdesk.ui.gateways.settings import problem_of
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.settings import SettingsViewModel
from brokerdesk.ui.views.settings.editors import SettingView
from brokerdesk.ui.views.settings.page import SettingsPage

Show = Callable[..., SettingsPage]


@dataclass
class FakePlaces:
    """``PlacesPort`` that knows one good place."""

    good: str = "/good"
    asked: list[tuple[str, bool]] = field(default_factory=list)
    held: list[Callable[[], object]] | None = None

    def look_for(self, path: str, folder: bool, done: Callable[[str], object]) -> None:
        self.asked.append((path, folder))
        words = "" if path == self.good else "There is no such file."
        if self.held is None:
            done(words)
        else:
            self.held.append(lambda: done(words))


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def places() -> FakePlaces:
    return FakePlaces()


@pytest.fixture
def model(desk: FakeDesk, places: FakePlaces) -> SettingsViewModel:
    return SettingsViewModel(desk, places)


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    def make(desk: FakeDesk, places: FakePlaces) -> SettingsPage:
        page = SettingsPage(desk, places)
        qtbot.addWidget(page)
        page.resize(920, 640)
        page.show()
        return page

    yield make
    theme().set_scale(1.0)


def kept(desk: FakeDesk) -> dict[str, object]:
    """The settings in force that are not the defaults."""
    values, defaults = desk.backstage.kept, Settings()
    names = [info.name for info in describe()]
    return {n: getattr(values, n) for n in names if getattr(values, n) != getattr(defaults, n)}


# the view-model


def test_every_setting_is_listed_with_meaning_and_default(model: SettingsViewModel) -> None:
    rows = model.state.rows
    assert [row.name for row in rows] == [info.name for info in describe()]
    assert all(row.meaning and row.default.startswith("Default: ") for row in rows)
    assert model.state.row("token_buffer_seconds").default == "Default: 60 seconds"
    assert model.state.row("text_scale").default == "Default: 100%"
    assert model.state.row("theme").default == "Default: System"
    assert model.state.row("refresh_open_minutes").default == "Default: empty"
    assert model.state.row("refresh_on_start").default == "Default: on"
    assert model.state.sections == SECTIONS
    kinds = {row.kind for row in rows}
    assert {"flag", "segments", "number", "text", "file", "folder"} <= kinds


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("proxy", {"proxy"}),
        ("  TOKEN ", {"token_buffer_seconds"}),
        ("network certificate", {"ca_file"}),
        ("dark", {"theme"}),
        ("nothing at all like this", set()),
    ],
)
def test_searching(search: str, names: set[str], model: SettingsViewModel) -> None:
    model.search(search)
    assert set(model.state.found) == names
    model.search("")
    assert len(model.state.found) == len(model.state.rows)


def test_a_good_value_is_applied_and_can_be_taken_back(
    desk: FakeDesk, model: SettingsViewModel
) -> None:
    model.enter("suspect_equity_drop_percent", " 12.5 ")
    assert kept(desk) == {"suspect_equity_drop_percent": Decimal("12.5")}
    assert model.state.row("suspect_equity_drop_percent").changed
    assert model.state.undo == "“Hold back a fall of more than” was changed."
    model.undo()
    assert kept(desk) == {}
    assert model.state.undo == ""
    model.undo()  # once is enough
    assert len(desk.backstage.changes) == 2


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("text_scale", "89", "Text size must be at least 90."),
        ("text_scale", "", "Text size must not be empty."),
        ("refresh_open_minutes", "0", "In market hours must be at least 1."),
        ("proxy", "ftp://x", "Proxy must begin with http:// or https:// or socks5://."),
        ("token_buffer_seconds", "soon", "Renew access early by must be a whole number."),
    ],
)
def test_a_bad_value_is_said_and_nothing_is_kept(
    name: str, text: str, words: str, desk: FakeDesk, model: SettingsViewModel
) -> None:
    assert model.check(name, text) == words
    model.enter(name, text)
    assert model.state.row(name).problem == words
    assert desk.backstage.changes == []
    assert model.check(name, model.state.row(name).text) == ""
    assert model.state.row(name).problem == ""


def test_a_file_is_looked_for_before_it_is_taken(
    desk: FakeDesk, places: FakePlaces, model: SettingsViewModel
) -> None:
    model.enter("ca_file", "/bad")
    assert model.state.row("ca_file").problem == "There is no such file."
    assert desk.backstage.changes == []
    model.enter("ca_file", "/good")
    assert kept(desk) == {"ca_file": "/good"}
    model.enter("ca_file", "")
    assert kept(desk) == {}
    assert places.asked == [("/bad", False), ("/good", False)]
    model.enter("backup_folder", "/good")
    assert places.asked[-1] == ("/good", True)


def test_an_answer_to_what_was_typed_earlier_is_not_taken(
    desk: FakeDesk, places: FakePlaces, model: SettingsViewModel
) -> None:
    places.held = []
    model.enter("ca_file", "/good")
    model.enter("ca_file", "/bad")
    for answer in places.held:
        answer()
    assert desk.backstage.changes == []
    assert model.state.row("ca_file").problem == "There is no such file."


def test_the_same_value_changes_nothing(desk: FakeDesk, model: SettingsViewModel) -> None:
    model.enter("text_scale", "100")
    model.choose("theme", "system")
    model.reset("proxy")
    assert desk.backstage.changes == []


def test_resetting_takes_the_default(desk: FakeDesk, model: SettingsViewModel) -> None:
    model.choose("keep_all_snapshots", True)
    model.check("text_scale", "1")
    model.reset("keep_all_snapshots")
    model.reset("text_scale")
    assert kept(desk) == {}
    assert model.state.row("text_scale").problem == ""


def test_what_cannot_be_kept_is_said(
    desk: FakeDesk, model: SettingsViewModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(
        values: dict[str, object],
        done: Callable[[], object] | None,
        failed: Callable[[BaseException], object] | None,
    ) -> None:
        assert failed is not None
        failed(SettingsError("The settings could not be saved.", "The disk is full."))

    monkeypatch.setattr(desk.backstage, "change_settings", full)
    model.choose("theme", "dark")
    assert model.state.trouble == "The settings could not be saved. The disk is full."
    assert model.state.undo == ""


def test_the_last_change_survives_a_new_page(desk: FakeDesk, places: FakePlaces) -> None:
    SettingsViewModel(desk, places).choose("text_scale", 125)
    again = SettingsViewModel(desk, places)
    assert again.state.undo == "“Text size” was changed."
    again.undo()
    assert kept(desk) == {}


def test_before_the_profile_is_open_the_defaults_are_shown(places: FakePlaces) -> None:
    desk = FakeDesk()
    desk.backstage.kept = Settings(theme="dark")
    desk.detach()
    model = SettingsViewModel(desk, places)
    assert model.state.row("theme").value == "system"
    desk.attach(desk.backstage)
    assert model.state.row("theme").value == "dark"


def test_places_on_this_computer(tmp_path: Path) -> None:
    file = tmp_path / "company.pem"
    file.write_text("x")
    assert problem_of(str(file), False) == ""
    assert problem_of(str(tmp_path), True) == ""
    assert problem_of(str(tmp_path), False) == "There is no such file."
    assert problem_of(str(file), True) == "There is no such folder."
    assert problem_of("company.pem", False) == "Give the whole path, from the root on."
    assert problem_of("/\x00", False) != ""


# the page


def test_the_page_names_everything(desk: FakeDesk, places: FakePlaces, show: Show) -> None:
    page = show(desk, places)
    assert unnamed(page) == []
    assert clipped(page) == []
    text = shown_text(page)
    for info in describe():
        assert info.title in text
        assert info.meaning in text


def test_flags_choices_and_numbers(
    desk: FakeDesk, places: FakePlaces, show: Show, qtbot: QtBot
) -> None:
    page = show(desk, places)
    check = page.views["keep_all_snapshots"].check
    assert isinstance(check, QCheckBox)
    check.click()
    press(page, "Dark")
    number = page.views["token_buffer_seconds"].field
    assert number is not None
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "9999")
    assert "Renew access early by must be at most 600." in shown_text(page)
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert "token_buffer_seconds" not in kept(desk)
    number.selectAll()
    qtbot.keyClicks(number, "90")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert kept(desk) == {
        "keep_all_snapshots": True, "theme": "dark", "token_buffer_seconds": 90,
    }  # fmt: skip
    press(page, "Undo the last change")
    assert "token_buffer_seconds" not in kept(desk)
    assert number.text() == "60"
    press(page, "Reset “Theme” to its default")
    assert kept(desk) == {"keep_all_snapshots": True}


def _by_hand(view: SettingView, qtbot: QtBot) -> None:
    """Change a setting as its reader would: a click, the last choice, or a text and Enter."""
    row = view.row
    if view.check is not None:
        view.check.click()
    elif view.pieces is not None:
        press(view, row.choices[-1][1])
    elif view.combo is not None:
        view.combo.setFocus()
        qtbot.keyClick(view.combo, Qt.Key.Key_End)
        view.combo.activated.emit(view.combo.currentIndex())
    else:
        rule = next(info.rule for info in describe() if info.name == row.name)
        good = {"text": "socks5://proxy:1080", "file": "/good", "folder": "/good"}
        _type(view, good.get(row.kind) or str(rule.maximum), qtbot)


def _type(view: SettingView, text: str, qtbot: QtBot) -> None:
    assert view.field is not None
    view.field.setFocus()
    view.field.setText(text)  # a key of the test can be of ASCII only
    view.field.textEdited.emit(text)
    qtbot.keyClick(view.field, Qt.Key.Key_Return)


@pytest.mark.parametrize("name", [info.name for info in describe()])
def test_every_setting_is_changed_kept_and_taken_back(
    name: str, desk: FakeDesk, places: FakePlaces, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    page = show(desk, places)
    _by_hand(page.views[name], qtbot)
    changed = kept(desk)
    assert list(changed) == [name]
    file = SettingsFile(tmp_path / "settings.json")
    file.save(desk.backstage.kept)
    assert file.load() == desk.backstage.kept
    assert file.path.stat().st_mode & 0o777 == 0o600 or os.name == "nt"
    press(page, "Undo the last change")
    assert kept(desk) == {}
    assert page.model.state.row(name).changed is False
    _by_hand(page.views[name], qtbot)
    assert kept(desk) == changed
    press(page, f"Reset “{page.views[name].row.title}” to its default")
    assert kept(desk) == {}


NUMBERS = [info for info in describe() if info.rule.maximum is not None]


@pytest.mark.parametrize("info", NUMBERS, ids=[info.name for info in NUMBERS])
def test_no_number_takes_what_is_none(
    info: SettingInfo, desk: FakeDesk, places: FakePlaces, show: Show, qtbot: QtBot
) -> None:
    page = show(desk, places)
    view = page.views[info.name]
    for text in ("", "-1", "0x10", "1e400", "٣", "1,5", "NaN", " ", "9" * 10):
        _type(view, text, qtbot)
        assert desk.backstage.changes == []
        problem = page.model.state.row(info.name).problem
        assert problem.startswith(info.title) or (info.rule.optional and not text.strip())
        assert problem in shown_text(view)
    other = page.views["keep_all_snapshots"].check
    assert view.field is not None
    assert other is not None
    other.click()  # something else is changed meanwhile
    assert view.field.text() == "9" * 10
    assert kept(desk) == {"keep_all_snapshots": True}


def test_searching_hides_the_rest_and_says_when_nothing_is_found(
    desk: FakeDesk, places: FakePlaces, show: Show, qtbot: QtBot
) -> None:
    page = show(desk, places)
    assert page.focus_filter()
    qtbot.keyClicks(page.search, "backup")
    shown = {name for name, view in page.views.items() if view.isVisibleTo(page)}
    assert shown == {"backup_folder"}
    assert "Back up profile…" in shown_text(page)
    page.search.setText("<b>nothing</b>")
    assert "Nothing matches “<b>nothing</b>”." in shown_text(page)
    press(page, "Clear search")
    assert all(view.isVisibleTo(page) for view in page.views.values())
    labels = page.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_the_profile_and_what_can_be_done_with_it(
    desk: FakeDesk, places: FakePlaces, show: Show
) -> None:
    page = show(desk, places)
    desk.portfolio.keys_are("Sign-ins are kept under the system keychain")
    assert "Sign-ins are kept under the system keychain" in shown_text(page)
    for words in ("Open folder", "Back up profile…", "Restore…", "Log"):
        press(page, words)
    assert desk.wishes == ["folder", "backup", "restore", "log"]


def test_going_to_a_setting(desk: FakeDesk, places: FakePlaces, show: Show) -> None:
    page = show(desk, places)
    page.search.setText("theme")
    page.show_target("ca_file")
    QApplication.processEvents()
    assert page.views["ca_file"].isVisibleTo(page)
    assert page._scroll.verticalScrollBar().value() > 0


def test_the_focus_comes_back_when_the_page_is_built_anew(
    desk: FakeDesk, places: FakePlaces, show: Show, qtbot: QtBot
) -> None:
    page = show(desk, places)
    page.activateWindow()
    page.views["text_scale"].take_focus()
    qtbot.waitUntil(lambda: page.views["text_scale"].field.hasFocus())  # type: ignore[union-attr]
    page.remember()
    again = show(desk, places)
    again.activateWindow()
    again.enter()
    qtbot.waitUntil(lambda: again.views["text_scale"].field.hasFocus())  # type: ignore[union-attr]


@pytest.mark.parametrize("scale", [0.9, 1.5])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_it_stands_in_both_themes_at_every_text_size(
    name: str, scale: float, desk: FakeDesk, places: FakePlaces, show: Show
) -> None:
    theme().apply(name)
    theme().set_scale(scale)
    page = show(desk, places)
    assert not page.grab().isNull()
    assert clipped(page) == []
    inner = page._scroll.widget()
    assert inner is not None
    assert inner.width() <= page._scroll.viewport().width()
