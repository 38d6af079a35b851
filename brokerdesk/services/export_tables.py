"""What each export consists of: the columns, and how stored facts fill them. Pure.

Amounts go through as they are stored, unrounded. Whatever the portfolio view leaves out or marks
(stale, held back, damaged, not understood) is said in a column, so that a file that left the
program still tells how far it can be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, Environment, shown
from brokerdesk.domain.order import Order
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.csv_table import Cell, Table
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView

_Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """How an account is named in a row that belongs to it."""

    name: str
    number: str
    environment: Environment


_OWNER = ("Account", "Number", "Environment")
_TIMES = ("As of (UTC)", "Fetched (UTC)")
_INSTRUMENT = (
    "Symbol",
    "Name",
    "Type",
    "Currency",
    "CUSIP",
    "ISIN",
    "FIGI",
    "Underlying",
    "Right",
    "Strike",
    "Expiry",
    "Multiplier",
)


def positions(view: PortfolioView) -> Table:
    """One row per holding of each account."""
    amounts = (
        "quantity",
        "average_cost",
        "mark",
        "market_value",
        "cost_basis",
        "day_pl",
        "open_pl",
    )
    heads = ("Quantity", "Average cost", "Price", "Value", "Cost", "Day P/L", "Open P/L")
    by_id = {row.id: row for row in view.accounts}
    return Table(
        columns=(*_OWNER, *_INSTRUMENT, *heads, *_TIMES, "Note"),
        rows=[
            (
                *_owner(_owner_of(by_id[row.account])),
                *_instrument(row.position.instrument),
                *(getattr(row.position, name) for name in amounts),
                row.as_of,
                row.fetched_at,
                note(by_id[row.account]),
            )
            for row in view.positions
        ],
    )


def accounts(view: PortfolioView) -> Table:
    """One row per account, with the main figures in its base currency and what it may not do."""
    flags = tuple(item.name for item in fields(AccountFlags))
    heads = tuple(name.replace("_", " ").capitalize() for name in flags)
    return Table(
        columns=(
            *_OWNER,
            *("Institution", "Broker", "Type", "Tax status", "Currency", "Value", "Cash"),
            *heads,
            *("Connection", "State", "Closed (UTC)", "Records not understood"),
            *_TIMES,
            "Note",
        ),
        rows=[
            (
                *_owner(_owner_of(row)),
                *(row.account.institution, row.account.broker),
                *(shown(row.account.type, row.account.raw_type), row.account.tax_status.value),
                row.balance.currency if row.balance else row.account.currency,
                *(row.net_liquidation, row.cash),
                *(_flag(getattr(row.account.flags, name)) for name in flags),
                *(row.connection_name, row.state.value, row.closed_at, len(row.unread)),
                *(row.as_of, row.fetched_at, note(row)),
            )
            for row in view.accounts
        ],
    )


def balances(view: PortfolioView) -> Table:
    """One row per figure that a broker gave; a figure that it did not give has no row."""
    return Table(
        columns=(*_OWNER, "Currency", "Figure", "Amount", *_TIMES, "Note"),
        rows=[
            (
                *_owner(_owner_of(row)),
                *(balance.currency, name, amount),
                *(row.as_of, row.fetched_at, note(row)),
            )
            for row in view.accounts
            if row.through is None
            for balance in row.balances
            for name, amount in _figures(balance)
        ],
    )


def transactions(items: Iterable[Transaction], owners: Mapping[AccountId, Owner]) -> Table:
    """One row per entry, in the order given."""
    heads = ("Quantity", "Price", "Fees", "Amount", "Amount currency", "Order", "ID")
    return Table(
        columns=(
            *_OWNER,
            *("Time (UTC)", "Settled", "Kind", "Broker's kind", "Description"),
            *_INSTRUMENT,
            *heads,
        ),
        rows=[
            (
                *_owner(owners[item.account]),
                *(item.time, item.settlement_date, item.type.value, item.raw_type),
                item.description,
                *_instrument(item.instrument),
                *(item.quantity, item.price, item.fees, item.amount, item.currency),
                *(item.order_id, item.id),
            )
            for item in items
        ],
    )


def orders(items: Iterable[Order], owners: Mapping[AccountId, Owner]) -> Table:
    """One row per leg, those of triggered and linked orders after their parent's.

    The status is the last one read: what it was on an earlier day is not kept.
    """
    heads = (
        *("Entered (UTC)", "Closed (UTC)", "Last known status", "Kind", "Time in force"),
        *("Session", "Strategy", "Order quantity", "Filled", "Limit", "Stop", "Average price"),
        *("Note", "ID", "Parent ID", "Leg", "Side", "Quantity"),
    )
    return Table(
        columns=(*_OWNER, *heads, *_INSTRUMENT),
        rows=[row for item in items for row in _order(item, owners[item.account], "")],
    )


def _order(order: Order, owner: Owner, parent: str) -> Iterator[_Row]:
    common: _Row = (
        *_owner(owner),
        *(order.entered_at, order.closed_at, shown(order.status, order.raw_status)),
        *(shown(order.type, order.raw_type), order.time_in_force.value, order.session.value),
        *(order.strategy, order.quantity, order.filled_quantity, order.limit_price),
        *(order.stop_price, order.average_price, order.status_text, order.id, parent),
    )
    for number, leg in enumerate(order.legs, 1):
        side = shown(leg.side, leg.raw_side)
        yield (*common, number, side, leg.quantity, *_instrument(leg.instrument))
    if not order.legs:
        yield (*common, "", "", "", *_instrument(None))
    for child in order.children:
        yield from _order(child, owner, order.id)


def note(row: AccountRow) -> str:
    """What has to be known about this account's figures, "" when nothing has."""
    parts = (
        ("damaged in storage, not in any total", row.damaged),
        ("a newer answer is held back", bool(row.suspect)),
        ("never read", row.fetched_at is None),
        ("closed", row.closed_at is not None),
        ("disconnected", row.connection is None),
        ("counted through another connection", row.through is not None),
        ("stale", row.stale and row.fetched_at is not None),
    )
    return "; ".join(text for text, holds in parts if holds)


def _owner_of(row: AccountRow) -> Owner:
    return Owner(name=row.name, number=row.account.number_mask, environment=row.environment)


def _owner(owner: Owner) -> _Row:
    return (owner.name, owner.number, owner.environment.value)


def _instrument(item: Instrument | None) -> _Row:
    if item is None:
        return ("",) * len(_INSTRUMENT)
    option = item.asset_type is AssetType.OPTION
    return (
        *(item.symbol, item.name, shown(item.asset_type, item.raw_type), item.currency),
        *(item.cusip, item.isin, item.figi, item.underlying),
        item.right.value if item.right else None if option else "",
        # Not known for an option, and without meaning for a share.
        item.strike if item.strike is not None or option else "",
        item.expiry if item.expiry is not None or option else "",
        item.multiplier,
    )


def _figures(balance: Balance) -> Iterator[tuple[str, Decimal]]:
    for item in fields(Balance):
        value = getattr(balance, item.name)
        if isinstance(value, Decimal):
            yield item.name.replace("_", " ").capitalize(), value
    for kind, amount in balance.buying_power:
        yield f"Buying power: {kind}", amount
    yield from balance.others


def _flag(value: bool | int | None) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
