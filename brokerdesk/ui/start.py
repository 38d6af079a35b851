"""The first picture: the last snapshot, read raw, in the same rows as everything later.

Imported before the first paint: nothing heavy may be reached from here.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.brokers.registry import all_specs
from brokerdesk.domain.account import Account
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import AccountType, ConnectionState
from brokerdesk.services import portfolio_view as pv
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures

if TYPE_CHECKING:
    from brokerdesk.db.start_view import StartAccount, StartView


def broker_titles() -> dict[str, str]:
    """Broker ids to names."""
    return {spec.id: spec.title for spec in all_specs()}


def start_figures(start: StartView | None, now: datetime) -> Figures:
    """What the window shows before any service runs."""
    if start is None:
        return Figures()
    accounts = tuple(_account(one, now) for one in start.accounts)
    positions = tuple(
        pv.PositionRow(
            account=one.id,
            account_name=one.name,
            environment=one.environment,
            position=position,
            as_of=one.snapshot.as_of,
            fetched_at=one.snapshot.valid_until,
        )
        for one in start.accounts
        if one.snapshot is not None and not one.snapshot.damaged
        for position in one.positions
    )
    counted = {one.id for one in accounts if one.counts}
    view = pv.PortfolioView(
        taken_at=now,
        as_of=None,
        connections=_connections(start, now),
        accounts=accounts,
        positions=positions,
        holdings=pv.holdings(row for row in positions if row.account in counted),
        totals=pv.totals(accounts),
        oldest=start.oldest_as_of,
    )
    return figures(view, broker_titles())


def _account(one: StartAccount, now: datetime) -> pv.AccountRow:
    shot = one.snapshot
    fetched = shot.valid_until if shot is not None else None
    return pv.AccountRow(
        account=Account(
            id=one.id,
            broker=one.broker,
            environment=one.environment,
            name=one.name,
            number_mask=one.number_mask,
            type=AccountType.UNKNOWN,
            currency=one.currency,
        ),
        name=one.name,
        connection=one.connection,
        connection_name=one.connection_name,
        counts=not one.closed and one.connection is not None,
        balances=one.balances,
        as_of=shot.as_of if shot is not None else None,
        fetched_at=fetched,
        age=now - fetched if fetched is not None else None,
        stale=False,
        state=one.connection_state or ConnectionState.NEEDS_SIGN_IN,
        state_text="",
        damaged=shot is not None and shot.damaged,
        closed_at=fetched if one.closed else None,
    )


def _connections(start: StartView, now: datetime) -> tuple[Connection, ...]:
    rows: dict[str, Connection] = {}
    for one in start.accounts:
        if one.connection is None or one.connection_state is None:
            continue
        fetched = one.snapshot.valid_until if one.snapshot is not None else None
        before = rows.get(one.connection)
        newest = max((at for at in (fetched, before and before.last_success) if at), default=None)
        rows[one.connection] = Connection(
            id=one.connection,
            broker=one.broker,
            environment=one.environment,
            name=one.connection_name,
            identity="",
            created_at=now,
            state=one.connection_state,
            last_success=newest,
        )
    return tuple(rows.values())
