"""Pages for the steps of any flow but the browser: forms, notices, failures, waiting."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.brokers.flow import FailedStep, FieldKind, FormField, FormStep, NoticeStep
from brokerdesk.ui.text import PlainLabel, tame, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import WizardState
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.wizard.parts import Footer, IconMark, WizardPage, card, field, on_enter

FORM_WIDTH = 400


class FormPage(WizardPage):
    """Fields at the left, the way to what they ask for at the right."""

    def __init__(
        self, model: WizardViewModel, step: FormStep, open_url: Callable[[str], object]
    ) -> None:
        super().__init__(step.title, step.text)
        self._vm, self._step = model, step
        self.fields: dict[str, QLineEdit] = {}
        self.choices: dict[str, QComboBox] = {}
        """Fields that have so many answers and no others."""
        self.problems: dict[str, Paragraph] = {}
        self._bad = dict(step.problems)
        self._narrow: list[QWidget] = []
        row = QHBoxLayout()
        row.setSpacing(px(24))
        row.addLayout(self._build_fields(), 0)
        if step.guide:
            row.addWidget(self._build_guide(open_url), 1, Qt.AlignmentFlag.AlignTop)
        else:
            row.addStretch(1)
        self.column.addLayout(row)
        self.column.addStretch(1)
        self.fit(px(2000))
        self.footer = Footer(
            primary=button("Continue", self.submit, kind="primary"),
            note="Nothing is saved until the connection has been tested.",
        )

    def fit(self, width: int) -> None:
        beside = px(72) if self._step.guide else 0
        half = (width - beside - px(48)) // (2 if self._step.guide else 1)
        for part in self._narrow:
            part.setFixedWidth(min(px(FORM_WIDTH), max(px(220), half)))

    def first_focus(self) -> QWidget | None:
        names = [item.name for item in self._step.fields]
        wrong = [name for name in names if name in self._bad]
        empty = [name for name in names if not self._answer(name)]
        name = next(iter(wrong + empty + names), "")
        return self.fields.get(name) or self.choices.get(name)

    def _answer(self, name: str) -> str:
        chosen = self.choices.get(name)
        return self.fields[name].text() if chosen is None else str(chosen.currentData())

    def submit(self) -> None:
        """Hand over what was typed. A required field that is empty is said here already."""
        missing = [
            item for item in self._step.fields
            if item.required and not self._answer(item.name).strip()
        ]  # fmt: skip
        if not missing:
            self._vm.submit({item.name: self._answer(item.name) for item in self._step.fields})
            return
        for item in missing:
            self._show_problem(item.name, f"Enter the {item.label.lower()}.")
        first = missing[0].name
        (self.fields.get(first) or self.choices[first]).setFocus()

    def _build_fields(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        if whole := self._bad.get(""):
            frame, inner = card(role="banner-error")
            self._narrow.append(frame)
            inner.addWidget(Paragraph(tame(whole), "body", "text"))
            column.addWidget(frame)
            column.addSpacing(px(12))
        for item in self._step.fields:
            build = self._build_choice if item.options else self._build_field
            column.addWidget(build(item))
            column.addSpacing(px(12))
        column.addStretch(1)
        return column

    def _build_choice(self, item: FormField) -> QWidget:
        """A list of the only answers. The field's help would name them once more."""
        holder = QWidget()
        self._narrow.append(holder)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        made = QComboBox()
        made.setAccessibleName(tame(item.label))
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for value, meaning in item.options:
            made.addItem(tame(meaning), value)
            made.setItemData(made.count() - 1, tooltip(meaning), Qt.ItemDataRole.ToolTipRole)
        made.setCurrentIndex(max(0, made.findData(item.default)))
        label = PlainLabel(tame(item.label), "small", "text2", weight=500)
        label.setBuddy(made)
        column.addWidget(label)
        column.addWidget(made)
        problem = Paragraph("", "small", "loss")
        problem.setVisible(False)
        column.addWidget(problem)
        self.choices[item.name], self.problems[item.name] = made, problem
        made.activated.connect(lambda _at, name=item.name: self._show_problem(name, ""))
        if words := self._bad.get(item.name):
            self._show_problem(item.name, words)
        return holder

    def _build_field(self, item: FormField) -> QWidget:
        holder = QWidget()
        self._narrow.append(holder)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        secret = item.kind is FieldKind.SECRET
        made = field(item.label, secret=secret)
        made.setText(item.default)
        made.setCursorPosition(0)
        on_enter(made, self.submit)
        label = PlainLabel(tame(item.label), "small", "text2", weight=500)
        label.setBuddy(made)
        column.addWidget(label)
        line = QHBoxLayout()
        line.setSpacing(px(6))
        line.addWidget(made, 1)
        if secret:
            line.addWidget(self._reveal(made, item.label))
        elif item.default:
            copy = button("", lambda: _copy(made.text()), picture="copy", hint="Copy",
                          name=f"Copy {item.label}")  # fmt: skip
            line.addWidget(copy)
        column.addLayout(line)
        if item.help:
            column.addWidget(Paragraph(tame(item.help), "small", "text3"))
        problem = Paragraph("", "small", "loss")
        problem.setVisible(False)
        column.addWidget(problem)
        self.fields[item.name], self.problems[item.name] = made, problem
        made.textEdited.connect(lambda _text, name=item.name: self._show_problem(name, ""))
        if words := self._bad.get(item.name):
            self._show_problem(item.name, words)
        return holder

    def _reveal(self, made: QLineEdit, label: str) -> QWidget:
        def turn() -> None:
            hidden = made.echoMode() == QLineEdit.EchoMode.Password
            modes = QLineEdit.EchoMode
            made.setEchoMode(modes.Normal if hidden else modes.Password)
            show.setText("Hide" if hidden else "Show")
            show.setAccessibleName(f"{show.text()} {label}")

        show = button("Show", turn, name=f"Show {label}")
        return show

    def _show_problem(self, name: str, words: str) -> None:
        made: QWidget = self.fields.get(name) or self.choices[name]
        shown = self.problems[name]
        shown.setText(tame(words))
        shown.setVisible(bool(words))
        made.setAccessibleDescription(tame(words))
        made.setProperty("problem", "true" if words else "false")
        made.style().unpolish(made)
        made.style().polish(made)

    def _build_guide(self, open_url: Callable[[str], object]) -> QWidget:
        frame, column = card()
        column.addWidget(PlainLabel("Where to get these", "body", "text", weight=600))
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(10))
        grid.setVerticalSpacing(px(8))
        grid.setColumnStretch(1, 1)
        for place, sentence in enumerate(self._step.guide):
            number = PlainLabel(f"{place + 1}.", "body", "text3", figures=True)
            grid.addWidget(number, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Paragraph(tame(sentence), "body", "text2"), place, 1)
        column.addLayout(grid)
        if self._step.guide_url:
            url = self._step.guide_url
            row = QHBoxLayout()
            row.setContentsMargins(0, px(4), 0, 0)
            opener = button("Open the page", lambda: open_url(url), picture="open", hint=url)
            row.addWidget(opener)
            row.addWidget(button("Copy link", lambda: _copy(url), picture="copy"))
            row.addStretch(1)
            column.addLayout(row)
        return frame


