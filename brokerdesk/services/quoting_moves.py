"""What is held and priced, account by account, and what live prices change accounts by.

Kept up by difference: an account that is read anew costs what it holds itself, never what all hold.
Between any two calls everything fits together, so that whoever brings many accounts may pause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.live_figures import moved, price_of, time_of
from brokerdesk.services.quoting_holdings import AccountMove, HeldAccount, Part
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.quoting_worth import ROOM, ByWorth, Weighed
from brokerdesk.turns import steps

Told = tuple[Quote, bool]
"""A quote, and whether it stands still."""
Prices = Callable[[Priced], Told | None]


@dataclass(frozen=True, slots=True)
class _Share:
    """What one part adds to its account's move by a price. ``day`` None: it is known no more."""

    told: Told
    value: Decimal
    day: Decimal | None
    stale: bool
    at: datetime


class _Thing(Weighed):
    """Something held, and by whom."""

    __slots__ = ("holders", "mixed", "told")

    def __init__(self, of: Priced) -> None:
        super().__init__(of)
        self.holders: list[_Running] = []
        self.told: Told | None = None
        self.mixed = False
        """Whether not all of them have been told the same."""


_Piece = tuple[_Thing, Part]


class _Running:
    """One account's move, kept up part by part: there may be very many of them."""

    __slots__ = ("_shares", "day", "days_lost", "held", "places", "things", "told", "value")

    def __init__(self, held: HeldAccount) -> None:
        self.told = False
        """Whether anybody knows what it changed by."""
        self.things: list[_Thing] = []
        """What its parts are of, in their order."""
        self.places: dict[_Thing, tuple[int, ...]] = {}
        self.begin(held)

    def begin(self, held: HeldAccount) -> None:
        """It holds this from now on, and no price of it has been told."""
        self.held = held
        self._shares: dict[int, _Share] = {}
        self.value = self.day = ZERO
        self.days_lost = 0

    def update(self, thing: _Thing, told: Told | None) -> None:
        """The price of this is another one, or none."""
        for number in self.places[thing]:
            before = self._shares.get(number)
            if before is not None:
                if _same_price(before.told, told):
                    continue
                del self._shares[number]
                self._add(before, EXACT.subtract, -1)
            if told is None:
                continue
            part = self.held.parts[number]
            new = _share(part, told) if part.of.key.currency == self.held.currency else None
            if new is not None:
                self._shares[number] = new
                self._add(new, EXACT.add, 1)

    def _add(self, share: _Share, plus: Callable[[Decimal, Decimal], Decimal], one: int) -> None:
        self.value = plus(self.value, share.value)
        if share.day is None:
            self.days_lost += one
        else:
            self.day = plus(self.day, share.day)

    def move(self) -> AccountMove:
        self.told = True
        held, shares = self.held, self._shares.values()
        return AccountMove(
            account=held.account,
            currency=held.currency,
            net=held.net,
            value=self.value,
            day=None if self.days_lost else self.day,
            priced=len(shares),
            stale=sum(one.stale for one in shares),
            count=held.count,
            at=min((one.at for one in shares), default=None),
        )


def _share(part: Part, told: Told) -> _Share | None:
    quote, stale = told
    at = time_of(quote)
    price = price_of(part.of.key.asset_type, quote)
    new = moved(part.base, price, at, quote.previous_close)
    if new is None:
        return None
    before, day = part.base.day_pl, ZERO
    if before is not None:
        if new.day_pl is None:
            return _Share(told, new.delta, None, stale, at)
        day = EXACT.subtract(new.day_pl, before)
    return _Share(told, new.delta, day, stale, at)


def _same_price(one: Told | None, two: Told | None) -> bool:
    if one is None or two is None:
        return one is two
    return one[0] is two[0] and one[1] is two[1]


class _Keys:
    """What the accounts of one connection hold, and in how many of them each."""

    __slots__ = ("_counts", "_known")

    def __init__(self) -> None:
        self._counts: dict[QuoteKey, int] = {}
        self._known: frozenset[QuoteKey] | None = None

    def add(self, key: QuoteKey) -> None:
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        if not count:
            self._known = None

    def remove(self, key: QuoteKey) -> None:
        self._counts[key] -= 1
        if not self._counts[key]:
            del self._counts[key]
            self._known = None

    def known(self) -> frozenset[QuoteKey]:
        """The same object again as long as it holds the same."""
        if self._known is None:
            self._known = frozenset(self._counts)
        return self._known


