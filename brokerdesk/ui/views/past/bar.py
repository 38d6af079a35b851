"""The bar of past days: the day on a button with its calendar, Earlier and Later, and the slider.

It stands under the banner while a past day is shown or was asked for. Which day that is belongs to
the desk; the bar only asks for another one. The figures shown stay until the new ones are here.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.domain.events import Event, RefreshFinished
from brokerdesk.ui.gateways.past import PastGateway
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.past import Days, DaysPort, PastViewModel
from brokerdesk.ui.viewmodels.past_day import DayWords, day_words
from brokerdesk.ui.views.past.calendar import Calendar
from brokerdesk.ui.views.past.day_pane import DayPane
from brokerdesk.ui.views.past.slider import DaySlider
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, PictureButton, button
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.popover import Popover

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

_LEFT = 180


class PastBar(QWidget):
    """Made once by the window, shown and hidden by it."""

    def __init__(self, desk: Desk, port: DaysPort | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.model = PastViewModel(
            lambda: desk.clock(), desk.travel, port or PastGateway(desk), self
        )
        self._words = DayWords()
        self._given: tuple[Days, bool] | None = None
        self._to_slider = False
        self.setProperty("role", "sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Past days")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._build_ui()
        self.model.changed.connect(self._render)
        desk.changed.connect(self._on_desk)
        desk.happened.connect(self._on_event)
        desk.opened.connect(self._on_opened)
        self._render()

    def _build_ui(self) -> None:
        self.day = PictureButton("", "calendar", "text2")
        self.day.setAutoDefault(False)
        self.earlier = button("Earlier", self.model.earlier, small=True, picture="chevron-left",
                              hint="The saved day before (Left)")  # fmt: skip
        self.later = button("Later", self.model.later, small=True, picture="chevron-right",
                            hint="The saved day after (Right)")  # fmt: skip
        # Time runs to the right, as it does beside them, in a mirrored window too.
        self.earlier.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.later.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.slider = DaySlider()
        self.data = PictureButton("", "database", "text2")
        self.data.setProperty("kind", "ghost")
        self.data.setProperty("sz", "small")
        self.data.setAutoDefault(False)
        self.data.setToolTip(tooltip("Which accounts were read on this day"))
        self.compare = button("Compare with last", lambda: self.desk.wish("compare:"), small=True,
                              hint="Why the total moved since this day")  # fmt: skip
        for each in (self.day, self.earlier, self.later):
            each.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.calendar = Calendar()
        self.typed = QLineEdit()
        self.typed.setPlaceholderText("14 Aug 2026")
        self._typed_row = FieldRow("Go to a day", self.typed, "")
        self._choice = Popover("Choose a day", self._choice_content())
        self._pane = DayPane()
        self._details = Popover("Data on this date", self._pane)
        self._note = Paragraph("", "small", "text2")
        self._way_out = button("", self._take_way_out, small=True)
        for layer in (self._choice, self._details):
            layer.setParent(self)  # opened, it belongs to the window; it goes with the bar
            layer.hide()
            self.destroyed.connect(layer.deleteLater)
        self._lay_out()
        self.day.clicked.connect(self._toggle_choice)
        self.data.clicked.connect(self._toggle_data)
        self.calendar.chosen.connect(self._on_chosen)
        self.typed.returnPressed.connect(self._on_typed)
        self.typed.textEdited.connect(self._on_edited)
        self.slider.chosen.connect(self.model.go_to)
        self.slider.month_wanted.connect(self.model.month)

    def _choice_content(self) -> QWidget:
        inside = QWidget()
        inside.setFixedWidth(self.calendar.grid.width() + px(28))
        column = QVBoxLayout(inside)
        column.setContentsMargins(px(14), px(12), px(14), px(12))
        column.setSpacing(px(8))
        column.addWidget(self._typed_row)
        column.addWidget(self.calendar)
        return inside

    def _lay_out(self) -> None:
        pair = QWidget()
        pair.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        steps = QHBoxLayout(pair)
        steps.setContentsMargins(0, 0, 0, 0)
        steps.setSpacing(px(6))
        steps.addWidget(self.earlier)
        steps.addWidget(self.later)
        left = QWidget()
        left.setFixedWidth(px(_LEFT))
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(px(8))
        side.addWidget(self.day)
        side.addWidget(pair)
        row = QHBoxLayout()
        row.setContentsMargins(px(16), px(10), px(16), px(6))
        row.setSpacing(px(12))
        row.addStrut(self.slider.sizeHint().height())  # the style would take less: labels were cut
        row.addWidget(left, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.slider, 1)
        right = QVBoxLayout()
        right.setSpacing(px(6))
        right.addWidget(self.data, 0, Qt.AlignmentFlag.AlignLeft)
        right.addWidget(self.compare)
        row.addLayout(right)
        self._below = QWidget()
        below = QHBoxLayout(self._below)
        below.setContentsMargins(px(16), 0, px(16), px(8))
        below.setSpacing(px(10))
        below.addWidget(self._note, 1)
        below.addWidget(self._way_out)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._below)
        column.addWidget(Hairline())

    # life

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.model.look(self.desk.portfolio.query.scope, anew=True)
        self._on_desk()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._choice.close_popover()
        self._details.close_popover()
        super().hideEvent(event)

    def _on_desk(self) -> None:
        if self.isHidden():
            return
        query, state = self.desk.portfolio.query, self.desk.state
        self.model.look(query.scope)
        self.model.follow(query.as_of, state.past)
        self._render_data(state.past)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RefreshFinished) and not self.isHidden():
            self.model.look(self.desk.portfolio.query.scope, anew=True)

    def _on_opened(self) -> None:
        if not self.isHidden():
            self.model.look(self.desk.portfolio.query.scope, anew=True)

    # what the user does

    def _toggle_choice(self) -> None:
        state = self.model.state
        self._typed_row.set_problem("")
        self.typed.clear()
        self.calendar.show_days(state.saved, state.day, state.today)
        self._choice.toggle_at(self.day)

    def _toggle_data(self) -> None:
        self._details.toggle_at(self.data)

    def _on_chosen(self, day: date) -> None:
        self._choice.close_popover()
        self.model.go(day)

    def _on_typed(self) -> None:
        problem = self.model.type(self.typed.text())
        self._say_typed(problem)
        if not problem:
            self._choice.close_popover()

    def _on_edited(self) -> None:
        self._say_typed("")

    def _say_typed(self, problem: str) -> None:
        self._typed_row.set_problem(problem)
        self._choice.fit()

    def _take_way_out(self) -> None:
        day = self.model.state.way_out
        if day is not None:
            self.model.go(day)

    def take_focus(self) -> None:
        """Give the focus to the slider: at once, or when the saved days are here."""
        self._to_slider = not self.slider.isEnabled()
        target = self.day if self._to_slider else self.slider
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _focus_slider(self) -> None:
        """The days are here; whoever went on to something else meanwhile is left alone."""
        waiting, self._to_slider = self._to_slider, False
        if waiting and self.day.hasFocus() and self.slider.isEnabled():
            self.slider.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # what is shown

    def _render(self) -> None:
        state = self.model.state
        past = state.day is not None
        self.day.setText(f"\N{THIN SPACE}{state.title}")
        self.day.setAccessibleName(f"Day: {state.title}. Choose another")
        self.earlier.setEnabled(state.saved.earlier(state.here) is not None)
        later = state.saved.later(state.here)
        self.later.setEnabled(past and later is not None)
        if self._given != (state.days, state.loaded):
            self._given = (state.days, state.loaded)
            self.slider.show_days(state.saved, state.days.values, known=state.loaded)
        self.slider.show_place(state.index, past=past)
        if state.loaded:
            self._focus_slider()
        if self._choice.is_open:
            self.calendar.show_days(state.saved, state.day, state.today)
        self._render_note()

    def _render_data(self, shown: datetime | None) -> None:
        self._words = day_words(self.desk.figures, shown) if shown is not None else DayWords()
        words = self._words
        self.data.setVisible(shown is not None)
        self.compare.setVisible(shown is not None)
        self.data.setText(f"\N{THIN SPACE}{words.caption}")
        self.data.setAccessibleName(f"Data on this date: {words.caption}")
        odd = words.carried or words.damaged
        self.data.set_picture("warning" if odd else "database", "warn" if odd else "text2")
        if shown is not None:
            self._pane.show_words(words)
        self._render_note()

    def _render_note(self) -> None:
        """Why this day has no snapshot, else the splits since."""
        state = self.model.state
        title = text = ""
        if state.problem is not None:
            title, text = state.problem.title, state.problem.text
        elif self._words.splits:
            title, text = _split_words(self._words)
        before = self._note.text()
        self._note.set_words(tame(title), tame(text))
        self._note.set_tone("text2", "warn")
        labels = state.problem.labels if state.problem is not None else ()
        self._way_out.setVisible(bool(labels))
        if labels:
            self._way_out.setText(labels[0])
            self._way_out.setAccessibleName(labels[0])
        self._below.setVisible(bool(title))
        if title and self._note.text() != before:
            announce(self, f"{title} {text}")


def _split_words(words: DayWords) -> tuple[str, str]:
    first, *more = words.splits
    if not more:
        return first.title, first.text
    return first.title, f"{len(more)} more since. Quantities and prices are as they were."
