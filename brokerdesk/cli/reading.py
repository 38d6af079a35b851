"""Commands that read what is stored: connections, accounts, balances, positions and the rest.

They need neither network nor keychain, and may run beside a window.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from brokerdesk.cli.base import BASE, chosen, in_base
from brokerdesk.cli.codes import OK, PARTLY
from brokerdesk.cli.output import amount, day, moment, note, show
from brokerdesk.cli.profile import database_of
from brokerdesk.clock import SystemClock
from brokerdesk.domain.kinds import shown
from brokerdesk.domain.market_hours import end_of_day
from brokerdesk.errors import InputError
from brokerdesk.services.activity import shown_entries
from brokerdesk.services.orders_list import shown_orders
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

Rows = list[dict[str, Any]]

CONNECTIONS = [
    "id",
    "broker",
    "environment",
    "name",
    "state",
    "state_text",
    "last_success",
    "last_attempt",
    "sign_in_ends",
    "practice_url",
]
ACCOUNTS = [
    "id",
    "connection",
    "broker",
    "environment",
    "name",
    "number_mask",
    "type",
    "currency",
    "counted_through",
    "closed_at",
]
BALANCES = [
    "account",
    "currency",
    "cash",
    "settled_cash",
    "unsettled_cash",
    "equity",
    "net_liquidation",
    "buying_power",
    "initial_margin",
    "maintenance_margin",
    "long_market_value",
    "short_market_value",
    "as_of",
    "fetched_at",
]
POSITIONS = [
    "account",
    "symbol",
    "asset_type",
    "quantity",
    "average_cost",
    "cost_basis",
    "mark",
    "market_value",
    "currency",
    "as_of",
    "fetched_at",
]
ORDERS = [
    "account",
    "id",
    "status",
    "type",
    "side",
    "symbol",
    "quantity",
    "filled_quantity",
    "limit_price",
    "stop_price",
    "average_price",
    "time_in_force",
    "entered_at",
    "closed_at",
]
TRANSACTIONS = [
    "account",
    "id",
    "type",
    "time",
    "symbol",
    "quantity",
    "price",
    "amount",
    "fees",
    "currency",
    "description",
    "settlement_date",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which accounts, and up to when. Empty texts select everything. ``based``: with what figures
    come to in the base currency.
    """

    connection: str
    account: str
    as_of: datetime | None
    based: bool = False

    def takes(self, row: AccountRow) -> bool:
        return self.connection in ("", row.connection) and self.account in ("", row.id)

    def counts(self, row: AccountRow) -> bool:
        """Whether figures of the account are listed: what is counted through another connection
        is when it is asked for by name.
        """
        return row.through is None or bool(self.connection or self.account)


def run(options: argparse.Namespace) -> int:
    """Print what the command names; 5 when something stored could not be read."""
    selection = selection_of(options)
    columns, read = _COMMANDS[options.command]
    base = chosen(options)
    if selection.based and options.command in ("balances", "positions"):
        columns = [*columns, *BASE]
    with database_of(options) as database:
        rows, trouble = database.read_sync(lambda uow: _read(uow, selection, base, read))
    show(rows, columns, as_json=options.json, empty=_empty(options.command))
    for text in trouble:
        note(text)
    return PARTLY if trouble else OK


def selection_of(options: argparse.Namespace) -> Selection:
    """The selection that was typed.

    Raises:
        InputError: the date is none.
    """
    return Selection(
        connection=options.connection,
        account=options.account,
        as_of=_as_of(options.as_of),
        based=bool(options.base),
    )


def _as_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        # Only the form with dashes: others, such as week dates, are more likely mistakes.
        return end_of_day(datetime.strptime(text, "%Y-%m-%d").date())  # noqa: DTZ007 - a day
    except (ValueError, OverflowError) as error:
        raise InputError(
            "as_of", "This is not a date.", "", "Write it as 2026-01-31: year, month, day."
        ) from error


