"""Orders at Schwab: prepared, previewed, sent once, read back. Mixed into the session.

Schwab knows no id of ours, so an order whose fate is unknown is found by what it is. The token is
renewed before an order leaves, never after: what was refused is not sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.asking import Outgoing, Request
from brokerdesk.brokers.once import Reply, Wire, send_once
from brokerdesk.brokers.rate import Priority
from brokerdesk.brokers.schwab import BROKER_ID, TITLE, order_answers, order_wire, problems
from brokerdesk.brokers.schwab import orders as order_mapping
from brokerdesk.brokers.schwab import preview as preview_mapping
from brokerdesk.brokers.schwab.client import LIVE_URL, SchwabClient, base_url
from brokerdesk.brokers.trading import NotSent, Outcome, Prepared, Preview, Unproven
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailableError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from brokerdesk.brokers.base import SessionContext
    from brokerdesk.brokers.http import BrokerHttp
    from brokerdesk.brokers.schwab import wire
    from brokerdesk.brokers.schwab.tokens import Tokens
    from brokerdesk.clock import Clock

T = TypeVar("T")

READY_WITHIN = 5.0
LIFE = timedelta(seconds=120)
"""What must be left of the token when an order leaves."""
TURN_WITHIN = 5.0
"""What an order waits for its turn among the requests that the broker counts."""
AHEAD = timedelta(minutes=10)
"""How far the broker's clock may be ahead of ours when all orders are asked for."""
_ORDERS = "/trader/v1/accounts/{account}/orders"
_ORDER = _ORDERS + "/{id}"
_PREVIEW = "/trader/v1/accounts/{account}/previewOrder"
_JSON = {"Content-Type": "application/json"}


