"""A window in which a line is explored: ranges, read-out, plot, and ways to take it along.

The window is there at once; the plot comes when its library has been loaded.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.services.history_ranges import SPOKEN, Range
from brokerdesk.ui.models.chart_columns import chart_export
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.chart_window import RANGES, ChartModel
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.charts.figure_line import FigureLine, Run
from brokerdesk.ui.widgets.charts.ranges import RangeRow
from brokerdesk.ui.widgets.focus_ring import FocusRing
from brokerdesk.ui.widgets.table_save import Exporter, ask_where

if TYPE_CHECKING:
    from brokerdesk.ui.views.chart_window.plot import ChartPlot

_WIDE, _HIGH, _LEAST = 960, 600, (560, 320)
_KEPT = "chart/geometry"
LOADING = "Loading the chart…"
NOT_LOADED = "The chart could not be loaded."


class ChartWindow(QWidget):
    """Shows one model beside the window that it was opened from.

    Signals:
        gone: the window was closed.
        told: a short sentence about what was done.
    """

    gone = Signal()
    told = Signal(str)

    def __init__(
        self, model: ChartModel, over: QWidget, memory: QSettings | None, write: Exporter
    ) -> None:
        super().__init__(over, Qt.WindowType.Window)
        self.model, self._memory, self._write = model, memory, write
        self.plot: ChartPlot | None = None
        self.setProperty("role", "sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build_ui()
        self.setMinimumSize(px(_LEAST[0]), px(_LEAST[1]))
        self.resize(px(_WIDE), px(_HIGH))
        kept = memory.value(_KEPT) if memory is not None else None
        if isinstance(kept, QByteArray):
            self.restoreGeometry(kept)
        self._ring = FocusRing(self)
        model.changed.connect(self._render)
        model.moved.connect(self._render)
        model.pointed.connect(self._say)
        self._render()

    def _build_ui(self) -> None:
        self._title = PlainLabel("", "pane")
        self.ranges = RangeRow([(one.value, SPOKEN[one]) for one in RANGES])
        self.ranges.chosen.connect(self._on_chosen)
        self.reset_button = button(
            "Reset", self.model.reset, kind="ghost", small=True, hint="Show all of it (Home)",
            name="Reset, show all of it",
        )  # fmt: skip
        self.copy_button = icon_button("copy", "Copy as picture", "", self.copy_picture, "Ctrl+C")
        self.save_button = icon_button("export", "Save as CSV", "", self.save, "Ctrl+S")
        top = QHBoxLayout()
        top.setContentsMargins(px(20), px(10), px(12), 0)
        top.setSpacing(px(8))
        top.addWidget(self._title)
        top.addSpacing(px(8))
        top.addWidget(self.ranges)
        top.addStretch(1)
        for one in (self.reset_button, self.copy_button, self.save_button):
            top.addWidget(one)
        self.readout = FigureLine(22)
        words = QHBoxLayout()
        words.setContentsMargins(px(20), px(4), px(20), px(4))
        words.addWidget(self.readout, 1)
        self._wait = PlainLabel(LOADING, "body", "text3")
        self._wait.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, px(6))
        self._column.setSpacing(0)
        self._column.addLayout(top)
        self._column.addLayout(words)
        self._column.addWidget(self._wait, 1)
        self._actions = (
            self._action("Copy as picture", "Ctrl+C", self.copy_picture),
            self._action("Save as CSV…", "Ctrl+S", self.save),
            self._action("Show all of it", "", self.model.reset),
        )

    def _action(self, words: str, key: str, do: object) -> QAction:
        action = QAction(words, self)
        if key:
            action.setShortcut(key)
        action.triggered.connect(do)
        self.addAction(action)
        return action

    # the plot

    def show_plot(self) -> None:
        """The library is loaded: put the plot where the words were."""
        from brokerdesk.ui.views.chart_window.plot import ChartPlot

        if self.plot is not None:
            return
        self.plot = ChartPlot(self.model)
        self.plot.addActions(list(self._actions))
        self.plot.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._column.replaceWidget(self._wait, self.plot)
        self._column.setStretchFactor(self.plot, 1)
        self._wait.deleteLater()
        self.plot.setFocus(Qt.FocusReason.OtherFocusReason)
        self._render()

    def show_failure(self) -> None:
        """The library could not be loaded."""
        if self.plot is None:
            self._wait.setText(NOT_LOADED)

    # state

    def _render(self) -> None:
        model = self.model
        self._title.setText(tame(model.subject.title))
        self.setWindowTitle(f"{tame(model.subject.title)} — BrokerDesk")
        self.setAccessibleName(f"{tame(model.subject.title)}, chart window")
        self.ranges.show_choice(model.choice.value if model.choice is not None else "")
        self.ranges.setEnabled(not model.empty)
        for one in (self.reset_button, self.copy_button, self.save_button, *self._actions):
            one.setEnabled(not model.empty and self.plot is not None)
        self._say()

    def _say(self) -> None:
        told = self.model.readout()
        self.readout.show_runs(
            (
                Run(told.day, "body", "text3"),
                Run(told.value, "strong", gap=12),
                Run(told.glyph, "strong", told.tone, glyph=True, gap=12),
                Run(told.change, "strong", told.tone, gap=0 if told.glyph else 12),
                Run(told.since, "body", "text3", gap=8),
                Run(told.more, "body", "text3", gap=12),
            ),
            told.spoken,
        )

    def _on_chosen(self, word: str) -> None:
        self.model.choose(Range(word))

    # taking it along

    def copy_picture(self) -> None:
        """The plot as it is seen, with what is written over it."""
        if self.plot is None or self.model.empty:
            return
        top = self.readout.mapTo(self, self.readout.rect().topLeft()).y()
        with self.plot.unmarked():
            picture = self.grab()
        ratio = picture.devicePixelRatio()
        cut = picture.copy(0, int(top * ratio), picture.width(), picture.height())
        cut.setDevicePixelRatio(ratio)
        QGuiApplication.clipboard().setPixmap(cut)
        self.told.emit("The chart is on the clipboard as a picture.")

    def save(self) -> None:
        """The points in sight as a file."""
        if self.model.empty:
            return
        now: datetime = self.model.clock()
        ask_where(self, chart_export(self.model, now), self._write)

    # window

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if self.plot is not None and self.plot.take_key(event):
            return  # also from a button: zooming needs no way back to the plot
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._memory is not None:
            self._memory.setValue(_KEPT, self.saveGeometry())
        self.gone.emit()
        event.accept()
