"""The floor of one broker: the user's own orders over the simulated market.

Nothing runs by itself. Whoever asks about an account brings the floor up to the clock first, moment
by moment and in order, so what happened does not depend on when anybody looked. Orders look at the
market once a second when they are young and every five seconds later on; what meets in one second
shares what there is, better prices first and earlier orders before later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange import checks
from brokerdesk.simulator.exchange.adopting import executions_of, plain
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.checks import Refusal
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.fees import fees_of
from brokerdesk.simulator.exchange.hours import expiry, spans
from brokerdesk.simulator.exchange.knobs import OrderKnobs
from brokerdesk.simulator.exchange.looks import Looks
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.own_days import OwnDays
from brokerdesk.simulator.exchange.rules import Rules
from brokerdesk.simulator.exchange.story import FIRST_ACTIVITY, FIRST_ORDER, multiplier
from brokerdesk.simulator.exchange.terms import Link, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import Change, Execution, LegFill, State, Ticket
from brokerdesk.simulator.exchange.ties import Ties
from brokerdesk.simulator.market import noise

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.exchange import Account, Exchange

NUMBERS = 10_000
FAR = datetime(2999, 1, 1, tzinfo=UTC)


class Floor:
    """All own orders at one broker."""

    def __init__(
        self,
        exchange: Exchange,
        now: Callable[[], datetime],
        knobs: OrderKnobs,
        rules: Rules,
    ) -> None:
        self.exchange = exchange
        self.knobs = knobs
        self.rules = rules
        self.at = now()
        self.changes: list[tuple[Ticket, Change]] = []
        """Everything that ever happened here, in order."""
        self.by_number: dict[int, Ticket] = {}
        self.bookings: dict[str, list[Event]] = {}
        self.on_change: Callable[[], None] = lambda: None
        """Called when something has happened."""
        self.entered = 0
        """How many orders were ever entered here."""
        self._now = now
        self._live: dict[int, Ticket] = {}
        self._busy = False
        self.ties = Ties(self)
        self._looks = Looks(self)
        self.days = OwnDays(self)
        self._accounts = {one.profile.number: one for one in exchange.accounts}
        for account in exchange.own:
            # An account that another broker shows as well stays with the one that has it.
            account.attach(self)

    # Asking.

    def tickets(self, account: Account) -> Iterator[Ticket]:
        """The account's own orders in the order of their numbers, but those not listed yet."""
        number = account.profile.number
        hidden = timedelta(seconds=self.knobs.listed_after)
        for ticket in self.by_number.values():
            if ticket.account == number and ticket.entered + hidden <= self.at:
                yield ticket

    def find(self, account: Account, number: int) -> Ticket | None:
        """One own order by its number."""
        self.advance()
        ticket = self.by_number.get(number)
        if ticket is None or ticket.account != account.profile.number:
            return None
        hidden = timedelta(seconds=self.knobs.found_after)
        return ticket if ticket.entered + hidden <= self.at else None

    def open_tickets(self, account: Account) -> list[Ticket]:
        """Own orders that are not over; what waits for a parent is not counted."""
        number = account.profile.number
        return [
            one
            for one in self._live.values()
            if one.account == number and one.terms is not None and one.state is not State.HELD
        ]

    def free(self, account: Account, symbol: str) -> Decimal:
        """Units held that no open order will close already; of a short position negative."""
        held = account.book_at(self.at).quantity(symbol)
        tied: dict[int, Decimal] = {}
        for ticket in self.open_tickets(account):
            assert ticket.terms is not None
            for leg in ticket.terms.legs:
                if leg.symbol == symbol and leg.buys == (held < 0):
                    group = ticket.parent if self.ties.is_oco(ticket.parent) else ticket.number
                    tied[group] = max(tied.get(group, ZERO), self.ties.left(ticket) * leg.ratio)
        taken = sum(tied.values(), ZERO)
        return held + taken if held < 0 else held - taken

    def reserved(self, account: Account) -> Decimal:
        """What open orders tie up of the buying power."""
        found = ZERO
        for ticket in self.open_tickets(account):
            assert ticket.terms is not None
            closes = all(leg.opening is False for leg in ticket.terms.legs)
            if self.ties.is_oco(ticket.parent) or closes:
                continue
            left = None if ticket.terms.notional is not None else self.ties.left(ticket)
            need, _ = checks.cost(self, account, ticket.terms, self.at, left)
            found += need
        return found.quantize(CENT)

    def power(self, account: Account, *, lent: bool = True) -> Decimal:
        """Buying power that is left."""
        value = account.value_at(self.at)
        whole = self.rules.power(account.profile, value, lent)
        return max(ZERO, whole - self.reserved(account))

    # Ordering.

    def check(self, account: Account, strategy: Strategy) -> Refusal | None:
        """Why it would be refused now."""
        self.advance()
        return checks.refusal(self, account, self._resolved(account, strategy), self.at)

    def check_replacement(
        self, account: Account, ticket: Ticket, strategy: Strategy
    ) -> Refusal | None:
        """Why it could not stand in for an order; what that one ties up counts as free."""
        if ticket.state is State.HELD:
            return checks.form(self, account, strategy, self.at)
        family: tuple[int, ...] = (ticket.number,)
        if self.ties.is_oco(ticket.parent):
            family = self.by_number[ticket.parent].children
        before = self._live
        self._live = {number: one for number, one in before.items() if number not in family}
        try:
            return checks.refusal(self, account, self._resolved(account, strategy), self.at)
        finally:
            self._live = before

    def place(self, account: Account, strategy: Strategy, refused: str = "") -> Ticket:
        """Take an order that was checked; with ``refused`` it is rejected a moment later."""
        self.advance()
        self._take_over(account)
        strategy = self._resolved(account, strategy)
        ticket = self._enter(account, strategy, parent=0, held=False)
        if refused:
            self.ties.end(ticket, State.REJECTED, refused)
        self.on_change()
        return ticket

    def tie(self, first: Ticket, second: Ticket) -> None:
        """Two orders that came one after the other cancel each other from now on."""
        account = self._accounts[first.account]
        tie = Ticket(
            number=self._next_number(account), account=first.account, terms=None, link=Link.OCO,
            entered=self.at, expires=max(first.expires, second.expires), due=FAR,
            children=(first.number, second.number), state=State.WORKING,
        )  # fmt: skip
        self.keep(tie)
        first.parent = second.parent = tie.number
        self.note(tie, "entered")
        self.on_change()

    def cancel(self, ticket: Ticket, wait: float | None = None) -> None:
        """Ask for a cancel; it takes effect later, if it is not too late then."""
        self.advance()
        wait = self.knobs.cancel_after if wait is None else wait
        for number in ticket.children:
            child = self.by_number[number]
            if not child.over and ticket.link is Link.OCO:
                self.ties.ask(child, "cancel", wait)
        self.ties.ask(ticket, "cancel", wait)
        self.on_change()

    def amend(self, ticket: Ticket, terms: Terms) -> None:
        """Other terms for the same order, where a broker keeps it one order."""
        ticket.terms, ticket.rested, ticket.triggered = terms, False, False
        if ticket.state is not State.HELD:
            ticket.expires = expiry(terms, self.at)
            ticket.due = self.at + timedelta(seconds=self.knobs.fill_after)
        self.note(ticket, "amended")
        self.on_change()

    def replace(self, ticket: Ticket, strategy: Strategy) -> Ticket:
        """Ask for other terms: a new order that stands in once the old one is gone."""
        self.advance()
        account = self._accounts[ticket.account]
        strategy = self._resolved(account, strategy)
        new = self._enter(account, strategy, parent=ticket.parent, held=True)
        new.replaces = ticket.number
        ticket.replaced_by = new.number
        self.ties.ask(ticket, "replace", self.knobs.replace_after)
        self.on_change()
        return new

    # Time.

    def advance(self) -> None:
        """Bring the floor up to the clock."""
        now = self._now()
        if self._busy or now < self.at:
            return
        self._busy = True
        before = len(self.changes)
        try:
            while True:
                due = min((one.due for one in self._live.values()), default=None)
                day = self.days.due
                if day is not None and day <= now and (due is None or day <= due):
                    self.at = max(self.at, day)
                    self.days.pass_day()
                    continue
                if due is None or due > now:
                    break
                self.at = max(self.at, due)
                self._looks.all_due([t for t in self._live.values() if t.due <= self.at])
            self.at = max(self.at, now)
        finally:
            self._busy = False
        if len(self.changes) != before:
            self.on_change()

    # What looks come to.

    def note(self, ticket: Ticket, what: str, *, fill: int = 0) -> None:
        """Write down that something happened, as of now."""
        change = Change(
            place=len(self.changes) + 1,
            at=self.at,
            what=what,
            state=ticket.state,
            filled=ticket.filled,
            fill=fill,
        )
        ticket.changes.append(change)
        self.changes.append((ticket, change))

    def move(self, ticket: Ticket, state: State) -> None:
        """Into a state that is not an end."""
        if ticket.state is not state:
            ticket.state = state
            self.note(ticket, state.value)

    def gone(self, ticket: Ticket) -> None:
        """It is over: it needs no more looks."""
        self._live.pop(ticket.number, None)

    def fill(
        self, ticket: Ticket, units: Decimal, price: Decimal, legs: tuple[LegFill, ...]
    ) -> None:
        """Trade so many units, and book it."""
        number = self._activity()
        ticket.fills.append(
            Execution(number=number, at=self.at, quantity=units, price=price, legs=legs)
        )
        account = self._accounts[ticket.account]
        for leg in legs:
            self._book_trade(account, ticket, leg)
        done = self.ties.left(ticket) <= 0
        if done:
            ticket.state = State.FILLED
        self.note(ticket, "fill", fill=number)
        if done:
            self.ties.settle(ticket)

    def book(self, account: Account, what: What, **more: object) -> None:
        """Book what befell an account."""
        event = Event(number=self._activity(), at=self.at, what=what, **more)  # type: ignore[arg-type]
        self.bookings.setdefault(account.profile.number, []).append(event)
        account.book_own([event])

    def own_accounts(self) -> list[Account]:
        """Accounts whose story has ended."""
        return [one for one in self.exchange.own if one.taken_over is not None]

    def keep(self, ticket: Ticket) -> None:
        """Have an order on the floor."""
        self.by_number[ticket.number] = ticket
        if not ticket.over:
            self._live[ticket.number] = ticket

    # Inside.

    def _resolved(self, account: Account, strategy: Strategy) -> Strategy:
        """Where a leg does not say whether it opens, the position of now does."""
        terms = strategy.terms
        if terms is None:
            children = tuple(self._resolved(account, child) for child in strategy.children)
            return replace(strategy, children=children)
        if all(leg.opening is not None for leg in terms.legs):
            return strategy
        legs = []
        for leg in terms.legs:
            held = account.book_at(self.at).quantity(leg.symbol)
            opens = held == 0 or (held > 0) == leg.buys
            legs.append(leg if leg.opening is not None else replace(leg, opening=opens))
        return replace(strategy, terms=replace(terms, legs=tuple(legs)))

    def _enter(self, account: Account, strategy: Strategy, parent: int, *, held: bool) -> Ticket:
        terms, now = strategy.terms, self.at
        wait = timedelta(seconds=self.knobs.fill_after)
        first = strategy.all_terms()[0]
        ticket = Ticket(
            number=strategy.number or self._next_number(account),
            account=account.profile.number,
            terms=terms,
            link=strategy.link,
            entered=now,
            expires=expiry(first, now),
            due=FAR if held or terms is None else now + wait,
            parent=parent,
            state=State.HELD if held else State.QUEUED,
            words=dict(strategy.words),
        )
        self.keep(ticket)
        if terms is None:
            ticket.state = State.HELD if held else State.WORKING
        elif not held and spans(terms, now)[0][0] <= now:
            ticket.state = State.WORKING
        self.note(ticket, "adopted" if strategy.number else "entered")
        waits = held or strategy.link is Link.TRIGGER
        ticket.children = tuple(
            self._enter(account, child, ticket.number, held=waits).number
            for child in strategy.children
        )
        return ticket

    def _book_trade(self, account: Account, ticket: Ticket, leg: LegFill) -> None:
        factor = multiplier(account.market, leg.symbol)
        gross = (leg.quantity * leg.price * factor).quantize(CENT)
        fees = fees_of(account.profile, leg.symbol, leg.quantity, gross)
        amount = -gross - sum((fee for _, fee in fees), ZERO)
        book = account.book_at(self.at)
        held, missing = book.quantity(leg.symbol), -amount - book.cash
        sweep = account.profile.sweep
        if missing > 0 and sweep and book.quantity(sweep) > 0:
            out = min(book.quantity(sweep), missing.to_integral_value(ROUND_CEILING))
            self.book(
                account, What.TRADE, symbol=sweep, quantity=-out, price=Decimal(1), amount=out,
                opening=False, text="Sweep",
            )  # fmt: skip
        opening = held == 0 or (held > 0) == (leg.quantity > 0)
        self.book(
            account, What.TRADE, symbol=leg.symbol, quantity=leg.quantity, price=leg.price,
            amount=amount, fees=fees, order=ticket.number, opening=opening,
        )  # fmt: skip

    def _base(self, account: Account) -> int:
        return noise.key(self.exchange.seed, "numbers", account.profile.number) % 90_000_000

    def _next_number(self, account: Account) -> int:
        base = FIRST_ORDER * 2 + self._base(account) * NUMBERS
        self.entered += 1
        return base + self.entered

    def _activity(self) -> int:
        return FIRST_ACTIVITY * 2 + len(self.changes) * 8 + sum(map(len, self.bookings.values()))

    def _take_over(self, account: Account) -> None:
        """From now on the account is the user's; what works goes on here."""
        if account.taken_over is not None:
            return
        for order in account.take_over(self.at):
            self._adopt(account, order)

    def adopt_all(self, account: Account) -> None:
        """Make the account the user's: before one of the story's orders is cancelled."""
        self.advance()
        self._take_over(account)

    def _adopt(self, account: Account, order: Order) -> None:
        strategy = self.rules.adopt(order) if self.rules.adopt else plain(order)
        ticket = self._enter(account, strategy, parent=0, held=False)
        ticket.entered = order.entered
        ticket.rested = True
        ticket.fills = executions_of(order, self.at)
        assert ticket.terms is not None
        ticket.expires = expiry(ticket.terms, order.entered)
