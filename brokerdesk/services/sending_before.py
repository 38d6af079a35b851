"""What has to be known before an order or a cancel is written down, and what is written then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from brokerdesk.brokers.trading import Trades
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import BrokerUnavailableError, NotSupportedError
from brokerdesk.services.ledger_rules import cannot_replace

BASELINE_REACH = timedelta(days=2)
"""Orders of so long before sending are the baseline: more than any order list is late."""
READY_WITHIN = 30
"""Seconds for all that is asked before anything is sent."""
_ANOTHER = {"account", "instruments and sides"}
"""An order that differs in these is another one: no change makes one of the other."""


@contextlib.asynccontextmanager
async def before_sending() -> AsyncIterator[None]:
    """What is asked before takes no longer than it may: nothing was sent then."""
    try:
        async with asyncio.timeout(READY_WITHIN):
            yield
    except TimeoutError as error:
        raise BrokerUnavailableError(
            f"The broker did not answer within {READY_WITHIN} seconds.", "Nothing was sent."
        ) from error


async def check_replaceable(session: Trades, draft: Draft, order_id: str) -> None:
    """The order is there, works, and only its terms become others: asked just before.

    Raises:
        NotSupportedError: it cannot be changed to this draft.
    """
    order = await session.order(draft.account, order_id)
    if order is None:
        why = "The broker does not show the order that is to be changed."
    elif _ANOTHER & set(differences(draft, order)):
        why = "The order that is to be changed is another one."
    else:
        why = cannot_replace(order, trades=True)
    if why:
        raise NotSupportedError(why, capability="trading")


async def baseline(session: Trades, account: AccountId, now: datetime) -> tuple[str, ...]:
    """The ids of all orders that the account has just before.

    Raises:
        NotSupportedError: some cannot be read.
    """
    batch = await session.every_order(account, now - BASELINE_REACH)
    if batch.unread:
        raise NotSupportedError(
            "Some of this account's orders cannot be read, so a lost one could not be found.",
            capability="trading",
        )
    return tuple(sorted(one.id for one in batch.items))


def cancelling(connection: Connection, order: Order, id_: str, now: datetime) -> Intent:
    """The wish to cancel an order, as it is written down."""
    first = order.legs[0] if order.legs else None
    return Intent(
        id=id_,
        kind=IntentKind.CANCEL,
        connection=connection.id,
        account=order.account,
        environment=connection.environment,
        symbol=first.instrument.symbol if first else "",
        side=first.side if first else OrderSide.UNKNOWN,
        draft=None,
        client_order_id=id_,
        request=order.id.encode(),
        digest="",
        baseline=(),
        state=IntentState.COMMITTED,
        created_at=now,
        changed_at=now,
        order_id=order.id,
    )


def blocked_by(draft: Draft) -> tuple[str, OrderSide]:
    """What an open intent of this draft blocks: its symbols and the side of the first."""
    legs = draft.legs or draft.children[0].legs
    return "|".join(leg.instrument.symbol for leg in legs), legs[0].side
