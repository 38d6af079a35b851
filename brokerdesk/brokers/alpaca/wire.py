"""The shapes of Alpaca's answers.

Trading answers carry amounts as texts, market data as numbers; both become exact ``Decimal``.
Almost every field is optional in Alpaca's own description, and new ones keep coming. The account
itself is read field by field (see ``balances``), so it has no shape here.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Wire(msgspec.Struct, gc=False):
    """Base: unknown fields are ignored."""


class Position(Wire):
    symbol: str | None = None
    asset_id: str | None = None
    asset_class: str | None = None
    exchange: str | None = None
    qty: Decimal | None = None
    side: str | None = None
    avg_entry_price: Decimal | None = None
    cost_basis: Decimal | None = None
    market_value: Decimal | None = None
    current_price: Decimal | None = None
    unrealized_pl: Decimal | None = None
    unrealized_intraday_pl: Decimal | None = None


class Asset(Wire):
    symbol: str
    name: str | None = None
    asset_class: str | None = msgspec.field(default=None, name="class")


class Order(Wire):
    id: str | None = None
    client_order_id: str | None = None
    submitted_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    filled_at: str | None = None
    expired_at: str | None = None
    canceled_at: str | None = None
    failed_at: str | None = None
    replaced_at: str | None = None
    replaced_by: str | None = None
    asset_id: str | None = None
    symbol: str | None = None
    asset_class: str | None = None
    notional: Decimal | None = None
    qty: Decimal | None = None
    filled_qty: Decimal | None = None
    filled_avg_price: Decimal | None = None
    ratio_qty: Decimal | None = None
    order_class: str | None = None
    type: str | None = None
    order_type: str | None = None
    side: str | None = None
    position_intent: str | None = None
    time_in_force: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool | None = None
    status: str | None = None
    legs: list[Order] | None = None


class Activity(Wire):
    id: str
    activity_type: str | None = None
    transaction_time: str | None = None
    created_at: str | None = None
    date: str | None = None
    symbol: str | None = None
    side: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    net_amount: Decimal | None = None
    order_id: str | None = None
    description: str | None = None
    currency: str | None = None
    status: str | None = None


class PortfolioHistory(Wire):
    """Columns of equal length; a value may be null."""

    timestamp: list[int]
    equity: list[Decimal | None]


class Trade(Wire):
    p: Decimal | None = None
    t: str | None = None


class TopOfBook(Wire):
    ap: Decimal | None = None
    bp: Decimal | None = None
    t: str | None = None


class Bar(Wire):
    t: str
    c: Decimal


class BarVolume(Wire):
    t: str
    v: Decimal


class Close(Wire):
    c: Decimal | None = None


class Snapshot(Wire, rename="camel"):
    """Any part may be missing."""

    latest_trade: Trade | None = None
    latest_quote: TopOfBook | None = None
    daily_bar: Close | None = None
    prev_daily_bar: Close | None = None


class Snapshots(Wire):
    """Coins and options come in a wrapper; stocks do not."""

    snapshots: dict[str, msgspec.Raw]


class Bars(Wire):
    bars: dict[str, list[msgspec.Raw] | None] | None = None
    next_page_token: str | None = None


class MarketClock(Wire):
    timestamp: str
    is_open: bool
    next_open: str
    next_close: str


class CalendarDay(Wire):
    date: str
    open: str
    close: str


class TokenAnswer(Wire):
    access_token: str
    token_type: str | None = None
    scope: str | None = None


class Problem(Wire):
    code: int | None = None
    message: str | None = None
    error: str | None = None
    error_description: str | None = None
