"""What driving the real window by hand has found: focus, words and figures at the edges."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from support.shell import Make, desk_of, key, shell

from brokerdesk.ui.viewmodels.state import Action, Figures
from brokerdesk.ui.widgets.empty import EmptyState

__all__ = ["shell"]


def test_the_first_start_begins_on_connect_a_broker(shell: Make, qtbot: QtBot) -> None:
    window = shell(Figures())
    focus = QApplication.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Connect a broker"
    assert isinstance(window.stack.cover, EmptyState)
    desk_of(window).portfolio.tick()
    assert QApplication.focusWidget() is focus
    key(qtbot, window, "Return")
    assert desk_of(window).wishes == ["connect:"]


def test_the_same_words_keep_their_buttons(qtbot: QtBot) -> None:
    words = "link", "No accounts yet.", "", (Action(id="connect", label="Connect a broker"),)
    state = EmptyState(*words)
    qtbot.addWidget(state)
    first = state.buttons
    state.show_words(*words)
    assert state.buttons is first
    state.show_words("link", "Other words.")
    assert state.buttons == []
