"""Alpaca, through its Trading and Market Data APIs. This module is data; the rest loads late.

Facts with their sources are in this package's README.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Capabilities, SessionContext
from brokerdesk.domain.account import Account
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.kinds import Environment, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import ConnectFlow, FlowContext

BROKER_ID = "alpaca"
TITLE = "Alpaca"
REQUESTS_PER_MINUTE = 200
"""Of each host; the market data host counts for itself."""


def _open_session(context: SessionContext) -> BrokerSession:
    from brokerdesk.brokers.alpaca.session import AlpacaSession

    return AlpacaSession(context)


def _connect_flow(context: FlowContext) -> ConnectFlow:
    from brokerdesk.brokers.alpaca.flow import AlpacaFlow

    return AlpacaFlow(context)


def _replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    from brokerdesk.brokers.alpaca.mapping import replay

    return replay(raw, environment, fetched_at)


def _check_draft(draft: Draft, account: Account) -> None:
    from brokerdesk.brokers.alpaca import order_wire

    order_wire.request(draft, "check")


SPEC = BrokerSpec(
    id=BROKER_ID,
    title=TITLE,
    capabilities=Capabilities(
        environments=(Environment.LIVE, Environment.PAPER, Environment.PRACTICE),
        reads=("accounts", "balances", "positions", "transactions", "orders", "quotes"),
        trading=True,
        order_types=(
            OrderType.MARKET,
            OrderType.LIMIT,
            OrderType.STOP,
            OrderType.STOP_LIMIT,
            OrderType.TRAILING_STOP,
            OrderType.MARKET_ON_OPEN,
            OrderType.LIMIT_ON_OPEN,
            OrderType.MARKET_ON_CLOSE,
            OrderType.LIMIT_ON_CLOSE,
        ),
        times_in_force=(TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK),
        sessions=(TradingSession.REGULAR, TradingSession.EXTENDED),
        fractional=True,
        notional=True,
        preview=False,
        streaming=True,
        daily_prices=True,
        daily_values=True,
        server_checked_client_id=True,
        sign_in="With an API key, or in your browser with an app of your own.",
        sign_in_lasts=None,
        sign_in_until_revoked=True,
        needs="An API key from app.alpaca.markets, or an OAuth app of your own.",
        requests_per_minute=REQUESTS_PER_MINUTE,
        refresh_open=timedelta(minutes=2),
        refresh_closed=timedelta(minutes=60),
        quotes_every=timedelta(seconds=15),
        history="All activities and orders, a hundred or five hundred at a time.",
        fees="The API costs nothing; prices of all exchanges need a data subscription.",
        checked_on="2026-11-21",
        notes=(
            "A key belongs to one account: live and paper accounts are connected apart.",
            "Without a data subscription, quotes are those of one exchange (IEX).",
        ),
    ),
    open_session=_open_session,
    connect_flow=_connect_flow,
    docs_url="https://docs.alpaca.markets/docs/trading-api",
    orders_url="https://app.alpaca.markets/",
    hosts={
        Environment.LIVE: (
            "api.alpaca.markets",
            "data.alpaca.markets",
            "stream.data.alpaca.markets",
        ),
        # The token endpoint for paper is on the live host, too; nothing else asks it.
        Environment.PAPER: (
            "paper-api.alpaca.markets",
            "data.alpaca.markets",
            "stream.data.alpaca.markets",
            "api.alpaca.markets",
        ),
        Environment.PRACTICE: ("127.0.0.1", "::1"),
    },
    replay=_replay,
    check_draft=_check_draft,
)
