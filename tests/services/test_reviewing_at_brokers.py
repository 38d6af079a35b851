"""Tickets and reviews all the way, with real adapters against the practice exchange."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.drafts import draft, share
from support.order_checks import flat
from support.product import connect, services_in
from support.rigs import RIGS

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import AccountType, Environment, OrderSide, OrderType
from brokerdesk.services.container import Services
from brokerdesk.services.routing import Obstacle, Wish
from brokerdesk.services.trading_facts import Found, TicketQuote

P = Environment.PRACTICE


@dataclass
class Shop:
    """The product, signed in at one simulated broker and with trading turned on."""

    rig: Any
    services: Services
    connection: Connection
    account: AccountId

    @property
    def trading(self) -> Any:
        return self.services.trading

    async def price(self) -> TicketQuote:
        found: TicketQuote = await self.trading.quote(share(), P, self.account)
        return found

    async def wish(self, factor: str = "0.98", **changes: Any) -> Draft:
        told = (await self.price()).quote
        assert told is not None
        assert told.last is not None
        limit = (told.last * Decimal(factor)).quantize(Decimal("0.01"))
        return draft(self.account, share(), **{"limit_price": limit, **changes})


@asynccontextmanager
async def shop(folder: Path, broker: str) -> AsyncIterator[Shop]:
    async with RIGS[broker]() as rig, services_in(folder, rig.clock) as services:
        connection = await connect(services, rig)
        await services.refreshing.refresh(connection.id)
        rig.clock.auto = False  # whoever follows orders sleeps; time is not to run meanwhile
        await services.trading.begin()
        await services.trading.turn(connection.id, True)
        stored = await services.database.read(lambda uow: uow.accounts.list(connection.id))
        account = next((one for one in stored if one.account.type is AccountType.MARGIN), stored[0])
        yield Shop(rig, services, connection, account.account.id)


@pytest.mark.parametrize("broker", ["alpaca", "schwab"])
async def test_from_a_ticket_to_the_broker(tmp_path: Path, broker: str) -> None:
    async with shop(tmp_path, broker) as desk:
        trading = desk.trading
        assert await trading.environments() == (P,)
        told = await desk.price()
        assert told.source == desk.rig.spec.title
        assert told.failure == ""
        wish = await desk.wish(quantity=Decimal(3))
        asked = Wish(symbol="AAPL", side=OrderSide.BUY, environment=P, currency="USD",
                     quantity=Decimal(3))  # fmt: skip
        routed = await trading.route(asked, wish)
        assert routed.route.parts, routed.route.reason
        assert routed.accounts[0].account == routed.route.parts[0].account
        offered = await trading.offers(wish)
        assert offered.types[OrderType.LIMIT] == ""
        assert offered.tick == Decimal("0.01")
        review = await trading.review((wish,))
        (order,) = review.orders
        assert not review.blocked
        assert order.quote is not None
        assert order.estimate.value == wish.limit_price * 3
        assert order.estimate.exact
        assert order.estimate.power_before is not None
        assert order.estimate.power_after == order.estimate.power_before - order.estimate.value
        assert (order.preview is not None) == desk.rig.spec.capabilities.preview
        assert order.preview_failure == ""
        (sent,) = await trading.send(review.id, frozenset(one.code for one in review.warnings))
        assert sent.failure == ""
        assert sent.intent.id == review.id
        assert sent.intent.state is IntentState.ACCEPTED, sent.intent.words
        arrived = json.loads(sent.intent.request, parse_float=Decimal)
        assert flat(arrived) == {one.name: one.value for one in order.fields}
        (again,) = await trading.send(review.id, frozenset())
        assert again.intent is None
        assert again.failure
