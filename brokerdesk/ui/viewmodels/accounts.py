"""The Accounts page without a widget: which account is shown, and what is known of it.

It asks its port whenever figures, the past moment or the choice change; the newest answer wins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.ui.viewmodels.accounts_list import OtherAccount
from brokerdesk.ui.viewmodels.state import Figures

if TYPE_CHECKING:
    from brokerdesk.services.account_detail import AccountDetail
    from brokerdesk.ui.models.account_detail_columns import EntryRow, HoldingRow

SPANS: dict[str, int | None] = {"30 days": 30, "90 days": 90, "1 year": 366, "All": None}
"""How far back transactions are listed, in days."""
LONGEST_NAME = 60

Failed = Callable[[BaseException], object]


class AccountsPort(Protocol):
    """What the page asks of the services."""

    def others(self, done: Callable[[tuple[OtherAccount, ...]], object]) -> None: ...

    def detail(
        self,
        account: str,
        as_of: datetime | None,
        done: Callable[[AccountDetail | None], object],
        failed: Failed,
    ) -> None: ...

    def entries(
        self,
        account: str,
        since: datetime | None,
        until: datetime | None,
        done: Callable[[tuple[EntryRow, ...]], object],
        failed: Failed,
    ) -> None: ...

    def rename(self, account: str, nickname: str, done: Callable[[], object]) -> None: ...

    def holdings(self, detail: AccountDetail) -> tuple[HoldingRow, ...]: ...

    def broker_title(self, broker: str) -> str: ...


class AccountsViewModel(QObject):
    """State and intents of the page.

    Signals:
        listed: ``others`` are other ones.
        chosen_changed: another account is shown.
        shown: ``detail``, ``holdings`` or ``problem`` are other ones.
        entries_shown: ``entries`` are other ones.
        renamed: a new nickname was kept; the one before it can be brought back by ``undo_rename``.
    """

    listed = Signal()
    chosen_changed = Signal()
    shown = Signal()
    entries_shown = Signal()
    renamed = Signal()

    def __init__(self, port: AccountsPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._figures: Figures | None = None
        self._past: datetime | None = None
        self._now: datetime | None = None
        self.others: tuple[OtherAccount, ...] = ()
        self.chosen = ""
        self.detail: AccountDetail | None = None
        self.holdings: tuple[HoldingRow, ...] = ()
        self.entries: tuple[EntryRow, ...] | None = None
        self.problem = ""
        self.span = "90 days"
        self.before_rename: tuple[str, str] | None = None
        """Account and nickname before the last rename."""

    @property
    def past(self) -> datetime | None:
        return self._past

    def broker_title(self, broker: str) -> str:
        return self._port.broker_title(broker)

    # what comes in

    def follow(self, figures: Figures, past: datetime | None, now: datetime) -> None:
        """Take notice of these figures; the same ones again ask for nothing."""
        self._now = now
        if figures == self._figures and past == self._past:
            return
        moved = past != self._past
        self._figures, self._past = figures, past
        self._port.others(self._on_others)
        if not self.chosen:
            self.choose(next(iter(self._keys()), ""))
        else:
            self._read()
            self._read_entries(anew=moved)

    def _keys(self) -> list[str]:
        rows = self._figures.accounts if self._figures is not None else ()
        return [*(row.key for row in rows), *(one.key for one in self.others)]

    # intents

    def choose(self, account: str) -> None:
        """Show this account."""
        if not account or account == self.chosen:
            return
        self.chosen = account
        self.detail, self.holdings, self.entries = None, (), None
        self.problem, self.before_rename = "", None
        self.chosen_changed.emit()
        self.shown.emit()
        self.entries_shown.emit()
        self._read()
        self._read_entries(anew=True)

    def choose_span(self, span: str) -> None:
        """List transactions that far back."""
        if span in SPANS and span != self.span:
            self.span = span
            self._read_entries(anew=True)

    def rename(self, nickname: str) -> None:
        """Give the shown account another nickname; "" returns to the broker's name."""
        detail = self.detail
        nickname = " ".join(nickname.split())[:LONGEST_NAME]
        if detail is None or nickname == detail.card.nickname:
            return
        account, before = str(detail.card.id), detail.card.nickname

        def kept() -> None:
            if isValid(self):
                self.before_rename = (account, before)
                self.renamed.emit()
                self._read()

        self._port.rename(account, nickname, kept)

    def undo_rename(self) -> None:
        """Bring back the nickname before the last rename."""
        if self.before_rename is None:
            return
        account, before = self.before_rename
        self.before_rename = None

        def kept() -> None:
            if isValid(self):
                self.renamed.emit()
                self._read()

        self._port.rename(account, before, kept)

    # reading

    def _read(self) -> None:
        asked, past = self.chosen, self._past

        def done(detail: AccountDetail | None) -> None:
            if isValid(self) and (asked, past) == (self.chosen, self._past):
                self._on_detail(detail)

        def failed(error: BaseException) -> None:
            if isValid(self) and asked == self.chosen:
                self.problem = str(getattr(error, "title", "")) or "It could not be read."
                self.shown.emit()

        self._port.detail(asked, past, done, failed)

    def _on_detail(self, detail: AccountDetail | None) -> None:
        gone = detail is None
        self.problem = "This account is no longer there." if gone else ""
        if detail != self.detail or gone:
            self.detail = detail
            self.holdings = self._port.holdings(detail) if detail is not None else ()
            self.shown.emit()

    def _read_entries(self, *, anew: bool) -> None:
        asked, past, span = self.chosen, self._past, self.span
        if anew and self.entries is not None:
            self.entries = None
            self.entries_shown.emit()
        days, until = SPANS[span], past
        moment = past or self._now
        since = None if days is None or moment is None else moment - timedelta(days=days)

        def done(entries: tuple[EntryRow, ...]) -> None:
            now = (self.chosen, self._past, self.span) if isValid(self) else None
            if now == (asked, past, span) and entries != self.entries:
                self.entries = entries
                self.entries_shown.emit()

        def failed(_error: BaseException) -> None:
            if isValid(self) and self.entries is None:
                self.entries = ()
                self.entries_shown.emit()

        self._port.entries(asked, since, until, done, failed)

    def _on_others(self, others: tuple[OtherAccount, ...]) -> None:
        if not isValid(self):
            return
        changed, self.others = others != self.others, others
        keys = self._keys()
        if self.chosen not in keys:  # it went, or it is out of scope
            self.choose(next(iter(keys), ""))
        if changed:
            self.listed.emit()
