"""The gallery's window: every component in every state, under each option of the look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.gallery import controls, figures, marks, messages, ticket
from brokerdesk.ui.gallery.parts import StillRing, column_of, hover
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.focus_ring import FocusRing
from brokerdesk.ui.widgets.segments import Segments

SCALES = (("0.9", "90 %"), ("1.0", "100 %"), ("1.25", "125 %"), ("1.5", "150 %"))


class GalleryWindow(QMainWindow):
    """All components. Pages of the real window are built anew on another scale, and so is this."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("BrokerDesk gallery")
        self._rings: list[StillRing] = []
        self._build()
        self._ring = FocusRing(self)
        theme().scaled.connect(self._build)

    def _build(self) -> None:
        for ring in self._rings:
            ring.hide()
            ring.deleteLater()
        ringed: list[QWidget] = []
        sheet = QWidget()
        sheet.setProperty("role", "sheet")
        column = QVBoxLayout(sheet)
        column.setContentsMargins(px(24), px(20), px(24), px(20))
        column.setSpacing(px(14))
        column.addLayout(self._head())
        column.addWidget(messages.bar())
        columns = QHBoxLayout()
        columns.setSpacing(px(32))
        for width, sections in self._sections(ringed):
            columns.addWidget(column_of(width, sections))
        columns.addStretch(1)
        column.addLayout(columns)
        scroll = QScrollArea()
        scroll.setWidget(sheet)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCentralWidget(scroll)
        self.sheet = sheet
        self._rings = [StillRing(self) for _ in ringed]
        for ring, target in zip(self._rings, ringed, strict=True):
            ring.aim(target)

    def _sections(self, ringed: list[QWidget]) -> tuple[tuple[int, list[QWidget]], ...]:
        return (
            (530, [marks.bands(), marks.tags(), marks.pills(), marks.marks(),
                   controls.buttons(ringed), controls.fields(), controls.segments(ringed),
                   controls.choices()]),
            (470, [messages.banners(), messages.loading(), figures.panes(), figures.numbers(),
                   marks.small_parts(), marks.icons(), figures.colours()]),
            (340, [figures.rail(), ticket.ticket(), messages.toasts(self), messages.empty(),
                   figures.styles()]),
        )  # fmt: skip

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(px(12))
        row.addWidget(PlainLabel("Components", "page"))
        row.addStretch(1)
        looks = Segments((("light", "Light"), ("dark", "Dark")), "Theme", choice=theme().name)
        looks.chosen.connect(theme().apply)
        near = min(SCALES, key=lambda each: abs(float(each[0]) - theme().scale))
        scales = Segments(SCALES, "Text size", choice=near[0])
        scales.chosen.connect(_scale)
        hidden = self._switch("Hide amounts", privacy().on, privacy().set)
        vision = self._switch("Colour vision", theme().vision, theme().set_colour_vision)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        turned = self._switch("Right to left", mirrored, self.turn)
        for part in (hidden, vision, turned, looks, scales):
            row.addWidget(part)
        return row

    @staticmethod
    def _switch(words: str, on: bool, do: Callable[[bool], object]) -> QCheckBox:
        made = QCheckBox(words)
        made.setChecked(on)
        made.toggled.connect(do)
        return made

    def turn(self, right_to_left: bool) -> None:
        """Show everything from right to left."""
        way = Qt.LayoutDirection.RightToLeft if right_to_left else Qt.LayoutDirection.LeftToRight
        self.setLayoutDirection(way)

    def show_whole(self) -> None:
        """Show it in the size that needs no scrolling."""
        layout = self.sheet.layout()
        assert layout is not None
        width = layout.sizeHint().width()
        self.resize(width, layout.totalHeightForWidth(width))
        self.show()

    def pose(self) -> None:
        """Show the states that only a pointer or the keyboard makes."""
        hover(self)
        found = self.findChild(QLineEdit, "focused")
        assert found is not None
        found.setFocus(Qt.FocusReason.OtherFocusReason)


def _scale(choice: str) -> None:
    theme().set_scale(float(choice))


def open_gallery(theme_name: str, scale: float, *, whole: bool) -> GalleryWindow:
    """The gallery under these options, on the screen; ``whole`` for a picture of all of it."""
    theme().apply(theme_name)
    theme().set_scale(scale)
    window = GalleryWindow()
    if whole:
        window.show_whole()
    else:
        window.resize(1280, 800)
        window.show()
    window.activateWindow()
    return window
