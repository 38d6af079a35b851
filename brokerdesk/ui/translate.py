"""From what services and the start view know to what the window shows.

The only module of the UI that reads their types. It chooses words and marks; sums were made below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import AccountType, ConnectionState, shown
from brokerdesk.services import portfolio_view as pv
from brokerdesk.ui import format as fmt
from brokerdesk.ui import sketch
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    Action,
    ConnectionRow,
    Figures,
    Mark,
    Message,
    PositionRow,
    TotalRow,
)

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount

Titles = Mapping[str, str]
"""Broker id to the name that people know."""

_MARKS = {
    ConnectionState.OK: Mark.LIVE,
    ConnectionState.NEW: Mark.SAVED,
    ConnectionState.NEEDS_SIGN_IN: Mark.SIGN_IN,
    ConnectionState.UNAVAILABLE: Mark.SAVED,
    ConnectionState.RATE_LIMITED: Mark.SAVED,
    ConnectionState.SUSPECT: Mark.SUSPECT,
    ConnectionState.FAILED: Mark.FAILED,
}
_TAX = {"tax_deferred": "tax deferred", "tax_free": "tax free", "taxable": "taxable"}


def figures(
    view: pv.PortfolioView, titles: Titles, offered: Iterable[StoredAccount] = ()
) -> Figures:
    """Everything that the window shows of one look at the portfolio."""
    gains = _day_gains(view)
    accounts = tuple(
        replace(_account(row, titles), day_pl=gains.get(row.id)) for row in view.accounts
    )
    by_id = {row.key: row for row in accounts}
    positions = tuple(_holding(holding, by_id) for holding in view.holdings)
    return Figures(
        totals=tuple(_total(total) for total in view.totals),
        accounts=accounts,
        positions=positions,
        connections=tuple(_connection(row, view.accounts, titles) for row in view.connections),
        messages=messages(view, titles, offered),
        movers=sketch.movers(positions),
        classes=sketch.classes(positions),
        held=len(view.positions),
    )


def _mark(row: pv.AccountRow) -> Mark:
    if row.suspect:
        return Mark.SUSPECT
    if row.damaged:
        return Mark.FAILED
    if row.closed_at is not None or row.connection is None:
        return Mark.SAVED
    mark = _MARKS[row.state]
    return Mark.SAVED if mark is Mark.LIVE and row.stale else mark


def _stale_word(row: pv.AccountRow) -> str:
    if row.suspect:
        return "kept"
    if row.damaged:
        return "damaged"
    if row.closed_at is not None:
        return "closed"
    return "old" if row.stale and row.fetched_at is not None else ""


def _type_words(row: pv.AccountRow) -> str:
    account = row.account
    words = []
    if account.type is not AccountType.UNKNOWN or account.raw_type:
        kind = shown(account.type, account.raw_type)
        words.append(kind if kind.startswith("UNKNOWN") else kind.capitalize())
    if tax := _TAX.get(account.tax_status.value):
        words.append(tax)
    flags = account.flags
    blocked = flags.account_blocked or flags.trading_blocked or flags.transfers_blocked
    words += [
        word
        for word, on in (
            ("day trader", flags.day_trader),
            ("closing only", flags.closing_only),
            ("in call", flags.in_call),
            ("blocked", blocked),
        )
        if on
    ]
    return ", ".join(words)


def _account(row: pv.AccountRow, titles: Titles) -> AccountRow:
    mask = row.account.number_mask
    return AccountRow(
        key=row.id,
        connection=row.connection or "",
        broker=titles.get(row.account.broker, row.account.broker),
        name="" if row.name == mask else row.name,
        mask=mask,
        type=_type_words(row),
        environment=row.environment.value,
        currency=row.balance.currency if row.balance else row.account.currency,
        cash=row.cash,
        net=row.net_liquidation,
        day_pl=None,
        as_of=row.as_of,
        fetched_at=row.fetched_at,
        mark=_mark(row),
        stale=_stale_word(row),
        closed=row.closed_at is not None,
    )


def _day_gains(view: pv.PortfolioView) -> dict[str, Decimal | None]:
    """Per account the day's change of its positions; None as soon as one is unknown."""
    parts: dict[str, list[Decimal | None]] = {}
    for row in view.positions:
        parts.setdefault(row.account, []).append(row.position.day_pl)
    return {account: pv.sum_all(values) for account, values in parts.items()}


def _average_cost(holding: pv.Holding) -> Decimal | None:
    """Per unit as the broker gave it; over several accounts, from the summed cost of shares."""
    if len(holding.parts) == 1:
        return holding.parts[0].position.average_cost
    known = holding.cost_basis is not None and holding.quantity
    if not known or holding.instrument.multiplier != 1:
        return None
    assert holding.cost_basis is not None
    return abs(holding.cost_basis / holding.quantity)


def _holding(holding: pv.Holding, accounts: Mapping[str, AccountRow]) -> PositionRow:
    instrument = holding.instrument
    parts = tuple(_part(part, accounts) for part in holding.parts)
    first = holding.parts[0].position
    costs = [part.position.open_pl for part in holding.parts]
    key = "\t".join((holding.environment.value, *instrument.key))
    return PositionRow(
        key=key,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_type=shown(instrument.asset_type, instrument.raw_type),
        environment=holding.environment.value,
        currency=instrument.currency,
        quantity=holding.quantity,
        average_cost=_average_cost(holding),
        mark_price=first.mark,
        value=holding.market_value,
        day_pl=holding.day_pl,
        open_pl=holding.open_pl,
        as_of=min(part.as_of for part in holding.parts),
        fetched_at=min(part.fetched_at for part in holding.parts),
        partial=any(cost is None for cost in costs) and holding.open_pl is not None,
        holders=" ".join(part.account for part in parts),
        children=parts if len(parts) > 1 else (),
    )


