"""One overlay per window that draws the focus ring around the focused button or check box.

QSS cannot draw outside a widget, and an accent ring on an accent button would be invisible. Only
keyboard focus gets the ring: a click shows by itself where it went. Fields and rows show their
focus themselves, on their edge.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QRadioButton, QWidget
from shiboken6 import isValid

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.pill import StatePill

REACH = 4
"""Two pixels of gap and two of ring; a ring does not grow with the text."""
_MOVES = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ParentChange,
)


class FocusRing(QWidget):
    """The ring; lay it over ``window`` once."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []
        self._by_mouse = False
        self._surface: QObject | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        window.installEventFilter(self)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)
        theme().changed.connect(self._refresh)

    @property
    def target(self) -> QWidget | None:
        """What the ring is around while it is seen."""
        return self._target if self.isVisible() else None

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        self._let_go()
        pressed = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if new is None or new.window() is not self.window() or pressed or self._by_mouse:
            self.hide()
            return
        self.aim(ringed(new))

    def aim(self, target: QWidget | None) -> None:
        """Stand around ``target`` until the focus moves."""
        self._let_go()
        self._target = target
        if target is None:
            self.hide()
            return
        # A widget in a scroll area moves with its parents and is not told.
        at: QWidget | None = target
        while at is not None and at is not self.window():
            at.installEventFilter(self)
            self._watched.append(at)
            at = at.parentWidget()
        self._place()

    def _let_go(self) -> None:
        for widget in self._watched:
            if isValid(widget):
                widget.removeEventFilter(self)
        self._watched = []
        self._target = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if watched is self._surface:
            if kind == QEvent.Type.MouseButtonPress:
                self._by_mouse = True
                self.hide()
            elif kind == QEvent.Type.KeyPress:
                self._by_mouse = False
        elif watched is self.window():
            if kind == QEvent.Type.Show:
                self._watch_surface()
        elif kind in _MOVES:
            self._place()
        return False

    def _watch_surface(self) -> None:
        """Whether hand or mouse moved the focus last is told by the window's own events."""
        surface: QObject | None = self.window().windowHandle()
        if surface is not None and surface is not self._surface:
            self._surface = surface
            surface.installEventFilter(self)

    def _refresh(self) -> None:
        self._place()
        self.update()

    def _place(self) -> None:
        target = self._target
        if target is None or not isValid(target) or not target.isVisible():
            self.hide()
            return
        window = self.window()
        box = QRect(target.mapTo(window, QPoint(0, 0)), target.size())
        if isinstance(target, QCheckBox | QRadioButton):
            width = min(box.width(), target.sizeHint().width())
            if target.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                box.setLeft(box.right() - width + 1)
            else:
                box.setWidth(width)
        seen = self._seen(target)
        if not seen.intersects(box):
            self.hide()
            return
        self.setGeometry(box.adjusted(-REACH, -REACH, REACH, REACH))
        inside = seen.adjusted(-REACH, -REACH, REACH, REACH).translated(-self.pos())
        self.setMask(QRegion(inside.intersected(self.rect())))
        self.raise_()
        self.show()

    def _seen(self, target: QWidget) -> QRect:
        """The part of the window in which the target's parents let it be seen."""
        window = self.window()
        seen = window.rect()
        parent = target.parentWidget()
        while parent is not None and parent is not window:
            seen = seen.intersected(QRect(parent.mapTo(window, QPoint(0, 0)), parent.size()))
            parent = parent.parentWidget()
        return seen

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        radius = (self.height() - 2) / 2 if isinstance(self._target, StatePill) else 9
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


def ringed(widget: QWidget) -> QWidget | None:
    """What a ring goes around when ``widget`` has the focus; nothing for those that show it
    themselves. A piece of a segmented control stands for the whole.
    """
    if not isinstance(widget, QAbstractButton) or widget.property("ownFocus"):
        return None
    parent = widget.parentWidget()
    if parent is not None and parent.property("role") in ("segments", "chips"):
        return parent
    return widget
