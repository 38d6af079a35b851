"""The Accounts page: a list at the left, everything about the chosen account at the right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from brokerdesk.services.account_detail import AccountDetail
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.gateways.accounts import AccountsGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.account_detail_columns import ENTRY_COLUMNS, HOLDING_COLUMNS
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels import accounts_detail as facts
from brokerdesk.ui.viewmodels import accounts_head as heads
from brokerdesk.ui.viewmodels.accounts import SPANS, AccountsPort, AccountsViewModel
from brokerdesk.ui.viewmodels.accounts_list import list_rows
from brokerdesk.ui.viewmodels.accounts_notices import SHOW_UNREAD, notices
from brokerdesk.ui.viewmodels.same_account import source_messages
from brokerdesk.ui.views.accounts.account_list import AccountList
from brokerdesk.ui.views.accounts.facts import FactsView
from brokerdesk.ui.views.accounts.head import AccountHead
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.splitter import Splitter
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

TABS = ("details", "positions", "transactions")
HELP = (
    "Accounts shows everything that a broker reported of one account. Up and Down choose an "
    "account. The line below its value says how the broker’s total comes about. Leave out takes "
    "an account out of all totals; its history stays."
)


class AccountsPage(Page):
    """The list, the head, and details, positions or transactions."""

    name = "accounts"

    def __init__(self, desk: Desk, port: AccountsPort | None = None) -> None:
        super().__init__(desk)
        self.model = AccountsViewModel(port or AccountsGateway(desk), self)
        self._unread_shown = False
        self._build_ui()
        self._connect()
        self._restore()
        self._on_desk()

    # building

    def _build_ui(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._split = Splitter(Qt.Orientation.Horizontal)
        outer.addWidget(self._split)
        self.list = AccountList()
        self._split.addWidget(self.list)
        self._right = QStackedWidget()
        self._split.addWidget(self._right)
        self._split.setStretchFactor(0, 0)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([px(300), px(960)])
        self._right.addWidget(self._build_detail())
        self._empty = EmptyState("accounts", "No account.", "")
        self._empty.acted.connect(self._on_action)
        self._right.addWidget(self._empty)

    def _build_detail(self) -> QWidget:
        detail = QWidget()
        detail.setProperty("role", "sheet")
        column = QVBoxLayout(detail)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = AccountHead()
        self.tabs = Segments(
            [("details", "Details"), ("positions", "Positions"), ("transactions", "Transactions")],
            "Part of the account",
        )
        self.spans = Segments([(key, key) for key in SPANS], "How far back", choice=self.model.span)
        self.spans.hide()
        bar = FlowLayout(px(16), px(6))
        bar.setContentsMargins(px(20), px(4), px(20), px(10))
        bar.addWidget(self.tabs)
        bar.addWidget(self.spans)
        self.facts = FactsView()
        self.positions = TablePane(
            "Positions", TreeRows(HOLDING_COLUMNS, haystack=lambda r: f"{r.symbol} {r.name}"),
            lambda n: fmt.count(n, "position"), nothing="No positions.",
            filter_name="Filter positions", noun=("position", "positions"),
            memory_key="accounts/positions", export=csv_writer(self.desk),
        )  # fmt: skip
        self.entries = TablePane(
            "Transactions",
            TreeRows(ENTRY_COLUMNS, haystack=lambda r: f"{r.symbol} {r.kind} {r.text}"),
            lambda n: fmt.count(n, "transaction"), nothing="No transactions in this time.",
            filter_name="Filter transactions", noun=("transaction", "transactions"),
            picture="activity", memory_key="accounts/transactions",
            export=csv_writer(self.desk),
        )  # fmt: skip
        self.parts = QStackedWidget()
        # What stands above may grow; a window of the smallest size has to hold both.
        self.parts.setMinimumHeight(px(96))
        for part in (self.facts, self.positions, self.entries):
            self.parts.addWidget(part)
        column.addWidget(self.head)
        column.addLayout(bar)
        column.addWidget(Hairline())
        column.addWidget(self.parts, 1)
        return detail

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_desk)
        privacy().changed.connect(self._render)
        model = self.model
        model.listed.connect(self._render_list)
        model.chosen_changed.connect(self._on_chosen)
        model.shown.connect(self._render)
        model.entries_shown.connect(self._render_entries)
        model.renamed.connect(self._on_renamed)
        self.list.chosen.connect(model.choose)
        self.tabs.chosen.connect(self._on_tab)
        self.spans.chosen.connect(model.choose_span)
        head = self.head
        head.focus_lost.connect(self.focus_first)
        head.rename_wanted.connect(model.rename)
        head.undo_wanted.connect(model.undo_rename)
        head.copy_wanted.connect(self._copy)
        head.choice_wanted.connect(self._on_choice)
        head.acted.connect(self._on_action)
        for pane in (self.positions, self.entries):
            pane.said.connect(self.desk.say)

    # state

    @property
    def _now(self) -> datetime:
        return self.desk.state.now or self.desk.clock()

    def _on_desk(self) -> None:
        self.model.follow(self.desk.figures, self.desk.past, self._now)
        self._render_list()
        self._render_head()
        if self.model.detail is not None and self.facts.isVisible():
            self.facts.show_sections(self._sections(self.model.detail))  # ages go on

    def _on_chosen(self) -> None:
        self._unread_shown = False
        self.head.end_rename()
        self.list.choose(self.model.chosen)

    def _render_list(self) -> None:
        rows = list_rows(self.desk.figures, self.model.others, self._now, self.desk.past)
        self.list.show_rows(rows, self.model.chosen)
        if not rows:
            said = words.no_accounts()
            past = self.desk.past
            if past is not None:
                self._empty.show_words("accounts", f"Nothing was saved up to {fmt.stamp(past)}.")
            else:
                self._empty.show_words("accounts", said.title, said.text)
        self._right.setCurrentIndex(0 if rows else 1)

    def _render(self) -> None:
        self._render_head()
        detail = self.model.detail
        if detail is None:
            return
        found = self._sections(detail)
        self.facts.show_sections(found)
        self.positions.set_nothing(self._nothing(detail))
        self.positions.show_rows(self.model.holdings, self._now)
        count = len(self.model.holdings)
        self.tabs.piece("positions").setText(
            f"Positions {fmt.whole(count)}" if count else "Positions"
        )

    def _sections(self, detail: AccountDetail) -> tuple[facts.Section, ...]:
        broker = self.model.broker_title(detail.card.account.broker)
        found = facts.sections(detail, broker, self._now, self.desk.past)
        if self._unread_shown and detail.unread:
            found = (facts.unread_section(detail.unread), *found)
        return found

    def _render_head(self) -> None:
        detail = self.model.detail
        if detail is None:
            self._show_waiting()
            return
        private, past = privacy().on, self.desk.past
        broker = self.model.broker_title(detail.card.account.broker)
        row = self.desk.account(detail.card.id)
        times, tone = heads.freshness(detail, row, self._now, past)
        self.head.show_head(heads.head(detail, broker), times, tone)
        self.head.show_choice(
            bool(detail.card.included), past is None and detail.card.connection is not None
        )
        self.head.show_value(heads.value_words(detail, row, private=private))
        self.head.show_sums(tuple(facts.sum_line(one, private=private) for one in detail.sums))
        messages = notices(detail, self.desk.figures.messages, past, private=private)
        if past is None:
            state = self.desk.state
            rows = {row.key: row for row in (*state.everyone, *self.desk.figures.accounts)}
            messages = (*messages, *source_messages(detail.card.id, rows.values()))
        if self._unread_shown:
            messages = tuple(heads.without_action(one, SHOW_UNREAD) for one in messages)
        self.head.show_messages(messages)
        self.head.show_undo(self.model.before_rename is not None)

    def _show_waiting(self) -> None:
        """The account is being read: what is known of it already is its row in the list."""
        row = self.desk.account(self.model.chosen)
        title = "" if row is None else row.title
        self.head.show_head(heads.waiting_head(title), self.model.problem or "Reading…", "text3")
        self.head.show_choice(True, False)
        self.head.show_value(heads.NOTHING_YET)
        self.head.show_sums(())
        self.head.show_messages(())
        self.head.show_undo(False)
        self.facts.show_sections(())
        self.positions.show_rows((), self._now)

    def _nothing(self, detail: AccountDetail) -> str:
        title = heads.head(detail, self.model.broker_title(detail.card.account.broker)).title
        if detail.fetched_at is None:
            return "Not read yet.\nPositions come with the next refresh."
        said = words.no_positions(title, detail.fetched_at)
        return f"{said.title}\n{said.text}"

    def _render_entries(self) -> None:
        entries = self.model.entries
        if entries is None:
            self.entries.show_rows((), self._now)
            self.entries.show_loading()
            return
        self.entries.show_rows(entries, self._now)

    # intents

    def _on_tab(self, tab: str) -> None:
        self.parts.setCurrentIndex(TABS.index(tab))
        self.spans.setVisible(tab == "transactions")

    def _on_renamed(self) -> None:
        self.desk.say("Renamed." if self.model.before_rename else "The name before is back.")
        self._render_head()

    def _on_choice(self, include: bool) -> None:
        verb = "include" if include else "exclude"
        self.desk.portfolio.act(f"{verb}:{self.model.chosen}")

    def _on_action(self, action: str) -> None:
        if action == SHOW_UNREAD:
            self._unread_shown = True
            self.show_tab("details")
            self._render()
            self.facts.setFocus(Qt.FocusReason.OtherFocusReason)
        elif action.partition(":")[0] in _ACTS:
            self.desk.portfolio.act(action)
        else:
            self.desk.wish(action)

    def _copy(self) -> None:
        detail = self.model.detail
        if detail is None:
            return
        head = heads.head(detail, self.model.broker_title(detail.card.account.broker))
        text = facts.as_text(head.title, head.words, self._sections(detail), private=privacy().on)
        QGuiApplication.clipboard().setText(fmt.for_clipboard(text))
        self.desk.say("Copied the account’s details.")

    # page

    def show_tab(self, tab: str) -> None:
        """Show details, positions or transactions."""
        self.tabs.choose(tab)
        self._on_tab(tab)

    def show_target(self, target: str) -> None:
        self.model.choose(target)
        self.list.choose(target)

    def focus_first(self) -> None:
        self.list.setFocus()

    def focus_filter(self) -> bool:
        pane = self._pane()
        return pane is not None and pane.focus_filter()

    def _pane(self) -> TablePane | None:
        shown = self.parts.currentWidget()
        return shown if isinstance(shown, TablePane) else None

    def panes(self) -> Sequence[QWidget]:
        return (self.list, self._right)

    def tables(self) -> Sequence[Table]:
        return (self.positions.table, self.entries.table)

    def export(self) -> bool:
        pane = self._pane()
        return pane is not None and pane.export_csv()

    def help_text(self) -> str:
        return HELP

    def remember(self) -> None:
        memory = self.desk.memory
        if memory is None:
            return
        self._split.keep(memory, "accounts/splitter")
        memory.setValue("accounts/span", self.model.span)
        for pane in (self.positions, self.entries):
            pane.remember(memory)

    def _restore(self) -> None:
        memory = self.desk.memory
        if memory is None:
            return
        self._split.recall(memory, "accounts/splitter")
        span = str(memory.value("accounts/span") or "")
        if span in SPANS:
            self.model.choose_span(span)
            self.spans.choose(span)
        for pane in (self.positions, self.entries):
            pane.recall(memory)


_ACTS = {
    *("sign_in", "keys", "refresh", "unlock", "dismiss", "accept", "keep", "include", "exclude"),
}


def build(desk: Desk) -> AccountsPage:
    """The page."""
    return AccountsPage(desk)
