"""Orders at Alpaca: prepared, sent once, looked for. Mixed into the session.

An order goes to the host of its account and to no other. Alpaca checks our own id: an order whose
fate is unknown is found by it. A replacement is a new order with an id of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, balances, mapping, order_answers, order_wire
from brokerdesk.brokers.alpaca import orders as order_mapping
from brokerdesk.brokers.alpaca.client import TradingClient
from brokerdesk.brokers.alpaca.login import headers_of
from brokerdesk.brokers.alpaca.problems import UnknownHereError
from brokerdesk.brokers.once import Reply, Wire, send_once
from brokerdesk.brokers.trading import NotSent, Outcome, Prepared, Preview, Unproven
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerProtocolError,
    BrokerUnavailableError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from brokerdesk.brokers.alpaca import wire
    from brokerdesk.brokers.alpaca.assets import AssetNames
    from brokerdesk.brokers.alpaca.login import Login
    from brokerdesk.brokers.alpaca.venues import Addresses
    from brokerdesk.brokers.base import SessionContext
    from brokerdesk.brokers.http import BrokerHttp
    from brokerdesk.clock import Clock

READY_WITHIN = 5.0
TURN_WITHIN = 5.0
"""What an order waits for its turn among the requests that the broker counts."""
AHEAD = timedelta(minutes=10)
"""How far the broker's clock may be ahead of ours when all orders are asked for."""
_PATH = "/v2/orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Prepared):
    """A replacement, with the draft that it stands for: of that, only part goes out."""

    draft: Draft


