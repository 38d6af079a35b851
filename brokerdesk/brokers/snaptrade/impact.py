"""What a brokerage says an order would cost, where SnapTrade can ask it.

The impact of a share's order names the symbol by SnapTrade's own id, which a search tells. The
trade that SnapTrade keeps of it for five minutes is left to end: the order goes out as it was
reviewed. What is not told stays empty: it is not zero.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.outgoing import Body
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE, order_wire, problems
from brokerdesk.brokers.snaptrade.client import SnapTradeClient
from brokerdesk.brokers.snaptrade.wire import Wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.trading import Prepared, Preview
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import (
    AuthError,
    BrokerProtocolError,
    BrokerRefusedError,
    NotSupportedError,
)


class TradeImpact(Wire):
    estimated_commission: Decimal | None = None
    forex_fees: Decimal | None = None


class Impact(Wire):
    trade_impacts: list[TradeImpact] | None = None


class OptionImpact(Wire):
    estimated_cash_change: Decimal | None = None
    cash_change_direction: str | None = None
    estimated_fee_total: Decimal | None = None


_IMPACT = JsonDecoder(Impact)
_OPTION = JsonDecoder(OptionImpact)
_LEFT_OUT = ("symbol", "trading_session")
Finding = Callable[[str, int], Awaitable[Batch[Instrument]]]


async def preview(
    client: SnapTradeClient, address: str, prepared: Prepared, find: Finding, now: datetime
) -> Preview | None:
    """The impact of a prepared order; None where there is none to be had.

    Raises:
        BrokerError: nothing is known.
    """
    body: Body = json.loads(prepared.body, parse_float=Decimal)
    options = prepared.route.endswith("/trading/options")
    if prepared.replaces or body.get("trading_session") == "EXTENDED":
        return None
    try:
        if options:
            raw = await client.impact(order_wire.OPTIONS_IMPACT, address, prepared.body)
            return _of_options(raw, now)
        changed = await _by_id(body, find)
        if changed is None:
            return None
        raw = await client.impact(order_wire.IMPACT, "", outgoing.encoded(changed))
        return _of_share(raw, now)
    except (problems.DisabledError, AuthError):
        raise
    except (problems.NotHereError, problems.GoneError, NotSupportedError):
        return None
    except BrokerRefusedError as error:
        words = clean(error.message, MESSAGE_LENGTH) or f"{TITLE} refused it."
        return Preview(at=now, refusals=(words,))


async def _by_id(body: Body, find: Finding) -> Body | None:
    """The order as an impact wants it; None where SnapTrade knows no such symbol."""
    symbol = body["symbol"]
    batch = await find(symbol, 20)
    ids = [dict(one.broker_ids).get(BROKER_ID, "") for one in batch.items if one.symbol == symbol]
    if len(ids) != 1 or not ids[0]:
        return None
    kept = {name: value for name, value in body.items() if name not in _LEFT_OUT}
    return {**kept, "universal_symbol_id": ids[0]}


def _of_share(raw: bytes, now: datetime) -> Preview:
    told = _IMPACT.decode(raw).trade_impacts or []
    if len(told) != 1:
        return Preview(at=now)
    return Preview(at=now, commission=_figure(told[0].estimated_commission),
                   fees=_figure(told[0].forex_fees))  # fmt: skip


def _of_options(raw: bytes, now: datetime) -> Preview:
    told = _OPTION.decode(raw)
    total = _figure(told.estimated_cash_change)
    if told.cash_change_direction not in ("DEBIT", "CREDIT"):
        total = None
    return Preview(at=now, fees=_figure(told.estimated_fee_total), total=total)


def _figure(value: Decimal | None) -> Decimal | None:
    try:
        return None if value is None else exact(value)
    except ValueError as error:
        raise BrokerProtocolError(
            f"{TITLE} told a cost that no order has.", broker_id=BROKER_ID
        ) from error
