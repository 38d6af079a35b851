"""Orders that hang on this one: bracket, one cancels the other, one triggers the other."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.domain.draft import Link
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.order_sentence import BUYING, SIDE_WORDS
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_fields import OPPOSITE, Kind
from brokerdesk.ui.viewmodels.ticket_state import Option, TicketState
from brokerdesk.ui.views.ticket.choices import choice_box, offer
from brokerdesk.ui.views.ticket.number_field import NumberField
from brokerdesk.ui.views.ticket.parts import beside
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.showing import set_shown

_THEN = (
    Option(key=Kind.LIMIT, label="Limit"),
    Option(key=Kind.STOP, label="Stop"),
    Option(key=Kind.MARKET, label="Market"),
)


class LinksBox(QWidget):
    """Which orders hang on this one, and their prices."""

    def __init__(self, model: TicketViewModel) -> None:
        super().__init__()
        self.model = model
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(8))
        self.links = choice_box("Attached orders")
        self.links_row = FieldRow("Attached orders", self.links)
        self.profit = NumberField("profit", "Profit at")
        self.profit_row = FieldRow("Profit at", self.profit)
        self.loss = NumberField("loss", "Stop at")
        self.loss_row = FieldRow("Stop at", self.loss)
        self.loss_limit = NumberField("loss_limit", "Limit of the stop", placeholder="none")
        self.loss_limit_row = FieldRow("Limit of the stop", self.loss_limit)
        self.then_side = choice_box("Side of the order after it")
        self.then_kind = choice_box("Type of the order after it")
        self.then_side_row = FieldRow("Then", self.then_side)
        self.then_kind_row = FieldRow("Type", self.then_kind)
        self.then_price = NumberField("then_price", "Price of the order after it")
        self.then_price_row = FieldRow("At", self.then_price)
        column.addWidget(self.links_row)
        self._out = beside(self.profit_row, self.loss_row, self.loss_limit_row, grow=-1)
        self._then = beside(self.then_side_row, self.then_kind_row, self.then_price_row, grow=-1)
        column.addWidget(self._out)
        column.addWidget(self._then)
        self._connect()

    def _connect(self) -> None:
        for field in (self.profit, self.loss, self.loss_limit, self.then_price):
            field.typed.connect(self._on_typed)
            field.stepped.connect(self.model.step)
        self.links.activated.connect(self._on_link)
        self.then_side.activated.connect(self._on_then_side)
        self.then_kind.activated.connect(self._on_then_kind)

    def _on_typed(self, key: str, text: str) -> None:
        self.model.edit(**{key: text})

    def _on_link(self, _place: int) -> None:
        self.model.choose_link(self.links.currentData())

    def _on_then_side(self, _place: int) -> None:
        self.model.edit(then_side=OrderSide(self.then_side.currentData()))

    def _on_then_kind(self, _place: int) -> None:
        self.model.edit(then_kind=Kind(self.then_kind.currentData()))

    def show_state(self, state: TicketState) -> None:
        """Show what hangs on the order."""
        fields, problems = state.fields, state.problems
        link = fields.link
        offer(self.links, state.links, link)
        self.links_row.set_problem(problems.get("link", ""))
        set_shown(self._out, link in (Link.BRACKET, Link.EITHER))
        set_shown(self.profit_row, link is Link.BRACKET)
        set_shown(self._then, link is Link.TRIGGERS)
        side = fields.main_side
        pair = sorted({side, OPPOSITE.get(side, side)}, key=lambda one: one in BUYING)
        sides = [Option(key=one, label=SIDE_WORDS[one]) for one in pair]
        offer(self.then_side, sides, fields.then_side or OPPOSITE.get(side, side))
        offer(self.then_kind, _THEN, fields.then_kind)
        for row, field in (
            (self.profit_row, self.profit),
            (self.loss_row, self.loss),
            (self.loss_limit_row, self.loss_limit),
            (self.then_price_row, self.then_price),
        ):
            field.show_text(getattr(fields, field.key))
            field.setReadOnly(state.locked)
            row.set_problem(problems.get(field.key, ""))
        set_shown(self.then_price_row, fields.then_kind is not Kind.MARKET)
        for box in (self.links, self.then_side, self.then_kind):
            box.setEnabled(not state.locked)

    def editor(self, field: str) -> QWidget | None:
        """Where one of its fields is typed or chosen."""
        return {
            "link": self.links, "profit": self.profit, "loss": self.loss,
            "loss_limit": self.loss_limit, "then_price": self.then_price,
        }.get(field)  # fmt: skip