class AlpacaTrades:
    """The writing half of a session. Implements ``trading.Trades``."""

    _environment: Environment
    _clock: Clock
    _login: Login
    _context: SessionContext
    _addresses: Addresses
    _assets: AssetNames
    _venues: dict[AccountId, str]
    _hosts: dict[str, BrokerHttp]
    _blocked: set[AccountId]
    """Accounts that Alpaca kept from trading when it was last asked."""

    async def _client(self, account: AccountId) -> TradingClient:
        raise NotImplementedError

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        raise NotImplementedError

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        """The exact request for a draft."""
        if draft.environment is not self._environment:
            raise NotSupportedError(
                "This order is for another environment than the connection.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        make = order_wire.change if replaces else order_wire.request
        body = make(draft, client_order_id)
        prepared = Prepared(
            account=draft.account,
            client_order_id=client_order_id,
            route=f"PATCH {_of(replaces)}" if replaces else f"POST {_PATH}",
            body=outgoing.encoded(body),
            fields=order_wire.fields_of(body),
            replaces=replaces,
        )
        if not replaces:
            return prepared
        return Change(
            account=prepared.account,
            client_order_id=prepared.client_order_id,
            route=prepared.route,
            body=prepared.body,
            fields=prepared.fields,
            replaces=replaces,
            draft=draft,
        )

    async def preview(self, prepared: Prepared) -> Preview | None:
        """Alpaca has none."""
        return None

    async def ready(self, account: AccountId) -> None:
        """Prove within five seconds that the host of this account knows the login and lets it
        send. Whether the account may trade is learnt as well: if not, cancels still pass.

        Raises:
            BrokerError: it does not; nothing is to be sent.
        """
        credentials = await self._login.credentials()
        if credentials.get("access_token") and "trading" not in credentials.get("scope", ""):
            raise NotSupportedError(
                "This sign-in allows reading only. Sign in again and allow orders.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        try:
            async with asyncio.timeout(READY_WITHIN):
                given = await (await self._client(account)).account()
        except TimeoutError as error:
            raise BrokerUnavailableError(
                f"{TITLE} did not answer within {READY_WITHIN:.0f} seconds.",
                "Nothing was sent.",
                broker_id=BROKER_ID,
            ) from error
        if mapping.identify(given, self._environment) != account:
            raise BrokerProtocolError(
                f"{TITLE} answered for another account than the one asked for.",
                "Nothing was sent.",
                broker_id=BROKER_ID,
            )
        (self._blocked.discard if _open(given) else self._blocked.add)(account)

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        """Send it once."""
        if prepared.replaces or prepared.route != f"POST {_PATH}":
            return NotSent(why="This is no order to be placed.")
        if prepared.account in self._blocked:
            return NotSent(why=_BLOCKED)
        reply = await self._sent(prepared.account, "POST", _PATH, _PATH, prepared.body)
        return order_answers.placed(reply, prepared.client_order_id)

    async def replace(self, prepared: Prepared) -> Outcome:
        """Send it once, if the order that it replaces is one that only differs in what Alpaca
        changes.
        """
        if not isinstance(prepared, Change) or not prepared.replaces:
            return NotSent(why="This is no order to be replaced.")
        if prepared.account in self._blocked:
            return NotSent(why=_BLOCKED)
        why = await self._unlike(prepared)
        if why:
            return NotSent(why=why)
        reply = await self._sent(
            prepared.account, "PATCH", _of(prepared.replaces), f"{_PATH}/{{id}}", prepared.body
        )
        return order_answers.placed(reply, prepared.client_order_id, prepared.replaces)

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        """Ask for it once."""
        reply = await self._sent(account, "DELETE", _of(order_id), f"{_PATH}/{{id}}", b"")
        return order_answers.cancelled(reply, order_id)

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        """Alpaca asks nothing."""
        return NotSent(why=f"{TITLE} has asked nothing.")

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        """One order as it is now."""
        client = await self._client(account)
        try:
            given = await client.order(order_id)
        except UnknownHereError:
            return None
        if given.id != order_id:
            raise _another_order()
        return self._mapped(given, account)

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        """The order with our own id, which Alpaca keeps for ever."""
        client = await self._client(account)
        try:
            given = await client.order_by_client_id(client_order_id)
        except UnknownHereError:
            return None
        if given.client_order_id != client_order_id:
            raise _another_order()
        return self._mapped(given, account)

    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        """All orders submitted since then, closed ones too; ``unread`` is what is missing."""
        return await self.orders(account, since, self._clock.now() + AHEAD)

    def _mapped(self, given: wire.Order, account: AccountId) -> Order:
        try:
            return order_mapping.order(given, account, self._assets.names)
        except ValueError as error:
            raise BrokerProtocolError(
                f"{TITLE}'s order cannot be understood.",
                "Nothing was changed.",
                broker_id=BROKER_ID,
            ) from error

    async def _unlike(self, prepared: Change) -> str:
        """Why the order to be replaced is not one that this can take the place of; "" if it is."""
        try:
            old = await self.order(prepared.account, prepared.replaces)
        except BrokerDeskError as error:
            return error.sentences()
        if old is None:
            return f"{TITLE} does not know the order that is to be replaced."
        draft = prepared.draft
        units = draft.quantity or old.quantity
        legs = tuple(replace(leg, quantity=units) for leg in old.legs)
        changed = replace(
            old,
            quantity=units,
            legs=legs if len(legs) == 1 else old.legs,
            time_in_force=draft.time_in_force,
            limit_price=draft.limit_price,
            stop_price=draft.stop_price,
            # A trail is changed by a figure alone: what it is a figure of stays.
            trail_amount=old.trail_amount and (draft.trail_amount or old.trail_amount),
            trail_percent=old.trail_percent and (draft.trail_percent or old.trail_percent),
        )
        other = differences(draft, changed)
        if other:
            return f"{TITLE} cannot change an order's {', '.join(other)}. Cancel it instead."
        return ""

    async def _sent(
        self, account: AccountId, method: str, path: str, template: str, body: bytes
    ) -> Reply | NotSent | Unproven:
        """One request to the host of this account."""
        try:
            await self._client(account)
            token = await self._login.bearer()
            venue = self._venues[account]
            base = urlsplit(self._addresses.of(venue))
            wire = Wire(
                method=method,
                target=base.path + path,
                template=template,
                headers={**headers_of(token), **(_JSON if body else {})},
                body=body,
            )
            answered = await self._hosts[venue].turn(self._login.counted_as, within=TURN_WITHIN)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences())
        try:
            return await send_once(
                wire,
                title=TITLE,
                base_url=f"{base.scheme}://{base.netloc}",
                hosts=(base.hostname or "",),
                network=self._context.network,
                clock=self._clock,
                plain_loopback=self._environment is Environment.PRACTICE,
            )
        finally:
            answered()


_JSON = {"Content-Type": "application/json"}
_BLOCKED = f"{TITLE} does not let this account trade. Its own site says why."
_CLOSED = (
    *("INACTIVE", "ONBOARDING", "SUBMISSION_FAILED", "SUBMITTED", "APPROVAL_PENDING"),
    *("REJECTED", "ACCOUNT_CLOSED"),
)


def _of(order_id: str) -> str:
    return f"{_PATH}/{quote(order_id, safe='')}"


def _open(given: balances.Fields) -> bool:
    """Whether Alpaca itself lets this account trade."""
    flags = balances.flags(given)
    closed = balances.text(given, "status") in _CLOSED
    return not (flags.trading_blocked or flags.account_blocked or closed)


def _another_order() -> BrokerProtocolError:
    return BrokerProtocolError(
        f"{TITLE} answered for another order than the one asked for.",
        "The answer was thrown away.",
        broker_id=BROKER_ID,
    )
