"""The accounts of one environment as a ticket sees them, out of the cache.

What keeps an account from trading is gathered here: who may send, who is signed in, whose figures
are too old to sell by, what working and unsettled sales have claimed already. Asks no broker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.clock import Clock
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.identity import same_as
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind
from brokerdesk.domain.kinds import AccountType, AssetType, ConnectionState, Environment
from brokerdesk.domain.order import Order
from brokerdesk.domain.position import Position
from brokerdesk.errors import InputError
from brokerdesk.services import standing
from brokerdesk.services.amounts import EXACT, ZERO, sum_all
from brokerdesk.services.opening import Specs
from brokerdesk.services.orders_list import is_open
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.services.portfolio_view import AccountRow
from brokerdesk.services.routing import CLOSING, WORDS, Candidate, Route, Wish
from brokerdesk.services.same_account_reach import Reach
from brokerdesk.services.trading_facts import TicketAccount

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.unit_of_work import UnitOfWork

LONGEST_ORDER = timedelta(days=200)
"""No broker keeps an order open for longer."""
_DEFAULT = "ticket default {}"
IsIt = Callable[[Instrument], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One account with all that a ticket asks of it. ``orders`` are those that are still open."""

    row: AccountRow
    connection: Connection
    spec: BrokerSpec
    name: str
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()
    intents: tuple[Intent, ...] = ()
    """What was sent from here and is not settled yet."""
    beside: tuple[Intent, ...] = ()
    """What was sent to the same account through another connection and is not settled yet."""
    others: frozenset[AccountId] = frozenset()
    """The ids under which the same account is reached through other connections."""
    switched_on: bool = False
    is_default: bool = False
    signed_in: bool = True
    against: str = ""
    """Why its broker takes no order for it, as far as is known without asking."""

    @property
    def id(self) -> AccountId:
        return self.row.id

    @property
    def trades(self) -> bool:
        return self.spec.capabilities.trading and not self.row.account.flags.read_only

    @property
    def blocked(self) -> bool:
        flags = self.row.account.flags
        return bool(flags.trading_blocked or flags.account_blocked)

    @property
    def stale(self) -> bool:
        """Whether its figures are too old, or not believed, to sell by."""
        return self.row.stale or bool(self.row.suspect) or self.row.damaged


