"""Interactive Brokers, through TWS or IB Gateway on the user's computer. This module is data.

The library that speaks the socket protocol is imported when a session or a flow is opened, never
before. Facts with their sources are in this package's README.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Capabilities, SessionContext
from brokerdesk.domain.kinds import Environment, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import ConnectFlow, FlowContext
    from brokerdesk.domain.account import Account
    from brokerdesk.domain.draft import Draft

BROKER_ID = "ibkr"
TITLE = "Interactive Brokers"


def _open_session(context: SessionContext) -> BrokerSession:
    from brokerdesk.brokers.ibkr.session import IbkrSession

    return IbkrSession(context)


def _connect_flow(context: FlowContext) -> ConnectFlow:
    from brokerdesk.brokers.ibkr.flow import IbkrFlow

    return IbkrFlow(context)


def _replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    from brokerdesk.brokers.ibkr.replay import replay

    return replay(raw, environment, fetched_at)


def _check_draft(draft: Draft, account: Account) -> None:
    from brokerdesk.brokers.ibkr import order_wire

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
        times_in_force=(
            TimeInForce.DAY,
            TimeInForce.GTC,
            TimeInForce.IOC,
            TimeInForce.FOK,
            TimeInForce.GTD,
        ),
        sessions=(TradingSession.REGULAR, TradingSession.EXTENDED),
        fractional=True,
        notional=True,
        preview=True,
        streaming=True,
        server_checked_client_id=False,
        sign_in="In TWS or IB Gateway, which runs on your computer and holds the login.",
        sign_in_lasts=None,
        sign_in_again="Each week, after Sunday 01:00 New York time",
        needs="TWS or IB Gateway, logged in, with “Enable ActiveX and Socket Clients” ticked.",
        requests_per_minute=45 * 60,
        refresh_open=timedelta(minutes=3),
        refresh_closed=timedelta(minutes=60),
        quotes_every=timedelta(minutes=2),
        cancels_at_once=1,
        history="Executions of the current day, or of seven if TWS's trade log shows them.",
        fees="The API costs nothing beyond the account's own; live prices need a subscription.",
        checked_on="2026-11-21",
        notes=(
            "TWS may run on this computer or on another one of your own network.",
            "TWS restarts every day and wants a new login each week, after Saturday night.",
            "Dividends, interest and transfers cannot be read: TWS tells executions only.",
            "Prices are delayed by 15 minutes without a market data subscription.",
            "Orders need “Read-Only API” cleared in TWS. Those entered in TWS or by other "
            "programs are shown, and are changed where they were entered.",
            "Orders for an amount of money are for coins alone.",
        ),
    ),
    open_session=_open_session,
    connect_flow=_connect_flow,
    docs_url="https://www.interactivebrokers.com/campus/ibkr-api-page/twsapi-doc/",
    orders_url="https://www.interactivebrokers.com/portal",
    hosts={
        Environment.LIVE: ("127.0.0.1", "::1"),
        Environment.PAPER: ("127.0.0.1", "::1"),
        Environment.PRACTICE: ("127.0.0.1", "::1"),
    },
    replay=_replay,
    check_draft=_check_draft,
)