def _read(
    uow: UnitOfWork, selection: Selection, base: str, read: Callable[[UnitOfWork, Look], Rows]
) -> tuple[Rows, tuple[str, ...]]:
    from brokerdesk.brokers.registry import spec
    from brokerdesk.services.portfolio import PortfolioReader
    from brokerdesk.settings import Settings

    settings = Settings(base_currency=base)
    reader = PortfolioReader(clock=SystemClock(), specs=spec, settings=lambda: settings)
    view = reader.read(uow, selection.as_of)
    _check_names(uow, selection)
    accounts = [row for row in view.accounts if selection.takes(row)]
    rows = read(uow, Look(view=view, selection=selection, accounts=accounts))
    damaged = tuple(
        f"{row.name} {row.account.number_mask}: its stored figures are damaged and left out."
        for row in accounts
        if row.damaged
    )
    return rows, damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the cache, narrowed to the selection."""

    view: PortfolioView
    selection: Selection
    accounts: list[AccountRow]


def _check_names(uow: UnitOfWork, selection: Selection) -> None:
    """A name that is not there is a mistake of typing, not an empty answer.

    Raises:
        InputError: it names the mistake.
    """
    if selection.connection and all(
        row.id != selection.connection for row in uow.connections.list()
    ):
        raise InputError(
            "connection",
            f"There is no connection “{selection.connection}”.",
            "",
            "“brokerdesk connections” lists them.",
        )
    if selection.account and all(
        stored.account.id != selection.account for stored in uow.accounts.list()
    ):
        raise InputError(
            "account",
            f"There is no account “{selection.account}”.",
            "",
            "“brokerdesk accounts” lists them.",
        )


def connections(_: UnitOfWork, look: Look) -> Rows:
    return [
        {
            "id": row.id,
            "broker": row.broker,
            "environment": row.environment.value,
            "name": row.name,
            "state": row.state.value,
            "state_text": row.state_text,
            "last_success": moment(row.last_success),
            "last_attempt": moment(row.last_attempt),
            "sign_in_ends": moment(row.sign_in_ends),
            "practice_url": row.practice_url,
        }
        for row in look.view.connections
        if look.selection.connection in ("", row.id)
        and (look.selection.as_of is None or row.created_at <= look.selection.as_of)
    ]


def accounts(_: UnitOfWork, look: Look) -> Rows:
    return [account_object(row) for row in look.accounts]


def account_object(row: AccountRow) -> dict[str, Any]:
    """One account with the keys of the ``accounts`` command."""
    return {
        "id": row.id,
        "connection": row.connection,
        "broker": row.account.broker,
        "environment": row.environment.value,
        "name": row.name,
        "number_mask": row.account.number_mask,
        "type": shown(row.account.type, row.account.raw_type),
        "currency": row.account.currency,
        "counted_through": row.through,
        "closed_at": moment(row.closed_at),
    }


def balances(_: UnitOfWork, look: Look) -> Rows:
    figures = BALANCES[2:7] + BALANCES[8:12]
    return [
        {
            "account": row.id,
            "currency": balance.currency,
            **{name: amount(getattr(balance, name)) for name in figures},
            "buying_power": {kind: amount(value) for kind, value in balance.buying_power},
            "as_of": moment(row.as_of),
            "fetched_at": moment(row.fetched_at),
            **_based(look, row.id, row.environment, balance.currency, balance.net_liquidation),
        }
        for row in look.accounts
        if look.selection.counts(row)
        for balance in row.balances
    ]


def positions(_: UnitOfWork, look: Look) -> Rows:
    taken = {row.id for row in look.accounts if look.selection.counts(row)}
    return [
        {
            "account": row.account,
            "symbol": row.position.instrument.symbol,
            "asset_type": shown(
                row.position.instrument.asset_type, row.position.instrument.raw_type
            ),
            "quantity": amount(row.position.quantity),
            "average_cost": amount(row.position.average_cost),
            "cost_basis": amount(row.position.cost_basis),
            "mark": amount(row.position.mark),
            "market_value": amount(row.position.market_value),
            "currency": row.position.instrument.currency,
            "as_of": moment(row.as_of),
            "fetched_at": moment(row.fetched_at),
            **_based(look, row.account, row.environment, row.position.instrument.currency,
                     row.position.market_value),
        }
        for row in (*look.view.positions, *look.view.aside)
        if row.account in taken
    ]  # fmt: skip


def _based(look: Look, *figure: Any) -> dict[str, Any]:
    return in_base(look.view.base, *figure) if look.selection.based else {}


def orders(uow: UnitOfWork, look: Look) -> Rows:
    named = bool(look.selection.connection or look.selection.account)
    sources = shown_orders(uow)
    found = (
        order
        for row in look.accounts
        for order in uow.orders.list(row.id, until=look.selection.as_of)
        if named or sources.at(order.account, order.entered_at)
    )
    return [
        {
            "account": order.account,
            "id": order.id,
            "status": shown(order.status, order.raw_status),
            "type": shown(order.type, order.raw_type),
            "side": _of_legs(shown(leg.side, leg.raw_side) for leg in order.legs),
            "symbol": _of_legs(leg.instrument.symbol for leg in order.legs),
            "quantity": amount(order.quantity),
            "filled_quantity": amount(order.filled_quantity),
            "limit_price": amount(order.limit_price),
            "stop_price": amount(order.stop_price),
            "average_price": amount(order.average_price),
            "time_in_force": order.time_in_force.value,
            "entered_at": moment(order.entered_at),
            "closed_at": moment(order.closed_at),
        }
        for order in found
    ]


def transactions(uow: UnitOfWork, look: Look) -> Rows:
    named = bool(look.selection.connection or look.selection.account)
    sources = shown_entries(uow)
    found = (
        entry
        for row in look.accounts
        for entry in uow.transactions.list(row.id, until=look.selection.as_of)
        if named or sources.at(entry.account, entry.time)
    )
    return [
        {
            "account": entry.account,
            "id": entry.id,
            "type": shown(entry.type, entry.raw_type),
            "time": moment(entry.time),
            "symbol": entry.instrument.symbol if entry.instrument is not None else None,
            "quantity": amount(entry.quantity),
            "price": amount(entry.price),
            "amount": amount(entry.amount),
            "fees": amount(entry.fees),
            "currency": entry.currency,
            "description": entry.description,
            "settlement_date": day(entry.settlement_date),
        }
        for entry in found
    ]


def _of_legs(parts: Iterable[str]) -> str:
    """One word when all legs agree, else each in order."""
    listed = list(parts)
    return listed[0] if len(set(listed)) == 1 else " / ".join(listed)


def _empty(command: str) -> str:
    if command == "connections":
        return "No broker is connected yet. “brokerdesk connect” connects one."
    return f"There are no {command} to show."


_COMMANDS: dict[str, tuple[Sequence[str], Callable[[UnitOfWork, Look], Rows]]] = {
    "connections": (CONNECTIONS, connections),
    "accounts": (ACCOUNTS, accounts),
    "balances": (BALANCES, balances),
    "positions": (POSITIONS, positions),
    "orders": (ORDERS, orders),
    "transactions": (TRANSACTIONS, transactions),
}
