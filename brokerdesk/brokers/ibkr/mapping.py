"""Accounts, holdings and executions of TWS as facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.figures import rounded_price
from brokerdesk.brokers.ibkr import BROKER_ID, balances, problems
from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.border import known, needed, written
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.text import clean, clean_symbol
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.ids import account_id, number_mask
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.turns import steps

_DERIVED = (AssetType.OPTION, AssetType.FUTURE)
Named = Mapping[int, Any]
"""Contract details by contract number."""


def account(number: str, values: balances.Values, environment: Environment) -> Account:
    """An account as listed. TWS does not say whether it may borrow, so its type stays open."""
    mask = number_mask(number)
    raw_type = balances.account_type(values)
    base = balances.base_currency(values)
    left = written(values.get(("ExcessLiquidity", base), ""))
    return Account(
        id=account_id(BROKER_ID, environment.value, number),
        broker=BROKER_ID,
        environment=environment,
        name=f"IBKR {mask}",
        number_mask=mask,
        type=AccountType.UNKNOWN,
        currency=base or "USD",
        institution="Interactive Brokers",
        raw_type=raw_type,
        tax_status=tax_status(raw_type),
        flags=AccountFlags(in_call=None if left is None else left < 0),
    )


def tax_status(raw_type: str) -> TaxStatus:
    """What the account's structure gives away; most say nothing."""
    words = raw_type.upper().replace("-", " ").split()
    if "ROTH" in words:
        return TaxStatus.TAX_FREE
    if {"IRA", "SEP", "SIMPLE"} & set(words):
        return TaxStatus.TAX_DEFERRED
    return TaxStatus.TAXABLE if words and words[0] in ("INDIVIDUAL", "JOINT") else TaxStatus.UNKNOWN


def held_contracts(question: Question) -> list[Any]:
    """The contracts of an account's download."""
    return [contract for contract, *_ in question.of("holding")]


def reading(
    question: Question, environment: Environment, fetched_at: datetime, named: Named
) -> Reading:
    """Balances and positions of one download.

    Raises:
        BrokerError: it has no figures, or TWS has not loaded them yet.
    """
    rows = [(key, value, currency) for key, value, currency in question.of("value")]
    if not rows:
        raise problems.empty_account()
    found, unread = balances.balances(balances.gathered(rows))
    all_unread = [*question.unread, *unread]
    held: dict[tuple[int, str], Position] = {}
    for index, (contract, *figures) in enumerate(steps(question.of("holding"))):
        key = (contract.conId or -index, contract.localSymbol or contract.symbol)
        try:
            one = position(contract, figures, named.get(contract.conId))
        except ValueError:
            label = clean_symbol(contract.symbol)
            where = f"positions[{index}]"
            all_unread.append(Unread(where=where, reason=UNREADABLE, label=label))
            continue
        if one is None:
            held.pop(key, None)
        else:
            held[key] = one
    return Reading(
        account=account_id(BROKER_ID, environment.value, question.account),
        fetched_at=fetched_at,
        as_of=fetched_at,
        balances=found,
        positions=tuple(held.values()),
        unread=tuple(all_unread),
    )


def position(contract: Any, figures: list[Any], details: Any) -> Position | None:
    """One holding; None for one that was closed today and is still listed.

    Raises:
        ValueError: a figure that no holding has.
    """
    units, price, worth, average, open_profit, _ = figures
    quantity = needed(units)
    if not quantity:
        return None
    what = instrument(contract, details)
    value, profit, cost = known(worth), known(open_profit), known(average)
    each, basis = None, None
    if cost is not None:
        each, basis = cost, cost * quantity * what.multiplier
        if what.asset_type in _DERIVED and _holds_multiplier(cost, quantity, value, profit, basis):
            each, basis = rounded_price(cost / what.multiplier), cost * quantity
        elif what.asset_type is AssetType.FIXED_INCOME:
            # Bonds are quoted per hundred of face value, so only the figures in money are sure.
            basis = None if value is None or profit is None else value - profit
    return Position(
        instrument=what,
        quantity=quantity,
        average_cost=each,
        cost_basis=basis,
        mark=known(price),
        market_value=value,
        open_pl=profit,
    )


def _holds_multiplier(
    cost: Decimal,
    quantity: Decimal,
    value: Decimal | None,
    profit: Decimal | None,
    per_unit: Decimal,
) -> bool:
    """Whether an average cost is per contract, as it is said to be; TWS's own profit decides."""
    if value is None or profit is None:
        return True
    paid = value - profit
    return abs(cost * quantity - paid) <= abs(per_unit - paid)


def moment(given: object) -> datetime | None:
    """An aware time in UTC; None for anything else."""
    if not isinstance(given, datetime) or given.tzinfo is None:
        return None
    return given.astimezone(UTC)


def words(text: object) -> str:
    """A short word of TWS."""
    return clean(str(text), 64)
