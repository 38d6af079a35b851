"""What the user does in the fields of a ticket, one method each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from brokerdesk.domain.draft import Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment, OrderSide, TradingSession
from brokerdesk.ui.viewmodels.ticket_against import main
from brokerdesk.ui.viewmodels.ticket_choices import sides
from brokerdesk.ui.viewmodels.ticket_compose import prices_of
from brokerdesk.ui.viewmodels.ticket_copy import underlying_of
from brokerdesk.ui.viewmodels.ticket_core import TicketCore
from brokerdesk.ui.viewmodels.ticket_draft import built
from brokerdesk.ui.viewmodels.ticket_fields import (
    MOST_LEGS,
    Kind,
    Lasts,
    LegFields,
    is_option,
    optionable,
)
from brokerdesk.ui.viewmodels.ticket_numbers import (
    UnreadableError,
    on_grid,
    read,
    stepped,
    tick_of,
    written,
)
from brokerdesk.ui.viewmodels.ticket_words import mid_of


class TicketEditing(TicketCore):
    """Choices, legs and prices."""

    def choose_environment(self, key: str) -> None:
        """Another world: another account, other prices; what is typed stays."""
        self.edit(environment=Environment(key), account=None)

    def take(self, instrument: Instrument) -> None:
        """Trade this. Legs of another underlying go."""
        if self.fields.replaces:
            return
        if is_option(instrument):
            side = OrderSide.BUY_TO_OPEN
            legs = (LegFields(instrument=instrument, side=side),)
            under = underlying_of(instrument)
            self.edit(instrument=under, search=under.symbol, options=True, legs=legs, dollars=False)
            return
        same = self.fields.instrument is not None and self.fields.instrument.key == instrument.key
        kept = self.fields.legs if same else ()
        options = self.fields.options and optionable(instrument)
        self.edit(instrument=instrument, search=instrument.symbol, legs=kept, options=options)

    def choose_options(self, on: bool) -> None:
        """Shares or options of it."""
        if on:
            self.edit(options=True, dollars=False, link=self.fields.link)
        else:
            self.edit(options=False)

    def choose_side(self, key: str) -> None:
        """Buy or sell, in one of its meanings."""
        side = OrderSide(key)
        if self.fields.replaces:
            return
        if self.fields.options and self.fields.legs:
            first, *rest = self.fields.legs
            self.edit(legs=(replace(first, side=side), *rest))
        else:
            self.edit(side=side)

    def press_side(self, buy: bool) -> None:
        """B or S: the big segment of that side, if it can be taken."""
        if self.fields.several:
            return
        account = self.target.looked_at
        found = sides(self.fields, account, self._asks.known.offers)
        one = found[0 if buy else 1]
        if not one.why:
            self.choose_side(one.key)

    def choose_kind(self, kind: Kind) -> None:
        """Market, limit, stop... An auction stays only where the kind has one."""
        lasts = self.fields.lasts
        auction = lasts in (Lasts.OPEN, Lasts.CLOSE)
        if auction and kind not in (Kind.MARKET, Kind.LIMIT):
            lasts = Lasts.DAY
        self.edit(kind=kind, lasts=lasts)

    def choose_account(self, key: str) -> None:
        """Whom the user chose; "" lets it be routed again."""
        if not self.fields.replaces:
            self.edit(account=AccountId(key) if key else None)

    def make_default(self) -> None:
        """The chosen account is where purchases go from now on."""
        one = self.target.first
        if one is not None:
            self._port.set_default(one.account, self._ask)

    def choose_session(self, key: str) -> None:
        self.edit(session=TradingSession(key))

    def choose_lasts(self, key: str) -> None:
        """How long; a last day is proposed, where one is needed."""
        lasts = Lasts(key)
        self.edit(lasts=lasts)

    def choose_last_day(self, day: date) -> None:
        self.edit(good_till=day)

    def choose_link(self, key: str) -> None:
        self.edit(link=Link(key))

    # legs

    def add_leg(self, contract: Instrument, side: OrderSide) -> None:
        """One more option; the same one again changes its side."""
        legs = list(self.fields.legs)
        for place, leg in enumerate(legs):
            if leg.instrument.key == contract.key:
                legs[place] = replace(leg, side=side)
                break
        else:
            if len(legs) >= MOST_LEGS:
                self.said.emit(f"An order has at most {MOST_LEGS} legs.")
                return
            legs.append(LegFields(instrument=contract, side=side))
        self.edit(legs=tuple(legs), options=True, dollars=False)

    def change_leg(self, place: int, *, side: str = "", ratio: str | None = None) -> None:
        legs = list(self.fields.legs)
        if place < len(legs):
            leg = legs[place]
            leg = replace(leg, side=OrderSide(side)) if side else leg
            legs[place] = replace(leg, ratio=ratio) if ratio is not None else leg
            self.edit(legs=tuple(legs))

    def remove_leg(self, place: int) -> None:
        legs = self.fields.legs
        self.edit(legs=legs[:place] + legs[place + 1 :])

    # prices

    def helper_price(self, key: str) -> Decimal | None:
        """Bid, mid or ask on the grid of ticks."""
        quote, net = prices_of(self.fields, self.known)
        pair = net
        if not self.fields.several:
            known = quote.quote if quote is not None else None
            pair = (None, None) if known is None else (known.bid, known.ask)
        value = {"bid": pair[0], "mid": mid_of(pair), "ask": pair[1]}[key]
        if value is None or value <= 0:
            return None
        if key != "mid":
            return value
        buying = main(built(self.fields).told).buys
        return on_grid(value, self._tick(value), up=not buying)

    def help_price(self, field: str, key: str) -> None:
        """Put a helper's price into a field."""
        value = self.helper_price(key)
        if value is not None:
            self.edit(**{field: written(value)})

    def step(self, field: str, steps: int) -> None:
        """Up and Down: ticks of a price, units of a quantity; from the market where it is empty."""
        if self._locked:
            return
        try:
            value = read(getattr(self.fields, field))
        except UnreadableError:
            return  # what is typed is the user's to mend
        if field == "quantity":
            unit = Decimal(1) if not self.fields.dollars else Decimal(100)
            found = (value or Decimal(0)) + unit * steps
            if found > 0:
                self.edit(quantity=written(found))
            return
        if field == "trail" and self.fields.trail_percent:
            found = (value or Decimal(0)) + Decimal("0.1") * steps
            if 0 < found < 100:
                self.edit(trail=written(found))
            return
        if value is None:
            key = "ask" if main(built(self.fields).told).buys else "bid"
            if field != "trail":
                self.help_price(field, key)
            return
        self.edit(**{field: written(stepped(value, self._tick(value), steps))})

    def _tick(self, price: Decimal) -> Decimal:
        offers = self._asks.known.offers
        told = offers.tick if offers is not None else None
        return tick_of(price, told, option=self.fields.options)

    def refresh_quote(self) -> None:
        """Ask for the price now."""
        self._price(anew=True)
