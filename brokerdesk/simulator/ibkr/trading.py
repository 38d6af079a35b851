"""Placing, changing and cancelling at the simulated TWS, and asking what an order would need.

An order id belongs to the client that used it. The same id again changes the order; orders that are
not to be transmitted yet wait for the one that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from brokerdesk.simulator.exchange import checks
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.checks import Refusal, Why
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.fees import fees_of
from brokerdesk.simulator.exchange.hours import spans
from brokerdesk.simulator.exchange.rules import Rules, maintenance_margin
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.exchange.terms import Link, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import State, Ticket
from brokerdesk.simulator.ibkr import orders
from brokerdesk.simulator.ibkr.executions import perm_id, stamp
from brokerdesk.simulator.ibkr.frames import Message, message
from brokerdesk.simulator.ibkr.placing import Asked, PlaceError, read, terms_of
from brokerdesk.simulator.ibkr.state import IbkrState

RULES = Rules(
    half_spread=Decimal("0.0002"), power=maintenance_margin, fractions=True, shorts_named=False
)
REASONS = {
    Why.POWER: "YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY "
    "WITH LOAN VALUE [{power} USD] MUST EXCEED THE INITIAL MARGIN [{cost} USD]",
    Why.UNITS: "The order would result in a position that this account cannot hold",
    Why.SHORTS: "Short sales are not allowed in this account",
    Why.SIDE: "The order does not fit the position",
    Why.HALTED: "Trading in {symbol} is halted",
    Why.STOP_SIDE: "The stop price {stop} is on the wrong side of the market",
    Why.WINDOW: "The exchange does not take such orders at this time",
    Why.EXPIRED: "The contract has expired",
}
CODES = {
    Why.SUB_PENNY: (110, "The price does not conform to the minimum price variation."),
    Why.PRICE: (321, "Error validating request.-'bW' : cause - a price is missing"),
    Why.QUANTITY: (434, "The order size cannot be zero."),
    Why.FRACTION: (10243, "Fractional-sized order cannot be placed"),
    Why.SYMBOL: (200, "No security definition has been found for the request"),
}


YES = "PRACTICEYES"
"""The user's word for yes to what the simulated TWS asks."""


def error(request: str | int, code: int, text: str, advanced: str = "") -> Message:
    return message(4, 2, request, code, text, advanced)


