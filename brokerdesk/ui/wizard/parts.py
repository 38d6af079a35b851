"""What every page of the wizard is made of: the step line, headings, bodies, footers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.wizard_state import STAGES, WizardState
from brokerdesk.ui.widgets.basics import Paragraph
from brokerdesk.ui.widgets.icons import paint_icon

_LINE, _DISC, _GAP = 28, 22, 48
"""Of the step line: its height, a disc, and the way to the next."""


@dataclass(slots=True)
class Footer:
    """The buttons below a page. ``note`` stands at the left; ``aside`` are quiet buttons there."""

    primary: QPushButton | None = None
    others: tuple[QPushButton, ...] = ()
    aside: tuple[QWidget, ...] = ()
    note: str = ""


class WizardPage(QWidget):
    """Base of all pages: built once for its step, told of every later state."""

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAccessibleName(tame(title))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(px(24), px(22), px(24), px(20))
        self.column.setSpacing(0)
        self.column.addWidget(PlainLabel(tame(title), "page", wrap=True))
        if text:
            self.column.addSpacing(px(2))
            self.column.addWidget(Paragraph(tame(text), "body", "text2", width=px(720)))
        self.column.addSpacing(px(14))
        self.footer = Footer()

    def show_state(self, state: WizardState) -> None:
        """Follow a state that belongs to this very page."""

    def fit(self, width: int) -> None:
        """There are ``width`` pixels: leave out or narrow what would not fit."""

    def first_focus(self) -> QWidget | None:
        """What should have the focus when the page appears."""
        return self.footer.primary


def card(*, role: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A bordered box: for what one picks, pastes or is warned about."""
    frame = QFrame()
    frame.setProperty("role", role)
    column = QVBoxLayout(frame)
    column.setContentsMargins(px(18), px(14), px(18), px(14))
    column.setSpacing(px(6))
    return frame, column


def field(name: str, *, secret: bool = False, longest: int = 4000) -> QLineEdit:
    """A text field with a name for screen readers."""
    made = QLineEdit()
    made.setAccessibleName(tame(name))
    made.setMaxLength(longest)
    if secret:
        made.setEchoMode(QLineEdit.EchoMode.Password)
        made.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
        )
    return made


def on_enter(made: QLineEdit, do: Callable[[], object]) -> None:
    """Enter in this field does what the page's primary button does."""
    made.returnPressed.connect(lambda: do())


class StageLine(QWidget):
    """Choose a broker, sign in, choose accounts: where the wizard is."""

    def __init__(self) -> None:
        super().__init__()
        self._stage, self._done = 0, False
        self.setFixedHeight(px(_LINE))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    def show_stage(self, stage: int, *, done: bool) -> None:
        """``stage`` counts from 0; ``done`` ticks the last one too."""
        self._stage, self._done = stage, done
        self.setAccessibleName(f"Step {stage + 1} of {len(STAGES)}: {STAGES[stage]}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._total(self._widths()), px(_LINE))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._total(self._widths(short=True)), px(_LINE))

    @staticmethod
    def _total(widths: list[int]) -> int:
        return sum(widths) + px(_GAP) * (len(STAGES) - 1) + px(4)

    def _widths(self, *, short: bool = False) -> list[int]:
        """``short`` leaves the names of all other steps away."""
        metrics = QFontMetricsF(theme().font("body", weight=600))
        return [
            px(_DISC + 2)
            if short and place != self._stage
            else px(_DISC + 10) + int(metrics.horizontalAdvance(name) + 0.999)
            for place, name in enumerate(STAGES)
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, x, high = theme(), px(2), self.height()
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        short = self.width() < self.sizeHint().width()
        widths = self._widths(short=short)
        with QPainter(self) as painter:
            for place, (name, width) in enumerate(zip(STAGES, widths, strict=True)):
                past = place < self._stage or self._done
                now = place == self._stage and not self._done
                disc = QRect(x, (high - px(_DISC)) // 2, px(_DISC), px(_DISC))
                self._disc(painter, QRectF(self._mirrored(disc)), place, past=past, now=now)
                if not short or place == self._stage:
                    painter.setFont(look.font("body", weight=600 if now else 400))
                    painter.setPen(look.colour("text" if now else "text2" if past else "text3"))
                    words = QRect(x + px(_DISC + 7), 0, width - px(_DISC + 7), high)
                    painter.drawText(self._mirrored(words), flags, name)
                x += width
                if place < len(STAGES) - 1:
                    line = QRect(x + px(6), high // 2, px(_GAP - 12), 1)
                    painter.fillRect(self._mirrored(line), look.colour("line2"))
                    x += px(_GAP)

    def _mirrored(self, box: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), box)

    def _disc(self, painter: QPainter, disc: QRectF, place: int, *, past: bool, now: bool) -> None:
        look = theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = disc.adjusted(1, 1, -1, -1)
        painter.setPen(QPen(look.colour("accent" if past or now else "ctl"), 2 if now else 1))
        painter.setBrush(look.colour("accent") if past else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(ring)
        if past:
            rim = px(4)
            paint_icon(painter, "tick", disc.adjusted(rim, rim, -rim, -rim), "onAccent")
        else:
            painter.setFont(look.font("small", weight=600, figures=True))
            painter.setPen(look.colour("accent" if now else "text3"))
            painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(place + 1))
        painter.restore()

    def _on_theme(self) -> None:
        self.update()


class IconMark(QWidget):
    """An icon as a widget, in a token's colour. ``words`` say it to screen readers."""

    def __init__(self, name: str, token: str, words: str = "", *, size: int = 16) -> None:
        super().__init__()
        self._name, self._token, self._size = name, token, px(size)
        self.setFixedSize(self._size, max(self._size, px(18)))
        self.setAccessibleName(words)
        theme().changed.connect(self._on_theme)

    def show_icon(self, name: str, token: str, words: str) -> None:
        self._name, self._token = name, token
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        top = (self.height() - self._size) / 2
        box = QRectF(0, top, self._size, self._size)
        with QPainter(self) as painter:
            paint_icon(painter, self._name, box, self._token)

    def _on_theme(self) -> None:
        self.update()
