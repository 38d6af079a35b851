"""Waiting for the browser: the countdown, the link once more, and the way back by hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from brokerdesk.brokers.flow import BrowserStep
from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Paste, WizardState
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, button
from brokerdesk.ui.widgets.painted import CountdownRing
from brokerdesk.ui.wizard.parts import Footer, WizardPage, card, field, on_enter
from brokerdesk.ui.wizard.sign_in_side import WIDTH, SidePane, SignInWay

ROOM = 600
"""What the wait needs at least beside the pane at its side."""

_PASTE = {
    Paste.NONE: ("text3", "Checked on this computer before use: right address, right sign-in, "
                 "used once."),
    Paste.CHECKING: ("text3", "Checking…"),
    Paste.WRONG: ("loss", "That address is not from this sign-in. Copy the whole address from the "
                  "newest browser tab."),
    Paste.CONFIRM: ("warn", "This address does not say which sign-in it belongs to. Use it only "
                    "if it comes from the browser window that this sign-in opened."),
    Paste.ACCEPTED: ("gain", "That is it. Finishing the sign-in…"),
}  # fmt: skip


class BrowserPage(WizardPage):
    """The page moves on by itself when the browser comes back."""

    def __init__(
        self, model: WizardViewModel, step: BrowserStep, cancel: Callable[[], object]
    ) -> None:
        super().__init__(step.title, "Nothing is saved until the connection has been tested.")
        self._vm, self._step = model, step
        broker = model.state.known_card
        frame, column = card()
        column.setContentsMargins(px(24), px(22), px(24), px(18))
        column.setSpacing(px(16))
        column.addLayout(self._build_wait())
        column.addWidget(Hairline())
        self._by_hand = QWidget()
        self._by_hand.setLayout(self._build_paste())
        column.addWidget(self._by_hand)
        line = Hairline()
        column.addWidget(line)
        if not step.comes_back:  # the broker is asked instead, so there is nothing to paste
            self._by_hand.hide()
            line.hide()
        self._way = SignInWay(broker.title if broker else "")
        column.addWidget(self._way)
        row = QHBoxLayout()
        row.setSpacing(px(16))
        row.addWidget(frame, 1, Qt.AlignmentFlag.AlignTop)
        self.side = SidePane(broker) if broker is not None else None
        if self.side is not None:
            row.addWidget(self.side, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)
        self.column.addStretch(1)
        self.footer = Footer(
            aside=(button("Cancel sign-in", cancel),),
            note="Closes the waiting port at once." if step.comes_back else "",
        )
        self.show_state(model.state)

    def fit(self, width: int) -> None:
        if self.side is not None:  # the wait itself comes first where there is no room for both
            self.side.setVisible(width >= px(WIDTH + ROOM))

    def first_focus(self) -> QWidget | None:
        return self._again

    def _build_wait(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(px(28))
        self._ring = CountdownRing()
        row.addWidget(self._ring)
        words = QVBoxLayout()
        words.setSpacing(px(6))
        self._title = PlainLabel("Waiting for your browser", "symbol")
        self._text = Paragraph(tame(self._step.text), "body", "text2")
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._text)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, px(6), 0, 0)
        self._again = button("Open the page again", self._vm.open_again, picture="open")
        buttons.addWidget(self._again)
        buttons.addWidget(button("Copy link", self._copy_link, picture="copy"))
        buttons.addStretch(1)
        words.addLayout(buttons)
        words.addStretch(1)
        row.addLayout(words, 1)
        return row

    def _build_paste(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(6))
        column.addWidget(PlainLabel("Browser did not come back?", "body", "text", weight=600))
        hint = self._step.paste_hint or "Copy the whole address from its address bar to here."
        column.addWidget(Paragraph(tame(hint), "body", "text2"))
        row = QHBoxLayout()
        row.setSpacing(px(8))
        self.address: QLineEdit = field("The address that the browser shows")
        self.address.setPlaceholderText("https://127.0.0.1…")
        on_enter(self.address, self._use)
        row.addWidget(self.address, 1)
        row.addWidget(button("Paste", self._paste, name="Paste the address"))
        self._use_it = button("Use this address", self._use)
        row.addWidget(self._use_it)
        column.addLayout(row)
        self._said = Paragraph("", "small", "text3")
        column.addWidget(self._said)
        confirm = QHBoxLayout()
        self._confirm = button("It is from this sign-in", self._vouch)
        confirm.addWidget(self._confirm)
        confirm.addStretch(1)
        column.addLayout(confirm)
        self.address.textChanged.connect(lambda _text: self.show_state(self._vm.state))
        return column

    # intents

    def _copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self._step.url)

    def _paste(self) -> None:
        self.address.setText(QGuiApplication.clipboard().text().strip()[:4000])
        self._use()

    def _use(self) -> None:
        self._vm.paste(self.address.text())

    def _vouch(self) -> None:
        self._vm.paste(self.address.text(), confirmed=True)

    # state

    def show_state(self, state: WizardState) -> None:
        self._way.show_state(state)
        self._ring.show_left(state.left_share, fmt.countdown(state.left))
        found = state.browser_opened is not False
        self._title.setText("Waiting for your browser" if found else "No browser could be started")
        self._text.setText(
            tame(self._step.text)
            if found
            else "Copy the link and open it in a browser on this computer. " + tame(self._step.text)
        )
        tone, words = _PASTE[state.paste]
        self._said.set_tone(tone)
        self._said.setText(words)
        busy = state.paste in (Paste.CHECKING, Paste.ACCEPTED)
        self._use_it.setEnabled(bool(self.address.text().strip()) and not busy)
        self._confirm.setVisible(state.paste is Paste.CONFIRM)
        self.address.setEnabled(state.paste is not Paste.ACCEPTED)
