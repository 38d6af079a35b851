"""Charles Schwab, through its Trader API for individuals. This module is data; the rest loads late.

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

BROKER_ID = "schwab"
TITLE = "Charles Schwab"
SIGN_IN_LASTS = timedelta(days=7)
STREAM_HOSTS = {
    Environment.LIVE: ("streamer-api.schwab.com",),
    Environment.PRACTICE: ("127.0.0.1", "::1"),
}
"""Where its streamer may be. Schwab tells the address with the user's settings; an address that is
not on this list is not believed, because the access token is the first thing sent there."""


def _open_session(context: SessionContext) -> BrokerSession:
    from brokerdesk.brokers.schwab.session import SchwabSession

    return SchwabSession(context)


def _connect_flow(context: FlowContext) -> ConnectFlow:
    from brokerdesk.brokers.schwab.flow import SchwabFlow

    return SchwabFlow(context)


def _replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    from brokerdesk.brokers.schwab.mapping import replay

    return replay(raw, environment, fetched_at)


def _check_draft(draft: Draft, account: Account) -> None:
    from brokerdesk.brokers.schwab import order_wire

    order_wire.request(draft)


SPEC = BrokerSpec(
    id=BROKER_ID,
    title=TITLE,
    capabilities=Capabilities(
        environments=(Environment.LIVE, Environment.PRACTICE),
        reads=("accounts", "balances", "positions", "transactions", "orders", "quotes"),
        trading=True,
        order_types=(
            OrderType.MARKET,
            OrderType.LIMIT,
            OrderType.STOP,
            OrderType.STOP_LIMIT,
            OrderType.TRAILING_STOP,
            OrderType.MARKET_ON_CLOSE,
            OrderType.LIMIT_ON_CLOSE,
            OrderType.NET_DEBIT,
            OrderType.NET_CREDIT,
            OrderType.NET_ZERO,
        ),
        times_in_force=(TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK),
        sessions=(
            TradingSession.REGULAR,
            TradingSession.PRE_MARKET,
            TradingSession.POST_MARKET,
            TradingSession.EXTENDED,
        ),
        fractional=False,
        notional=False,
        preview=True,
        streaming=True,
        daily_prices=True,
        server_checked_client_id=False,
        sign_in="In your browser, with your Schwab login and your own app's key.",
        sign_in_lasts=SIGN_IN_LASTS,
        needs="An app of your own at developer.schwab.com, status “Ready For Use”.",
        requests_per_minute=120,
        refresh_open=timedelta(minutes=5),
        refresh_closed=timedelta(minutes=60),
        quotes_every=timedelta(seconds=30),
        history="Transactions and orders of one year per question; older ones in steps.",
        fees="The API costs nothing beyond the account's own fees.",
        checked_on="2026-11-21",
        notes=(
            "Schwab asks for a new browser sign-in every 7 days.",
            "A new sign-in elsewhere with the same login ends this one.",
            "One program at a time can stream with a login.",
        ),
    ),
    open_session=_open_session,
    connect_flow=_connect_flow,
    docs_url="https://developer.schwab.com/products/trader-api--individual",
    orders_url="https://client.schwab.com/",
    hosts={
        Environment.LIVE: ("api.schwabapi.com", *STREAM_HOSTS[Environment.LIVE]),
        Environment.PRACTICE: ("127.0.0.1", "::1"),
    },
    replay=_replay,
    check_draft=_check_draft,
)
