"""One line of activity, the kinds it is filtered by, and the sums below it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from brokerdesk.domain.kinds import TransactionType, shown
from brokerdesk.services.amounts import EXACT, ZERO

if TYPE_CHECKING:
    from brokerdesk.domain.transaction import Transaction
    from brokerdesk.ui.viewmodels.state import RateRow

ALL, NET = "all", "net"
TRADES, INCOME, DEPOSITS, WITHDRAWALS, FEES, OTHERS = (
    "trades", "income", "deposits", "withdrawals", "fees", "others",
)  # fmt: skip
KINDS = (
    (ALL, "All"),
    (TRADES, "Trades"),
    (INCOME, "Income"),
    (DEPOSITS, "Deposits"),
    (WITHDRAWALS, "Withdrawals"),
    (FEES, "Fees"),
    (OTHERS, "Other"),
)
_KIND_OF = {
    TransactionType.TRADE: TRADES,
    TransactionType.DIVIDEND_OR_INTEREST: INCOME,
    TransactionType.DEPOSIT: DEPOSITS,
    TransactionType.WITHDRAWAL: WITHDRAWALS,
    TransactionType.FEE: FEES,
}
_WORDS = {
    TransactionType.DIVIDEND_OR_INTEREST: "Dividend or interest",
    TransactionType.DEPOSIT: "Deposit",
    TransactionType.WITHDRAWAL: "Withdrawal",
    TransactionType.FEE: "Fee",
    TransactionType.JOURNAL: "Journal",
    TransactionType.CORPORATE_ACTION: "Corporate action",
    TransactionType.OTHER: "Other",
}


class ActivityRow(NamedTuple):
    """One entry as it is listed. ``words`` say its type, ``kind`` what filter it passes.

    A tuple and no dataclass: there may be a hundred thousand of it,
    and it is made in a third of the time.
    """

    key: str
    time: datetime
    account: str
    title: str
    kind: str
    words: str
    symbol: str
    name: str
    description: str
    quantity: Decimal | None
    price: Decimal | None
    fees: Decimal | None
    amount: Decimal
    currency: str
    settles: date | None
    order: str
    raw_type: str
    number: str
    identifiers: tuple[tuple[str, str], ...]
    rate: RateRow | None = None
    """What its amounts are converted with, by its own day; None without a rate."""
    base: str = ""
    """The base currency, where the entry stands in another one."""


def row_of(
    one: Transaction,
    titles: Mapping[str, str],
    rate: RateRow | None = None,
    base: str = "",
) -> ActivityRow:
    """An entry as it is listed; ``titles`` name the accounts."""
    what = one.instrument
    return ActivityRow(
        f"{one.account}/{one.id}",
        one.time,
        one.account,
        titles.get(one.account, ""),
        _KIND_OF.get(one.type, OTHERS),
        words_of(one),
        what.symbol if what is not None else "",
        what.name if what is not None else "",
        one.description,
        one.quantity,
        one.price,
        one.fees,
        one.amount,
        one.currency,
        one.settlement_date,
        one.order_id,
        one.raw_type,
        one.id,
        ()
        if what is None
        else tuple(
            pair
            for pair in (("CUSIP", what.cusip), ("ISIN", what.isin), ("FIGI", what.figi))
            if pair[1]
        ),
        rate,
        base,
    )


def words_of(one: Transaction) -> str:
    """The type in a word: the direction of a trade and of a transfer is part of it."""
    if one.type is TransactionType.TRADE:
        if not one.quantity:
            return "Trade"
        return "Buy" if one.quantity > 0 else "Sell"
    if one.type is TransactionType.TRANSFER:
        way = one.quantity or one.amount
        return "Transfer" if not way else "Transfer in" if way > 0 else "Transfer out"
    return _WORDS.get(one.type) or shown(one.type, one.raw_type)


@dataclass(frozen=True, slots=True)
class Sum:
    """What the rows of one kind come to in one currency."""

    label: str
    currency: str
    amount: Decimal
    count: int
    converted: bool = False
    """Of several currencies, each entry by the rate of its day."""


_SUMS = (
    (DEPOSITS, "Deposits"),
    (WITHDRAWALS, "Withdrawals"),
    (INCOME, "Dividends and interest"),
    (FEES, "Fees"),
    ("Buy", "Bought"),
    ("Sell", "Sold"),
    (OTHERS, "Other"),
)


def sums_of(rows: Iterable[ActivityRow]) -> tuple[Sum, ...]:
    """Per kind and currency, and the net of all. The fees of a trade count as fees, not twice.

    An entry in another currency than the base counts in that, by the rate of its day; without a
    rate it has a sum of its own. Where all stand in one currency it stays that.
    """
    rows = tuple(rows)
    several = len({row.currency for row in rows}) > 1
    found: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
    mixed: set[tuple[str, str]] = set()
    for row in rows:
        amount, currency, label, fees = row.amount, row.currency, row.kind, row.fees
        rate = row.rate if several else None
        if rate is not None:
            currency, amount = row.base, EXACT.multiply(amount, rate.value)
            fees = EXACT.multiply(fees, rate.value) if fees else fees
            mixed.add((NET, currency))
        found[NET, currency].append(amount)
        if label == TRADES:
            label = row.words if row.words in ("Buy", "Sell") else OTHERS
            if fees:
                found[FEES, currency].append(fees.copy_negate())
                amount = EXACT.add(amount, fees)
                if rate is not None:
                    mixed.add((FEES, currency))
        if rate is not None:
            mixed.add((label, currency))
        found[label, currency].append(amount)
    with localcontext(EXACT):  # added up by the interpreter itself: rows may be very many
        return tuple(
            Sum(words, currency, sum(amounts, ZERO), len(amounts), (kind, currency) in mixed)
            for label, words in (*_SUMS, (NET, "Net"))
            for (kind, currency), amounts in sorted(found.items(), key=itemgetter(0))
            if kind == label
        )
