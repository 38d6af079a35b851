"""Orders at Interactive Brokers: prepared, previewed, sent once, looked for. Part of the session.

An order carries our id as its label. TWS keeps it but never looks at it: the same one twice would
make two orders, so that it only serves to find what was sent. An order's own name is the permanent
number that TWS gives it, under which it stays when its terms change.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.ibkr import BROKER_ID, TITLE, order_frames, order_wire, outbox, problems
from brokerdesk.brokers.ibkr import orders as order_mapping
from brokerdesk.brokers.ibkr.budget import one_call
from brokerdesk.brokers.ibkr.order_answers import CancelWatch, Watch
from brokerdesk.brokers.ibkr.order_frames import Given
from brokerdesk.brokers.ibkr.order_groups import flat, grouped, only_executed
from brokerdesk.brokers.trading import Asked, NotSent, Outcome, Prepared, Preview, Refused
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerProtocolError,
    BrokerUnavailableError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from brokerdesk.brokers.base import SessionContext, SignIn
    from brokerdesk.brokers.ibkr.gateway import Gateway
    from brokerdesk.brokers.ibkr.names import Names
    from brokerdesk.clock import Clock
    from brokerdesk.domain.kinds import Environment

READY_WITHIN = 5.0
LIFE = timedelta(seconds=120)
"""What must be left of the login when an order leaves."""
TURN_WITHIN = 5.0
"""What an order waits until the question that is on its way has ended."""
AHEAD = timedelta(minutes=10)
"""How far TWS's clock may be ahead of ours when all orders are asked for."""
EVER = datetime(2000, 1, 1, tzinfo=UTC)
MOST_QUESTIONS = 100
_FIGURES = ("totalQuantity", "lmtPrice", "auxPrice", "trailingPercent")


@dataclass(frozen=True, slots=True)
class _Question:
    """What TWS asked about, so that it can be sent with the answer."""

    prepared: Prepared
    codes: str
    words: str


