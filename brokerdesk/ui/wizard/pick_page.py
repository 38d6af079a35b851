"""The first page: which broker, and which of its environments."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import WizardState
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.wizard.comparison import GAP, LABELS, Comparison
from brokerdesk.ui.wizard.parts import Footer, IconMark, WizardPage, card

BESIDE = 2
"""With no more brokers than this there is room for the note beside them."""


DIRECT = "Use the direct connection where there is one: it tells more and needs nobody in between."


def _note_card(picture: str, token: str, *, role: str) -> tuple[QFrame, Paragraph]:
    frame, column = card(role=role)
    column.setContentsMargins(px(12), px(9), px(12), px(9))
    words = Paragraph("", "small", "text2")
    line = QHBoxLayout()
    line.setSpacing(px(8))
    line.addWidget(IconMark(picture, token), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(words, 1)
    column.addLayout(line)
    return frame, words


class PickPage(WizardPage):
    """Compares brokers by their capability records."""

    def __init__(self, model: WizardViewModel, practice: Callable[[], object] | None) -> None:
        super().__init__(
            "Which broker holds your account?",
            "Compare what each connection can do. You can add more at any time.",
        )
        self._vm = model
        state = model.state
        self._comparison = Comparison(state.cards, model.choose)
        few = len(state.cards) <= BESIDE
        row = QHBoxLayout()
        row.setSpacing(px(16))
        row.addWidget(self._comparison, 0 if few else 1)
        self.column.addLayout(row)
        self._environments = QHBoxLayout()
        self._environments.setContentsMargins(px(LABELS + GAP), px(12), 0, 0)
        self._segments: dict[str, QPushButton] = {}
        self.column.addLayout(self._environments)
        self._note_frame, self._note = _note_card("info", "accent", role="banner-info")
        notes: QVBoxLayout | QHBoxLayout = QVBoxLayout() if few else QHBoxLayout()
        notes.setSpacing(px(12))
        notes.addWidget(self._note_frame, 0 if few else 1)
        if len(state.cards) > 1:
            frame, words = _note_card("split", "text2", role="note")
            words.set_words("Not sure?", DIRECT)
            notes.addWidget(frame, 0 if few else 1)
        if few:
            notes.addStretch(1)
            holder = QWidget()
            holder.setLayout(notes)
            holder.setMaximumWidth(px(320))
            holder.setMinimumWidth(px(190))
            notes.setContentsMargins(0, 0, 0, 0)
            row.addWidget(holder, 1)
            row.addStretch(0)
        else:
            self.column.addSpacing(px(14))
            self.column.addLayout(notes)
        self.column.addStretch(1)
        self._go = button("Continue", model.go, kind="primary")
        aside: tuple[QWidget, ...] = ()
        if practice is not None:
            aside = (
                PlainLabel("Just looking?", "body", "text2"),
                button("Open practice data", practice, kind="link"),
            )
        self.footer = Footer(primary=self._go, aside=aside)
        self.show_state(state)

    def first_focus(self) -> QWidget | None:
        chosen = [one for one in self._comparison.columns if one.isChecked()]
        return chosen[0] if chosen else self._go

    def show_state(self, state: WizardState) -> None:
        self._comparison.show_chosen(state.chosen)
        broker = state.card
        self._go.setEnabled(broker is not None and bool(state.environment))
        self._note_frame.setVisible(broker is not None and bool(broker.note))
        if broker is None:
            return
        self._go.setText(f"Continue with {tame(broker.title)}".replace("&", "&&"))
        self._go.setAccessibleName(f"Continue with {tame(broker.title)}")
        lead = f"{tame(broker.title)}, facts as of {broker.checked}." if broker.checked else ""
        self._note.set_words(lead, tame(broker.note))
        if list(self._segments) != list(broker.environments):
            self._show_environments(broker.environments)
        for name, segment in self._segments.items():
            segment.setChecked(name == state.environment)

    def _show_environments(self, names: tuple[str, ...]) -> None:
        while self._environments.count():
            item = self._environments.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self._segments = {}
        if len(names) < 2:
            return
        track = QFrame()
        track.setProperty("role", "segments")
        row = QHBoxLayout(track)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        group = QButtonGroup(track)
        for name in names:
            made = QPushButton(name.capitalize())
            made.setProperty("kind", "segment")
            made.setCheckable(True)
            made.setAutoExclusive(True)
            made.setAccessibleName(f"{name.capitalize()} accounts")
            made.clicked.connect(lambda _on=False, key=name: self._vm.choose_environment(key))
            group.addButton(made)
            row.addWidget(made)
            self._segments[name] = made
        self._environments.addWidget(track, 0, Qt.AlignmentFlag.AlignLeft)
        self._environments.addStretch(1)