class Holdings:
    """The accounts by what they hold."""

    def __init__(self, room: int = ROOM) -> None:
        self._accounts: dict[AccountId, _Running] = {}
        self._things: dict[Priced, _Thing] = {}
        self._keys: dict[ConnectionId, _Keys] = {}
        self._order = ByWorth(self._things.values, room)
        self._untold: dict[AccountId, None] = {}
        """These changed since moves were last asked for."""

    @property
    def keys(self) -> frozenset[AccountId]:
        """Which accounts these are."""
        return frozenset(self._accounts)

    @property
    def accounts(self) -> tuple[HeldAccount, ...]:
        return tuple(one.held for one in self._accounts.values())

    # -- accounts ------------------------------------------------------------------------

    def take(self, held: HeldAccount, price: Prices) -> None:
        """An account as it stands now. One that stands as before keeps its move."""
        running = self._accounts.get(held.account)
        if running is None:
            self._accounts[held.account] = running = _Running(_nothing_of(held))
        elif running.held == held:
            return
        if held.parts or running.told:
            self._untold[held.account] = None
        self._hold(running, held)
        for thing in steps(running.places):
            told = price(thing.of)
            if told is not None:
                running.update(thing, told)
            if not _same_price(told, thing.told):
                thing.mixed = True

    def forget(self, account: AccountId) -> None:
        """An account counts no more. Nothing is told of it."""
        running = self._accounts.get(account)
        if running is not None:
            self._hold(running, _nothing_of(running.held))
            del self._accounts[account]
            self._untold.pop(account, None)

    def _hold(self, running: _Running, held: HeldAccount) -> None:
        """Let it hold this, and whatever is known of things, connections and worth fit to it."""
        parts, old_parts = held.parts, running.held.parts
        things, old_things = self._things_of(parts, running), running.things
        places: dict[_Thing, tuple[int, ...]] = {}
        for number, thing in enumerate(things):
            before = places.get(thing)
            places[thing] = (number,) if before is None else (*before, number)
        old_places, running.places = running.places, places
        connection, old_connection = held.connection, running.held.connection
        for thing in places:
            if thing not in old_places:
                thing.holders.append(running)
                self._keys_of(connection).add(thing.of.key)
        self._weigh(zip(old_things, old_parts, strict=True), zip(things, parts, strict=True))
        for thing in old_places:
            if thing not in places:
                thing.holders.remove(running)
                self._keys_of(old_connection).remove(thing.of.key)
                if not thing.holders:
                    del self._things[thing.of]
            elif connection != old_connection:
                self._keys_of(old_connection).remove(thing.of.key)
                self._keys_of(connection).add(thing.of.key)
        running.things = things
        running.begin(held)

    def _things_of(self, parts: Iterable[Part], running: _Running) -> list[_Thing]:
        """What these parts are of. Most are what they were before, in the same order."""
        known, things = running.things, []
        for number, part in enumerate(parts):
            if number < len(known) and known[number].of == part.of:
                things.append(known[number])
                continue
            thing = self._things.get(part.of)
            if thing is None:
                self._things[part.of] = thing = _Thing(part.of)
            things.append(thing)
        return things

    def _weigh(self, before: Iterable[_Piece], after: Iterable[_Piece]) -> None:
        """What is worth another amount now takes its new place."""
        others: dict[_Thing, None] = {}
        for old, new in zip_longest(before, after):
            if old is not None and new is not None and _same_piece(old, new):
                continue
            for piece, fresh in ((old, False), (new, True)):
                if piece is not None and piece[1].base.quantity:
                    thing, part = piece
                    (thing.add if fresh else thing.subtract)(part.size)
                    others[thing] = None
        for thing in others:
            self._order.put(thing)

    def _keys_of(self, connection: ConnectionId) -> _Keys:
        keys = self._keys.get(connection)
        if keys is None:
            self._keys[connection] = keys = _Keys()
        return keys

    # -- what is asked of them -----------------------------------------------------------

    def wanted(self) -> list[Priced]:
        """What is held, what is worth most first: no more than there is room for."""
        return self._order.first()

    def ordering(self) -> Iterator[None]:
        """Short steps, after which ``wanted`` is answered at once."""
        while self._order.look_through():
            yield

    def held_by(self, connection: ConnectionId) -> frozenset[QuoteKey]:
        """What the accounts of a connection hold: the same object while that is the same."""
        keys = self._keys.get(connection)
        return frozenset() if keys is None else keys.known()

    def note(self, of: Priced, price: Prices) -> int:
        """The price of this is another one: adds up what its holders change by, and says how many
        these are. ``update`` has nothing left to do for what was noted in short steps before it.
        """
        thing = self._things.get(of)
        if thing is None:
            return 0
        told = price(of)
        if not thing.mixed and _same_price(told, thing.told):
            return 0
        thing.told, thing.mixed = told, False
        for running in thing.holders:
            running.update(thing, told)
            self._untold[running.held.account] = None
        return len(thing.holders)

    def update(self, changed: Iterable[Priced], price: Prices) -> tuple[AccountMove, ...]:
        """What accounts changed by: those that hold any of these, and those taken since.

        Positions in another currency than the account's have no part in it: without a rate nobody
        knows what they change its total by.
        """
        for of in changed:
            self.note(of, price)
        touched, self._untold = self._untold, {}
        return tuple(self._accounts[account].move() for account in touched)


def _same_piece(old: _Piece, new: _Piece) -> bool:
    before, after = old[1].base, new[1].base
    return (
        old[0] is new[0]
        and before.value == after.value
        and bool(before.quantity) is bool(after.quantity)
    )


def _nothing_of(held: HeldAccount) -> HeldAccount:
    """The same account without anything in it."""
    return HeldAccount(held.account, held.connection, held.currency, None, (), 0)
