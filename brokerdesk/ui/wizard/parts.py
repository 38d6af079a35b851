"""What every page of the wizard is made of: the step line, headings, bodies, footers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.wizard_state import STAGES, WizardState
from brokerdesk.ui.widgets.basics import Paragraph
from brokerdesk.ui.widgets.icons import paint_icon


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
        self.column.setContentsMargins(24, 22, 24, 20)
        self.column.setSpacing(0)
        self.column.addWidget(PlainLabel(tame(title), "page", wrap=True))
        if text:
            self.column.addSpacing(2)
            self.column.addWidget(Paragraph(tame(text), "body", "text2", width=720))
        self.column.addSpacing(14)
        self.footer = Footer()

    def show_state(self, state: WizardState) -> None:
        """Follow a state that belongs to this very page."""

    def first_focus(self) -> QWidget | None:
        """What should have the focus when the page appears."""
        return self.footer.primary


def card(*, role: str = "card") -> tuple[QFrame, QVBoxLayout]:
    """A bordered box: for what one picks, pastes or is warned about."""
    frame = QFrame()
    frame.setProperty("role", role)
    column = QVBoxLayout(frame)
    column.setContentsMargins(18, 14, 18, 14)
    column.setSpacing(6)
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
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_stage(self, stage: int, *, done: bool) -> None:
        """``stage`` counts from 0; ``done`` ticks the last one too."""
        self._stage, self._done = stage, done
        self.setAccessibleName(f"Step {stage + 1} of {len(STAGES)}: {STAGES[stage]}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(sum(self._widths())) + 36 * (len(STAGES) - 1) + 4, 28)

    def _widths(self) -> list[float]:
        metrics = QFontMetricsF(theme().font("body", weight=600))
        return [30 + metrics.horizontalAdvance(name) for name in STAGES]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        look, x = theme(), 2.0
        for place, (name, width) in enumerate(zip(STAGES, self._widths(), strict=True)):
            past = place < self._stage or self._done
            now = place == self._stage and not self._done
            self._disc(painter, QRectF(x, 4, 20, 20), place, past=past, now=now)
            painter.setFont(look.font("body", weight=600 if now else 400))
            painter.setPen(look.colour("text" if now else "text2" if past else "text3"))
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
            painter.drawText(QRectF(x + 27, 0, width, 28), flags, name)
            x += width
            if place < len(STAGES) - 1:
                painter.fillRect(QRectF(x + 6, 14, 24, 1), look.colour("line2"))
                x += 36

    def _disc(self, painter: QPainter, disc: QRectF, place: int, *, past: bool, now: bool) -> None:
        look = theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = disc.adjusted(1, 1, -1, -1)
        painter.setPen(QPen(look.colour("accent" if past or now else "ctl"), 2 if now else 1))
        painter.setBrush(look.colour("accent") if past else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(ring)
        if past:
            paint_icon(painter, "tick", disc.adjusted(4, 4, -4, -4), "onAccent")
        else:
            painter.setFont(look.font("small", weight=600, figures=True))
            painter.setPen(look.colour("accent" if now else "text3"))
            painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(place + 1))
        painter.restore()


class IconMark(QWidget):
    """An icon as a widget, in a token's colour. ``words`` say it to screen readers."""

    def __init__(self, name: str, token: str, words: str = "", *, size: int = 16) -> None:
        super().__init__()
        self._name, self._token, self._size = name, token, size
        self.setFixedSize(size, max(size, 18))
        self.setAccessibleName(words)
        theme().changed.connect(self.update)

    def show_icon(self, name: str, token: str, words: str) -> None:
        self._name, self._token = name, token
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        top = (self.height() - self._size) / 2
        paint_icon(QPainter(self), self._name, QRectF(0, top, self._size, self._size), self._token)
