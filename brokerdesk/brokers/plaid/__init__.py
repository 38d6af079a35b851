"""Plaid, which reads accounts at many institutions. This module is data; the rest loads late.

One connection is one Item: one login at one institution. Facts are in this package's README.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Capabilities, SessionContext
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import ConnectFlow, FlowContext

BROKER_ID = "plaid"
TITLE = "Plaid"


def _open_session(context: SessionContext) -> BrokerSession:
    from brokerdesk.brokers.plaid.session import PlaidSession

    return PlaidSession(context)


def _connect_flow(context: FlowContext) -> ConnectFlow:
    from brokerdesk.brokers.plaid.flow import PlaidFlow

    return PlaidFlow(context)


def _replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    from brokerdesk.brokers.plaid.mapping import replay

    return replay(raw, environment, fetched_at)


SPEC = BrokerSpec(
    id=BROKER_ID,
    title=TITLE,
    capabilities=Capabilities(
        environments=(Environment.LIVE, Environment.PAPER, Environment.PRACTICE),
        reads=("accounts", "balances", "positions", "transactions"),
        trading=False,
        order_types=(),
        times_in_force=(),
        sessions=(),
        fractional=False,
        notional=False,
        preview=False,
        streaming=False,
        gathers=True,
        server_checked_client_id=False,
        sign_in="In your browser on Plaid's page, with your login at the institution.",
        sign_in_lasts=None,
        needs="A client ID and secret of your own from dashboard.plaid.com; a free Trial plan has "
        "10 logins.",
        requests_per_minute=1200,
        account_requests_per_minute=15,
        refresh_open=timedelta(hours=4),
        refresh_closed=timedelta(hours=8),
        quotes_every=None,
        history="Transactions of the last 24 months.",
        fees="Free on a Trial plan; otherwise Plaid bills each connected login by the month.",
        checked_on="2026-11-21",
        notes=(
            "Read only: orders and quotes are not to be had through Plaid.",
            "Most institutions are read about once a day; the figures say of when they are.",
            "One login per institution: at some of them a second one breaks the first.",
        ),
        signs_out=True,
        billed=("live_balances", "refresh_link"),
    ),
    open_session=_open_session,
    connect_flow=_connect_flow,
    docs_url="https://plaid.com/docs/investments/",
    hosts={
        Environment.LIVE: ("production.plaid.com",),
        Environment.PAPER: ("sandbox.plaid.com",),
        Environment.PRACTICE: ("127.0.0.1", "::1"),
    },
    replay=_replay,
)
