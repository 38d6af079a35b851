"""One setting on the page: title, meaning, default, and the control that changes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.settings import SettingRow, SettingsViewModel
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.segments import Segments

NUMBER = 84
TEXT = 260
CONTROL = 300


class SettingView(QWidget):
    """Shows a ``SettingRow``; words at the left, the control at the right.

    Signals:
        touched: it was changed by hand.
    """

    touched = Signal()

    def __init__(self, row: SettingRow, model: SettingsViewModel) -> None:
        super().__init__()
        self.row, self._vm = row, model
        self._problem_shown = ""
        self.check: QCheckBox | None = None
        self.pieces: Segments | None = None
        self.combo: QComboBox | None = None
        self.field: QLineEdit | None = None
        self.dialog: QFileDialog | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, px(10), 0, px(10))
        line.setSpacing(px(24))
        line.addLayout(self._build_words(), 1)
        control = QWidget()
        control.setFixedWidth(px(CONTROL))
        inner = QVBoxLayout(control)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(px(4))
        inner.addLayout(self._build_control())
        self._problem = Paragraph("", "small", "loss")
        self._problem.hide()
        inner.addWidget(self._problem)
        line.addWidget(control, 0, Qt.AlignmentFlag.AlignTop)
        self.show_row(row)

    def _build_words(self) -> QVBoxLayout:
        row = self.row
        column = QVBoxLayout()
        column.setSpacing(px(1))
        column.addWidget(PlainLabel(row.title, "body", weight=500))
        column.addWidget(Paragraph(row.meaning, "small", "text2"))
        last = QHBoxLayout()
        last.setSpacing(px(8))
        self._default = PlainLabel(row.default, "small", "text3")
        self.reset = button(
            "Reset to default",
            self._on_reset,
            kind="link",
            small=True,
            name=f"Reset “{row.title}” to its default",
        )
        last.addWidget(self._default)
        last.addWidget(self.reset)
        last.addStretch(1)
        last.addStrut(px(24))
        column.addLayout(last)
        column.addStretch(1)
        return column

    def _build_control(self) -> QHBoxLayout:
        row = self.row
        line = QHBoxLayout()
        line.setSpacing(px(8))
        if row.kind == "flag":
            self.check = QCheckBox("On")
            self.check.setAccessibleName(row.title)
            self.check.setAccessibleDescription(row.meaning)
            self.check.clicked.connect(self._on_flag)
            line.addWidget(self.check)
        elif row.kind == "segments":
            self.pieces = Segments(row.choices, row.title, look="form")
            self.pieces.chosen.connect(self._on_choice)
            line.addWidget(self.pieces)
        elif row.kind == "list":
            self.combo = self._build_list()
            line.addWidget(self.combo)
        else:
            self._build_field(line)
        line.addStretch(1)
        return line

    def _build_list(self) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(self.row.title)
        combo.setAccessibleDescription(self.row.meaning)
        for key, word in self.row.choices:
            combo.addItem(word, key)
        combo.activated.connect(self._on_listed)
        combo.setFixedWidth(px(180))
        return combo

    def _build_field(self, line: QHBoxLayout) -> None:
        row, made = self.row, QLineEdit()
        number = row.kind == "number"
        made.setAccessibleName(f"{row.title}, {row.unit}" if row.unit else row.title)
        made.setMaxLength(10 if number else 4096)
        made.setFixedWidth(px(NUMBER if number else TEXT if row.kind == "text" else TEXT - 60))
        if number:
            made.setAlignment(Qt.AlignmentFlag.AlignRight)
        made.textEdited.connect(self._on_typed)
        made.editingFinished.connect(self._on_entered)
        self.field = made
        line.addWidget(made)
        if row.unit:
            line.addWidget(PlainLabel(row.unit, "body", "text2"))
        if row.kind in ("file", "folder"):
            made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            line.addWidget(button("Choose…", self._browse, name=f"Choose: {row.title}"))

    def take_focus(self) -> None:
        """Give the focus to the control."""
        for control in (self.check, self.pieces, self.combo, self.field):
            if control is not None:
                control.setFocus(Qt.FocusReason.OtherFocusReason)

    # what is done

    def _on_flag(self, on: bool) -> None:
        self.touched.emit()
        self._vm.choose(self.row.name, on)

    def _on_choice(self, key: str) -> None:
        self.touched.emit()
        self._vm.choose(self.row.name, key)

    def _on_listed(self, place: int) -> None:
        assert self.combo is not None
        self.touched.emit()
        self._vm.choose(self.row.name, self.combo.itemData(place))

    def _on_typed(self, text: str) -> None:
        self._vm.check(self.row.name, text)

    def _on_entered(self) -> None:
        assert self.field is not None
        if self.field.text() != self.row.text:
            self.touched.emit()
            self._vm.enter(self.row.name, self.field.text())

    def _on_reset(self) -> None:
        self.touched.emit()
        if self.field is not None:
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._vm.reset(self.row.name)
        self._fill(self._vm.state.row(self.row.name))

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), self.row.title)
        folder = self.row.kind == "folder"
        modes = QFileDialog.FileMode
        dialog.setFileMode(modes.Directory if folder else modes.ExistingFile)
        if folder:
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_picked)
        self.dialog = dialog
        dialog.open()

    def _on_picked(self, path: str) -> None:
        if self.field is not None and path:
            self.field.setText(path)
            self.touched.emit()
            self._vm.enter(self.row.name, path)

    # what is shown

    def show_row(self, row: SettingRow) -> None:
        """Follow this; what is being typed stays."""
        moved = row.value != self.row.value
        self.row = row
        self.reset.setVisible(row.changed)
        self._default.setVisible(True)
        field = self.field
        typing = field is not None and (field.hasFocus() or bool(row.problem))
        if moved or not typing:
            self._fill(row)
        self._show_problem(row.problem)

    def _fill(self, row: SettingRow) -> None:
        if self.check is not None:
            self.check.setChecked(bool(row.value))
        if self.pieces is not None and self.pieces.choice != row.value:
            self.pieces.choose(str(row.value))
        if self.combo is not None:
            self.combo.setCurrentIndex(self.combo.findData(row.value))
        if self.field is not None and self.field.text() != row.text:
            self.field.setText(tame(row.text))

    def _show_problem(self, words: str) -> None:
        if words == self._problem_shown:
            return
        self._problem_shown = words
        self._problem.setText(words)
        self._problem.setVisible(bool(words))
        field = self.field
        if field is not None:
            field.setProperty("problem", "true" if words else "false")
            field.setAccessibleDescription(words or self.row.meaning)
            field.style().unpolish(field)
            field.style().polish(field)
        if words:
            announce(self, words)
