"""Executions as transactions: all that TWS tells about the past.

A correction comes as another execution whose id differs after its last point; the newest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.border import known, needed
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.ibkr.mapping import Named, moment, words
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.domain.transaction import Transaction

RECOVERED = "Recovered after the connection to TWS was lost"
_BOND = "TWS gives no amount for a bond's execution."
_SIDES = {"BOT": 1, "BUY": 1, "SLD": -1, "SELL": -1}
_LARGEST_FEE = Decimal(10) ** 9


def transactions(
    question: Question,
    account: AccountId,
    number: str,
    span: tuple[datetime, datetime],
    named: Named,
    missed: Callable[[datetime], bool],
    others: Collection[str] = (),
) -> Batch[Transaction]:
    """The executions of one account in a span.

    Args:
        missed: whether at this time there was no connection after there had been one.
        others: the login's accounts; what is nobody's is named.
    """
    fees = {report.execId: report for (report,) in question.of("commission")}
    newest: dict[str, tuple[str, Transaction]] = {}
    unread = list(question.unread)
    for index, (contract, execution) in enumerate(question.of("execution")):
        if execution.acctNumber != number:
            if others and execution.acctNumber not in others:
                label = clean_symbol(contract.symbol)
                where = f"executions[{index}]"
                unread.append(Unread(where=where, reason=UNREADABLE, label=label))
            continue
        base, _, revision = words(execution.execId).rpartition(".")
        base = base or revision
        try:
            found = _transaction(contract, execution, fees.get(execution.execId), account, named)
        except ValueError:
            bond = contract.secType in ("BOND", "BILL")
            label = clean_symbol(contract.symbol)
            reason = _BOND if bond else UNREADABLE
            unread.append(Unread(where=f"executions[{index}]", reason=reason, label=label))
            continue
        before = newest.get(base)
        if before is None or before[0] <= revision:
            if missed(found.time):
                found = replace(found, description=RECOVERED)
            newest[base] = (revision, found)
    since, until = span
    kept = tuple(one for _, one in newest.values() if since <= one.time <= until)
    return Batch(items=kept, unread=tuple(unread))


def _transaction(
    contract: Any, execution: Any, report: Any, account: AccountId, named: Named
) -> Transaction:
    """One execution.

    Raises:
        ValueError: something of it is missing or cannot be.
    """
    time = moment(execution.time)
    sign = _SIDES.get(execution.side)
    identity = words(execution.execId)
    what = instrument(contract, named.get(contract.conId))
    if time is None or sign is None or not identity:
        raise ValueError("no time, side or id")
    if what.asset_type is AssetType.FIXED_INCOME:
        raise ValueError("a price per hundred of face value")
    units, price = needed(execution.shares), needed(execution.price)
    fee = _fee(report)
    gross = units * price * what.multiplier * -sign
    currency = what.currency
    same = fee is not None and words(report.currency) in ("", currency)
    return Transaction(
        id=identity.rpartition(".")[0] or identity,
        account=account,
        type=TransactionType.TRADE,
        time=time,
        amount=gross - fee if same and fee is not None else gross,
        currency=currency,
        raw_type=words(execution.side),
        instrument=what,
        quantity=units * sign,
        price=price,
        fees=fee if same else None,
        order_id=str(execution.permId) if execution.permId > 0 else "",
    )


def _fee(report: Any) -> Decimal | None:
    """The commission; None for one that was not told, or that nobody charges."""
    try:
        fee = None if report is None else known(report.commission)
    except ValueError:
        return None
    return None if fee is None or abs(fee) >= _LARGEST_FEE else fee
