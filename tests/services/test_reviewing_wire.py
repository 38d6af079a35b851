"""What the review shows is what arrives: every field of it, and no other.

Drafts of all sorts go through the review and out of it once more, over HTTP; what the server at
the other end reads out of the bytes is compared with what the user was shown.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.brokers import MemoryCredentials
from support.drafts import cents, draft, drafts, option, share, symbols, units
from support.order_checks import flat
from support.order_server import OrderServer, order_server, said
from support.ticket_desk import Desk, balance, price, ticket_desk

from brokerdesk.brokers.base import Network, SessionContext
from brokerdesk.brokers.once import Reply, Wire, send_once
from brokerdesk.brokers.registry import spec
from brokerdesk.brokers.trading import Prepared
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    Environment,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.services.offering import OPTION_SIDES
from brokerdesk.settings import Settings

BROKERS = ("alpaca", "schwab", "snaptrade")
P, T = Environment.PRACTICE, OrderType
WIDE = Settings(
    order_most_value=Decimal(999_999_999),
    order_most_quantity=Decimal(999_999_999),
    orders_per_minute=60,
)


@st.composite
def plain(draw: Any, account: AccountId) -> Draft:
    """Such as go through SnapTrade: one leg, no links, no fine fractions."""
    contract = draw(st.integers(0, 3)) == 0
    sides = OPTION_SIDES if contract else (OrderSide.BUY, OrderSide.SELL)
    kind = draw(st.sampled_from([T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT]))
    how: dict[str, Any] = {"quantity": draw(units)}
    if not contract and draw(st.booleans()):
        how["quantity"] = Decimal(draw(st.integers(1, 10**9))) / 10_000
    if kind is T.MARKET and not contract and draw(st.booleans()):
        how = {"quantity": None, "notional": draw(cents)}
    if kind in (T.LIMIT, T.STOP_LIMIT):
        how["limit_price"] = draw(cents)
    if kind in (T.STOP, T.STOP_LIMIT):
        how["stop_price"] = draw(cents)
    session = draw(st.sampled_from(TradingSession)) if kind is T.LIMIT else TradingSession.REGULAR
    return draft(
        account,
        option() if contract else share(draw(symbols)),
        draw(st.sampled_from(sides)),
        kind,
        time_in_force=draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC])),
        session=session,
        **how,
    )


class Everything(dict[str, Any]):
    """A price of whatever is asked for."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> dict[str, Any]:
        return price()


class Comparing:
    """Reviews drafts at one broker, sends what was taken, and compares."""

    def __init__(self, desk: Desk, server: OrderServer, account: AccountId) -> None:
        self.desk, self.server, self.account = desk, server, account
        self.seen: Counter[str] = Counter()

    async def try_one(self, wish: Draft) -> None:
        try:
            review = await self.desk.reviewing.review((wish,))
        except (InputError, NotSupportedError):
            self.seen["refused"] += 1
            return
        (order,) = review.orders
        assert order.prepared is not None
        arrived = await self.sent(order.prepared)
        shown = {one.name: one.value for one in order.fields}
        assert len(shown) == len(order.fields), "no field is shown twice"
        assert flat(arrived) == shown
        assert all(one.words for one in order.fields)
        assert order.draft == wish
        self.seen["taken"] += 1
        self.seen[f"{wish.link} {wish.type} {len(wish.legs)}"] += 1
        self.desk.reviewing.void(review.id)

    async def sent(self, prepared: Prepared) -> Any:
        """The body as the other end parses it."""
        method, _, path = prepared.route.partition(" ")
        reply = await send_once(
            Wire(
                method=method,
                target=path.replace(self.account, "account"),
                template=path,
                headers={"Content-Type": "application/json"},
                body=prepared.body,
            ),
            title="The broker",
            base_url=self.server.url,
            hosts=("127.0.0.1",),
            network=Network(),
            clock=self.desk.clock,
            plain_loopback=True,
        )
        assert isinstance(reply, Reply), reply
        return json.loads(self.server.seen.pop().body, parse_float=Decimal)


async def set_up(stack: AsyncExitStack, folder: Path, broker: str) -> Comparing:
    server = await stack.enter_async_context(order_server())
    server.answer = lambda _: said(200, b"{}")
    desk = await stack.enter_async_context(ticket_desk(folder, brokers=(broker,)))
    desk.settings = WIDE
    account = desk.account(broker=broker, environment=P, balances=(balance("999999999"),))
    fake = desk.brokers[broker]
    fake.told = Everything()
    session: Any = spec(broker).open_session(
        SessionContext(
            environment=P,
            clock=desk.clock,
            credentials=MemoryCredentials({}),
            practice_url=server.url,
        )
    )
    stack.push_async_callback(session.aclose)
    if broker == "snaptrade":  # its own name of the account is part of what goes out
        from brokerdesk.brokers.snaptrade import wire

        session._known[account] = wire.Account(id="11111111-2222-4333-8444-555555555555")
    fake.prepare = session.prepare  # type: ignore[method-assign]
    return Comparing(desk, server, account)


def through(folder: Path, broker: str, taken: int) -> Counter[str]:
    """Review, send and compare until so many drafts were taken."""
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        counter = runner.run(set_up(stack, folder, broker))
        wishes = (plain if broker == "snaptrade" else drafts)(counter.account)
        try:
            for _ in range(60):
                settings(
                    max_examples=min(500, taken * 3),
                    deadline=None,
                    suppress_health_check=[*HealthCheck],
                )(given(wishes)(lambda one: runner.run(counter.try_one(one))))()
                if counter.seen["taken"] >= taken:
                    break
        finally:
            runner.run(stack.aclose())
    return counter.seen


@pytest.mark.parametrize("broker", BROKERS)
def test_what_is_shown_is_what_arrives(tmp_path: Path, broker: str) -> None:
    assert through(tmp_path, broker, 100)["taken"] >= 100


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("broker", BROKERS)
def test_what_is_shown_is_what_arrives_for_5000_tickets(tmp_path: Path, broker: str) -> None:
    """1,700 at each of three brokers."""
    seen = through(tmp_path, broker, 1700)
    assert seen["taken"] >= 1700
    assert len(seen) > (5 if broker == "snaptrade" else 12), "kinds of orders"
