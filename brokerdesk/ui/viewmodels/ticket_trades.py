"""What can be done with a position: the entries of its menu, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from brokerdesk.ui.viewmodels.position_groups import is_group
from brokerdesk.ui.viewmodels.state import PositionRow

_CASH = ("cash_equivalent", "currency")


@dataclass(frozen=True, slots=True)
class Trade:
    """One entry; ``why`` says why it cannot be chosen."""

    verb: str
    label: str
    why: str = ""


def trades(row: PositionRow) -> tuple[Trade, ...]:
    """The entries for a row; empty: it is nothing that is traded."""
    if is_group(row) or not row.symbol or row.asset_type in _CASH or row.quantity is None:
        return ()
    name = row.symbol if " " not in row.symbol else "it"
    short = row.quantity < 0
    more = f"Sell more {name} short…" if short else f"Buy more {name}…"
    less = f"Buy to cover {name}…" if short else f"Sell {name}…"
    found = [Trade("trade", f"Trade {name}…"), Trade("buy", more), Trade("sell", less)]
    if len(row.children) > 1:
        return (*found, Trade("closeall", "Close in all accounts…"))
    return (*found, Trade("close", "Close in this account…"))


def target_of(row: PositionRow) -> str:
    """A position in a wish: what it is, and the account where it is of one alone. The keys of rows
    are of no use here: a part has that of its account, or of its holding, as the page groups them.
    """
    words = [row.environment, row.symbol, row.asset_type, row.currency]
    return "\t".join((*words, row.accounts[0]) if len(row.accounts) == 1 else words)


def row_of(target: str, positions: Iterable[PositionRow]) -> PositionRow | None:
    """The position that a wish means, as it is now; None: it is not held."""
    what, account = target.split("\t")[:4], (target.split("\t")[4:] or [""])[0]
    for row in positions:
        if [row.environment, row.symbol, row.asset_type, row.currency] != what:
            continue
        if not account or row.accounts == (account,):
            return row
        for part in row.children:
            if part.accounts == (account,):
                return part
    return None
