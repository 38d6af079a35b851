"""Orders through SnapTrade: prepared, sent once, read back. Mixed into the session.

SnapTrade hands orders on to the brokerage, removes no doubles and keeps no id of ours: what is
unknown is found by what it is. That needs the newest orders of the brokerage itself; where they
cannot be had, nothing is sent. An account may be asked ten times a minute, so what the newest
orders tell alone is not asked twice.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.once import Reply, Wire, send_once
from brokerdesk.brokers.outgoing import Body
from brokerdesk.brokers.snaptrade import (
    BROKER_ID,
    TITLE,
    impact,
    order_answers,
    order_wire,
    problems,
    wire,
)
from brokerdesk.brokers.snaptrade import accounts as account_mapping
from brokerdesk.brokers.snaptrade import orders as order_mapping
from brokerdesk.brokers.snaptrade.client import SnapTradeClient, base_url
from brokerdesk.brokers.trading import NotSent, Outcome, Prepared, Preview, Unproven
from brokerdesk.domain.account import Account
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from brokerdesk.brokers.base import SessionContext
    from brokerdesk.clock import Clock

READY_WITHIN = 5.0
BETWEEN = 1.0
"""SnapTrade wants no more than one order a second for an account."""
AHEAD = timedelta(minutes=10)
RECENT = timedelta(hours=23)
"""So far back the newest orders tell everything: SnapTrade's day, and an hour for its clock."""
KEPT = 60.0
"""The older list changes once an hour at most: so long its answer serves again."""
NOT_TOLD = (
    "Your SnapTrade plan or this brokerage does not tell the newest orders, so a lost one could "
    "not be found."
)
_LONGEST_BACK = timedelta(days=89)
_ORDER = JsonDecoder(wire.Order)


