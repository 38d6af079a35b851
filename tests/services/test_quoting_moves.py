"""What is held is kept up by difference: after any changes it is what a whole new look would find.

The whole look is written out here once more, as plainly as it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AssetType, Environment, PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.services import quoting_worth
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.live_figures import Base, moved, price_of, time_of
from brokerdesk.services.quoting_holdings import AccountMove, HeldAccount, Part
from brokerdesk.services.quoting_moves import Holdings, Told
from brokerdesk.services.quoting_rules import Priced

D = Decimal
OPEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNTS = [AccountId(f"account-{n}") for n in range(3)]
CONNECTIONS = [ConnectionId("acme-1"), ConnectionId("zeta-1")]
THINGS = [
    Priced(world, QuoteKey(symbol, kind, currency))
    for world in (Environment.LIVE, Environment.PRACTICE)
    for symbol in ("AAA", "BBB")
    for kind, currency in ((AssetType.EQUITY, "USD"), (AssetType.CRYPTO, "EUR"))
]
Prices = dict[Priced, Told]


def day_of(before: D | None, now: D | None) -> D | None:
    if before is None:
        return D(0)
    return None if now is None else EXACT.subtract(now, before)


def shares(held: HeldAccount, prices: Prices) -> Iterator[tuple[D, D | None, bool, datetime]]:
    for part in held.parts:
        told = prices.get(part.of)
        if told is None or part.of.key.currency != held.currency:
            continue
        quote, stale = told
        at, price = time_of(quote), price_of(part.of.key.asset_type, quote)
        new = moved(part.base, price, at, quote.previous_close)
        if new is None:
            continue
        yield new.delta, day_of(part.base.day_pl, new.day_pl), stale, at


def plain_move(held: HeldAccount, prices: Prices) -> AccountMove:
    value, day, stale, times = D(0), D(0), 0, list[datetime]()
    lost = False
    for delta, change, still, at in shares(held, prices):
        value = EXACT.add(value, delta)
        if change is None:
            lost = True
        else:
            day = EXACT.add(day, change)
        stale += still
        times.append(at)
    return AccountMove(
        account=held.account, currency=held.currency, net=held.net, value=value,
        day=None if lost else day, priced=len(times), stale=stale, count=held.count,
        at=min(times, default=None),
    )  # fmt: skip


def plain_wanted(accounts: Iterable[HeldAccount]) -> list[Priced]:
    worth: dict[Priced, D] = {}
    for account in accounts:
        for part in account.parts:
            if part.base.quantity:
                worth[part.of] = EXACT.add(worth.get(part.of, D(0)), part.size)
    return sorted(worth, key=lambda of: (-worth[of], of))


def plain_held_by(accounts: Iterable[HeldAccount], connection: ConnectionId) -> frozenset[QuoteKey]:
    return frozenset(
        part.of.key for one in accounts if one.connection == connection for part in one.parts
    )


AMOUNTS = [D("0.10"), D(1), D("2.5"), D(-3), D("1E+3"), D("12345678901234.000001")]


class Chance:
    """Makes steps up: every kind often enough to meet every other one."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pick = random.choice

    def maybe(self, amounts: Sequence[D], *others: D | None) -> D | None:
        return self.pick([*amounts, *amounts, *amounts, *(others or (None,))])

    def part(self) -> Part:
        quantity = self.maybe(AMOUNTS, None, D(0))
        mark = self.maybe([abs(one) for one in AMOUNTS])
        value = None if quantity is None or mark is None else EXACT.multiply(quantity, mark)
        if self.pick((True, *[False] * 5)):
            value = self.maybe(AMOUNTS)
        at = OPEN + timedelta(hours=self.pick((-20, -20, -2, 2)))
        day, gain = self.maybe(AMOUNTS), self.maybe(AMOUNTS)
        return Part(self.pick(THINGS), Base(quantity, D(1), mark, value, day, gain, at))

    def account(self) -> HeldAccount:
        found = tuple(self.part() for _ in range(self.random.randrange(8)))
        return HeldAccount(
            account=self.pick(ACCOUNTS),
            connection=self.pick(CONNECTIONS),
            currency=self.pick(("USD", "USD", "EUR")),
            net=self.maybe(AMOUNTS),
            parts=found,
            count=len(found),
        )

    def told(self) -> Told | None:
        quote = Quote(
            symbol="x",
            source="x",
            feed=PriceFeed.REAL_TIME,
            fetched_at=OPEN + timedelta(hours=self.pick((-19, 0, 1, 20))),
            last=abs(self.pick(AMOUNTS)),
            previous_close=self.maybe([abs(one) for one in AMOUNTS]),
        )
        return self.pick((None, *[(quote, False), (quote, True)] * 3))

    def step(self, both: Both) -> None:
        key, of = self.pick(ACCOUNTS), self.pick(THINGS)
        steps: list[Callable[[], object]] = [
            lambda: both.take(self.account()),
            lambda: both.again(key, turned=self.pick((True, False))),
            lambda: both.through(key, self.pick(CONNECTIONS)),
            lambda: both.remade(key, self.part()),
            lambda: both.price(of, self.told()),
            lambda: both.price(of, self.told()),
            lambda: both.still(of),
            lambda: both.note(of),
            both.order,
            both.check,
            both.check,
        ]
        if self.pick((True, *[False] * 20)):
            both.forget(key)
        self.pick(steps)()


