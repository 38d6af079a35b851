"""What the user does to orders: asks first, tells the port once for each click, says what became.

A click has an id that is made with its question, so that a held key or two presses ask a broker
once. While a cancel is under way the order's buttons are dimmed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.desk import Toast
from brokerdesk.ui.viewmodels.order_deeds import (
    AGAIN,
    CANCEL,
    CHANGE,
    OFFLINE,
    PAST,
    SITE,
    Deed,
    DeedsPort,
    Outcome,
    cancel_question,
    deeds_of,
)
from brokerdesk.ui.viewmodels.order_detail import CHECK, MINE, MYSELF, NO, NOT_MINE, YES, Request
from brokerdesk.ui.viewmodels.order_rows import OrderRow
from brokerdesk.ui.viewmodels.orders import OrdersFound
from brokerdesk.ui.views.orders.sheets import CancelAllSheet, MyselfSheet
from brokerdesk.ui.widgets.confirm import ConfirmSheet

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk


class OrderActing(QObject):
    """The deeds of one page.

    Signals:
        changed: something is under way now, or came to an end.
    """

    changed = Signal()

    def __init__(self, desk: Desk, port: DeedsPort, page: QWidget) -> None:
        super().__init__(page)
        self._desk, self._port, self._page = desk, port, page
        self._busy: set[str] = set()
        self.sheet: QWidget | None = None

    # what can be done

    def deeds(self, row: OrderRow | None) -> tuple[Deed, ...]:
        """Everything that can be done to this order now, or why not."""
        busy = row is not None and row.key in self._busy
        return deeds_of(
            row, past=self._desk.past is not None, offline=self._desk.state.offline, busy=busy
        )

    def why_not_all(self, working: int) -> str:
        """Why nothing can be cancelled altogether; "" when it can."""
        if self._desk.past is not None:
            return PAST
        if self._desk.state.offline:
            return OFFLINE
        return "" if working else "There is no working order."

    # doing

    def do(self, deed: str, row: OrderRow) -> None:
        """Begin what a button or a key says; the caller has seen that it is possible."""
        if deed == CANCEL:
            self._ask_cancel(row)
        elif deed == CHANGE:
            self._desk.wish(f"ticket:change:{row.key}")
        elif deed == AGAIN:
            self._desk.wish(f"ticket:copy:{row.key}")
        elif deed == SITE:
            self._open_site(row)

    def settle(self, what: str, row: OrderRow) -> None:
        """What the buttons below a doubt say."""
        intent = row.open_intent or row.intent
        if what == CHECK:
            self._desk.say("Checking…")
            self._port.check(intent, self._on_settled, self._on_failed)
        elif what == SITE:
            self._open_site(row)
        elif what == MYSELF:
            sheet = MyselfSheet(row)
            sheet.chosen.connect(partial(self._choose, intent))
            sheet.absent.connect(partial(self._confirm_absent, intent))
            sheet.refused.connect(partial(self._set_aside, intent))
            self._open(sheet)
            sheet.open_over(self._page, sheet.no)
        elif what in (MINE, NOT_MINE) and row.proposed is not None:
            if what == MINE:
                self._choose(intent, row.proposed.id)
            else:
                self._set_aside(intent, (row.proposed.id,))
        elif what in (YES, NO):
            self._port.answer(row.intent, what == YES, self._on_outcome, self._on_failed)

    def ask_request(self, intent: str, done: Callable[[Request], object]) -> None:
        """What was sent and answered, or why it cannot be told."""

        def failed(error: BaseException) -> None:
            done(Request(intent=intent, trouble=_sentences(error)))

        self._port.request(intent, done, failed)

    def attend(self, on: bool) -> None:
        """The page is seen or no longer: orders that no broker tells of are asked for meanwhile."""
        if self._desk.ready:
            self._port.attend(on)

    # one order

    def _ask_cancel(self, row: OrderRow) -> None:
        title, text, yes, no = cancel_question(row, private=privacy().on)
        sheet = ConfirmSheet(title, text, yes, no)
        click = uuid4().hex
        sheet.answered.connect(partial(self._on_cancel_answer, row, click))
        self._open(sheet)
        sheet.open_over(self._page)

    def _on_cancel_answer(self, row: OrderRow, click: str, yes: bool) -> None:
        self.sheet = None
        if not yes or row.key in self._busy:
            return
        why = next(one.why for one in self.deeds(row) if one.id == CANCEL)
        if why:  # the network went while the question stood
            self._desk.say(why)
            return
        self._busy.add(row.key)
        self.changed.emit()
        self._port.cancel(
            row.account, row.number, click,
            partial(self._on_cancelled, row.key), partial(self._on_cancel_failed, row.key),
        )  # fmt: skip

    def _on_cancelled(self, key: str, outcome: Outcome) -> None:
        self._busy.discard(key)
        self._on_outcome(outcome)

    def _on_cancel_failed(self, key: str, error: BaseException) -> None:
        self._busy.discard(key)
        self._on_failed(error)

    def _on_outcome(self, outcome: Outcome) -> None:
        self._desk.say(f"{outcome.title} {outcome.text}".strip())
        if outcome.kind != "good":
            self._desk.toast(Toast(outcome.title, outcome.text, "warn"))
        self._tell()

    # all orders

    def ask_all(self) -> None:
        """Ask which orders to cancel, over all accounts whatever the scope."""
        why = self.why_not_all(1)
        if why:
            self._desk.say(why)
            return
        rows = self._desk.state.everyone or self._desk.figures.accounts
        accounts = tuple((row.key, row.title) for row in rows)
        self._port.working(accounts, self._on_working, self._on_failed)

    def _on_working(self, found: OrdersFound) -> None:
        if not isValid(self) or not self._page.isVisible():
            return
        sheet = CancelAllSheet(found.rows)
        if not sheet.chosen and not sheet.others:
            sheet.deleteLater()
            self._desk.say(found.trouble or "There is no working order that can be canceled.")
            return
        sheet.agreed.connect(partial(self._on_all_agreed, sheet))
        self._open(sheet)
        sheet.open_over(self._page, sheet.no)

    def _on_all_agreed(self, sheet: CancelAllSheet, account: str, way: str, click: str) -> None:
        def done(outcomes: tuple[Outcome, ...]) -> None:
            if isValid(sheet):
                sheet.show_outcomes(outcomes)
            self._tell()

        def failed(error: BaseException) -> None:
            if isValid(sheet):
                sheet.show_failure(*_words(error))
            else:
                self._on_failed(error)
            self._tell()

        self._port.cancel_all(account, way, click, done, failed)

    # settling

    def _choose(self, intent: str, number: str) -> None:
        self._port.choose(intent, number, self._on_settled, self._on_failed)

    def _set_aside(self, intent: str, numbers: tuple[str, ...]) -> None:
        self._desk.say("Noted. BrokerDesk goes on looking for yours…")
        self._port.set_aside(intent, numbers, self._on_settled, self._on_failed)

    def _confirm_absent(self, intent: str) -> None:
        self._port.absent(intent, self._on_settled, self._on_failed)

    def _on_settled(self, _nothing: object) -> None:
        self._tell()

    def _open_site(self, row: OrderRow) -> None:
        self._port.open_site(row.url, partial(self._on_site, row.url), self._on_failed)

    def _on_site(self, url: str, opened: bool) -> None:
        self._desk.say("Opened in your browser." if opened else f"No browser was found. {url}")

    def _on_failed(self, error: BaseException) -> None:
        title, text = _words(error)
        self._desk.say(f"{title} {text}".strip())
        self._desk.toast(Toast(title, text, "warn"))
        self._tell()

    def _tell(self) -> None:
        if isValid(self):
            self.changed.emit()

    def _open(self, sheet: QWidget) -> None:
        self.sheet = sheet


def _words(error: BaseException) -> tuple[str, str]:
    if isinstance(error, BrokerDeskError):
        return error.title, " ".join(part for part in (error.message, error.hint) if part)
    return "That did not work.", "The list shows how your orders stand."


def _sentences(error: BaseException) -> str:
    return " ".join(part for part in _words(error) if part)