class Trading:
    """One client's orders."""

    def __init__(self, state: IbkrState) -> None:
        self._state = state
        self._waiting: dict[int, tuple[Asked, Terms, Account]] = {}
        self._refused_with: list[int] = []
        """The order ids of a family that was looked at as one, its head first."""
        self.client = 0
        self.executed: list[str] = []
        """Permanent ids of what the last request made or changed: for the truth."""

    def place(self, fields: Sequence[str]) -> list[Message]:
        """3: a new order, other terms for one, or a question what it would need."""
        self.executed = []
        try:
            asked = read(fields)
            account, terms = self._understood(asked)
            if asked.what_if:
                return self._what_if(asked, account, terms)
            question = self._state.switches.question
            if question and asked.transmit and asked.override != YES:
                return [error(asked.order_id, 201, question, _ASKS % YES)]
            warnings = [error(asked.order_id, code, "Order Message:\nWarning: practice")
                        for code in self._state.switches.warnings]  # fmt: skip
            known = self._own(asked.order_id)
            if known is not None:
                return [*warnings, *self._amend(known, account, terms)]
            return [*warnings, *self._enter(asked, account, terms)]
        except PlaceError as refused:
            family, self._refused_with = self._refused_with, []
            rest = [error(one, 201, _WITH_PARENT) for one in family if one != int(fields[1])]
            if family and family[0] != int(fields[1]):
                rest[0] = error(family[0], refused.code, str(refused))
                return [*rest, error(fields[1], 201, _WITH_PARENT)]
            return [error(fields[1], refused.code, str(refused)), *rest]

    def cancel(self, fields: Sequence[str]) -> list[Message]:
        """4: a cancel is asked for; what becomes of it is told later."""
        self.executed = []
        order_id = int(fields[2])
        ticket = self._own(order_id)
        if ticket is None:
            if self._waiting.pop(order_id, None) is not None:
                return [error(order_id, 202, "Order Canceled - reason:")]
            text = f"OrderId {order_id} that needs to be cancelled is not found."
            return [error(order_id, 10147, text)]
        if ticket.over:
            word = orders.status_word(ticket.as_order())
            text = (
                f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {word}."
            )
            return [error(order_id, 10148, text)]
        if not ticket.pending:
            self._state.floor.cancel(ticket)
        self.executed = [str(perm_id(ticket.number))]
        return self._told(ticket)[1:]

    def cancel_all(self, fields: Sequence[str]) -> list[Message]:
        """58: everything, whoever placed it."""
        self.executed = []
        floor = self._state.floor
        for account in self._state.exchange.accounts:
            floor.adopt_all(account)
            for ticket in floor.open_tickets(account):
                if not ticket.pending:
                    floor.cancel(ticket)
                    self.executed.append(str(perm_id(ticket.number)))
        return []

    def next_id(self) -> int:
        """The lowest order id that nobody has used."""
        used = (one.terms.words.get("order_id", 0) for one in self._tickets() if one.terms)
        return max(used, default=0) + 1

    def _tickets(self) -> list[Ticket]:
        self._state.floor.advance()
        return [one for one in self._state.floor.by_number.values() if one.terms is not None]

    def _own(self, order_id: int) -> Ticket | None:
        for one in reversed(self._tickets()):
            assert one.terms is not None
            words = one.terms.words
            if (words.get("order_id"), words.get("client")) == (order_id, self.client):
                return one
        return None

    def _understood(self, asked: Asked) -> tuple[Account, Terms]:
        wanted: list[Sequence[str]] = [(number, *[""] * 11) for number, _, _ in asked.legs]
        wanted = wanted or [asked.contract]
        found = [self._state.directory.find(one) for one in wanted]
        known = [one for one in found if one is not None]
        if len(known) != len(wanted):
            raise PlaceError(*CODES[Why.SYMBOL])
        number = asked.account or self._state.number(self._state.exchange.accounts[0])
        account = self._state.account(number)
        if account is None:
            raise PlaceError(321, "Error validating request.-'account' : unknown account")
        return account, terms_of(asked, known, self.client)

    def _enter(self, asked: Asked, account: Account, terms: Terms) -> list[Message]:
        if not asked.transmit:
            self._waiting[asked.order_id] = (asked, terms, account)
            return []
        strategy = Strategy(terms=terms)
        parent = self._waiting.get(asked.parent) if asked.parent else None
        if asked.parent and parent is None:
            raise PlaceError(201, "Order rejected - reason:the parent order is not known")
        if parent is not None:
            strategy = self._family(asked.parent, parent[1], terms)
        floor = self._state.floor
        twin = self._twin(asked, account)
        if twin is not None:
            found = floor.check_replacement(account, twin, strategy)
        else:
            found = floor.check(account, strategy)
        if found is not None:
            raise _refused(found)
        self._refused_with = []
        ticket = floor.place(account, strategy)
        if twin is not None:
            floor.tie(twin, ticket)
        made = [one for one in self._family_of(ticket) if one.terms is not None]
        for one in made:
            _end_in_time(one)
        floor.on_change()
        self.executed = [str(perm_id(one.number)) for one in made]
        told = [each for one in made for each in self._told(one)]
        return [*told, *self._held_until_open(asked, terms)]

    def _twin(self, asked: Asked, account: Account) -> Ticket | None:
        """The order that this one and it are to cancel each other."""
        if not asked.oca:
            return None
        for one in self._tickets():
            assert one.terms is not None
            words = one.terms.words
            if (words.get("oca"), words.get("client")) == (asked.oca, self.client):
                if one.over:
                    raise PlaceError(201, "Order rejected - reason:OCA group is already filled")
                if one.account == account.profile.number and not one.parent:
                    return one
        return None

    def _family(self, parent_id: int, parent: Terms, last: Terms) -> Strategy:
        """The orders that waited for this one: a parent, and exits of which one ends the other."""
        waiting = [
            (number, one[1])
            for number, one in sorted(self._waiting.items())
            if one[0].parent == parent_id
        ]
        children = tuple(Strategy(terms=one) for one in (*(t for _, t in waiting), last))
        self._refused_with = [parent_id, *(number for number, _ in waiting)]
        for number in (parent_id, *(number for number, _ in waiting)):
            del self._waiting[number]
        if len(children) > 1:
            children = (Strategy(terms=None, link=Link.OCO, children=children),)
        return Strategy(terms=parent, link=Link.TRIGGER, children=children)

    def _family_of(self, ticket: Ticket) -> list[Ticket]:
        below = [self._state.floor.by_number[number] for number in ticket.children]
        return [ticket, *(each for one in below for each in self._family_of(one))]

    def _amend(self, ticket: Ticket, account: Account, terms: Terms) -> list[Message]:
        if ticket.over:
            code = 104 if ticket.state is State.FILLED else 103
            text = "Cannot modify a filled order." if code == 104 else "Duplicate order id"
            raise PlaceError(code, text)
        floor = self._state.floor
        assert ticket.terms is not None
        if terms.quantity is not None and terms.quantity <= ticket.filled:
            raise PlaceError(105, "Order being modified does not match the original order.")
        before = ticket.terms.legs
        if [(x.symbol, x.buys) for x in terms.legs] != [(x.symbol, x.buys) for x in before]:
            raise PlaceError(105, "Order being modified does not match the original order.")
        legs = tuple(
            replace(new, opening=old.opening) for new, old in zip(terms.legs, before, strict=True)
        )
        found = floor.check_replacement(account, ticket, Strategy(terms=terms))
        if found is not None:
            raise _refused(found)
        floor.amend(ticket, replace(terms, legs=legs))
        _end_in_time(ticket)
        self.executed = [str(perm_id(ticket.number))]
        return self._told(ticket)

    def _told(self, ticket: Ticket) -> list[Message]:
        account = next(
            one for one in self._state.exchange.accounts if one.profile.number == ticket.account
        )
        return orders.open_messages(
            ticket.as_order(), self._state.number(account), self._state.now()
        )

    def _held_until_open(self, asked: Asked, terms: Terms) -> list[Message]:
        begins = spans(terms, self._state.floor.at)[0][0]
        if begins <= self._state.floor.at:
            return []
        text = (
            f"Order Message:\n{asked.action} {asked.quantity} {terms.symbol}\nWarning: your order "
            f"will not be placed at the exchange until {stamp(begins)}"
        )
        return [error(asked.order_id, 399, text)]

    def _what_if(self, asked: Asked, account: Account, terms: Terms) -> list[Message]:
        """What would be needed: no order comes of it."""
        floor = self._state.floor
        found = floor.check(account, Strategy(terms=terms))
        if found is not None:
            raise _refused(found)
        now = self._state.now()
        need, lent = checks.cost(floor, account, terms, now)
        fees = ZERO
        for leg in terms.legs:
            price = account.market.price(leg.symbol, now)
            if not terms.several:
                price = terms.limit or terms.stop or price
            units = terms.quantity if terms.quantity is not None else (terms.notional or 0) / price
            quantity = leg.sign * leg.ratio * units
            gross = (quantity * price * multiplier(account.market, leg.symbol)).quantize(CENT)
            charged = fees_of(account.profile, leg.symbol, quantity, gross)
            fees += sum((fee for _, fee in charged), ZERO)
        margin = (need / 2 if lent and account.profile.margin else need).quantize(CENT)
        value = account.value_at(now)
        return [
            orders.what_if_message(
                asked, terms, self._state.number(account), margin, fees.quantize(CENT), value
            )
        ]


_ASKS = '{"reject": {"8229": "%s"}}'
_WITH_PARENT = "Order rejected - reason:its parent order was rejected"
_NEW_YORK = ZoneInfo("America/New_York")


def _end_in_time(ticket: Ticket) -> None:
    """An order that is valid until a day ends with it."""
    assert ticket.terms is not None
    until = str(ticket.terms.words.get("good_till", ""))
    if ticket.terms.words.get("tif") != "GTD":
        return
    try:
        day = datetime.strptime(until[:17], "%Y%m%d %H:%M:%S").replace(tzinfo=_NEW_YORK)
    except ValueError as wrong:
        raise PlaceError(321, "Error validating request.-good till date") from wrong
    ticket.expires = min(ticket.expires, day.astimezone(UTC))


def _refused(found: Refusal) -> PlaceError:
    if found.why in CODES:
        return PlaceError(*CODES[found.why])
    return PlaceError(201, "Order rejected - reason:" + REASONS[found.why].format(**found.facts))
