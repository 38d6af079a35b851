"""The fields of a ticket, from the symbol to the account. They show a state and say what was done.

Text fields are written to only when the ticket has something else in them than they show: what the
user types is never touched on its way.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_choices import side_options
from brokerdesk.ui.viewmodels.ticket_fields import Kind, Lasts
from brokerdesk.ui.viewmodels.ticket_search import SymbolSearch
from brokerdesk.ui.viewmodels.ticket_state import Option, TicketState
from brokerdesk.ui.views.ticket.account_box import AccountBox
from brokerdesk.ui.views.ticket.choices import choice_box, offer
from brokerdesk.ui.views.ticket.dress import dim, mark, put_beside, split_note, wide
from brokerdesk.ui.views.ticket.links_box import LinksBox
from brokerdesk.ui.views.ticket.number_field import NumberField
from brokerdesk.ui.views.ticket.parts import LegLine, PriceRow, beside
from brokerdesk.ui.views.ticket.price_boxes import PriceBoxes
from brokerdesk.ui.views.ticket.symbol_field import SymbolField
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.pickers import date_box
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.showing import set_shown

KINDS = (
    (Kind.MARKET, "Market"),
    (Kind.LIMIT, "Limit"),
    (Kind.STOP, "Stop"),
    (Kind.STOP_LIMIT, "Stop limit"),
    (Kind.TRAILING, "Trailing stop"),
)
GAP, NOTE_ROOM = 8, 240


class TicketBody(QWidget):
    """All fields in one column."""

    def __init__(self, model: TicketViewModel, search: SymbolSearch) -> None:
        super().__init__()
        self.model, self.search = model, search
        self.setProperty("role", "page")
        self.legs: list[LegLine] = []
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(px(16), px(12), px(16), px(12))
        self.column.setSpacing(px(GAP))
        self._build_top()
        self._build_order()
        self._build_end()
        self._connect()

    # building

    def _build_top(self) -> None:
        self.symbol = SymbolField(self.search)
        self.symbol.setFixedWidth(px(118))
        self._name = ElidedLabel("", "body", "text2")
        self.column.addWidget(beside(self.symbol, self._name, spacing=10, grow=1))
        self.kinds_of = Segments((("stock", "Stock"), ("option", "Option")), "Stock or option")
        self.chain = button("Chain…", self._open_chain, small=True, hint="Choose options (Alt+C)")
        self._switch = beside(self.kinds_of, self.chain, QWidget(), grow=2)
        self.column.addWidget(self._switch)
        self.prices = PriceBoxes()
        self._line = Paragraph("", "caption", "text3")
        self.again = icon_button(
            "refresh", "Refresh quote", "Ask for the price now", self.model.refresh_quote,
            small=True,
        )  # fmt: skip
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(2))
        column.addWidget(self.prices)
        column.addWidget(beside(self._line, self.again, spacing=4))
        self.column.addWidget(box)
        self._legs_box = QWidget()
        self._legs_column = QVBoxLayout(self._legs_box)
        self._legs_column.setContentsMargins(0, 0, 0, 0)
        self._legs_column.setSpacing(px(8))
        self.column.addWidget(self._legs_box)

    def _build_order(self) -> None:
        self.sides = Segments((("buy", "Buy"), ("sell", "Sell")), "Buy or sell", look="large")
        wide(self.sides)
        for key in ("buy", "sell"):
            self.sides.piece(key).setProperty("tone", key)
        self.column.addWidget(self.sides)
        self.ways = Segments((("first", "Sell"), ("second", "Sell short")), "Meaning", look="form")
        wide(self.ways)
        self.column.addWidget(self.ways)
        self.quantity = NumberField("quantity", "Quantity")
        self.units = Segments((("units", "Shares"), ("dollars", "Dollars")), "Counted in",
                              look="form")  # fmt: skip
        self.quantity_row = FieldRow("Quantity", self.quantity)
        put_beside(self.quantity_row, self.quantity, self.units)
        self.column.addWidget(self.quantity_row)
        self.kinds = Segments(KINDS, "Order type", look="form")
        wide(self.kinds)
        self.kinds_row = FieldRow("Order type", self.kinds)
        self.column.addWidget(self.kinds_row)
        self.nets = Segments((("debit", "Pay (debit)"), ("credit", "Receive (credit)")),
                             "Debit or credit", look="form")  # fmt: skip
        wide(self.nets)
        self.column.addWidget(self.nets)
        self.stop = PriceRow("Stop price", NumberField("stop", "Stop price"))
        self.limit = PriceRow("Limit price", NumberField("limit", "Limit price"))
        self.trail = NumberField("trail", "Trail by")
        self.trail_units = Segments((("amount", "$"), ("percent", "%")), "Trail in", look="chips")
        self.trail_row = FieldRow("Trail by", self.trail)
        put_beside(self.trail_row, self.trail, self.trail_units)
        for row in (self.stop, self.limit, self.trail_row):
            self.column.addWidget(row)
        self._build_time()

    def _build_time(self) -> None:
        self.lasts = choice_box("Time in force")
        self.sessions = choice_box("Session")
        self.lasts_row = FieldRow("Time in force", self.lasts)
        self.sessions_row = FieldRow("Session", self.sessions)
        self.column.addWidget(beside(self.lasts_row, self.sessions_row, grow=-1))
        today = QDate.currentDate()
        self.last_day = date_box("Last day", today.addDays(30))
        self.last_day.setMinimumDate(today)
        self.last_day_row = FieldRow("Last day", self.last_day)
        self.column.addWidget(self.last_day_row)

    def _build_end(self) -> None:
        self.accounts = AccountBox(self.model)
        self.column.addWidget(self.accounts)
        self.links = LinksBox(self.model)
        self.column.addWidget(self.links)
        self.column.addStretch(1)

    def _connect(self) -> None:
        model = self.model
        self.symbol.typed.connect(self._on_symbol)
        self.search.chosen.connect(self._on_match)
        self.kinds_of.chosen.connect(self._on_kind_of)
        self.sides.chosen.connect(self._on_side)
        self.ways.chosen.connect(self._on_way)
        self.units.chosen.connect(lambda key: model.edit(dollars=key == "dollars"))
        self.kinds.chosen.connect(lambda key: model.choose_kind(Kind(key)))
        self.nets.chosen.connect(lambda key: model.edit(credit=key == "credit"))
        self.trail_units.chosen.connect(lambda key: model.edit(trail_percent=key == "percent"))
        self.lasts.activated.connect(self._on_lasts)
        self.sessions.activated.connect(self._on_session)
        self.last_day.dateChanged.connect(self._on_last_day)
        for field in (self.quantity, self.stop.field, self.limit.field, self.trail):
            field.typed.connect(self._on_typed)
            field.stepped.connect(model.step)
        self.limit.chips.pressed.connect(partial(model.help_price, "limit"))
        self.stop.chips.pressed.connect(partial(model.help_price, "stop"))
        privacy().changed.connect(self._on_privacy)

    def leave_room(self, bar: int) -> None:
        """A scroll bar of this width stands in the margin and not beside it."""
        sides = [px(16), max(2, px(16) - bar)]
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            sides.reverse()
        self.column.setContentsMargins(sides[0], px(12), sides[1], px(12))

    # intents

    def _on_typed(self, key: str, text: str) -> None:
        self.model.edit(**{key: text})

    def _on_symbol(self, text: str) -> None:
        self.model.edit(search=text)

    def _on_match(self, match: object) -> None:
        from brokerdesk.services.trading_facts import Match

        if isinstance(match, Match):
            self.model.take(match.instrument)
            self.symbol.close_list()
            (self.chain if self.model.fields.options else self.quantity).setFocus(
                Qt.FocusReason.OtherFocusReason
            )

    def _on_kind_of(self, key: str) -> None:
        self.model.choose_options(key == "option")
        if key == "option" and not self.model.fields.legs:
            self._open_chain()

    def _open_chain(self) -> None:
        from brokerdesk.ui.views.ticket.chain_sheet import open_chain

        if not self.chain.isEnabled() or self._switch.isHidden():
            return
        if self.chain.isHidden():
            self.model.choose_options(True)
        open_chain(self, self.model)

    def _on_side(self, key: str) -> None:
        self.model.press_side(key == "buy")

    def _on_way(self, key: str) -> None:
        ways = self.model.state.ways
        if ways:
            self.model.choose_side(ways[0 if key == "first" else 1].key)

    def _on_lasts(self, _place: int) -> None:
        key = self.lasts.currentData()
        self.model.choose_lasts(key)
        if key == Lasts.GTD and self.model.fields.good_till is None:
            self.model.choose_last_day(_day(self.last_day.date()))  # the one that is shown

    def _on_session(self, _place: int) -> None:
        self.model.choose_session(self.sessions.currentData())

    def _on_last_day(self, day: QDate) -> None:
        self.model.choose_last_day(_day(day))

    def _on_privacy(self) -> None:
        self.show_state(self.model.state)

    # state

    def show_state(self, state: TicketState) -> None:
        """Show it all."""
        fields = state.fields
        locked, changing = state.locked, bool(fields.replaces)
        self.search.ask_in(fields.environment)
        self.symbol.show_text(fields.search)
        self.symbol.setReadOnly(locked or changing)
        symbol_problem = state.problems.get("symbol", "")
        mark(self.symbol, symbol_problem)
        self._name.show_text(symbol_problem or state.name)
        self._name.set_tone("loss" if symbol_problem else "text2")
        self._show_switch(state)
        self.prices.show_prices(state.quote)
        self._line.setText(state.quote.line)
        self._line.set_tone(state.quote.tone)
        named = fields.instrument is not None
        set_shown(self.prices, named)
        set_shown(self._line, named)
        set_shown(self.again, named)
        self.again.setEnabled(not locked)
        self._show_legs(state)
        self._show_sides(state)
        self._show_quantity(state)
        self._show_prices(state)
        self._show_time(state)
        self.links.show_state(state)
        self.accounts.show_state(state)

    def _show_switch(self, state: TicketState) -> None:
        fields = state.fields
        set_shown(self._switch, fields.instrument is not None and not state.can_option)
        self.kinds_of.choose("option" if fields.options else "stock")
        off = state.locked or bool(fields.replaces)
        self.kinds_of.setEnabled(not off)
        set_shown(self.chain, fields.options)
        self.chain.setEnabled(not off)
        self.chain.setText("Add a leg…" if fields.legs else "Chain…")

    def _show_legs(self, state: TicketState) -> None:
        legs = state.legs
        while len(self.legs) > len(legs):
            old = self.legs.pop()
            self._legs_column.removeWidget(old)
            old.hide()
            old.deleteLater()
        while len(self.legs) < len(legs):
            line = LegLine(len(self.legs), side_options())
            line.side_chosen.connect(self._on_leg_side)
            line.ratio_typed.connect(self._on_leg_ratio)
            line.removed.connect(self.model.remove_leg)
            self.legs.append(line)
            self._legs_column.addWidget(line)
        off = state.locked or bool(state.fields.replaces)
        for line, leg in zip(self.legs, legs, strict=True):
            line.show_leg(leg, alone=len(legs) == 1)
            line.setEnabled(not off)
        set_shown(self._legs_box, bool(legs))

    def _on_leg_side(self, place: int, side: str) -> None:
        self.model.change_leg(place, side=side)

    def _on_leg_ratio(self, place: int, text: str) -> None:
        self.model.change_leg(place, ratio=text)

    def _show_sides(self, state: TicketState) -> None:
        fields = state.fields
        off = state.locked or bool(fields.replaces)
        buy, sell = state.sides
        self.sides.choose("buy" if buy.key == fields.main_side else "sell")
        dim(self.sides, (Option(key="buy", label="Buy", why=buy.why),
                          Option(key="sell", label="Sell", why=sell.why)))  # fmt: skip
        self.sides.setEnabled(not off)
        set_shown(self.sides, not fields.several)
        ways = state.ways
        set_shown(self.ways, bool(ways))
        if ways:
            for key, way in zip(("first", "second"), ways, strict=True):
                piece = self.ways.piece(key)
                piece.setText(way.label)
                piece.setAccessibleName(way.label)
            self.ways.choose("first" if ways[0].key == fields.main_side else "second")
            both = zip(("first", "second"), ways, strict=True)
            dim(self.ways, [Option(key=key, label=way.label, why=way.why) for key, way in both])
            self.ways.setEnabled(not off)

    def _show_quantity(self, state: TicketState) -> None:
        fields = state.fields
        self.quantity.show_text(fields.quantity)
        self.quantity.setReadOnly(state.locked)
        piece = self.units.piece("units")
        piece.setText(state.unit)
        piece.setAccessibleName(state.unit)
        self.units.choose("dollars" if fields.dollars else "units")
        dim(self.units, (Option(key="dollars", label="Dollars", why=state.dollars_why),))
        self.units.setEnabled(not state.locked)
        held = f"of {privacy().hide(state.held)}" if state.held else ""
        note, below = split_note(held, state.worth, px(NOTE_ROOM))
        self.quantity_row.set_note(note)
        self.quantity_row.set_help(below)
        problems = state.problems
        self.quantity_row.set_problem(problems.get("quantity", "") or problems.get("dollars", ""))

    def _show_prices(self, state: TicketState) -> None:
        fields, problems = state.fields, state.problems
        self.kinds.choose(fields.kind)
        dim(self.kinds, state.kinds)
        self.kinds.setEnabled(not state.locked)
        self.kinds_row.set_note(state.kind_note)
        self.kinds_row.set_problem(problems.get("type", "") or problems.get("side", ""))
        several = fields.several
        limited = fields.kind in (Kind.LIMIT, Kind.STOP_LIMIT)
        set_shown(self.nets, several and limited)
        self.nets.choose("credit" if fields.credit else "debit")
        self.nets.setEnabled(not state.locked)
        set_shown(self.limit, limited)
        set_shown(self.stop, fields.kind in (Kind.STOP, Kind.STOP_LIMIT) and not several)
        set_shown(self.trail_row, fields.kind is Kind.TRAILING and not several)
        for row, key, chips in (
            (self.limit, "limit", state.helpers),
            (self.stop, "stop", state.stop_helpers),
        ):
            row.field.show_text(getattr(fields, key))
            row.field.setReadOnly(state.locked)
            row.chips.show_helpers(chips)
            row.chips.setEnabled(not state.locked)
            row.set_problem(problems.get(key, ""))
        self.trail.show_text(fields.trail)
        self.trail.setReadOnly(state.locked)
        self.trail_units.choose("percent" if fields.trail_percent else "amount")
        reasons = zip(("amount", "percent"), state.trail_why, strict=True)
        dim(self.trail_units, [Option(key=key, label="", why=why) for key, why in reasons])
        self.trail_units.setEnabled(not state.locked)
        self.trail_row.set_problem(problems.get("trail", ""))

    def _show_time(self, state: TicketState) -> None:
        fields = state.fields
        offer(self.lasts, state.lasts, fields.lasts)
        offer(self.sessions, state.sessions, fields.session)
        for box in (self.lasts, self.sessions, self.last_day):
            box.setEnabled(not state.locked)
        self.lasts_row.set_problem(state.problems.get("time", ""))
        self.sessions_row.set_problem(state.problems.get("session", ""))
        set_shown(self.last_day_row, fields.lasts is Lasts.GTD)
        if fields.good_till is not None:
            day = fields.good_till
            shown = QDate(day.year, day.month, day.day)
            if shown != self.last_day.date():
                self.last_day.blockSignals(True)
                self.last_day.setMinimumDate(min(shown, self.last_day.minimumDate()))
                self.last_day.setDate(shown)
                self.last_day.blockSignals(False)

    def editor(self, field: str) -> QWidget | None:
        """Where a field is typed or chosen."""
        several = {
            "symbol": self.symbol, "legs": self.chain, "side": self.sides,
            "quantity": self.quantity, "dollars": self.quantity, "type": self.kinds,
            "limit": self.limit.field, "stop": self.stop.field, "trail": self.trail,
            "time": self.lasts, "good_till": self.last_day, "session": self.sessions,
            "account": self.accounts.combo, "quote": self.again,
        }  # fmt: skip
        if field.startswith("ratio") and field[5:].isdigit():
            place = int(field[5:])
            return self.legs[place].ratio if place < len(self.legs) else None
        return several.get(field) or self.links.editor(field)


def _day(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())
