"""Schwab's balance blocks as one balance, nothing lost.

Known figures get the field's own names; every other one is kept under Schwab's name. A cash account
has no buying power at Schwab, and none is invented.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.loose import UNREADABLE_FIGURE
from brokerdesk.brokers.text import clean
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Unread

_BUYING_POWER = (
    ("buyingPower", "stock"),
    ("buyingPowerNonMarginableTrade", "non_marginable"),
    ("dayTradingBuyingPower", "day_trading"),
    ("optionBuyingPower", "option"),
)
_NAMED = {
    "cashBalance",
    "unsettledCash",
    "equity",
    "liquidationValue",
    "maintenanceRequirement",
    "longMarketValue",
    "shortMarketValue",
    *(name for name, _ in _BUYING_POWER),
}

Amounts = dict[str, Decimal]


def in_call(account: wire.Account) -> bool | None:
    """Whether any block says that the account is in a call; None when none says anything."""
    blocks = (account.current_balances, account.projected_balances, account.initial_balances)
    said = [block["isInCall"] for block in blocks if block and "isInCall" in block]
    flags = [bool(flag) for flag in said if flag is not None]
    return any(flags) if flags else None


def balance(answer: wire.AccountAnswer) -> tuple[Balance, list[Unread]]:
    """The account's balance in dollars and the figures that no real account has.

    The total is ``liquidationValue`` of the current block, else of the aggregate, else ``equity``.
    """
    given = answer.securities_account
    unread: list[Unread] = []
    current = _amounts("currentBalances", given.current_balances, unread)
    initial = _amounts("initialBalances", given.initial_balances, unread)
    projected = _amounts("projectedBalances", given.projected_balances, unread)
    aggregate = _amounts("aggregatedBalance", answer.aggregated_balance, unread)
    if not current and not any(item.where.startswith("currentBalances") for item in unread):
        unread.append(Unread(where="currentBalances", reason="Schwab gave no present balances."))
    others = [(name, value) for name, value in current.items() if name not in _NAMED]
    others += [(f"initialBalances.{name}", value) for name, value in initial.items()]
    others += [(f"projectedBalances.{name}", value) for name, value in projected.items()]
    others += [(f"aggregatedBalance.{name}", value) for name, value in aggregate.items()]
    return (
        Balance(
            currency="USD",
            cash=_first(current, "cashBalance", "totalCash"),
            unsettled_cash=current.get("unsettledCash"),
            equity=current.get("equity"),
            net_liquidation=_total(current, aggregate),
            buying_power=tuple(
                (kind, current[name]) for name, kind in _BUYING_POWER if name in current
            ),
            maintenance_margin=current.get("maintenanceRequirement"),
            long_market_value=_first(current, "longMarketValue", "longMarginValue"),
            short_market_value=_first(current, "shortMarketValue", "shortMarginValue"),
            others=tuple(others),
        ),
        unread,
    )


def settle_sweeps(
    balance: Balance, positions: list[Position]
) -> tuple[Balance, tuple[Position, ...]]:
    """Keep swept cash from counting twice, as cash and as a holding.

    Schwab lists the bank or fund that idle cash is swept into among the positions. When the total
    proves that the very same money is already in the cash figure, the row moves into the balance's
    other figures; in all other cases it stays a position.
    """
    sweeps = [
        held
        for held in positions
        if held.instrument.asset_type is AssetType.CASH_EQUIVALENT
        and held.instrument.raw_type.endswith("/SWEEP_VEHICLE")
        and held.market_value
    ]
    if not sweeps or balance.cash is None or balance.net_liquidation is None:
        return balance, tuple(positions)
    swept = sum((held.market_value or Decimal(0) for held in sweeps), Decimal(0))
    values = [held.market_value for held in positions]
    if any(value is None for value in values):
        return balance, tuple(positions)
    counted = balance.cash + sum((value or Decimal(0) for value in values), Decimal(0))
    if counted - swept != balance.net_liquidation:
        return balance, tuple(positions)
    moved = tuple(
        (f"sweep.{held.instrument.symbol}", held.market_value)
        for held in sweeps
        if held.market_value is not None
    )
    kept = tuple(held for held in positions if held not in sweeps)
    return replace(balance, others=balance.others + moved), kept


def _total(current: Amounts, aggregate: Amounts) -> Decimal | None:
    if "liquidationValue" in current:
        return current["liquidationValue"]
    total = _first(aggregate, "currentLiquidationValue", "liquidationValue")
    return total if total is not None else current.get("equity")


def _first(amounts: Amounts, *names: str) -> Decimal | None:
    return next((amounts[name] for name in names if name in amounts), None)


def _amounts(name: str, block: wire.Figures | None, unread: list[Unread]) -> Amounts:
    """The block's amounts; flags and nulls are no amounts."""
    amounts: Amounts = {}
    for key, value in (block or {}).items():
        if isinstance(value, Decimal):
            try:
                amounts[clean(key, 64)] = exact(value)
            except ValueError:
                where = f"{name}.{clean(key, 64)}"
                unread.append(Unread(where=where, reason=UNREADABLE_FIGURE))
    return amounts