class IbkrTrades:
    """The writing half of a session. Implements ``trading.Trades``."""

    _context: SessionContext
    _clock: Clock
    _names: Names
    _questions: dict[str, _Question]
    answer_limit: float

    async def _addressed(self, account: AccountId) -> tuple[Gateway, str]:
        raise NotImplementedError

    async def sign_in(self) -> SignIn:
        raise NotImplementedError

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        """The exact order, or orders. The route names the account by BrokerDesk's id; its number
        and the order's are TWS's to tell.
        """
        if draft.environment is not self._environment:
            raise NotSupportedError(
                "This order is for another environment than the connection.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        make = order_wire.change if replaces else order_wire.request
        body = make(draft, client_order_id)
        return Prepared(
            account=draft.account,
            client_order_id=client_order_id,
            route=_route(draft.account, replaces),
            body=outgoing.encoded(body),
            fields=order_wire.fields_of(body),
            replaces=replaces,
        )

    @property
    def _environment(self) -> Environment:
        return self._context.environment

    async def preview(self, prepared: Prepared) -> Preview | None:
        """What TWS computes that the order would need. Of orders that hang together it computes
        the first, which is the only one that starts.
        """
        from brokerdesk.brokers.ibkr import what_if

        gateway, number = await self._addressed(prepared.account)
        (first, *others) = order_frames.orders_in(prepared.body)
        async with gateway.alone(TURN_WITHIN) as (wire, answers):
            if answers.broker_lost:
                raise problems.broker_lost()
            order = wire.getReqId()
            given = Given(number=order, account=number, what_if=True)
            message = order_frames.placing(first, given, wire.serverVersion())
            found = await what_if.ask(wire, answers, order, message)
        shown = found.preview(self._clock.now(), first["currency"])
        return _of_first(shown) if others else shown

    async def ready(self, account: AccountId) -> None:
        """Prove within five seconds that TWS answers, is connected itself, has this account, and
        lets orders through.

        Raises:
            BrokerError: it does not; nothing is to be sent.
        """
        try:
            async with asyncio.timeout(READY_WITHIN):
                gateway, _ = await self._addressed(account)
                # Refused where “Read-Only API” is ticked; answered at once anywhere else.
                await gateway.open_orders()
            await self._lasts()
        except TimeoutError as error:
            raise BrokerUnavailableError(
                f"TWS did not answer within {READY_WITHIN:.0f} seconds.",
                "Nothing was sent.",
                broker_id=BROKER_ID,
            ) from error
        except problems.ReadOnlyError as error:
            raise problems.takes_no_orders() from error

    async def _lasts(self) -> None:
        """Whether the weekly login is not just about to end."""
        ends = (await self.sign_in()).ends
        if ends is not None and timedelta(0) <= ends - self._clock.now() < LIFE:
            raise BrokerUnavailableError(
                "TWS ends its weekly login within two minutes.",
                "Nothing was sent.",
                "Log in to TWS again, then send it.",
                broker_id=BROKER_ID,
            )

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        """Send it once."""
        if prepared.replaces or prepared.route != _route(prepared.account, ""):
            return NotSent(why="This is no order to be placed.")
        return await self._written(prepared, "")

    async def replace(self, prepared: Prepared) -> Outcome:
        """Send it once, under the number of the order that it changes."""
        if not prepared.replaces or prepared.route != _route(prepared.account, prepared.replaces):
            return NotSent(why="This is no order to be replaced.")
        return await self._written(prepared, "")

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        """Ask for it once."""
        try:
            gateway, number = await self._addressed(account)
            _, order = await self._in_book(gateway, number, order_id)
            async with gateway.alone(TURN_WITHIN) as (wire, answers):
                message = order_frames.cancelling(order.orderId, wire.serverVersion())
                watch = CancelWatch(order.orderId, wire.clientId, order_id, order.permId)
                return await outbox.send(wire, answers, (message,), watch)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences())

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        """What the user says to what TWS asked. The order that it asked about does not exist: a
        yes sends it once more, with TWS's own word for yes.
        """
        asked = self._questions.pop(token, None)
        if asked is None or asked.prepared.account != account:
            return NotSent(why="This question is no longer open. Nothing was sent.")
        if not agreed:
            return Refused(words=asked.words, code="declined")
        return await self._written(asked.prepared, asked.codes)

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        """One order as it is now."""
        batch = await self.every_order(account, EVER)
        found = next((one for one in flat(batch.items) if one.id == order_id), None)
        if found is None and batch.unread:
            raise _half_read()
        return found

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        """The order with our own id as its label. Where two have it, it names none of them."""
        batch = await self.every_order(account, EVER)
        found = {one.id: one for one in flat(batch.items) if one.client_order_id == client_order_id}
        if not found and batch.unread:
            raise _half_read()
        return next(iter(found.values())) if len(found) == 1 else None

    @one_call
    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        """All orders in the book, all that left it since then as far as TWS still lists them, and
        those that executions tell of; ``unread`` is what is missing.
        """
        until = self._clock.now() + AHEAD
        gateway, number = await self._addressed(account)
        batch = await self._listed(gateway, account, number, (EVER, until))
        question = await gateway.executions(number)
        listed = {one.id for one in flat(batch.items)}
        others = only_executed(question, account, number, listed, self._names.known)
        items = grouped((*batch.items, *others))
        return Batch(
            items=tuple(one for one in items if _is_since(one, since)),
            unread=(*batch.unread, *question.unread),
        )

    async def _listed(
        self, gateway: Gateway, account: AccountId, number: str, span: tuple[datetime, datetime]
    ) -> Batch[Order]:
        """Orders in the book, and those that left it in the span."""
        booked = await gateway.open_orders()
        done = await gateway.completed_orders()
        contracts = order_mapping.contracts(booked, done)
        named = await self._names.of(gateway, [*contracts, *self._names.legs_of(contracts)])
        first = order_mapping.open_orders(booked, account, number, named, gateway.accounts)
        second = order_mapping.completed_orders(
            done, account, number, span, named, gateway.accounts
        )
        items = {one.id: one for one in (*second.items, *first.items)}
        return Batch(items=grouped(items.values()), unread=(*first.unread, *second.unread))

    # -- sending --------------------------------------------------------------------------------
    async def _written(self, prepared: Prepared, override: str) -> Outcome:
        """Send new orders, or new terms for one."""
        try:
            gateway, account = await self._addressed(prepared.account)
            old = None
            if prepared.replaces:
                old = await self._changeable(gateway, account, prepared)
            orders = order_frames.orders_in(prepared.body)
            async with gateway.alone(TURN_WITHIN) as (wire, answers):
                numbers = [old.orderId] if old is not None else [wire.getReqId() for _ in orders]
                messages = tuple(
                    order_frames.placing(
                        one, _given(number, account, parent, old, override), wire.serverVersion()
                    )
                    for one, number, parent in zip(
                        orders, numbers, order_frames.parents(orders, numbers), strict=True
                    )
                )
                watch = Watch(
                    {number: one["orderRef"] for number, one in zip(numbers, orders, strict=True)},
                    client=wire.clientId,
                    account=account,
                    terms=_figures(orders[0]) if old is not None else None,
                    perm=old.permId if old is not None else 0,
                    together="ocaGroup" in orders[0],
                )
                outcome = await outbox.send(wire, answers, messages, watch)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences())
        return self._asked(prepared, outcome) if isinstance(outcome, Asked) else outcome

    def _asked(self, prepared: Prepared, outcome: Asked) -> Asked:
        """Keep what TWS asked about until the user has answered."""
        token = secrets.token_urlsafe(16)
        while len(self._questions) >= MOST_QUESTIONS:
            del self._questions[next(iter(self._questions))]
        words = " ".join(outcome.questions)
        self._questions[token] = _Question(prepared, outcome.token, words)
        return Asked(questions=outcome.questions, token=token)

    async def _in_book(self, gateway: Gateway, number: str, order_id: str) -> tuple[Any, Any]:
        """Contract and order of one that is in the book and ours to change.

        Raises:
            BrokerError: it is not.
        """
        question = await gateway.open_orders()
        found = None
        for contract, order, _ in question.of("order"):
            if order.account == number and order_id in _names_of(order) and not order.whatIf:
                found = (contract, order)
        if found is None:
            raise problems.not_in_book()
        if found[1].clientId != gateway.address.client or found[1].orderId <= 0:
            raise problems.others_order()
        return found

    async def _changeable(self, gateway: Gateway, number: str, prepared: Prepared) -> Any:
        contract, order = await self._in_book(gateway, number, prepared.replaces)
        (one,) = order_frames.orders_in(prepared.body)
        same_kind = (contract.secType, order.action) == (one["secType"], one["action"])
        if not same_kind or not _same_contract(contract, one):
            raise problems.other_order()
        return order


