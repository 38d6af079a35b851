"""The audit log: what was done with orders, sign-ins and switches, entry by entry; its proof."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from brokerdesk.ui import format as fmt
from brokerdesk.ui.gateways.audit import AuditGateway
from brokerdesk.ui.models.columns import Cell, Column, folded
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.viewmodels.audit import AuditHead, AuditRow, AuditViewModel, short
from brokerdesk.ui.viewmodels.detail import Detail, Field, Section
from brokerdesk.ui.views.list_page import ListPage
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.detail_pane import WIDTH, DetailPane
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.sheet import Sheet
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

REST_MS = 400
SUFFIX = ".jsonl"
HELP = (
    "The audit log keeps what was reviewed, sent, answered and switched, in the order in which it "
    "happened. Each entry’s hash covers the one before it: Verify finds any that was altered or "
    "taken out. Entries missing at the end show only against a head that you keep elsewhere: "
    "Export shows and copies it. Secrets are never in it."
)


def _when(row: AuditRow, _now: datetime) -> Cell:
    local = row.at.astimezone(fmt.market_zone())
    day = fmt.day(local.date())
    return Cell(f"{day} {local:%H:%M:%S}", "text2", hint=f"{day} {fmt.time_of_day(row.at)}")


def _facts(row: AuditRow, _now: datetime) -> Cell:
    return Cell(row.words, "text2", hint="\n".join(f"{name}: {value}" for name, value in row.facts))


COLUMNS: tuple[Column[AuditRow], ...] = (
    Column("No.", lambda r, _: Cell(fmt.whole(r.seq), "text3"), lambda r: r.seq,
           lambda r: str(r.seq), 64, number=True),
    Column("Time", _when, lambda r: r.at, lambda r: r.at.isoformat(), 158, csv=lambda r: r.at,
           hint="New York time"),
    Column("What", lambda r, _: Cell(r.what, strong=True, hint=r.kind), lambda r: folded(r.what),
           lambda r: r.what, 190),
    Column("Facts", _facts, lambda r: folded(r.words), lambda r: r.words, 320, stretch=True),
    Column("Hash", lambda r, _: Cell(short(r.hash), "text3", hint=r.hash), lambda r: r.hash,
           lambda r: r.hash, 170, rank=2, shown=False),
)  # fmt: skip


def haystack(row: AuditRow) -> str:
    """What the filter looks at."""
    return f"{row.seq} {row.what} {row.kind} {row.words}"


def detail_of(row: AuditRow) -> Detail:
    """One entry in full."""
    local = row.at.astimezone(fmt.market_zone())
    stamp = f"{fmt.day(local.date())} {local:%H:%M:%S}.{local.microsecond // 1000:03d} ET"
    facts = tuple(Field(label=name, text=value or "—") for name, value in row.facts)
    proof = (Field(label="Entry", text=fmt.whole(row.seq)), Field(label="Hash", text=row.hash))
    return Detail(
        title=row.what,
        caption=stamp,
        sections=(Section(title="Facts", fields=facts), Section(title="Proof", fields=proof)),
    )


class HeadSheet(Sheet):
    """The head of what was exported: to be kept where nobody can alter it together with the log."""

    def __init__(self, head: AuditHead) -> None:
        super().__init__(f"{fmt.count(head.count, 'entry', 'entries')} exported", width=560)
        words = (
            "Only you can read the file. Keep this head elsewhere: with it anyone can tell later "
            "whether entries are missing at the end. It is on the clipboard."
        )
        self.body.addWidget(Paragraph(words, "body", "text2"))
        self.head = Paragraph(head_text(head), "body", "text")
        self.body.addWidget(self.head)
        again = button("Copy again", lambda: _copy(head), picture="copy")
        done = button("Done", self.close_sheet, kind="primary")
        self.foot.addWidget(again)
        self.foot.addWidget(done)
        self.first = done


def head_text(head: AuditHead) -> str:
    """The head as it is copied."""
    return f"BrokerDesk audit log, {head.count} entries, head {head.hash}"


def _copy(head: AuditHead) -> None:
    QGuiApplication.clipboard().setText(head_text(head))


class AuditPage(ListPage):
    """The log, newest first."""

    name = "audit"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = AuditViewModel(AuditGateway(desk), self)
        self._seen = False
        self.dialog: QFileDialog | None = None
        self.sheet: HeadSheet | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._build_ui()
        self._connect()
        self.recall()
        self._show()

    def _build_ui(self) -> None:
        self.rows: TreeRows[AuditRow] = TreeRows(COLUMNS, haystack=haystack, parent=self)
        self.pane = TablePane(
            "Audit log",
            self.rows,
            lambda _rows: self.model.state.summary,
            nothing="Nothing has been noted yet.\n"
            "Reviews, orders, sign-ins and switches appear here.",
            filter_name="Filter the audit log",
            noun=("entry", "entries"),
            picture="shield",
            memory_key="audit/columns",
        )
        self.verify = button("Verify", self.model.verify, small=True, picture="shield",
                             hint="Look at every entry and its hash")  # fmt: skip
        self.save = button("Export…", self.ask_where, small=True, picture="export",
                           hint="Write all entries and their head to a private file")  # fmt: skip
        self.pane.add_tool(self.verify)
        self.pane.add_tool(self.save)
        self.note = Banner(bar=True)
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(2, self.note)
        self.detail = DetailPane("Entry", "shield", "Select an entry to see all of it.")
        self.place(self.pane, self.detail, WIDTH)
        self.table.sort_by("no.", Qt.SortOrder.DescendingOrder)

    def _connect(self) -> None:
        self.model.changed.connect(self._show)
        self.model.exported.connect(self._on_exported)
        self.desk.happened.connect(self._on_event)
        self.desk.opened.connect(self._on_opened)
        self._later.timeout.connect(self.model.look)
        self.pane.said.connect(self.desk.say)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
        self.detail.closed.connect(self.close_side)

    # state

    def _show(self) -> None:
        state = self.model.state
        self.note.show_message(state.message)
        self.verify.setEnabled(not state.verifying)
        self.save.setEnabled(not state.exporting)
        if state.loading:
            self.pane.show_loading()
        else:
            self.pane.show_rows(state.rows, self.desk.clock())
        self.place_side()
        self.show_side()

    def show_side(self) -> None:
        if not self.side_is_shown():
            return
        if self.table.current_row() is None and self.rows.shown:
            self.table.go_to(0)
        row = self.table.current_row()
        self.detail.show_detail(detail_of(row) if row is not None else None)

    def has_side(self) -> bool:
        return bool(self.rows.countable)

    # intents

    def ask_where(self) -> None:
        """Ask for a file; nothing is written without one."""
        dialog = QFileDialog(self.window(), "Export the audit log")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Audit logs (*{SUFFIX})")
        dialog.setDefaultSuffix(SUFFIX[1:])
        dialog.selectFile(f"brokerdesk-audit-{self.desk.clock():%Y-%m-%d}{SUFFIX}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.model.export)
        self.dialog = dialog
        dialog.open()

    def _on_exported(self, head: AuditHead) -> None:
        _copy(head)
        self.sheet = HeadSheet(head)
        self.sheet.open_over(self, self.sheet.first)

    def _on_row(self, _row: AuditRow | None) -> None:
        self.show_side()

    def _on_activated(self, _row: AuditRow) -> None:
        self.set_side(True)

    def _on_event(self, _event: object) -> None:
        if self._seen and self.isVisible() and not self._later.isActive():
            self._later.start()

    def _on_opened(self) -> None:
        self.model.forget()
        if self._seen:
            self.model.look()

    # page

    def enter(self) -> None:
        self._seen = True
        self.model.look()

    def export(self) -> bool:
        self.ask_where()
        return True

    def help_text(self) -> str:
        return HELP


def build(desk: Desk) -> AuditPage:
    """The page."""
    return AuditPage(desk)