class Both:
    """The one kept up by difference beside what is true, and a window that is told of moves."""

    def __init__(self, room: int) -> None:
        self.kept = Holdings(room)
        self.true: dict[AccountId, HeldAccount] = {}
        self.prices: Prices = {}
        self.changed: dict[Priced, None] = {}
        self.window: dict[AccountId, AccountMove] = {}
        self.room = room

    def take(self, held: HeldAccount) -> None:
        self.true[held.account] = held
        self.kept.take(held, self.prices.get)

    def again(self, key: AccountId, turned: bool) -> None:
        """The same is read once more, in the same order or in another."""
        old = self.true.get(key)
        if old is not None:
            same = old.parts[turned:] + old.parts[:turned]
            self.take(replace(old, parts=same))

    def through(self, key: AccountId, connection: ConnectionId) -> None:
        """It is read through a connection, the same or another."""
        old = self.true.get(key)
        if old is not None:
            self.take(replace(old, connection=connection))

    def remade(self, key: AccountId, part: Part) -> None:
        """One of its positions is another, or of another size."""
        old = self.true.get(key)
        if old is not None and old.parts:
            first = old.parts[0]
            others = (part, Part(first.of, part.base), Part(part.of, first.base))
            none = Part(first.of, replace(first.base, quantity=D(0)))
            for one in (*others, none):
                self.take(replace(old, parts=(one, *old.parts[1:])))
                self.check()

    def forget(self, key: AccountId) -> None:
        self.true.pop(key, None)
        self.window.pop(key, None)
        self.kept.forget(key)

    def price(self, of: Priced, told: Told | None) -> None:
        self.changed[of] = None
        self.prices.pop(of, None)
        if told is not None:
            self.prices[of] = told

    def still(self, of: Priced) -> None:
        """Nobody tells its price any more."""
        told = self.prices.get(of)
        if told is not None:
            self.price(of, (told[0], True))

    def note(self, of: Priced) -> None:
        self.kept.note(of, self.prices.get)

    def order(self) -> None:
        next(self.kept.ordering(), None)

    def check(self) -> None:
        true = list(self.true.values())
        assert {one.account: one for one in self.kept.accounts} == self.true
        assert self.kept.wanted() == plain_wanted(true)[: self.room]
        for connection in CONNECTIONS:
            assert self.kept.held_by(connection) == plain_held_by(true, connection)
        for move in self.kept.update(self.changed, self.prices.get):
            self.window[move.account] = move
        self.changed.clear()
        expected = {one.account: plain_move(one, self.prices) for one in true}
        assert self.window == {key: expected[key] for key in self.window}
        assert {one.account for one in true if one.parts} <= self.window.keys()


@settings(max_examples=300)
@given(st.randoms(use_true_random=False), st.integers(1, 40), st.sampled_from([1, 2, 3, 100]))
def test_after_any_changes_it_is_as_a_whole_look_would_find_it(
    random: Random, steps: int, room: int
) -> None:
    with mock.patch.object(quoting_worth, "AT_ONCE", 1):
        both, chance = Both(room), Chance(random)
        for _ in range(steps):
            chance.step(both)
        both.check()
        for key in ACCOUNTS:
            both.forget(key)
        both.check()
        assert not both.kept._things, "nothing is left of what nobody holds"


def account(number: int, symbols: Iterable[str], at: datetime = OPEN) -> HeldAccount:
    base = Base(D(10), D(1), D(100), D(1000), D(10), D(100), at)
    found = tuple(
        Part(Priced(Environment.LIVE, QuoteKey(one, AssetType.EQUITY, "USD")), base)
        for one in symbols
    )
    net = D(1000) * len(found)
    return HeldAccount(ACCOUNTS[number], CONNECTIONS[0], "USD", net, found, len(found))


def test_only_accounts_that_changed_are_told_anew() -> None:
    asked: list[Priced] = []

    def price(of: Priced) -> Told:
        asked.append(of)
        return quote, False

    quote = Quote(symbol="x", source="x", feed=PriceFeed.REAL_TIME, last=D(101),
                  fetched_at=OPEN + timedelta(minutes=1))  # fmt: skip
    kept = Holdings()
    for number in range(3):
        kept.take(account(number, ["AAA", f"S{number}"]), price)
    assert [one.account for one in kept.update((), price)] == ACCOUNTS[:3]
    keys = kept.held_by(CONNECTIONS[0])
    asked.clear()
    kept.take(account(0, ["AAA", "S0"]), price)
    assert not asked, "it stands as it did"
    assert kept.update((), price) == ()
    newer = account(1, ["AAA", "S1"], OPEN + timedelta(minutes=2))
    kept.take(newer, price)
    assert {of.key.symbol for of in asked} == {"AAA", "S1"}
    (move,) = kept.update((), price)
    assert (move.account, move.priced, move.value) == (ACCOUNTS[1], 0, D(0)), "the price is older"
    assert kept.held_by(CONNECTIONS[0]) is keys


def test_an_account_that_holds_nothing_any_more_is_told_once() -> None:
    kept = Holdings()
    kept.take(account(0, ["AAA"]), lambda _: None)
    kept.take(account(1, []), lambda _: None)
    assert [one.account for one in kept.update((), lambda _: None)] == [ACCOUNTS[0]]
    kept.take(account(0, []), lambda _: None)
    (move,) = kept.update((), lambda _: None)
    assert (move.account, move.priced, move.count) == (ACCOUNTS[0], 0, 0)
    assert kept.update((), lambda _: None) == ()


def test_an_account_that_counts_no_more_is_told_no_more() -> None:
    kept = Holdings()
    kept.take(account(0, ["AAA"]), lambda _: None)
    kept.forget(ACCOUNTS[0])
    kept.forget(ACCOUNTS[0])
    assert kept.update(THINGS, lambda _: None) == ()
    assert kept.held_by(CONNECTIONS[0]) == frozenset()
    assert kept.wanted() == []
