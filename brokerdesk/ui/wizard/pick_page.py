"""The first page: which broker, and which of its environments."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import WizardState
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.wizard.comparison import LABELS, Comparison
from brokerdesk.ui.wizard.parts import Footer, WizardPage, card

BESIDE = 2
"""With no more brokers than this there is room for the note beside them."""


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
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._comparison, 1)
        self.column.addLayout(row)
        self._environments = QHBoxLayout()
        self._environments.setContentsMargins(LABELS + 10, 12, 0, 0)
        self._segments: dict[str, QPushButton] = {}
        self.column.addLayout(self._environments)
        self._note_frame, note = card(role="note")
        self._note = Paragraph("", "body", "text2")
        note.addWidget(self._note)
        if len(state.cards) <= BESIDE:
            self._note_frame.setFixedWidth(250)
            row.addWidget(self._note_frame, 0, Qt.AlignmentFlag.AlignTop)
        else:
            self.column.addSpacing(14)
            self.column.addWidget(self._note_frame)
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
        self._note.setText(tame(broker.note))
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
