"""When an answer must not replace the last good snapshot: pure rules, no I/O.

A broker that has a bad day answers with an empty list, leaves the balances out or shows a tenth of
the money, all with status 200. Such a reading is held back and shown beside the last good one; the
user decides. The rules look at figures and transactions only and know no broker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.reading import Reading
from brokerdesk.domain.transaction import Transaction

_HUNDRED = Decimal(100)
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


class Rule(StrEnum):
    """Which rule a reading broke."""

    EMPTIED = "emptied"
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
        drop_percent: a fall of net liquidation value by more than this share of it is suspect.
        transactions: what was booked between the two readings; it may explain the change.
    """
    if last is None:
        return None
    booked = tuple(transactions)
    return (
        _emptied(last, new, booked)
        or _missing(last, new)
        or _dropped(last, new, drop_percent, booked)
    )


def _emptied(last: Reading, new: Reading, booked: tuple[Transaction, ...]) -> Suspicion | None:
    if new.positions or not last.positions:
        return None
    traded = {entry.instrument.key for entry in booked if entry.instrument is not None}
    if all(position.instrument.key in traded for position in last.positions):
        return None
    count = len(last.positions)
    return Suspicion(
        rule=Rule.EMPTIED,
        reason=(
            f"The broker listed no positions where there {'was' if count == 1 else 'were'} "
            f"{count}, and no transactions explain it."
        ),
    )


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
