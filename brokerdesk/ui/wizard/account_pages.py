"""After the sign-in: which accounts to read, then the first sync account by account."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Choice, FoundRow, SyncMark, SyncRow, WizardState
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, button
from brokerdesk.ui.widgets.painted import ProgressLine
from brokerdesk.ui.widgets.tags import Tag
from brokerdesk.ui.wizard.parts import Footer, IconMark, WizardPage, card, field

_SYNC = {
    SyncMark.WAITING: ("clock", "text3", "waiting"),
    SyncMark.DONE: ("tick", "gain", "done"),
    SyncMark.HELD: ("warning", "warn", "held back"),
    SyncMark.FAILED: ("cross", "loss", "failed"),
}


class AccountsPage(WizardPage):
    """Nickname and include for each account found."""

    def __init__(self, model: WizardViewModel) -> None:
        state = model.state
        broker = state.card.title if state.card else "The broker"
        found = fmt.count(len(state.found), "account")
        super().__init__(
            f"{broker} is connected. {found} found",
            "Choose what to show. Unticked accounts are not read. Nothing is saved yet.",
        )
        self._vm = model
        self.boxes: dict[str, QCheckBox] = {}
        self.nicknames: dict[str, QLineEdit] = {}
        self.name = field("Name of this connection", longest=60)
        self.name.setText(tame(state.suggested_name or broker))
        self.name.setFixedWidth(px(260))
        self._build_name()
        self.column.addWidget(self._build_table(state, broker))
        if state.unread:
            words = fmt.count(state.unread, "account")
            self.column.addSpacing(px(10))
            self.column.addWidget(
                Paragraph(f"{words} could not be read and are left out.", "body", "warn")
            )
        self.column.addStretch(1)
        self._add = button("Add", self._save, kind="primary")
        ends = f"Sign in again by {fmt.stamp(state.sign_in_ends)}" if state.sign_in_ends else ""
        self.footer = Footer(primary=self._add, note=ends)
        self._count()

    def _build_name(self) -> None:
        row = QHBoxLayout()
        label = PlainLabel("Connection name", "small", "text2", weight=500)
        label.setBuddy(self.name)
        row.addWidget(label)
        row.addSpacing(px(8))
        row.addWidget(self.name)
        row.addStretch(1)
        self.column.addLayout(row)
        self.column.addSpacing(px(14))

    def _build_table(self, state: WizardState, broker: str) -> QWidget:
        frame = QFrame()
        frame.setProperty("role", "card")
        grid = QGridLayout(frame)
        grid.setContentsMargins(px(14), px(8), px(14), px(8))
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(6))
        grid.setColumnStretch(1, 1)
        self.every = QCheckBox()
        self.every.setAccessibleName("Show all accounts")
        self.every.clicked.connect(self._on_every)
        grid.addWidget(self.every, 0, 0)
        for place, title in enumerate(("Account", "Type", "Nickname"), 1):
            grid.addWidget(PlainLabel(title, "small", "text3", weight=500), 0, place)
        for place, row in enumerate(state.found):
            grid.addWidget(Hairline(), 2 * place + 1, 0, 1, 4)
            self._build_row(grid, 2 * place + 2, row, broker)
        return frame

    def _build_row(self, grid: QGridLayout, at: int, row: FoundRow, broker: str) -> None:
        label = f"{broker} {row.label}".strip()
        box = QCheckBox()
        box.setAccessibleName(f"Show {tame(label)}")
        box.setChecked(not row.through)
        box.setEnabled(not row.through)
        box.toggled.connect(lambda _on: self._count())
        nickname = field(f"Nickname of {label}", longest=60)
        nickname.setPlaceholderText(tame(row.name))
        nickname.setFixedWidth(px(220))
        nickname.setEnabled(not row.through)
        grid.addWidget(box, at, 0)
        name = QHBoxLayout()
        name.setSpacing(px(8))
        words = PlainLabel(tame(label), "body", "text", weight=500)
        words.setMinimumWidth(px(60))
        name.addWidget(words)
        if row.through:
            through = f"already read through {tame(row.through)}"
            name.addWidget(Tag(through, "warn"))
            box.setAccessibleDescription(through)
        name.addStretch(1)
        grid.addLayout(name, at, 1)
        grid.addWidget(PlainLabel(tame(row.type).capitalize(), "body", "text2"), at, 2)
        grid.addWidget(nickname, at, 3)
        grid.setRowMinimumHeight(at, px(42))
        if not row.through:
            self.boxes[row.key], self.nicknames[row.key] = box, nickname

    def first_focus(self) -> QWidget | None:
        return next(iter(self.nicknames.values()), None) or self._add

    def _on_every(self) -> None:
        """All of them, or none when all were ticked."""
        on = not all(box.isChecked() for box in self.boxes.values())
        for box in self.boxes.values():
            box.setChecked(on)
        self._count()

    def _count(self) -> None:
        ticked = sum(box.isChecked() for box in self.boxes.values())
        states = Qt.CheckState
        part = states.PartiallyChecked if ticked else states.Unchecked
        whole = ticked == len(self.boxes) and bool(self.boxes)
        self.every.setCheckState(states.Checked if whole else part)
        self.every.setEnabled(bool(self.boxes))
        words = f"Add {fmt.count(ticked, 'account')}" if ticked else "Save without accounts"
        self._add.setText(words)
        self._add.setAccessibleName(words)

    def _save(self) -> None:
        choices = {
            key: Choice(included=box.isChecked(), nickname=self.nicknames[key].text().strip())
            for key, box in self.boxes.items()
        }
        self._vm.save(choices, self.name.text().strip())


class SyncPage(WizardPage):
    """The first reading. It goes on when the wizard is closed."""

    def __init__(self, model: WizardViewModel, close: Callable[[], object]) -> None:
        super().__init__(
            "First sync", "You can start using BrokerDesk now; this goes on in the background."
        )
        self._rows: dict[str, tuple[IconMark, PlainLabel]] = {}
        frame, column = card()
        head = QHBoxLayout()
        self._line = ProgressLine(px(6), track="inset")
        self._share = PlainLabel("", "body", "text2", figures=True)
        self._share.setFixedWidth(px(48))
        self._share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._line, 1)
        head.addWidget(self._share)
        column.addLayout(head)
        column.addSpacing(px(6))
        for row in model.state.sync:
            column.addLayout(self._build_row(row))
        if not model.state.sync:
            column.addWidget(PlainLabel("No account is read.", "body", "text2"))
        self.column.addWidget(frame)
        self.column.addSpacing(px(12))
        self._words = Paragraph("", "body", "text2")
        self.column.addWidget(self._words)
        self.column.addStretch(1)
        self._done = button("Continue in the background", close, kind="primary")
        self.footer = Footer(primary=self._done)
        self.show_state(model.state)

    def _build_row(self, row: SyncRow) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(px(10))
        mark = IconMark("clock", "text3")
        words = PlainLabel("", "body", "text2")
        name = PlainLabel(tame(row.label), "body", "text", weight=500)
        line.addWidget(mark)
        line.addWidget(name, 1)
        line.addWidget(words, 2)
        self._rows[row.key] = (mark, words)
        return line

    def show_state(self, state: WizardState) -> None:
        for row in state.sync:
            mark, words = self._rows[row.key]
            picture, tone, spoken = _SYNC[row.mark]
            mark.show_icon(picture, tone, spoken)
            words.setText(tame(row.words))
        self._line.set_share(state.sync_share)
        self._share.setText(f"{int(state.sync_share * 100)}%")
        failed = bool(state.finished and state.sync_words)
        self._words.set_tone("loss" if failed else "text2")
        self._words.setText(tame(state.sync_words) if state.sync_words else "")
        self._done.setText("Done" if state.finished else "Continue in the background")
        self._done.setAccessibleName(self._done.text())
