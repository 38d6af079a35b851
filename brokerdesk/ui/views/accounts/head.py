"""The head of an account: name, tags, times, totals, how the total adds up, what can be done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.accounts import LONGEST_NAME
from brokerdesk.ui.viewmodels.accounts_head import Head, Worth
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.views.accounts.name_label import NameLabel
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import Paragraph, button, icon_button
from brokerdesk.ui.widgets.charts.figure_line import FigureLine, Run
from brokerdesk.ui.widgets.showing import set_shown
from brokerdesk.ui.widgets.tags import Tag


class AccountHead(QWidget):
    """Who the account is.

    Signals:
        rename_wanted: the new nickname.
        undo_wanted: bring the nickname before back.
        copy_wanted: copy the account's details.
        choice_wanted: include the account (True) or leave it out.
        acted: the id of a message's action.
        focus_lost: the message that had the focus is gone.
    """

    rename_wanted = Signal(str)
    undo_wanted = Signal()
    copy_wanted = Signal()
    choice_wanted = Signal(bool)
    acted = Signal(str)
    focus_lost = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = NameLabel()
        self.field = QLineEdit()
        self.field.setAccessibleName("Nickname")
        self.field.setPlaceholderText("Nickname, empty for the broker’s name")
        self.field.setMaxLength(LONGEST_NAME)
        self.field.installEventFilter(self)
        self.field.returnPressed.connect(self._on_kept)
        self.field.hide()
        self.rename = icon_button("edit", "Rename", "Rename", self.begin_rename, small=True)
        self.copy = icon_button("copy", "Copy details", "Copy details", self._on_copy, small=True)
        self.choice = button("Leave out", self._on_choice, small=True)
        self._included = True
        self._tags: tuple[tuple[str, str], ...] = ()
        self.times = FigureLine(16)
        self.undo = button("Undo rename", self._on_undo, kind="link")
        self.value = FigureLine(30)
        self.moved = FigureLine(20)
        self._worth: Worth | None = None
        self._sums = QVBoxLayout()
        self._banners = QVBoxLayout()
        self.sums: list[Paragraph] = []
        self.banners: list[Banner] = []
        self._lay_out()
        set_shown(self.undo, False)

    def _lay_out(self) -> None:
        self._tag_row = QHBoxLayout()
        self._tag_row.setSpacing(px(6))
        line = QHBoxLayout()
        line.setSpacing(px(8))
        line.addWidget(self.title)
        line.addWidget(self.field, 1)
        line.addWidget(self.rename)
        line.addLayout(self._tag_row)
        line.addStretch(1)
        line.addWidget(self.copy)
        line.addWidget(self.choice)
        below = QHBoxLayout()
        below.setSpacing(px(12))
        below.addWidget(self.times, 1)
        below.addWidget(self.undo)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(12), px(20), px(12))
        column.setSpacing(px(2))
        column.addLayout(line)
        column.addLayout(below)
        column.addSpacing(px(6))
        column.addWidget(self.value)
        column.addWidget(self.moved)
        set_shown(self.moved, False)
        self._sums.setSpacing(px(2))
        column.addLayout(self._sums)
        self._banners.setSpacing(px(6))
        self._banners.setContentsMargins(0, px(6), 0, 0)
        column.addLayout(self._banners)

    # showing

    def show_head(self, head: Head, times: str, tone: str) -> None:
        """Name, tags and times."""
        self.title.show_name(head.title)
        self.times.show_runs(
            (
                Run(times, "small", tone),
                Run(head.words, "small", "text2", gap=12, figures=False),
            ),
            ", ".join(part for part in (times, head.words) if part),
        )
        if head.tags != self._tags:
            self._tags = head.tags
            while (item := self._tag_row.takeAt(0)) is not None:
                if (old := item.widget()) is not None:
                    old.hide()
                    old.deleteLater()
            for word, kind in head.tags:
                self._tag_row.addWidget(Tag(word, kind))
        if not self.field.isVisible():
            self.field.setText(head.nickname)

    def show_choice(self, included: bool, possible: bool) -> None:
        """Whether the account is read, and whether that can be changed now."""
        self._included = included
        words = "Leave out" if included else "Include"
        self.choice.setText(words)
        self.choice.setAccessibleName(f"{words} this account")
        set_shown(self.choice, possible)
        set_shown(self.rename, possible)

    def show_value(self, worth: Worth) -> None:
        """The account's value with its change of the day, which stands beneath it where both have
        no room side by side: figures are not cut.
        """
        self._worth = worth
        value, rest = Run(worth.value, "figure"), _rest(worth, 12)
        beside = self.value.needed((value, *rest)) <= self.width() - 2 * px(20)
        self.value.show_runs((value, *rest) if beside else (value,), worth.spoken)
        self.moved.show_runs(() if beside else _rest(worth, 0), worth.spoken)
        set_shown(self.moved, not beside)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._worth is not None and event.size().width() != event.oldSize().width():
            self.show_value(self._worth)

    def show_sums(self, lines: tuple[tuple[str, str], ...]) -> None:
        """How each currency's total adds up."""
        texts = tuple(" ".join(part for part in line if part) for line in lines)
        while len(self.sums) < len(texts):
            made = Paragraph("", "small", "text2")
            self.sums.append(made)
            self._sums.addWidget(made)
        for place, view in enumerate(self.sums):
            set_shown(view, place < len(texts))
            if place < len(texts):
                view.setText(texts[place])

    def show_messages(self, messages: tuple[Message, ...]) -> None:
        """What has to be said; a message that stays keeps its banner."""
        while len(self.banners) < len(messages):
            made = Banner()
            made.acted.connect(self.acted)
            self.banners.append(made)
            self._banners.addWidget(made)
        held = self._with_focus()
        for place, banner in enumerate(self.banners):
            banner.show_message(messages[place] if place < len(messages) else None)
        if held is not None and self._with_focus() is None:
            self.focus_lost.emit()

    def _with_focus(self) -> Banner | None:
        focused = QApplication.focusWidget()
        if focused is None:
            return None
        return next((banner for banner in self.banners if banner.isAncestorOf(focused)), None)

    def show_undo(self, shown: bool) -> None:
        """Offer to take the last rename back."""
        set_shown(self.undo, shown)

    # renaming

    def begin_rename(self) -> None:
        """Put the nickname into a field."""
        self._edit(True)
        self.field.selectAll()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def end_rename(self) -> None:
        """Show the name again; nothing is kept."""
        if not self.field.isHidden():
            held = self.field.hasFocus()
            self._edit(False)
            if held:
                self.rename.setFocus(Qt.FocusReason.OtherFocusReason)

    def _edit(self, on: bool) -> None:
        set_shown(self.field, on)
        set_shown(self.title, not on)
        set_shown(self.rename, not on)

    def _on_kept(self) -> None:
        text = self.field.text()
        self.end_rename()
        self.rename_wanted.emit(text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.field:
            if event.type() == QEvent.Type.FocusOut:
                self.end_rename()
            elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                if event.type() == QEvent.Type.ShortcutOverride:
                    event.accept()  # Esc ends the renaming, not a refresh
                    return True
                if event.type() == QEvent.Type.KeyPress:
                    self.end_rename()
                    return True
        return False

    def _on_copy(self) -> None:
        self.copy_wanted.emit()

    def _on_choice(self) -> None:
        self.choice_wanted.emit(not self._included)

    def _on_undo(self) -> None:
        self.undo_wanted.emit()


def _rest(worth: Worth, gap: int) -> tuple[Run, ...]:
    """What follows the value."""
    change = worth.change
    after = Run(worth.rest, "small", "text2", gap=gap if change is None else 12)
    if change is None:
        return (after,)
    return (
        Run(change.glyph, "strong", change.tone, gap=gap, glyph=True),
        Run(change.amount, "strong", change.tone, gap=0 if change.glyph else gap),
        Run(change.percent, "strong", change.tone, gap=8),
        Run("day change", "small", "text3", gap=8),
        after,
    )
