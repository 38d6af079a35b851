"""What the as-of pill opens."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import sample_figures
from support.shell import Make, desk_of, esc, page_of, shell
from support.ui import connection, some_figures
from support.ui_widgets import press, shown_text

from brokerdesk.domain.events import RefreshProgressed, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.ui.shell.connections_popover import ConnectionsPanel

__all__ = ["shell"]


def test_a_pill_lists_connections_with_their_ages(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    pill = window.top.pills[1]
    pill.setFocus()
    qtbot.mouseClick(pill, Qt.MouseButton.LeftButton)
    (panel,) = window.findChildren(ConnectionsPanel)
    text = shown_text(panel)
    for words in ("Schwab", "12 s ago", "SnapTrade", "12 min ago", "Plaid", "18 Nov 09:42 ET"):
        assert words in text
    assert "fetched 11:42:20 ET · priced 11:42:08 ET" in text
    esc(qtbot, window)
    assert QApplication.focusWidget() is pill


def test_an_ended_sign_in_offers_the_way_back(shell: Make) -> None:
    window = shell()
    window.layers.toggle_connections(window.top.pills[0])
    press(window, "Sign in: Plaid")
    assert desk_of(window).wishes == ["sign_in:c-Vanguard"]


def test_it_follows_what_happens_while_it_is_open(shell: Make) -> None:
    window = shell()
    desk = desk_of(window)
    window.layers.toggle_connections(window.top.pills[0])
    (panel,) = window.findChildren(ConnectionsPanel)
    desk.portfolio.on_event(RefreshStarted(connection=ConnectionId("c-IBKR"), accounts=4))
    desk.portfolio.on_event(RefreshProgressed(connection=ConnectionId("c-IBKR"), done=1, total=4))
    assert "reading, 25%" in shown_text(panel)
    desk.show(some_figures(connections=(connection("new", title="Newcomer"),)))
    assert "Newcomer" in shown_text(panel)
    assert "Plaid" not in shown_text(panel)
    desk.show(replace(sample_figures(), connections=()))
    assert "No connections yet." in shown_text(panel)


def test_it_leads_to_the_page(shell: Make) -> None:
    window = shell()
    window.layers.toggle_connections(window.top.pills[0])
    press(window, "Open Connections")
    assert page_of(window).name == "connections"