class SnapTradeTrades:
    """The writing half of a session. Implements ``trading.Trades``."""

    _environment: Environment
    _clock: Clock
    _context: SessionContext
    _client: SnapTradeClient
    _known: dict[AccountId, wire.Account]
    _no_recent_orders: set[str]
    _traded: dict[AccountId, float]
    """When something was last sent for an account."""
    _older: dict[AccountId, tuple[float, Batch[Order]]]

    async def accounts(self) -> Batch[Account]:
        raise NotImplementedError

    async def _orders_in(
        self, account: AccountId, since: datetime, until: datetime, *, anew: bool = False
    ) -> Batch[Order]:
        raise NotImplementedError

    async def _address(self, account: AccountId) -> str:
        raise NotImplementedError

    def _link_of(self, address: str) -> wire.Authorization | None:
        raise NotImplementedError

    async def recent(self, account: AccountId, *, anew: bool = False) -> Batch[Order] | None:
        raise NotImplementedError

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        raise NotImplementedError

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        """The exact request for a draft. SnapTrade's id of the account is part of it, so that the
        accounts must have been read before.
        """
        if draft.environment is not self._environment:
            raise NotSupportedError(
                "This order is for another environment than the connection.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        known = self._known.get(draft.account)
        if known is None:
            raise NotSupportedError(
                "Refresh this account once before ordering: SnapTrade's name for it is not known.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        template, body = order_wire.request(draft, known.id, replaces)
        return Prepared(
            account=draft.account,
            client_order_id=client_order_id,
            route=f"POST {_filled(template, known.id)}",
            body=outgoing.encoded(body),
            fields=order_wire.fields_of(body),
            replaces=replaces,
        )

    async def preview(self, prepared: Prepared) -> Preview | None:
        """What the brokerage says it would cost, where it offers that."""
        address = await self._address(prepared.account)
        return await impact.preview(self._client, address, prepared, self.find, self._clock.now())

    async def ready(self, account: AccountId) -> None:
        """Prove within five seconds that the key works and that the brokerage connection may trade.

        Raises:
            BrokerError: it does not; nothing is to be sent.
        """
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self.accounts()
                address = await self._address(account)
        except TimeoutError as error:
            raise BrokerUnavailableError(
                f"{TITLE} did not answer within {READY_WITHIN:.0f} seconds.",
                "Nothing was sent.",
                broker_id=BROKER_ID,
            ) from error
        link = self._link_of(address)
        if link is None or link.disabled is not False:
            raise problems.disabled(account_mapping.institution_of(link))
        if account_mapping.link(link).trades is False:
            raise NotSupportedError(
                "This brokerage is connected for reading only.",
                capability="trading",
                broker_id=BROKER_ID,
            )

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        """Send it once."""
        if prepared.replaces:
            return NotSent(why="This is no order to be placed.")
        return order_answers.placed(await self._sent(prepared.account, prepared))

    async def replace(self, prepared: Prepared) -> Outcome:
        """Send it once. Few brokerages offer it."""
        if not prepared.replaces:
            return NotSent(why="This is no order to be replaced.")
        reply = await self._sent(prepared.account, prepared)
        return order_answers.placed(reply, prepared.replaces)

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        """Ask for it once."""
        try:
            address = await self._address(account)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences())
        body: Body = {"brokerage_order_id": order_id}
        prepared = Prepared(
            account=account,
            client_order_id="",
            route=f"POST {_filled(order_wire.CANCEL, address)}",
            body=outgoing.encoded(body),
            fields=(),
        )
        return order_answers.cancelled(await self._sent(account, prepared), order_id)

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        """SnapTrade asks nothing."""
        return NotSent(why=f"{TITLE} has asked nothing.")

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        """One order as it is now: out of the newest, or else as SnapTrade reads single ones, which
        are those that it placed; at last as the list has it, which may be an hour old, as where
        the newest are not told.
        """
        newest = await self._asked_anew(account)
        found = None if newest is None else _with_id(newest, order_id)
        if found is not None:
            return found
        address = await self._address(account)
        try:
            raw = await self._client.order_detail(address, order_id)
            found = order_mapping.order(_ORDER.decode(raw), account)
        except (BrokerRefusedError, NotSupportedError, BrokerProtocolError, ValueError):
            found = None
        if found is not None and found.id == order_id:
            return found
        return _with_id(await self._older_orders(account), order_id)

    async def _older_orders(self, account: AccountId) -> Batch[Order]:
        now = self._clock.monotonic()
        kept = self._older.get(account)
        if kept is not None and now - kept[0] < KEPT:
            return kept[1]
        start = self._clock.now()
        batch = await self._orders_in(account, start - _LONGEST_BACK, start + AHEAD)
        self._older[account] = (now, batch)
        return batch

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        """SnapTrade keeps no ids of ours.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            "SnapTrade keeps no ids of ours: an order is found by what it is.",
            capability="client ids",
            broker_id=BROKER_ID,
        )

    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        """All orders since then, the newest as the brokerage tells them now.

        Raises:
            NotSupportedError: the newest cannot be had, so that the list is up to an hour old.
        """
        now = self._clock.now()
        batch: Batch[Order] | None
        if since >= now - RECENT:
            batch = await self._asked_anew(account)
        else:
            batch = await self._orders_in(account, since, now + AHEAD, anew=True)
            if self.cannot_send(account):
                batch = None
        if batch is None:
            raise _not_told()
        kept = tuple(one for one in batch.items if order_mapping.entered_since(one, since))
        return Batch(items=kept, unread=batch.unread)

    async def _asked_anew(self, account: AccountId) -> Batch[Order] | None:
        """The newest orders, also where they could not be had before; None where they cannot."""
        await self._address(account)
        return await self.recent(account, anew=True)

    def cannot_send(self, account: AccountId) -> str:
        """Why no order can go out for an account, as far as is known without asking."""
        known = self._known.get(account)
        link = known.brokerage_authorization if known is not None else ""
        return NOT_TOLD if link and link in self._no_recent_orders else ""

    async def _turn(self, account: AccountId) -> None:
        """Wait until something may be sent for this account again."""
        while True:
            now = self._clock.monotonic()
            left = self._traded.get(account, now - BETWEEN) + BETWEEN - now
            if left <= 0:
                self._traded[account] = now
                return
            await self._clock.sleep(left)

    async def _sent(self, account: AccountId, prepared: Prepared) -> Reply | NotSent | Unproven:
        """One signed request."""
        _, _, path = prepared.route.partition(" ")
        try:
            await self._address(account)
            await self._turn(account)
            dressed = await self._client.signed(path, prepared.body)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences())
        base = base_url(self._environment, self._context.practice_url)
        return await send_once(
            Wire(
                method="POST",
                target=dressed.target,
                template=_template(path),
                headers=dressed.headers,
                body=prepared.body,
            ),
            title=TITLE,
            base_url=base,
            hosts=(urlsplit(base).hostname or "",),
            network=self._context.network,
            clock=self._clock,
            plain_loopback=self._environment is Environment.PRACTICE,
        )


def _filled(template: str, address: str) -> str:
    return template.format(account=quote(address, safe=""))


def _not_told() -> NotSupportedError:
    return NotSupportedError(NOT_TOLD, capability="trading", broker_id=BROKER_ID)


def _with_id(batch: Batch[Order], order_id: str) -> Order | None:
    return next((one for one in batch.items if one.id == order_id), None)


def _template(path: str) -> str:
    """A path for the log, without the account's id."""
    kept = (order_wire.PLACE, order_wire.OPTIONS, order_wire.REPLACE, order_wire.CANCEL)
    last = path.rpartition("/")[2]
    return next(one for one in kept if one.endswith(last))
