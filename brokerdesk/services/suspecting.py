"""When an answer must not replace the last good snapshot: pure rules, no I/O.

A broker that has a bad day answers with an empty or shortened list, leaves the balances out or
shows a tenth of the money, all with status 200. Such a reading is held back and shown beside the
last good one; the user decides. The rules look at figures and transactions only and know no broker.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.facts import dataclass

_HUNDRED = Decimal(100)
_NOTHING = "The broker listed no positions"
_MAIN_FIGURES = ("cash", "equity", "net_liquidation")

# Money or securities that leave an account this way lower its equity without any loss.
_LEAVING = frozenset(
    {
        TransactionType.WITHDRAWAL,
        TransactionType.TRANSFER,
        TransactionType.JOURNAL,
        TransactionType.FEE,
        TransactionType.OTHER,
        TransactionType.UNKNOWN,
    }
)


# Entries that can take a holding out of an account. A dividend names its share and takes nothing.
_MOVING = frozenset(
    {
        TransactionType.TRADE,
        TransactionType.TRANSFER,
        TransactionType.JOURNAL,
        TransactionType.CORPORATE_ACTION,
    }
)


class Rule(StrEnum):
    """Which rule a reading broke."""

    EMPTIED = "emptied"
    SHORTENED = "shortened"
    BALANCE_MISSING = "balance_missing"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Why a reading is held. ``reason`` is a sentence for the user."""

    rule: Rule
    reason: str


def suspicion(
    last: Reading | None,
    new: Reading,
    *,
    drop_percent: Decimal,
    transactions: Iterable[Transaction] = (),
) -> Suspicion | None:
    """The first rule that ``new`` breaks against the ``last`` good reading, else None.

    Args:
        drop_percent: a fall of net liquidation value by more than this share of it is suspect, and
            so are holdings of more than this share of all that are gone from the list.
        transactions: what was booked between the two readings; it may explain the change.
    """
    if last is None:
        return None
    booked = tuple(transactions)
    return (
        _emptied(last, new, booked)
        or _missing(last, new)
        or _dropped(last, new, drop_percent, booked)
        or _shortened(last, new, drop_percent, booked)
    )


def lists_nothing(reason: str) -> bool:
    """Whether this is the reason of an answer that was held for having no positions at all."""
    return reason.startswith(_NOTHING)


def _emptied(last: Reading, new: Reading, booked: tuple[Transaction, ...]) -> Suspicion | None:
    if new.positions or not last.positions:
        return None
    if not _gone(last, new, booked):
        return None
    count = len(last.positions)
    return Suspicion(
        rule=Rule.EMPTIED,
        reason=(
            f"{_NOTHING} where there {'was' if count == 1 else 'were'} "
            f"{count}, and no transactions explain it."
        ),
    )


def _shortened(
    last: Reading, new: Reading, percent: Decimal, booked: tuple[Transaction, ...]
) -> Suspicion | None:
    """A list that lost most of what it held, unread records included, though it is not empty."""
    if percent >= _HUNDRED or not new.positions:
        return None
    gone = _gone(last, new, booked)
    if not gone:
        return None
    before = _invested(last)
    lost, held = _worth(gone), _worth(before)
    share = (lost, held) if held else (Decimal(len(gone)), Decimal(len(before)))
    if share[0] * _HUNDRED <= percent * share[1]:
        return None
    return Suspicion(
        rule=Rule.SHORTENED,
        reason=(
            f"{len(gone)} of {len(before)} positions are missing from the broker's list, "
            "and no transactions explain it."
        ),
    )


def _gone(last: Reading, new: Reading, booked: tuple[Transaction, ...]) -> tuple[Position, ...]:
    """The holdings that ``new`` has no more and nothing that was booked took away."""
    listed = {position.instrument.key for position in new.positions}
    return tuple(
        position
        for position in _invested(last)
        if position.instrument.key not in listed
        and position.quantity
        and not any(_takes(entry, position) for entry in booked)
    )


def _invested(reading: Reading) -> tuple[Position, ...]:
    """Holdings without cash: what idle cash is swept into empties itself when the cash is spent,
    and no entry names it. Its money is judged with the balances.
    """
    return tuple(
        position
        for position in reading.positions
        if position.instrument.asset_type is not AssetType.CASH_EQUIVALENT
    )


def _takes(entry: Transaction, position: Position) -> bool:
    """Whether an entry made the holding smaller, or may have when it does not say by how much."""
    if entry.instrument is None or entry.instrument.key != position.instrument.key:
        return False
    if entry.quantity:
        return entry.quantity * position.quantity < 0
    return entry.type in _MOVING


def _worth(positions: Iterable[Position]) -> Decimal:
    return sum((abs(held.market_value or Decimal(0)) for held in positions), Decimal(0))


def _missing(last: Reading, new: Reading) -> Suspicion | None:
    now = {balance.currency: balance for balance in new.balances}
    for before in last.balances:
        after = now.get(before.currency)
        for name in _MAIN_FIGURES:
            value = getattr(before, name)
            gone = after is None or getattr(after, name) is None
            # A currency that held nothing may vanish; one that held money may not.
            if value is not None and gone and (value or after is not None):
                return Suspicion(
                    rule=Rule.BALANCE_MISSING,
                    reason=(
                        f"The broker left out {name.replace('_', ' ')} in {before.currency}, "
                        "which it gave before."
                    ),
                )
    return None


def _dropped(
    last: Reading, new: Reading, percent: Decimal, booked: tuple[Transaction, ...]
) -> Suspicion | None:
    if percent >= _HUNDRED:
        return None  # the setting's word for "off"
    now = {balance.currency: balance for balance in new.balances}
    for before in last.balances:
        old, value = _value(before), _value(now.get(before.currency))
        if old is None or value is None or old <= 0:
            continue
        left = _left(last, before.currency, booked)
        if (old - left - value) * _HUNDRED <= percent * old:
            continue
        return Suspicion(
            rule=Rule.DROPPED,
            reason=(
                f"The account's value in {before.currency} fell by "
                f"{(old - value) * _HUNDRED / old:.0f} % and no transactions explain it."
            ),
        )
    return None


def _value(balance: Balance | None) -> Decimal | None:
    if balance is None:
        return None
    return balance.net_liquidation if balance.net_liquidation is not None else balance.equity


def _left(last: Reading, currency: str, booked: tuple[Transaction, ...]) -> Decimal:
    """What left the account, in ``currency``: cash, and securities at the last reading's marks."""
    marks = {position.instrument.key: position for position in last.positions}
    total = Decimal(0)
    for entry in booked:
        if entry.type not in _LEAVING:
            continue
        if entry.currency == currency:
            total -= entry.amount
        held = marks.get(entry.instrument.key) if entry.instrument is not None else None
        if (
            held is not None
            and not entry.amount
            and entry.quantity is not None
            and held.instrument.currency == currency
            and held.market_value is not None
            and held.quantity
        ):
            total -= entry.quantity * held.market_value / held.quantity
    return total