def _part(part: pv.PositionRow, accounts: Mapping[str, AccountRow]) -> PositionRow:
    position, instrument = part.position, part.position.instrument
    account = accounts[part.account]
    return PositionRow(
        key=part.account,
        symbol=instrument.symbol,
        name=instrument.name,
        asset_type=instrument.asset_type.value,
        environment=part.environment.value,
        currency=instrument.currency,
        quantity=position.quantity,
        average_cost=position.average_cost,
        mark_price=position.mark,
        value=position.market_value,
        day_pl=position.day_pl,
        open_pl=position.open_pl,
        account=account.title,
        as_of=part.as_of,
        fetched_at=part.fetched_at,
        mark=account.mark,
        stale=account.stale,
    )


def _total(total: pv.Total) -> TotalRow:
    return TotalRow(
        environment=total.environment.value,
        currency=total.currency,
        value=total.net_liquidation,
        accounts=total.accounts,
        oldest=total.oldest,
        left_out=total.missing,
    )


def _connection(
    row: Connection, accounts: tuple[pv.AccountRow, ...], titles: Titles
) -> ConnectionRow:
    stale = any(one.stale and one.connection == row.id for one in accounts)
    mark = _MARKS[row.state]
    return ConnectionRow(
        key=row.id,
        title=row.name or titles.get(row.broker, row.broker),
        broker=row.broker,
        environment=row.environment.value,
        mark=Mark.SAVED if mark is Mark.LIVE and stale else mark,
        words=row.state_text,
        last_success=row.last_success,
        sign_in_ends=row.sign_in_ends,
        needs_sign_in=row.state is ConnectionState.NEEDS_SIGN_IN,
    )


# messages


def messages(
    view: pv.PortfolioView, titles: Titles, offered: Iterable[StoredAccount]
) -> tuple[Message, ...]:
    """What needs the user, the most pressing first."""
    found = [
        *(_sign_in(row) for row in view.connections if _needs_sign_in(row)),
        *(_suspect(row, titles) for row in view.accounts if row.suspect),
        *(_damaged(row, titles) for row in view.accounts if row.damaged),
        *(_failed(row) for row in view.connections if row.state is ConnectionState.FAILED),
        *(_unread(row, titles) for row in view.accounts if row.unread),
        *(_offered(one, titles) for one in offered),
    ]
    return tuple(found)


def _needs_sign_in(row: Connection) -> bool:
    return row.state is ConnectionState.NEEDS_SIGN_IN


def _label(row: pv.AccountRow, titles: Titles) -> str:
    return _account(row, titles).title


def _since(at: datetime | None) -> str:
    return f" Figures are from {fmt.stamp(at)}." if at else ""


def _sign_in(row: Connection) -> Message:
    return Message(
        key=f"sign_in:{row.id}",
        kind="error",
        title=f"{row.name}: sign in again.",
        text=(row.state_text or "The login ended.") + _since(row.last_success),
        actions=(
            Action(id=f"sign_in:{row.id}", label="Sign in again"),
            Action(id=f"keys:{row.id}", label="Change keys"),
        ),
    )


def _suspect(row: pv.AccountRow, titles: Titles) -> Message:
    return Message(
        key=f"suspect:{row.id}",
        kind="warn",
        title=f"{_label(row, titles)}: the newest answer looks wrong.",
        text=f"{row.suspect} The last good figures are kept until you decide."
        + _since(row.fetched_at),
        actions=(
            Action(id=f"keep:{row.id}", label="Keep last good"),
            Action(id=f"accept:{row.id}", label="Accept the new figures"),
        ),
    )


def _damaged(row: pv.AccountRow, titles: Titles) -> Message:
    return Message(
        key=f"damaged:{row.id}",
        kind="error",
        title=f"{_label(row, titles)}: the stored figures fail their checksum.",
        text="They are left out of the totals. A refresh reads them anew.",
        actions=(Action(id=f"refresh:{row.connection}", label="Refresh"),)
        if row.connection
        else (),
    )


def _failed(row: Connection) -> Message:
    return Message(
        key=f"failed:{row.id}",
        kind="error",
        title=f"{row.name} could not be read.",
        text=row.state_text + _since(row.last_success),
        actions=(Action(id=f"refresh:{row.id}", label="Try again"),),
    )


def _unread(row: pv.AccountRow, titles: Titles) -> Message:
    names = ", ".join(one.label or one.where for one in row.unread[:6])
    more = f" and {len(row.unread) - 6} more" if len(row.unread) > 6 else ""
    records = fmt.count(len(row.unread), "record")
    return Message(
        key=f"unread:{row.id}",
        kind="warn",
        title=f"{_label(row, titles)}: {records} could not be read.",
        text=f"Left out of the totals: {names}{more}.",
    )


def _offered(one: StoredAccount, titles: Titles) -> Message:
    account = one.account
    title = f"{titles.get(account.broker, account.broker)} {account.number_mask}".strip()
    return Message(
        key=f"offered:{account.id}",
        kind="info",
        title=f"{title} {one.shown_name}: a new account at your broker.",
        text="It is not read until you include it.",
        actions=(
            Action(id=f"include:{account.id}", label="Include"),
            Action(id=f"exclude:{account.id}", label="Leave out"),
        ),
    )