class SchwabTrades:
    """The writing half of a session. Implements ``trading.Trades``."""

    _environment: Environment
    _clock: Clock
    _context: SessionContext
    _http: BrokerHttp
    _tokens: Tokens
    _client: SchwabClient
    _handles: dict[AccountId, wire.AccountNumber]

    async def _read_handles(self) -> None:
        raise NotImplementedError

    def _handle(self, account: AccountId) -> wire.AccountNumber:
        raise NotImplementedError

    async def _addressed(
        self, account: AccountId, ask: Callable[[wire.AccountNumber], Awaitable[T]]
    ) -> T:
        raise NotImplementedError

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        raise NotImplementedError

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        """The exact request for a draft. The route names the account by BrokerDesk's id, because
        Schwab's own name for it may change with a sign-in.
        """
        if draft.environment is not self._environment:
            raise NotSupportedError(
                "This order is for another environment than the connection.",
                capability="trading",
                broker_id=BROKER_ID,
            )
        body = order_wire.request(draft)
        template = f"PUT {_ORDER}" if replaces else f"POST {_ORDERS}"
        return Prepared(
            account=draft.account,
            client_order_id=client_order_id,
            route=template.format(account=draft.account, id=replaces),
            body=outgoing.encoded(body),
            fields=order_wire.fields_of(body),
            replaces=replaces,
        )

    async def preview(self, prepared: Prepared) -> Preview:
        """What Schwab says that it would cost. Nothing is placed by it."""
        if prepared.account not in self._handles:
            await self._read_handles()
        handle = self._handle(prepared.account)
        token = await self._tokens.lasting(LIFE)

        async def dress() -> Outgoing:
            return Outgoing(
                target=_filled(_PREVIEW, handle),
                headers={"Authorization": f"Bearer {token}", **_JSON},
                content=prepared.body,
            )

        def decode(answer: Answer) -> Preview:
            return preview_mapping.preview(answer.body, self._clock.now())

        def explain(answer: Answer) -> BrokerError | None:
            weather = answer.status >= 500 or answer.status in (408, 425, 429)
            return None if weather else problems.refusal(answer)

        request = Request(
            template=_PREVIEW,
            values={"account": handle.hash_value},
            priority=Priority.USER,
        )
        return await self._http.send(
            "POST",
            request,
            dress=dress,
            decode=decode,
            explain=explain,
            repeat=False,
            login=self._tokens.counted_as,
        )

    async def ready(self, account: AccountId) -> None:
        """Prove within five seconds that the login works, has two minutes left and may use this
        account, and learn the account's present name.

        Raises:
            BrokerError: it does not; nothing is to be sent.
        """
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._tokens.lasting(LIFE)
                await self._read_handles()
        except TimeoutError as error:
            raise BrokerUnavailableError(
                f"{TITLE} did not answer within {READY_WITHIN:.0f} seconds.",
                "Nothing was sent.",
                broker_id=BROKER_ID,
            ) from error
        self._handle(account)

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        """Send it once."""
        if prepared.replaces or prepared.route != "POST " + _ORDERS.format(
            account=prepared.account
        ):
            return NotSent(why="This is no order to be placed.")
        return await self._written(prepared, "POST", _ORDERS)

    async def replace(self, prepared: Prepared) -> Outcome:
        """Send it once."""
        if not prepared.replaces.isdigit():
            return NotSent(why=f"{TITLE} cannot replace a group of orders as one.")
        return await self._written(prepared, "PUT", _ORDER)

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        """Ask for it once."""
        if not order_id.isdigit():
            return NotSent(why=f"{TITLE} cannot cancel a group of orders as one.")
        reply, _ = await self._sent(account, "DELETE", _ORDER, order_id, b"")
        return order_answers.cancelled(reply, order_id)

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        """Schwab asks nothing."""
        return NotSent(why=f"{TITLE} has asked nothing.")

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        """One order as it is now."""
        if not order_id.isdigit():
            return None
        try:
            given, handle = await self._addressed(account, self._asked(order_id))
        except problems.NotThereError:
            return None
        if str(given.order_id) != order_id or not order_mapping.belongs(
            given, handle.account_number
        ):
            raise BrokerProtocolError(
                f"{TITLE} answered for another order than the one asked for.",
                "The answer was thrown away.",
                broker_id=BROKER_ID,
            )
        try:
            return order_mapping.order(given, account)
        except ValueError as error:
            raise BrokerProtocolError(
                f"{TITLE}'s order cannot be understood.",
                "Nothing was changed.",
                broker_id=BROKER_ID,
            ) from error

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        """Schwab keeps no ids of ours.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError(
            "Schwab keeps no ids of ours: an order is found by what it is.",
            capability="client ids",
            broker_id=BROKER_ID,
        )

    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        """All orders entered since then, closed ones too; ``unread`` is what is missing."""
        return await self.orders(account, since, self._clock.now() + AHEAD)

    def _asked(
        self, order_id: str
    ) -> Callable[[wire.AccountNumber], Awaitable[tuple[wire.Order, wire.AccountNumber]]]:
        async def ask(handle: wire.AccountNumber) -> tuple[wire.Order, wire.AccountNumber]:
            return await self._client.order(handle.hash_value, order_id), handle

        return ask

    async def _written(self, prepared: Prepared, method: str, template: str) -> Outcome:
        reply, hash_value = await self._sent(
            prepared.account, method, template, prepared.replaces, prepared.body
        )
        return order_answers.placed(reply, hash_value, self._named_hosts(), prepared.replaces)

    def _named_hosts(self) -> tuple[str, ...]:
        """Where an order's address may be. A practice server may name the real one's."""
        own = urlsplit(base_url(self._environment, self._context.practice_url)).netloc
        if self._environment is Environment.PRACTICE:
            return (own, urlsplit(LIVE_URL).netloc)
        return (own,)

    async def _sent(
        self, account: AccountId, method: str, template: str, order_id: str, body: bytes
    ) -> tuple[Reply | NotSent | Unproven, str]:
        """One request for this account, and the name that the account had in it."""
        base = base_url(self._environment, self._context.practice_url)
        try:
            if account not in self._handles:
                await self._read_handles()
            handle = self._handle(account)
            token = await self._tokens.lasting(LIFE)
            wire = Wire(
                method=method,
                target=_filled(template, handle, order_id),
                template=template,
                headers={"Authorization": f"Bearer {token}", **(_JSON if body else {})},
                body=body,
            )
            answered = await self._http.turn(self._tokens.counted_as, within=TURN_WITHIN)
        except BrokerDeskError as error:
            return NotSent(why=error.sentences()), ""
        try:
            reply = await send_once(
                wire,
                title=TITLE,
                base_url=base,
                hosts=(urlsplit(base).hostname or "",),
                network=self._context.network,
                clock=self._clock,
                plain_loopback=self._environment is Environment.PRACTICE,
            )
        finally:
            answered()
        return reply, handle.hash_value


def _filled(template: str, handle: wire.AccountNumber, order_id: str = "") -> str:
    return template.format(account=quote(handle.hash_value, safe=""), id=quote(order_id, safe=""))
