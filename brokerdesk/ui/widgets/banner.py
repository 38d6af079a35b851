"""A banner: what needs the user, in a bold first sentence and a plain second, with its buttons.

It stays until its cause is gone; only information can be closed. It knows no cause.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.widgets.announce import alert
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.showing import set_shown

# kind: frame, picture, token
_LOOKS = {
    "info": ("info", "info", "accent"),
    "warn": ("warn", "warning", "warn"),
    "error": ("error", "error", "loss"),
    "unknown": ("warn", "unknown", "warn"),
    "past": ("warn", "clock", "warn"),
}


class Banner(QFrame):
    """One message; ``bar`` gives the form of full width under the top bar.

    Signals:
        acted: the id of the action whose button was pressed.
        closed: the key of the message that the user closed (information only).
    """

    acted = Signal(str)
    closed = Signal(str)

    def __init__(self, *, bar: bool = False) -> None:
        super().__init__()
        self._bar = bar
        self.message: Message | None = None
        self._buttons: list[QWidget] = []
        self._offered: tuple[object, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._picture = Picture("info", "accent", height=18)
        self._words = Paragraph("", "body" if bar else "small", "text")
        self._row = QHBoxLayout(self)
        side, rim = (px(16), px(6)) if bar else (px(11), px(8))
        self._row.setContentsMargins(side, rim, side, rim)
        self._row.setSpacing(px(8))
        self._row.addWidget(self._picture)
        self._row.addWidget(self._words, 1, Qt.AlignmentFlag.AlignVCenter)
        if bar:
            self.setMinimumHeight(px(theme().tokens.bar["banner"]))
        self.hide()

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """The buttons of the message, in order."""
        return tuple(each for each in self._buttons if isinstance(each, QPushButton))

    def show_message(self, message: Message | None) -> None:
        """Show a message, or hide. The same message again changes nothing."""
        if message == self.message:
            return
        anew = message is not None and (
            self.message is None or message.key != self.message.key or self.isHidden()
        )
        self.message = message
        if message is None:
            self.hide()
            return
        frame, picture, token = _LOOKS.get(message.kind, _LOOKS["info"])
        self.setProperty("role", f"{'bar' if self._bar else 'banner'}-{frame}")
        self.style().unpolish(self)
        self.style().polish(self)
        title, text = tame(message.title), tame(message.text)
        self._picture.show_picture(picture, token)
        self._words.set_words(title, text)
        self._words.set_tone("text", token if frame != "info" else "text")
        self.setAccessibleName(f"{title} {text}".strip())
        self._set_buttons(message)
        self._fit()
        set_shown(self, True)
        if anew:
            alert(self, self.accessibleName())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """New words or buttons have their true size only now."""
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        """Never taller than the words need at this width, wherever it is put."""
        layout = self.layout()
        assert layout is not None
        needed = max(self.minimumHeight(), layout.totalHeightForWidth(self.width()))
        if needed != self.maximumHeight():
            self.setMaximumHeight(needed)

    def _set_buttons(self, message: Message) -> None:
        """The same buttons stay, so that none is pulled from under a finger."""
        offered = (message.actions, message.kind == "info")
        if offered == self._offered:
            return
        self._offered = offered
        for old in self._buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._buttons = [
            button(action.label, partial(self.acted.emit, action.id), kind=action.kind, small=True)
            for action in message.actions
        ]
        if message.kind == "info":
            self._buttons.append(
                icon_button("cross", "Close this message", "Close", self._close, small=True)
            )
        for each in self._buttons:
            self._row.addWidget(each)

    def _close(self) -> None:
        message = self.message
        self.show_message(None)
        if message is not None:
            self.closed.emit(message.key)