def _route(account: AccountId, replaces: str) -> str:
    return f"placeOrder {account} {replaces}".rstrip()


def _given(number: int, account: str, parent: int, old: Any, override: str) -> Given:
    """What is put in; a change keeps the order where it hung."""
    if old is None:
        return Given(number=number, account=account, parent=parent, override=override)
    return Given(
        number=number,
        account=account,
        parent=old.parentId,
        oca_group=old.ocaGroup,
        oca_type=old.ocaType,
        override=override,
    )


def _is_since(order: Order, since: datetime) -> bool:
    """Whether it, or what hangs on it, is in the book still or left it since then."""
    return any(one.closed_at is None or one.closed_at >= since for one in flat((order,)))


def _figures(one: Mapping[str, Any]) -> dict[str, Decimal | None]:
    return {name: Decimal(one[name]) for name in _FIGURES if name in one}


def _names_of(order: Any) -> tuple[str, ...]:
    """Under which ids an order may be known: its permanent number, or what it had before that."""
    early = f"{order.clientId}.{order.orderId}"
    return (str(order.permId), early) if order.permId > 0 else (early,)


def _same_contract(contract: Any, one: Mapping[str, Any]) -> bool:
    if "comboLegs" in one:
        legs = sorted((int(leg["conId"]), leg["action"]) for leg in one["comboLegs"])
        return legs == sorted((leg.conId, leg.action) for leg in contract.comboLegs or ())
    if "conId" in one:
        return int(one["conId"]) == int(contract.conId)
    name = one.get("localSymbol", "")
    shown = contract.localSymbol if name else contract.symbol
    return bool(shown == (name or one["symbol"]))


def _of_first(shown: Preview) -> Preview:
    return Preview(
        at=shown.at,
        commission=shown.commission,
        margin_change=shown.margin_change,
        warnings=(*shown.warnings, f"{TITLE} previews the first of the linked orders only."),
        refusals=shown.refusals,
    )


def _half_read() -> BrokerProtocolError:
    return BrokerProtocolError(
        "Some of this account's orders cannot be understood.",
        "So it cannot be said whether one of them is the one looked for.",
        broker_id=BROKER_ID,
    )
