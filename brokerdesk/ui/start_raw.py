"""The first picture when none is packed: the last snapshots, in the same rows as everything later.

Slower than the packed one, since every position is read; right for every file. Still imported
before the first paint then: nothing heavy may be reached from here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.same_accounts import groups, widened
from brokerdesk.services import portfolio_view as pv
from brokerdesk.services.base_money import Base, automatic
from brokerdesk.services.rates import tables
from brokerdesk.services.same_account_questions import doubts_among
from brokerdesk.services.suspecting import lists_nothing
from brokerdesk.ui.start import broker_titles, sign_in_spans
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures

if TYPE_CHECKING:
    from brokerdesk.db.start_view import StartAccount, StartView
    from brokerdesk.domain.connection import Connection
    from brokerdesk.domain.ids import ConnectionId


def start_figures(
    start: StartView | None, now: datetime, chosen_base: str = "", scope: tuple[str, ...] = ()
) -> Figures:
    """What the window shows before any service runs, out of the raw snapshots. A ``scope`` whose
    accounts are gone is none, as later.
    """
    if start is None:
        return Figures()
    if not {one.account.id for one in start.accounts}.intersection(scope):
        scope = ()
    chosen = widened(frozenset(map(AccountId, scope)), groups(start.choices)) if scope else None
    connections = {one.id: one for one in start.connections}
    doubted = {one.connection for one in start.accounts if one.suspect}
    accounts = tuple(_account(one, connections, now, doubted) for one in start.accounts)
    positions = tuple(
        row
        for one, its in zip(start.accounts, accounts, strict=True)
        for row in _positions(one, its)
    )
    view = pv.assemble(
        taken_at=now,
        as_of=None,
        connections=start.connections,
        accounts=accounts,
        positions=positions,
        scope=chosen,
        facts={one.id: _facts(one, accounts) for one in start.connections},
        doubts=doubts_among(
            [(row, one.snapshot) for row, one in zip(accounts, start.accounts, strict=True)],
            start.choices,
        ),
        base=_base(start, now, chosen_base),
    )
    found = figures(view, broker_titles())
    return replace(found, scope=scope) if scope else found


def _base(start: StartView, now: datetime, chosen: str) -> Base:
    """The base currency and its rates, as the services find them."""
    table = tables(lambda source, currency: start.rates.get((source, currency)))
    today = new_york_day(now)
    worths = [
        (one.account.environment, one.balances[0].currency, one.balances[0].net_liquidation)
        for one in start.accounts
        if one.closed_at is None and one.connection is not None and one.balances
    ]
    return Base(chosen or automatic(worths, table, today), today, table, chosen)


def _facts(one: Connection, accounts: tuple[pv.AccountRow, ...]) -> pv.ConnectionFacts:
    """Failures are counted by the services, a moment later."""
    own = sum(row.connection == one.id and row.closed_at is None for row in accounts)
    lasts, endless = sign_in_spans().get(one.broker, (None, False))
    return pv.ConnectionFacts(accounts=own, sign_in_lasts=lasts, no_expiry=endless)


def _account(
    one: StartAccount,
    connections: dict[ConnectionId, Connection],
    now: datetime,
    doubted: set[ConnectionId | None],
) -> pv.AccountRow:
    """The row that the services make, but for staleness: at the start all figures are saved ones,
    and a broker's rhythm is not known yet. A connection is in doubt for its ``doubted`` accounts.
    """
    shot = one.snapshot
    reading = shot.reading if shot is not None else None
    source_time, fetched = pv.times_of(shot)
    connection = connections.get(one.connection) if one.connection is not None else None
    state = connection.state if connection is not None else ConnectionState.NEEDS_SIGN_IN
    text = connection.state_text if connection is not None else ""
    if state is ConnectionState.SUSPECT and one.connection in doubted:
        state, text = ConnectionState.OK, ""
    return pv.AccountRow(
        account=one.account,
        name=one.name,
        connection=one.connection,
        connection_name=connection.name if connection is not None else "",
        counts=one.counts,
        balances=one.balances,
        as_of=source_time,
        fetched_at=fetched,
        age=now - fetched if fetched is not None else None,
        stale=False,
        state=ConnectionState.SUSPECT if one.suspect else state,
        state_text=one.suspect or text,
        suspect=one.suspect,
        damaged=shot is not None and shot.damaged,
        closed_at=one.closed_at,
        unread=reading.unread if reading is not None else (),
        positions=len(one.positions),
        held_at=one.held_at,
        emptied=len(one.positions) if lists_nothing(one.suspect) else 0,
        through=one.through,
    )


def _positions(one: StartAccount, row: pv.AccountRow) -> list[pv.PositionRow]:
    if row.damaged or row.as_of is None or row.fetched_at is None:
        return []
    return [
        pv.PositionRow(
            account=row.id,
            account_name=row.name,
            environment=row.environment,
            position=position,
            as_of=row.as_of,
            fetched_at=row.fetched_at,
        )
        for position in one.positions
    ]
