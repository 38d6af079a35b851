"""The menu bar, made from the commands. Shortcuts work from the first moment.

It knows what stands where; whoever owns it does what is chosen and says what is possible.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from brokerdesk.ui.plain import no_mnemonic, tame
from brokerdesk.ui.shell.commands import MENUS, Command, all_commands
from brokerdesk.ui.theme import px, theme

MOST_ACCOUNTS = 30


class Menus(QObject):
    """Menus and shortcuts of one window.

    Signals:
        chosen: the id of a command.
        only: the key of an account that was chosen alone.
        filling: the accounts menu is about to be seen.
    """

    chosen = Signal(str)
    only = Signal(str)
    filling = Signal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._accounts: list[QAction] = []
        self._build()
        self.fit()

    def _build(self) -> None:
        bar = self._window.menuBar()
        for title in MENUS:
            self._menus[title] = bar.addMenu(f"&{title}")
        last: dict[QMenu, int] = {}
        for command in all_commands():
            menu = self._menu(command)
            if last.setdefault(menu, command.group) != command.group:
                menu.addSeparator()
            last[menu] = command.group
            self.actions[command.id] = self._action(menu, command)
        self._menus["Accounts"].aboutToShow.connect(self.filling)

    def _menu(self, command: Command) -> QMenu:
        menu = self._menus[command.menu]
        if not command.sub:
            return menu
        key = f"{command.menu}/{command.sub}"
        if key not in self._menus:
            self._menus[key] = menu.addMenu(command.sub)
        return self._menus[key]

    def _action(self, menu: QMenu, command: Command) -> QAction:
        text = f"{command.text}\t{command.told}" if command.told else command.text
        action = menu.addAction(text)
        action.setData(command.id)
        action.setCheckable(command.checkable)
        if command.keys:
            keys = [QKeySequence(key) for key in command.keys]
            if command.id == "quit":
                keys = list(dict.fromkeys([*keys, QKeySequence(QKeySequence.StandardKey.Quit)]))
            action.setShortcuts(keys)
        if command.id == "quit":
            action.setMenuRole(QAction.MenuRole.QuitRole)
        elif command.id == "about":
            action.setMenuRole(QAction.MenuRole.AboutRole)
        elif command.id == "go:settings":
            action.setMenuRole(QAction.MenuRole.PreferencesRole)
        else:
            action.setMenuRole(QAction.MenuRole.NoRole)
        action.triggered.connect(self._on_triggered)
        return action

    def _on_triggered(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.chosen.emit(action.data())

    def fit(self) -> None:
        """Take the height of the present text scale."""
        self._window.menuBar().setFixedHeight(px(theme().tokens.bar["menu"]))

    def allow(self, command: str, possible: bool) -> None:
        """Whether a command can be chosen now."""
        self.actions[command].setEnabled(possible)

    def offer(self, command: str, present: bool) -> None:
        """Whether a command exists in this window at all."""
        self.actions[command].setVisible(present)

    def check(self, command: str, on: bool) -> None:
        """Show a command as on or off."""
        self.actions[command].setChecked(on)

    def show_accounts(self, accounts: list[tuple[str, str]], chosen: tuple[str, ...]) -> None:
        """The accounts that can be shown alone: (key, title), the first thirty."""
        menu = self._menus["Accounts"]
        for old in self._accounts:
            menu.removeAction(old)
            old.deleteLater()
        self._accounts = []
        if not accounts:
            return
        self._accounts.append(menu.addSeparator())
        for key, title in accounts[:MOST_ACCOUNTS]:
            action = menu.addAction(no_mnemonic(tame(title)[:80]))
            action.setCheckable(True)
            action.setChecked(chosen == (key,))
            action.setData(key)
            action.triggered.connect(self._on_only)
            self._accounts.append(action)

    def _on_only(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.only.emit(action.data())
