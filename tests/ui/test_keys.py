"""The keys that the window has, that menus and help show, and that the documents promise."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.shell import Make, desk_of, esc, key, shell
from support.source import ROOT
from support.ui_widgets import shown_text

from brokerdesk.ui.shell.commands import MENUS, all_commands
from brokerdesk.ui.shell.help_popover import IN_TABLES, key_rows
from brokerdesk.ui.views.registry import PAGES

__all__ = ["shell"]

PAGE = (ROOT / "docs" / "keyboard.md").read_text("utf-8")


def documented(title: str) -> dict[str, str]:
    """Keys to words, of one table of the page."""
    part = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", part, re.MULTILINE)
    return {keys: words for keys, words in rows if keys not in ("Keys", "---")}


def test_the_document_names_the_window_s_keys_and_no_others() -> None:
    real = {", ".join(one.keys): one.words for one in all_commands() if one.keys}
    told = {one.told: one.words for one in all_commands() if one.id == "stop"}
    assert documented("In the whole window") == {**real, **told}


def test_the_document_names_the_tables_keys() -> None:
    assert documented("In tables") == dict(IN_TABLES)


def test_no_key_means_two_things() -> None:
    keys = Counter(
        QKeySequence(text).toString() for command in all_commands() for text in command.keys
    )
    assert [text for text, count in keys.items() if count > 1] == []
    assert all(keys)  # each is understood


def test_no_two_commands_of_a_menu_share_a_letter() -> None:
    letters: dict[str, list[str]] = {}
    for command in all_commands():
        found = re.search(r"&(.)", command.text)
        assert found, command.text
        letters.setdefault(f"{command.menu}/{command.sub}", []).append(found[1].lower())
    assert set(letters) >= {f"{menu}/" for menu in MENUS}
    assert {menu: sorted(each) for menu, each in letters.items()} == {
        menu: sorted(set(each)) for menu, each in letters.items()
    }


def test_every_page_of_the_rail_has_a_key() -> None:
    assert all(spec.key for spec in PAGES if spec.rail)


def test_keys_work_before_any_menu_was_opened(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    for spec in PAGES:
        if spec.rail:
            key(qtbot, window, spec.key)
            assert window.stack.current == spec.id


@pytest.mark.parametrize("command", [one for one in all_commands() if one.keys], ids=lambda c: c.id)
def test_each_key_reaches_its_command(
    shell: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, command: object
) -> None:
    from brokerdesk.ui.shell.commands import Command

    assert isinstance(command, Command)
    window = shell()
    done: list[str] = []
    window.menus.chosen.disconnect()
    window.menus.chosen.connect(done.append)
    window.menus.offer(command.id, present=True)
    window.menus.allow(command.id, possible=True)
    for keys in command.keys:
        key(qtbot, window, keys)
    assert done == [command.id] * len(command.keys)


def test_every_command_does_something(shell: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    window = shell()
    monkeypatch.setattr(window, "close", lambda: True)
    monkeypatch.setattr(window, "showMinimized", lambda: None)
    monkeypatch.setattr(window, "showFullScreen", lambda: None)
    for command in all_commands():
        window.deeds.do(command.id)
        window.layers.close_top()
    with pytest.raises(ValueError, match="no such command"):
        window.deeds.do("nonsense")
    assert {"connect:", "practice:", "backup:", "restore:", "report:", "folder:", "about:"} <= set(
        desk_of(window).wishes
    )


def test_help_shows_what_exists_and_nothing_else(shell: Make, qtbot: QtBot) -> None:
    assert ("Ctrl+K", "Search, commands") in key_rows(["palette"])
    assert "Ctrl+D" not in dict(key_rows(["palette"]))
    window = shell()
    key(qtbot, window, "F1")
    assert "Expand, collapse" in shown_text(window)


def test_esc_reaches_the_window_from_a_real_table(shell: Make, qtbot: QtBot) -> None:
    from datetime import UTC, datetime

    from PySide6.QtWidgets import QAbstractItemView

    window = shell(real=True)
    desk = desk_of(window)
    (table, *_) = [
        one
        for one in window.findChildren(QAbstractItemView)
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    table.setFocus()
    assert QApplication.focusWidget() is table
    desk.travel(datetime(2026, 8, 14, 20, 0, tzinfo=UTC))
    esc(qtbot, window)
    assert desk.past is None
