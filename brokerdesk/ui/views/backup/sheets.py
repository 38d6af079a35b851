"""The sheets of a backup and of a restore: they show a view-model's state and pass wishes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.text import PlainLabel, no_mnemonic
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.backup import (
    BackupViewModel,
    RestoreState,
    RestoreViewModel,
    Stage,
)
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.buttons import restyle
from brokerdesk.ui.widgets.figures import KeyValues
from brokerdesk.ui.widgets.progress import ProgressLine
from brokerdesk.ui.widgets.sheet import Sheet

SUFFIX = ".brokerdesk-backup"
FILTER = f"BrokerDesk backups (*{SUFFIX});;All files (*)"
OTHER = ""


def trouble(key: str, error: BrokerDeskError | None) -> Message | None:
    """An error as a banner's message."""
    if error is None:
        return None
    text = " ".join(part for part in (error.message, error.hint) if part)
    return Message(key=key, kind="error", title=error.title, text=text)


class BackupSheet(Sheet):
    """Progress of a backup. It stays until the backup is done, stopped or failed."""

    def __init__(self, model: BackupViewModel, target: str) -> None:
        super().__init__("Backing up the profile")
        self.model = model
        self.held = True
        self._file = PlainLabel("", "body", "text2")
        self._file.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._file.setText(tame(Path(target).name))
        self._file.setToolTip(tooltip(target))
        self._trouble = Banner()
        self._words = PlainLabel("", "body", "text", figures=True)
        self._line = ProgressLine(px(4), track="inset")
        for part in (self._file, self._trouble, self._words, self._line):
            self.body.addWidget(part)
        self.cancel = button("Cancel", self.escape)
        self.foot.addWidget(self.cancel)
        model.changed.connect(self._render)
        model.made.connect(self.close_sheet)
        model.stopped.connect(self.close_sheet)
        self._render()

    def escape(self) -> None:
        """Stop, or go when there is nothing to stop."""
        if self.model.state.running:
            self.model.stop()
        else:
            self.close_sheet()

    def _render(self) -> None:
        state = self.model.state
        self._words.setText(state.words)
        self._words.setVisible(state.error is None)
        self._line.setVisible(state.error is None)
        self._line.set_share(state.share)
        self._trouble.show_message(trouble("backup", state.error))
        self.cancel.setEnabled(not state.stopping)
        words = "Close" if state.error is not None else "Cancel"
        self.cancel.setText(words)
        self.cancel.setAccessibleName(words)
        if state.error is not None:
            self.set_title("The profile was not backed up")