class TicketAccounts:
    """All methods belong to one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        reader: PortfolioReader,
        specs: Specs,
        clock: Clock,
        journal: Callable[[], Journal | None],
        switched_on: Callable[[ConnectionId], bool],
        against: Callable[[ConnectionId, AccountId], str] = lambda _connection, _account: "",
    ) -> None:
        self._against = against
        self._database = database
        self._reader = reader
        self._specs = specs
        self._clock = clock
        self._journal = journal
        self._switched_on = switched_on

    async def environments(self) -> tuple[Environment, ...]:
        """Those that have an account which is read, in the order live, paper, practice."""

        def read(uow: UnitOfWork) -> set[Environment]:
            return {
                one.account.environment
                for one in uow.accounts.list(included_only=True)
                if one.closed_at is None and one.connection is not None
            }

        found = await self._database.read(read)
        return tuple(one for one in Environment if one in found)

    async def look(self, environment: Environment) -> tuple[Seat, ...]:
        """The accounts of an environment that somebody still reads."""
        journal = self._journal()
        unsettled = () if journal is None else await journal.unsettled()
        return await self._database.read(lambda uow: self._seats(uow, environment, unsettled))

    async def set_default(self, account: AccountId | None, environment: Environment | None) -> None:
        """Where purchases of the account's environment go first. None: nowhere in particular, in
        this environment or (None) in any.

        Raises:
            InputError: there is no such account.
        """

        def write(uow: UnitOfWork) -> None:
            if account is None:
                for one in Environment if environment is None else (environment,):
                    uow.meta.set(_DEFAULT.format(one.value), "")
                return
            stored = uow.accounts.get(account)
            if stored is None:
                raise InputError("account", "There is no such account.")
            uow.meta.set(_DEFAULT.format(stored.account.environment.value), account)

        await self._database.run(write)

    def _seats(
        self, uow: UnitOfWork, environment: Environment, unsettled: Sequence[Intent]
    ) -> tuple[Seat, ...]:
        connections = {row.id: row for row in uow.connections.list()}
        default = uow.meta.get(_DEFAULT.format(environment.value))
        now, found, reach = self._clock.now(), [], Reach(uow)
        for row, snapshot in self._reader.rows(uow, environment):
            connection = connections.get(row.connection) if row.connection else None
            if connection is None or row.closed_at is not None:
                continue
            try:
                spec = self._specs(connection.broker)
            except InputError:
                continue  # written by a version that knows more brokers
            reading = snapshot.reading if snapshot is not None and not snapshot.damaged else None
            orders = uow.orders.list(row.id, since=now - LONGEST_ORDER)
            needs = connection.state is ConnectionState.NEEDS_SIGN_IN
            others = reach.others(row.id)
            found.append(
                Seat(
                    row=row,
                    connection=connection,
                    spec=spec,
                    name=named(row, spec),
                    positions=reading.positions if reading is not None else (),
                    orders=tuple(one for one in orders if is_open(one)),
                    intents=tuple(one for one in unsettled if one.account == row.id),
                    beside=tuple(one for one in unsettled if one.account in others),
                    others=others,
                    switched_on=self._switched_on(connection.id),
                    is_default=row.id == default,
                    against=self._against(connection.id, row.id),
                    signed_in=not needs and not standing.needs_sign_in(connection, now),
                )
            )
        return tuple(found)


def named(row: AccountRow, spec: BrokerSpec) -> str:
    """Broker (of one that gathers others, the institution), last four and nickname, each once."""
    gathered = row.account.institution if spec.capabilities.gathers else ""
    broker, mask, name = gathered or spec.title, row.account.number_mask, row.name
    if mask and mask in name:
        return name if name.startswith(broker) else f"{broker} {name}"
    parts = [broker, mask, "" if name == broker else name]
    return " ".join(part for part in parts if part)


def candidate(seat: Seat, wish: Wish, what: Instrument | None, *, takes_kind: bool) -> Candidate:
    """An account as routing sees it. ``what`` None: only the letters of the symbol are known."""
    is_it = sought(wish, what)
    held = [one for one in seat.positions if is_it(one.instrument)]
    option = what is not None and what.asset_type is AssetType.OPTION
    return Candidate(
        account=seat.id,
        name=seat.name,
        environment=seat.row.environment,
        currencies=moneyed(seat.row.balances) | {one.instrument.currency for one in held},
        trades=seat.trades,
        switched_on=seat.switched_on,
        signed_in=seat.signed_in,
        blocked=seat.blocked or (bool(seat.row.account.flags.closing_only) and _opens(wish)),
        stale=seat.stale,
        counted=seat.row.through is None,
        takes_kind=takes_kind,
        held=sum_all(one.quantity for one in held) or ZERO,
        reserved=reserved(seat, is_it),
        power=power(seat.row.balances, wish.currency, seat.row.account.type, option=option),
        is_default=seat.is_default,
    )


def _opens(wish: Wish) -> bool:
    return wish.side.value in ("buy", "sell_short", "buy_to_open", "sell_to_open")


def sought(wish: Wish, what: Instrument | None) -> IsIt:
    """Whether something is what is to be traded. None: only the letters of it are known."""
    if what is not None:
        return same_as(what)
    return lambda one: (one.symbol, one.currency) == (wish.symbol, wish.currency)


def moneyed(balances: Iterable[Balance]) -> frozenset[str]:
    """Currencies in which there is money, and the one that the account is kept in."""
    found = set()
    for place, one in enumerate(balances):
        amounts = (one.cash, *(amount for _, amount in one.buying_power))
        if place == 0 or any(amount is not None and amount > ZERO for amount in amounts):
            found.add(one.currency)
    return frozenset(found)


def power(
    balances: Iterable[Balance], currency: str, kind: AccountType, *, option: bool = False
) -> Decimal | None:
    """Buying power in a currency; where a cash account has none, its cash. None: nobody says."""
    for one in balances:
        if one.currency != currency:
            continue
        told = dict(one.buying_power)
        if option and "option" in told:
            return told["option"]
        if told:
            return told.get("stock", one.buying_power[0][1])
        return one.cash if kind is AccountType.CASH else None
    return None


def reserved(seat: Seat, is_it: IsIt, leaving_out: str = "") -> Decimal:
    """What working and unsettled sales have claimed of a holding.

    ``leaving_out`` is an order that is to be replaced: what it claimed is free for the new one.
    """
    total, known = ZERO, set()
    for order in seat.orders:
        known |= {order.id, order.client_order_id}
        if order.id != leaving_out:
            total = EXACT.add(total, _claimed(order, is_it))
    for intent in seat.intents:
        new = intent.draft is not None and intent.kind is IntentKind.PLACE
        if new and not known & {intent.order_id, intent.client_order_id}:
            total = EXACT.add(total, _wanted(intent.draft, is_it))
    return total


def _claimed(order: Order, is_it: IsIt) -> Decimal:
    """Orders that a filled one triggered cancel each other: the larger counts, not both."""
    if not is_open(order):
        return ZERO
    own = ZERO
    for leg in order.legs:
        if leg.side in CLOSING and is_it(leg.instrument):
            left = EXACT.subtract(leg.quantity, order.filled_quantity)
            own = EXACT.add(own, max(ZERO, left))
    waits = bool(order.legs) and order.status.value not in ("filled", "replaced")
    children = [_claimed(one, is_it) for one in order.children]
    return own if waits else max(children, default=ZERO)


def _wanted(draft: Draft | None, is_it: IsIt) -> Decimal:
    if draft is None:
        return ZERO
    if not draft.legs:
        return max((_wanted(one, is_it) for one in draft.children), default=ZERO)
    total = ZERO
    for leg in draft.legs:
        if leg.side in CLOSING and is_it(leg.instrument) and draft.quantity:
            total = EXACT.add(total, EXACT.multiply(draft.quantity, leg.ratio))
    return total


def listed(
    wish: Wish, route: Route, seats: Sequence[Seat], candidates: Sequence[Candidate]
) -> tuple[TicketAccount, ...]:
    """All accounts as the ticket offers them: the chosen ones, the able, then the others."""
    against = dict(route.against)
    chosen = [part.account for part in route.parts]
    found = []
    for seat, one in zip(seats, candidates, strict=True):
        obstacle = against.get(seat.id)
        found.append(
            TicketAccount(
                account=seat.id,
                connection=seat.connection.id,
                broker_title=seat.spec.title,
                name=seat.name,
                environment=seat.row.environment,
                currency=wish.currency,
                obstacle=obstacle,
                why="" if obstacle is None else WORDS[obstacle],
                held=one.held,
                sellable=one.sellable,
                power=one.power,
                power_at=seat.row.as_of or seat.row.fetched_at,
                is_default=seat.is_default,
            )
        )

    def rank(one: TicketAccount) -> tuple[bool, int, bool, str]:
        place = chosen.index(one.account) if one.account in chosen else len(chosen)
        return (one.obstacle is not None, place, not one.is_default, one.name)

    return tuple(sorted(found, key=rank))


def with_value(wish: Wish, draft: Draft | None, price: Decimal | None) -> Wish:
    """The wish with what it would be worth, where that can be told and was not yet."""
    if draft is None or wish.value is not None or len(draft.legs) != 1:
        return wish
    value = draft.notional
    unit = draft.limit_price if draft.limit_price is not None else price
    if value is None and unit is not None and draft.quantity is not None:
        units = EXACT.multiply(draft.quantity, draft.legs[0].instrument.multiplier)
        value = EXACT.multiply(units, unit)
    return wish if value is None else replace(wish, value=value)