class NoticePage(WizardPage):
    """Something to know before the next step, such as the browser's certificate warning."""

    def __init__(self, model: WizardViewModel, step: NoticeStep) -> None:
        super().__init__(step.title)
        frame, column = card(role="banner-warn")
        head = QHBoxLayout()
        head.setSpacing(px(10))
        head.addWidget(IconMark("warning", "warn", "Warning"), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(Paragraph(tame(step.text), "body", "text"), 1)
        column.addLayout(head)
        self.column.addWidget(frame)
        self.column.addSpacing(px(14))
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(10))
        grid.setVerticalSpacing(px(9))
        grid.setColumnStretch(1, 1)
        for place, point in enumerate(step.points):
            number = PlainLabel(f"{place + 1}.", "body", "text3", figures=True)
            grid.addWidget(number, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Paragraph(tame(point), "body", "text"), place, 1)
        self.column.addLayout(grid)
        if step.fingerprint:
            self.column.addSpacing(px(14))
            self.column.addWidget(_fingerprint(step.fingerprint))
        self.column.addStretch(1)
        go = button(tame(step.action), lambda: model.submit({}), kind="primary", picture="open")
        self.footer = Footer(primary=go)


def _fingerprint(text: str) -> QWidget:
    frame, column = card(role="note")
    head = QHBoxLayout()
    head.addWidget(PlainLabel("SHA-256 fingerprint", "small", "text3", weight=500))
    head.addStretch(1)
    head.addWidget(
        button("Copy", lambda: _copy(text), small=True, picture="copy", name="Copy fingerprint")
    )
    column.addLayout(head)
    pairs = text.replace(" ", ":").split(":")
    half = (len(pairs) + 1) // 2
    for part in (pairs[:half], pairs[half:]):
        if part:
            shown = PlainLabel(":".join(part), "body", "text", figures=True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(shown)
    return frame


class FailedPage(WizardPage):
    """This attempt is over: what happened, what holds, and the way to try again."""

    def __init__(self, model: WizardViewModel, state: WizardState, close: Callable[[], object]):
        error = state.error
        assert error is not None
        super().__init__(error.title)
        frame, column = card(role="banner-error")
        for sentence in (error.message, error.hint):
            if sentence:
                column.addWidget(Paragraph(tame(sentence), "body", "text"))
        if error.message or error.hint:
            self.column.addWidget(frame)
        self.column.addStretch(1)
        if state.can_retry:
            by_hand = isinstance(state.step, FailedStep) and state.step.can_paste
            paste = button("Paste the address by hand", model.go_on_by_hand) if by_hand else None
            self.footer = Footer(
                primary=button("Start again", model.retry, kind="primary"),
                others=(paste,) if paste else (),
                note="Nothing was saved.",
            )
        else:
            self.footer = Footer(primary=button("Close", close, kind="primary"),
                                 note="Nothing was saved.")  # fmt: skip


class BusyPage(WizardPage):
    """A moment's wait, in words."""

    def __init__(self, state: WizardState) -> None:
        super().__init__(state.busy, "Cancel ends it at any time and keeps nothing.")
        self.column.addStretch(1)


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
