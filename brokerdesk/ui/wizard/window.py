"""The wizard's frame: step line above, the page of the present step, buttons below.

Not modal and never blocking: the main window stays usable. Which page is shown follows from the
state alone; a page is built anew when its step is another one, and only told of anything else.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.brokers.flow import BrowserStep, FormStep, NoticeStep
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Page, WizardState
from brokerdesk.ui.widgets.basics import Hairline, button
from brokerdesk.ui.widgets.focus_ring import FocusRing
from brokerdesk.ui.widgets.tags import Kbd
from brokerdesk.ui.wizard.account_pages import AccountsPage, SyncPage
from brokerdesk.ui.wizard.browser_page import BrowserPage
from brokerdesk.ui.wizard.keeping_page import KeepingPage
from brokerdesk.ui.wizard.parts import StageLine, WizardPage
from brokerdesk.ui.wizard.pick_page import PickPage
from brokerdesk.ui.wizard.step_pages import BusyPage, FailedPage, FormPage, NoticePage

TICK_MS = 500


class WizardWindow(QDialog):
    """The connect wizard.

    Signals:
        gone: it was closed, and an unfinished attempt was cancelled.
        practice_wanted: the user would rather look at practice data.
    """

    gone = Signal()
    practice_wanted = Signal()

    def __init__(self, model: WizardViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.page: WizardPage | None = None
        self._shown: tuple[object, ...] = ()
        model.setParent(self)
        self._build_ui()
        self._connect()
        self._render()

    def _build_ui(self) -> None:
        self.setWindowFlag(Qt.WindowType.Window, True)
        self.setModal(False)
        screen = self.screen().availableSize()
        least = QSize(px(820), px(560)).boundedTo(screen)
        self.setMinimumSize(least)
        self.resize(QSize(px(1040), px(760)).boundedTo(screen).expandedTo(least))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(Hairline())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(self._scroll, 1)
        column.addWidget(Hairline())
        self._foot = QWidget()
        self._foot.setProperty("role", "sheet")
        self._foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._foot_row = QHBoxLayout(self._foot)
        self._foot_row.setContentsMargins(px(24), px(13), px(24), px(13))
        self._foot_row.setSpacing(px(8))
        column.addWidget(self._foot)
        self._ring = FocusRing(self)

    def _build_head(self) -> QWidget:
        head = QWidget()
        head.setProperty("role", "sheet")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head.setFixedHeight(px(theme().tokens.bar["top"]))
        row = QHBoxLayout(head)
        row.setContentsMargins(px(24), 0, px(16), 0)
        self._heading = PlainLabel("", "pane")
        self._stages = StageLine()
        self._cancel = button("Cancel", self.close, kind="ghost", hint="Cancel (Esc)")
        self._esc = Kbd("Esc")
        row.setSpacing(px(24))
        row.addWidget(self._heading)
        row.addStretch(1)
        row.addWidget(self._stages)
        row.addStretch(1)
        last = QHBoxLayout()
        last.setSpacing(px(2))
        last.addWidget(self._cancel)
        last.addWidget(self._esc)
        row.addLayout(last)
        return head

    def _connect(self) -> None:
        self.model.changed.connect(self._render)
        self.model.came_back.connect(self.come_forward)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self.model.tick)
        self._ticker.start(TICK_MS)

    # state

    def _render(self) -> None:
        state = self.model.state
        title = tame(state.heading)
        metrics = self._heading.fontMetrics()
        self._heading.setText(metrics.elidedText(title, Qt.TextElideMode.ElideRight, px(236)))
        self.setWindowTitle(title)
        finished = state.page is Page.SYNC
        self._stages.show_stage(state.stage, done=finished)
        self._cancel.setVisible(not finished)
        self._esc.setVisible(not finished)
        identity = (state.page, state.step, state.busy, state.error, state.keeping)
        wanted = identity if state.page is not Page.SYNC else (Page.SYNC,)
        if state.page in (Page.PICK, Page.ACCOUNTS):
            wanted = (state.page,)
        if wanted != self._shown:
            self._shown = wanted
            self._put(self._page_for(state))
        elif self.page is not None:
            self.page.show_state(state)

    def _page_for(self, state: WizardState) -> WizardPage:
        model, step = self.model, state.step
        if state.page is Page.FORM and isinstance(step, FormStep):
            return FormPage(model, step, model.open_page)
        if state.page is Page.NOTICE and isinstance(step, NoticeStep):
            return NoticePage(model, step)
        if state.page is Page.BROWSER and isinstance(step, BrowserStep):
            return BrowserPage(model, step, self.close)
        if state.page is Page.KEEPING:
            return KeepingPage(model)
        if state.page is Page.FAILED:
            return FailedPage(model, state, self.close)
        if state.page is Page.ACCOUNTS:
            return AccountsPage(model)
        if state.page is Page.SYNC:
            return SyncPage(model, self.close)
        if state.page is Page.BUSY:
            return BusyPage(state)
        live = any("practice" not in card.environments for card in state.cards)
        return PickPage(model, self.practice_wanted.emit if live else None)

    def _put(self, page: WizardPage) -> None:
        old = self._scroll.takeWidget()
        if old is not None:
            old.hide()
            old.deleteLater()
        self.page = page
        policies = Qt.ScrollBarPolicy
        wide = isinstance(page, PickPage)  # many brokers may need more than the window has
        self._scroll.setHorizontalScrollBarPolicy(
            policies.ScrollBarAsNeeded if wide else policies.ScrollBarAlwaysOff
        )
        page.fit(self.width())
        self._scroll.setWidget(page)
        self._fill_foot(page)
        focus = page.first_focus()
        if focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill_foot(self, page: WizardPage) -> None:
        while self._foot_row.count():
            item = self._foot_row.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        footer = page.footer
        for part in footer.aside:
            self._foot_row.addWidget(part)
        if footer.note:
            self._foot_row.addWidget(PlainLabel(tame(footer.note), "small", "text3"))
        self._foot_row.addStretch(1)
        for other in footer.others:
            self._foot_row.addWidget(other)
        if footer.primary is not None:
            self._foot_row.addWidget(footer.primary)
        self._foot.setMinimumHeight(px(58))

    # window

    def come_forward(self) -> None:
        """To the front: the browser came back, or the wizard was asked for again."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self.page is not None:
            self.page.fit(self.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter presses the button that has the focus, else the page's way on. Fields act on it
        themselves; a key that is held down presses once.
        """
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        event.accept()
        focus = self.focusWidget()
        if event.isAutoRepeat() or isinstance(focus, QLineEdit):
            return
        on = focus if isinstance(focus, QPushButton) and not focus.isCheckable() else None
        pressed = on or (None if self.page is None else self.page.footer.primary)
        if pressed is not None and pressed.isEnabled():
            pressed.click()

    def reject(self) -> None:
        """Esc cancels like closing does."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._ticker.stop()
        self.model.cancel()
        event.accept()
        self.gone.emit()
