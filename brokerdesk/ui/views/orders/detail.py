"""The pane below the list: one order with its timeline, its doubt, what can be done, its figures.

Its buttons stay where they are while an order moves, so that a focus is never lost; only the
figures are made anew, and only when they are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel, no_mnemonic
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.detail import Field, Section
from brokerdesk.ui.viewmodels.order_deeds import Deed
from brokerdesk.ui.viewmodels.order_detail import OrderDetail, Request
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.field_grid import field_grid
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.showing import set_shown
from brokerdesk.ui.widgets.tags import MODES, Tag
from brokerdesk.ui.widgets.timeline import Timeline

HEIGHT, LEAST = 330, 170
SIDE = 16
LABEL, BOX = 104, 330
WIDE_BANNER = 760
REQUEST = "Request and answer"


class _Box(QWidget):
    """A box of one width, as high as its words need there."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(px(BOX))

    def sizeHint(self) -> QSize:  # noqa: N802
        layout = self.layout()
        assert layout is not None
        return QSize(self.width(), layout.totalHeightForWidth(self.width()))


class OrderPane(QFrame):
    """The pane.

    Signals:
        closed: the user closed it.
        did: the id of the deed whose button was pressed.
        settled: the id of a button of the doubt or below it (mine, not_mine, check, site, myself,
            answer:yes, answer:no).
        acted: ``page:target`` of a link.
        request_wanted: what was sent and answered is to be shown.
        said: a short sentence for the status bar.
    """

    closed = Signal()
    did = Signal(str)
    settled = Signal(str)
    acted = Signal(str)
    request_wanted = Signal()
    said = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "sheet")
        self.setAccessibleName("Order")
        self.setMinimumHeight(px(LEAST))
        self.detail: OrderDetail | None = None
        self.request: Request | None = None
        self.deeds: dict[str, QWidget] = {}
        self._shown_deeds: tuple[Deed, ...] = ()
        self._build_ui()
        self.show_detail(None)
        privacy().changed.connect(self._anew)

    # building

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Order in full")
        inner = QWidget()
        inner.setProperty("role", "sheet")
        inner.setLayout(self._build_body())
        self._area.setWidget(inner)
        column.addWidget(self._area, 1)
        self._empty = EmptyState("orders", "Select an order to see all of it.")
        column.addWidget(self._empty, 1)

    def _build_head(self) -> QWidget:
        self._head = QWidget()
        row = QHBoxLayout(self._head)
        row.setContentsMargins(px(SIDE), px(10), px(10), px(4))
        row.setSpacing(px(8))
        self._title = ElidedLabel("", "strong")
        self._tag = Tag("", "plain")
        self._caption = ElidedLabel("", "small", "text3")
        row.addWidget(self._title)
        row.addWidget(self._tag)
        row.addStretch(1)
        row.addWidget(self._caption)
        self.close_button = icon_button(
            "cross", "Close order", "Close order", self.closed.emit, "Ctrl+I", small=True
        )
        row.addWidget(self.close_button)
        return self._head

    def _build_body(self) -> QVBoxLayout:
        body = QVBoxLayout()
        body.setContentsMargins(px(SIDE), px(6), px(SIDE), px(14))
        body.setSpacing(px(10))
        self.timeline = Timeline()
        self.doubt = Banner()
        self.doubt.setMaximumWidth(px(WIDE_BANNER))
        self.doubt.acted.connect(self.settled)
        self._doubt_holder, self._doubt_row = _flow()
        self._line = PlainLabel("", "body", "text2", wrap=True)
        self._deed_holder, self._deed_row = _flow()
        self._boxes_holder, self._boxes = _flow(px(28), px(14))
        self._request_holder = QWidget()
        self._request_column = QVBoxLayout(self._request_holder)
        self._request_column.setContentsMargins(0, 0, 0, 0)
        self._request_column.setSpacing(px(6))
        for part in (
            self.timeline, self.doubt, self._doubt_holder, self._line, self._deed_holder,
            self._boxes_holder, self._request_holder,
        ):  # fmt: skip
            body.addWidget(part)
        body.addStretch(1)
        return body

    # state

    def show_detail(self, detail: OrderDetail | None) -> None:
        """Show an order, or that none is chosen. What did not change is not touched."""
        before = self.detail
        if detail == before and detail is not None:
            return
        self.detail = detail
        set_shown(self._area, detail is not None)
        set_shown(self._head, detail is not None)
        set_shown(self._empty, detail is None)
        if detail is None:
            self.timeline.show_steps("", ())
            self.doubt.show_message(None)
            return
        if before is None or before.key != detail.key:
            self._area.verticalScrollBar().setValue(0)
            self.request = None
        self._title.show_text(detail.title)
        self._caption.show_text(detail.caption)
        self._tag.show_tag(detail.mode.upper(), detail.mode if detail.mode in MODES else "plain")
        set_shown(self._tag, bool(detail.mode))
        self.timeline.show_steps(detail.key, detail.steps)
        set_shown(self.timeline, bool(detail.steps))
        self.doubt.show_message(detail.doubt)
        if before is None or before.doubt_deeds != detail.doubt_deeds:
            self._fill_doubt(detail.doubt_deeds)
        self._line.setText(detail.line)
        set_shown(self._line, bool(detail.line))
        if before is None or (before.sections, before.key) != (detail.sections, detail.key):
            self._fill_boxes(detail.sections)
        if before is None or (before.key, before.links) != (detail.key, detail.links):
            self._fill_links(detail.links)
        self._settle_site()
        self._fill_request()

    def show_deeds(self, deeds: tuple[Deed, ...]) -> None:
        """What can be done now; what cannot is dimmed and says why."""
        if deeds == self._shown_deeds:
            return
        same = [one.id for one in deeds] == [one.id for one in self._shown_deeds]
        self._shown_deeds = deeds
        if not same:
            self._fill_deeds(deeds)
            return
        for deed in deeds:
            _dress(self.deeds[deed.id], deed)

    def _settle_site(self) -> None:
        """The way to the broker's own page stands once: below the doubt, where there is one."""
        doubts = {one.id for one in self.detail.doubt_deeds} if self.detail is not None else set()
        if (site := self.deeds.get("site")) is not None:
            set_shown(site, "site" not in doubts)

    def show_request(self, request: Request) -> None:
        """What was sent and answered, if it is still the order that is shown."""
        if self.detail is not None and request.intent == self.detail.intent:
            self.request = request
            self._fill_request()
            QTimer.singleShot(0, self, self._reveal_request)

    def _reveal_request(self) -> None:
        self._area.ensureWidgetVisible(self._request_holder)

    def _anew(self) -> None:
        detail, request = self.detail, self.request
        self.detail = None
        if detail is not None:
            self.show_detail(detail)
            self.request = request
            self._fill_request()

    # parts

    def _fill_doubt(self, actions: Sequence[Action]) -> None:
        _clear(self._doubt_row)
        for action in actions:
            site = action.id == "site"
            last = action.id == "myself"
            self._doubt_row.addWidget(
                button(
                    action.label, partial(self.settled.emit, action.id), small=True,
                    picture="open" if site else "", kind="link" if last else "",
                )
            )  # fmt: skip
        set_shown(self._doubt_holder, bool(actions))

    def _fill_deeds(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            made = button(deed.label, partial(self.did.emit, deed.id), small=True)
            self.deeds[deed.id] = made
            _dress(made, deed)
            self._deed_row.addWidget(made)

    def _fill_links(self, links: Sequence[Action]) -> None:
        """Behind the deeds, which stay."""
        _clear(self._deed_row, keep=len(self.deeds))
        for link in links:
            self._deed_row.addWidget(
                button(link.label, partial(self.acted.emit, link.id), small=True, kind="link")
            )

    def _fill_boxes(self, sections: Sequence[Section]) -> None:
        _clear(self._boxes)
        for section in sections:
            self._boxes.addWidget(_section(section))

    def _fill_request(self) -> None:
        _clear(self._request_column)
        request, detail = self.request, self.detail
        set_shown(self._request_holder, detail is not None and bool(detail.intent))
        if detail is None or not detail.intent:
            return
        if request is None:
            ask = button("Show request and answer", self.request_wanted.emit, small=True,
                         hint="What went to the broker and what came back")  # fmt: skip
            self._request_column.addWidget(ask)
            return
        self._request_column.addWidget(PlainLabel(REQUEST, "strong"))
        fields = tuple(
            Field(label=name, text=f"{value}  ({words})" if words else value, secret=_amount(name))
            for name, value, words in request.fields
        )
        box = _section(Section(title="", fields=fields))
        box.setFixedWidth(px(BOX + 120))
        self._request_column.addWidget(box)
        words = request.trouble or request.answer
        if words:
            self._request_column.addWidget(Paragraph(f"Answer: {tame(words)}", "body", "text2"))
        copy = button("Copy", self._copy_request, picture="copy", small=True,
                      name="Copy request and answer")  # fmt: skip
        self._request_column.addWidget(copy)

    def _copy_request(self) -> None:
        if self.request is not None:
            QGuiApplication.clipboard().setText(request_text(self.request))
            self.said.emit("Request and answer copied.")


_AMOUNTS = ("quantity", "qty", "notional", "amount", "units", "shares", "totalquantity")


def _amount(name: str) -> bool:
    """Whether a field of a request is hidden with the amounts."""
    last = name.casefold().replace("_", "").rpartition(".")[2]
    return any(word in last for word in _AMOUNTS)


def request_text(request: Request) -> str:
    """The request and its answer as plain text; hidden amounts stay hidden."""
    lines = [
        f"{name}\t{privacy().hide(value) if _amount(name) else value}"
        for name, value, _ in request.fields
    ]
    return fmt.for_clipboard("\n".join((*lines, request.answer)).strip())


def _dress(made: QWidget, deed: Deed) -> None:
    tip = deed.why or (f"{deed.label.rstrip('…')} ({deed.key})" if deed.key else "")
    made.setEnabled(not deed.why)
    made.setToolTip(tooltip(tip))
    made.setAccessibleDescription(deed.why)
    if hasattr(made, "setText"):
        made.setText(no_mnemonic(deed.label))
        made.setAccessibleName(deed.label)


def _flow(gap: int = -1, line: int = -1) -> tuple[QWidget, FlowLayout]:
    holder = QWidget()
    row = FlowLayout(px(8) if gap < 0 else gap, line)
    holder.setLayout(row)
    return holder, row


def _clear(layout: FlowLayout | QVBoxLayout, keep: int = 0) -> None:
    while (item := layout.takeAt(keep)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()


def _section(section: Section) -> QWidget:
    box = _Box()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(px(5))
    if section.title:
        column.addWidget(PlainLabel(tame(section.title), "strong"))
    column.addLayout(field_grid(section.fields, label=LABEL, across=10, down=4))
    return box