class RestoreSheet(Sheet):
    """Choose a backup, see what is in it, restore it."""

    def __init__(self, model: RestoreViewModel) -> None:
        super().__init__("Restore a backup", width=520)
        self.model = model
        self.choices: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self.dialog: QFileDialog | None = None
        self._trouble = Banner()
        self.body.addWidget(self._trouble)
        self._choose = self._build_choose()
        self._ask = self._build_ask()
        self._work = self._build_work()
        self._done = self._build_done()
        self.cancel = button("Cancel", self.escape)
        self.back = button("Back", model.back)
        self.go = button("Continue", self._go)
        for each in (self.back, self.go, self.cancel):
            self.foot.addWidget(each)
        self._shown: RestoreState | None = None
        model.changed.connect(self._render)
        self._render()

    # building

    def _part(self) -> tuple[QWidget, QVBoxLayout]:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(6))
        self.body.addWidget(part)
        return part, column

    def _build_choose(self) -> QWidget:
        part, column = self._part()
        words = "From a backup file, or from a copy that BrokerDesk made by itself."
        column.addWidget(Paragraph(words, "body", "text2"))
        column.addSpacing(px(4))
        file = QRadioButton("A backup file…")
        file.setAccessibleName("A backup file")
        file.setChecked(True)
        self._group.addButton(file)
        self.choices[OTHER] = file
        column.addWidget(file)
        self._list = QVBoxLayout()
        self._list.setSpacing(px(2))
        column.addLayout(self._list)
        self._no_copies = PlainLabel("There are no automatic copies yet.", "small", "text3")
        column.addWidget(self._no_copies)
        return part

    def _build_ask(self) -> QWidget:
        part, column = self._part()
        self._facts = KeyValues()
        column.addWidget(self._facts)
        self._warning = Banner()
        column.addWidget(self._warning)
        column.addSpacing(px(2))
        column.addWidget(PlainLabel("What happens", "strong"))
        self._means = Paragraph("", "body", "text2")
        column.addWidget(self._means)
        return part

    def _build_work(self) -> QWidget:
        part, column = self._part()
        self._words = PlainLabel("", "body", "text", figures=True)
        self._line = ProgressLine(px(4), track="inset")
        self._hold = Paragraph("", "small", "text3")
        for each in (self._words, self._line, self._hold):
            column.addWidget(each)
        return part

    def _build_done(self) -> QWidget:
        part, column = self._part()
        self._result = Paragraph("", "body", "text")
        column.addWidget(self._result)
        return part

    # intents

    def escape(self) -> None:
        """Stop what runs, or go."""
        stage = self.model.state.stage
        if stage is Stage.WORKING:
            self.model.stop()
        elif stage is not Stage.LOOKING:
            self.close_sheet()

    def _go(self) -> None:
        stage = self.model.state.stage
        if stage is Stage.ASK:
            self.model.restore()
        elif stage is Stage.CHOOSE:
            path = next((key for key, one in self.choices.items() if one.isChecked()), OTHER)
            if path == OTHER:
                self._browse()
            else:
                self.model.look(path)

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), "Restore a backup")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(FILTER.split(";;"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.model.look)
        self.dialog = dialog
        dialog.open()

    # state

    def _render(self) -> None:
        state, stage = self.model.state, self.model.state.stage
        self.held = stage in (Stage.LOOKING, Stage.WORKING)
        self._show_copies(state)
        self._choose.setVisible(stage is Stage.CHOOSE)
        self._ask.setVisible(stage is Stage.ASK)
        self._work.setVisible(stage in (Stage.LOOKING, Stage.WORKING))
        self._done.setVisible(stage is Stage.DONE)
        self._trouble.show_message(trouble("restore", state.error))
        if self._shown is None or state.facts != self._shown.facts:
            self._facts.clear()
            for label, value in state.facts:
                self._facts.set_value(label, value)
        self._warning.show_message(
            Message(key="kind", kind="warn", title=state.warning, text="")
            if state.warning
            else None
        )
        self._means.setText("\n".join(state.means))
        self._result.setText("\n".join(state.means))
        self._words.setText(state.words)
        self._line.set_share(state.share)
        self._hold.setText("" if state.can_stop else "This step is short and cannot be stopped.")
        self._hold.setVisible(bool(self._hold.text()))
        self._show_buttons(state)
        if self._shown is None or self._shown.stage is not stage:
            self._settle(stage)
        self._shown = state

    def _show_buttons(self, state: RestoreState) -> None:
        stage = state.stage
        self.back.setVisible(stage is Stage.ASK)
        self.go.setVisible(stage in (Stage.CHOOSE, Stage.ASK))
        words = {Stage.ASK: "Restore"}.get(stage, "Continue")
        self.go.setText(words)
        self.go.setAccessibleName(words)
        asking = stage is Stage.ASK
        # The safe answer is the primary one while the question is open.
        for made, kind in ((self.go, "" if asking else "primary"), (self.cancel, "primary")):
            wanted = kind if made is self.go else ("primary" if asking else "")
            if made.property("kind") != wanted:
                restyle(made, kind=wanted)
        done = stage is Stage.DONE
        self.cancel.setText("Done" if done else "Cancel")
        self.cancel.setAccessibleName(self.cancel.text())
        if done:
            restyle(self.cancel, kind="primary")
        busy = stage is Stage.LOOKING or (stage is Stage.WORKING and not state.can_stop)
        self.cancel.setEnabled(not busy)

    def _settle(self, stage: Stage) -> None:
        titles = {
            Stage.ASK: "Restore this backup?",
            Stage.WORKING: "Restoring the backup",
            Stage.DONE: "The backup is restored",
        }
        self.set_title(titles.get(stage, "Restore a backup"))
        if self.isVisible():
            focus: QPushButton = self.go if stage is Stage.CHOOSE else self.cancel
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_copies(self, state: RestoreState) -> None:
        self._no_copies.setVisible(state.copies_known and not state.copies)
        for copy in state.copies:
            if copy.path in self.choices:
                continue
            made = QRadioButton(no_mnemonic(f"Copy of {copy.title}"))
            made.setAccessibleName(f"Copy of {copy.title}, {copy.note}")
            line = QHBoxLayout()
            line.setSpacing(px(8))
            line.addWidget(made)
            line.addWidget(PlainLabel(copy.note, "small", "text3", figures=True))
            line.addStretch(1)
            self._group.addButton(made)
            self.choices[copy.path] = made
            self._list.addLayout(line)


def ask_target(parent: QWidget, suggested: str, chosen: Callable[[str], object]) -> QFileDialog:
    """Ask where a backup goes. Nothing waits for the answer."""
    dialog = QFileDialog(parent, "Back up profile", suggested)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setNameFilters(FILTER.split(";;"))
    dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
    dialog.setDirectory(str(Path(suggested).parent))
    dialog.selectFile(Path(suggested).name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(partial(chosen))
    dialog.open()
    return dialog
