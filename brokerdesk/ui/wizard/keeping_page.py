"""Where the sign-in will be kept when there is no keychain that opens."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.wizard import LEAST_PASSPHRASE, WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import KeepingKind, WizardState
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.wizard.parts import Footer, IconMark, WizardPage, card, field, on_enter

_TITLES = {
    KeepingKind.SESSION: "This sign-in would last only until BrokerDesk ends",
    KeepingKind.VAULT_LOCKED: "Unlock the passphrase vault",
    KeepingKind.LOCKED: "The system keychain does not open",
}


class KeepingPage(WizardPage):
    """Make a vault, unlock it, or go on for this session."""

    def __init__(self, model: WizardViewModel) -> None:
        keeping = model.state.keeping
        assert keeping is not None
        super().__init__(_TITLES[keeping.kind])
        self._vm = model
        self.passphrase: QLineEdit | None = None
        self.again: QLineEdit | None = None
        frame, column = card(role="banner-warn")
        head = QHBoxLayout()
        head.setSpacing(px(10))
        head.addWidget(IconMark("lock", "warn", "Kept"))
        head.addWidget(Paragraph(tame(keeping.words), "body", "text"), 1)
        column.addLayout(head)
        self.column.addWidget(frame)
        self.column.addSpacing(px(16))
        session = button("Go on for this session", model.session_only)
        if keeping.kind is KeepingKind.SESSION:
            self._build_new()
            self.footer = Footer(
                primary=button("Make a vault and go on", self._make, kind="primary"),
                others=(session,),
            )
        elif keeping.kind is KeepingKind.VAULT_LOCKED:
            self._build_old()
            self.footer = Footer(primary=button("Unlock", self._unlock, kind="primary"))
        else:
            self.footer = Footer(
                primary=button("Try again", model.check_keeping, kind="primary"),
                others=(session,),
            )
        self._problem = Paragraph("", "small", "loss")
        self.column.addWidget(self._problem)
        self.column.addStretch(1)
        self.show_state(model.state)

    def first_focus(self) -> QWidget | None:
        return self.passphrase or self.footer.primary

    def show_state(self, state: WizardState) -> None:
        self._problem.setText(tame(state.keeping_problem))
        self._problem.setVisible(bool(state.keeping_problem))

    def _build_new(self) -> None:
        self.column.addWidget(PlainLabel("Make a passphrase vault", "body", "text", weight=600))
        self.column.addSpacing(px(2))
        text = (
            "Sign-ins are then sealed under your passphrase, which BrokerDesk asks for at its "
            f"next start. At least {LEAST_PASSPHRASE} characters. Nobody can recover it."
        )
        self.column.addWidget(Paragraph(text, "body", "text2", width=px(560)))
        self.column.addSpacing(px(10))
        self.passphrase = self._add("Passphrase")
        self.again = self._add("The same once more")
        on_enter(self.again, self._make)

    def _build_old(self) -> None:
        self.passphrase = self._add("Passphrase")
        on_enter(self.passphrase, self._unlock)

    def _add(self, name: str) -> QLineEdit:
        column = QVBoxLayout()
        column.setSpacing(px(4))
        made = field(name, secret=True, longest=1000)
        made.setFixedWidth(px(320))
        label = PlainLabel(name, "small", "text2", weight=500)
        label.setBuddy(made)
        column.addWidget(label)
        column.addWidget(made)
        self.column.addLayout(column)
        self.column.addSpacing(px(10))
        return made

    def _make(self) -> None:
        assert self.passphrase is not None
        assert self.again is not None
        self._vm.make_vault(self.passphrase.text(), self.again.text())

    def _unlock(self) -> None:
        assert self.passphrase is not None
        if self.passphrase.text():
            self._vm.unlock_vault(self.passphrase.text())
