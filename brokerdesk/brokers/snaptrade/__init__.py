"""SnapTrade, which gathers accounts of many brokerages behind one key. This module is data.

The user's own *Personal* key is the normal way; a commercial key is possible. Facts with their
sources are in this package's README.
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

BROKER_ID = "snaptrade"
TITLE = "SnapTrade"


def _open_session(context: SessionContext) -> BrokerSession:
    from brokerdesk.brokers.snaptrade.session import SnapTradeSession

    return SnapTradeSession(context)


def _connect_flow(context: FlowContext) -> ConnectFlow:
    from brokerdesk.brokers.snaptrade.flow import SnapTradeFlow

    return SnapTradeFlow(context)


def _replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    from brokerdesk.brokers.snaptrade.portfolio import replay

    return replay(raw, environment, fetched_at)


def _check_draft(draft: Draft, account: Account) -> None:
    from brokerdesk.brokers.snaptrade import order_wire

    order_wire.check_draft(draft, account)


SPEC = BrokerSpec(
    id=BROKER_ID,
    title=TITLE,
    capabilities=Capabilities(
        environments=(Environment.LIVE, Environment.PRACTICE),
        reads=("accounts", "balances", "positions", "transactions", "orders", "quotes"),
        trading=True,
        order_types=(OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT),
        times_in_force=(
            TimeInForce.DAY,
            TimeInForce.GTC,
            TimeInForce.IOC,
            TimeInForce.FOK,
        ),
        sessions=(TradingSession.REGULAR, TradingSession.EXTENDED),
        fractional=True,
        notional=True,
        preview=True,
        streaming=False,
        gathers=True,
        server_checked_client_id=False,
        sign_in="With your own SnapTrade key; each brokerage's login is given on SnapTrade's page.",
        sign_in_lasts=None,
        needs="A free Personal key from dashboard.snaptrade.com.",
        requests_per_minute=250,
        account_requests_per_minute=10,
        background_per_day=(
            ("balances", 4),
            ("positions", 4),
            ("orders", 4),
            ("transactions", 1),
        ),
        billed=("refresh_link",),
        # Four rounds in a session of six and a half hours, and none while the market rests.
        refresh_open=timedelta(hours=2),
        refresh_closed=timedelta(hours=24),
        quotes_every=timedelta(minutes=2),
        history="As far back as the brokerage gives; one day late. Orders of 90 days.",
        fees="A Personal key is free; having a brokerage read anew on a click may be billed.",
        checked_on="2026-11-21",
        notes=(
            "What a brokerage allows differs: many can only be read.",
            "Orders need a brokerage that tells its newest orders; the cost beforehand is not told "
            "by all.",
            "A brokerage that wants a new sign-in goes on answering with old figures.",
            "Prices may be those of the previous close.",
        ),
    ),
    open_session=_open_session,
    connect_flow=_connect_flow,
    docs_url="https://docs.snaptrade.com/",
    hosts={
        Environment.LIVE: ("api.snaptrade.com",),
        Environment.PRACTICE: ("127.0.0.1", "::1"),
    },
    replay=_replay,
    check_draft=_check_draft,
)
