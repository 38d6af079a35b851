"""Banners for what needs the user: suspect answers, ended logins, offered accounts, failures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Message, WindowState
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.icons import paint_icon

_LOOKS = {"info": ("info", "accent"), "warn": ("warning", "warn"), "error": ("error", "loss")}
SHOWN_AT_ONCE = 3


class _Picture(QWidget):
    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token
        self.setFixedSize(16, 18)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_icon(QPainter(self), self._name, QRectF(0, 1, 16, 16), self._token)


class Banner(QFrame):
    """Icon, a bold first sentence, plain second sentences, and buttons."""

    def __init__(self, message: Message, act: Callable[[str], object]) -> None:
        super().__init__()
        self.message = message
        picture, token = _LOOKS[message.kind]
        self.setProperty("role", f"banner-{message.kind}")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 10, 9)
        row.setSpacing(10)
        row.addWidget(_Picture(picture, token))
        words = QVBoxLayout()
        words.setSpacing(1)
        title = tame(message.title)
        words.addWidget(PlainLabel(title, "body", token if message.kind != "info" else "text",
                                   weight=600, wrap=True))  # fmt: skip
        if message.text:
            words.addWidget(Paragraph(tame(message.text), "body", "text"))
        words.addStretch(1)
        row.addLayout(words, 1)
        for action in message.actions:
            said = f"{action.label}: {title}"
            row.addWidget(button(action.label, partial(act, action.id), small=True, name=said))
        self.setAccessibleName(f"{title} {tame(message.text)}")


class Messages(QWidget):
    """The banners under the totals, the newest causes first, at most three at once."""

    def __init__(self, act: Callable[[str], object]) -> None:
        super().__init__()
        self._act = act
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 0, 16, 12)
        self._column.setSpacing(6)
        self._banners: dict[str, Banner] = {}
        self._all = False
        self._state: WindowState | None = None
        self._more = button("", self._show_all, kind="link", small=True)
        self._column.addWidget(self._more)
        self.setProperty("role", "sheet")

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        self._state = state
        messages = state.figures.messages
        wanted = messages if self._all else messages[:SHOWN_AT_ONCE]
        keep = {message.key: message for message in wanted}
        for key in [k for k, b in self._banners.items() if keep.get(k) != b.message]:
            banner = self._banners.pop(key)
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        for place, message in enumerate(wanted):
            if message.key not in self._banners:
                banner = Banner(message, self._act)
                self._banners[message.key] = banner
                self._column.insertWidget(place, banner)
                alert = QAccessibleEvent(banner, QAccessible.Event.Alert)
                QAccessible.updateAccessibility(alert)
        rest = len(messages) - len(wanted)
        self._more.setText(f"Show {rest} more")
        self._more.setAccessibleName(f"Show {rest} more messages")
        self._more.setVisible(rest > 0)
        self.setVisible(bool(messages))

    def _show_all(self) -> None:
        self._all = True
        if self._state is not None:
            self.show_state(self._state)
