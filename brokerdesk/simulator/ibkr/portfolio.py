"""Account values, portfolio lines and positions, as TWS words them.

Per currency, cash plus all market values is ``NetLiquidationByCurrency``; in the base currency the
sum of those, converted, is ``NetLiquidation``. ``averageCost`` of an option holds its multiplier.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.valuation import Valuation, Valued
from brokerdesk.simulator.ibkr.accounts import Foreign
from brokerdesk.simulator.ibkr.contracts import contract
from brokerdesk.simulator.ibkr.frames import Message, double, message, plain
from brokerdesk.simulator.market.calendar import NEW_YORK
from brokerdesk.simulator.market.listings import Kind

BASE = "USD"
FOUR = Decimal(4)
Value = tuple[str, str, str]
"""Key, value, currency."""

SUMMARY_TAGS = frozenset(
    (
        "AccountType",
        "NetLiquidation",
        "TotalCashValue",
        "SettledCash",
        "AccruedCash",
        "BuyingPower",
        "EquityWithLoanValue",
        "PreviousDayEquityWithLoanValue",
        "GrossPositionValue",
        "RegTEquity",
        "RegTMargin",
        "SMA",
        "InitMarginReq",
        "MaintMarginReq",
        "AvailableFunds",
        "ExcessLiquidity",
        "Cushion",
        "FullInitMarginReq",
        "FullMaintMarginReq",
        "FullAvailableFunds",
        "FullExcessLiquidity",
        "LookAheadNextChange",
        "LookAheadInitMarginReq",
        "LookAheadMaintMarginReq",
        "LookAheadAvailableFunds",
        "LookAheadExcessLiquidity",
        "HighestSeverity",
        "DayTradesRemaining",
        "Leverage",
    )
)


def values(
    account: Account, moment: datetime, kind: str, foreign: tuple[Foreign, ...]
) -> list[Value]:
    """All account values of a moment, in the order in which they are sent."""
    now = account.value_at(moment)
    before = account.before_session(moment)
    abroad = sum(((one.amount * one.rate).quantize(CENT) for one in foreign), ZERO)
    cash = now.cash + abroad
    net = now.liquidation + abroad
    gross = sum((abs(p.market_value) for p in now.positions), ZERO)
    requirement = now.requirement
    margin = account.profile.margin
    free = max(ZERO, net - requirement) if margin else max(ZERO, cash)
    unsettled = account.unsettled(moment)
    initial = (requirement * Decimal("1.25")).quantize(CENT)
    found: list[Value] = [
        ("AccountCode", account.profile.number, ""),
        ("AccountOrGroup", account.profile.number, BASE),
        ("AccountReady", "true", ""),
        ("AccountType", kind, ""),
        ("AccruedCash", "0.00", BASE),
    ]
    money = {
        "AvailableFunds": free,
        "BuyingPower": free * FOUR if margin else free,
        "EquityWithLoanValue": net,
        "ExcessLiquidity": net - requirement if margin else free,
        "FullAvailableFunds": free,
        "FullExcessLiquidity": net - requirement if margin else free,
        "FullInitMarginReq": initial,
        "FullMaintMarginReq": requirement,
        "GrossPositionValue": gross,
        "InitMarginReq": initial,
        "LookAheadAvailableFunds": free,
        "LookAheadExcessLiquidity": net - requirement if margin else free,
        "LookAheadInitMarginReq": initial,
        "LookAheadMaintMarginReq": requirement,
        "MaintMarginReq": requirement,
        "NetLiquidation": net,
        "PreviousDayEquityWithLoanValue": before.liquidation + abroad,
        "RegTEquity": net,
        "RegTMargin": initial,
        "SMA": free,
        "SettledCash": cash - unsettled,
        "TotalCashValue": cash,
    }
    found += [(key, f"{value:.2f}", BASE) for key, value in money.items()]
    cushion = ((net - requirement) / net).quantize(Decimal("0.000001")) if net else ZERO
    found += [
        ("Cushion", f"{cushion:f}", ""),
        ("DayTradesRemaining", "-1" if net >= 25_000 else "3", ""),
        ("LookAheadNextChange", "0", ""),
        ("Leverage", f"{(gross / net).quantize(CENT):f}" if net else "0.00", ""),
        ("HighestSeverity", "0", ""),
        ("SegmentTitle-S", "Securities", ""),
        ("TradingType-S", "STKNOPT" if margin else "STKCASH", ""),
    ]
    found += _ledger(now, BASE, now.cash, Decimal(1))
    for one in foreign:
        found += _ledger(None, one.currency, one.amount, one.rate)
    return [*found, *_totals(now, cash, net)]


def _ledger(now: Valuation | None, currency: str, cash: Decimal, rate: Decimal) -> Iterator[Value]:
    """The ledger of one currency."""
    parts = _parts(now)
    worth = cash + sum(parts.values(), ZERO)
    yield "Currency", currency, currency
    yield "CashBalance", f"{cash:.2f}", currency
    yield "TotalCashBalance", f"{cash:.2f}", currency
    yield "AccruedCash", "0.00", currency
    for key, value in parts.items():
        yield key, f"{value:.2f}", currency
    open_profit = sum((p.open_profit for p in now.positions), ZERO) if now else ZERO
    yield "UnrealizedPnL", f"{open_profit:.2f}", currency
    yield "RealizedPnL", "0.00", currency
    yield "ExchangeRate", f"{rate:.8f}", currency
    yield "NetLiquidationByCurrency", f"{worth:.2f}", currency


def _totals(now: Valuation, cash: Decimal, net: Decimal) -> Iterator[Value]:
    """The same in the base currency, under the name BASE."""
    yield "Currency", "BASE", "BASE"
    yield "CashBalance", f"{cash:.2f}", "BASE"
    yield "TotalCashBalance", f"{cash:.2f}", "BASE"
    for key, value in _parts(now).items():
        yield key, f"{value:.2f}", "BASE"
    yield "ExchangeRate", "1.00", "BASE"
    yield "NetLiquidationByCurrency", f"{net:.2f}", "BASE"


def _parts(now: Valuation | None) -> dict[str, Decimal]:
    def both(*kinds: Kind) -> Decimal:
        return ZERO if now is None else now.total(*kinds) + now.total(*kinds, long=False)

    return {
        "StockMarketValue": both(Kind.EQUITY, Kind.ETF),
        "OptionMarketValue": both(Kind.OPTION),
        "FutureOptionValue": ZERO,
        "FuturesPNL": ZERO,
        "FundValue": both(Kind.MUTUAL_FUND, Kind.MONEY_MARKET),
        "CryptocurrencyValue": both(Kind.CRYPTO),
    }


def account_messages(number: str, found: list[Value]) -> list[Message]:
    return [message(6, 2, key, value, currency, number) for key, value, currency in found]


def summary_messages(
    request: str, number: str, found: list[Value], tags: frozenset[str]
) -> list[Message]:
    """Message 63 per tag that was asked for, each once: in the base currency."""
    known: dict[str, Value] = {}
    for one in found:
        if one[0] in tags & SUMMARY_TAGS:
            known.setdefault(one[0], one)
    return [message(63, 1, request, number, *one) for one in known.values()]


def multi_messages(request: str, number: str, found: list[Value]) -> list[Message]:
    return [
        message(73, 1, request, number, "", key, value, currency) for key, value, currency in found
    ]


def portfolio_messages(number: str, now: Valuation, *, plain_options: bool) -> list[Message]:
    """Message 7 per holding. ``plain_options``: an option's cost comes per unit of its price."""
    lines = []
    for held in now.positions:
        known = contract(held.symbol)
        lines.append(
            message(
                7,
                8,
                *known.eleven(),
                plain(held.quantity),
                double(held.price),
                double(held.market_value),
                _average(held, plain_options=plain_options),
                double(held.open_profit),
                "0.0",
                number,
            )
        )
    return lines


def position_messages(number: str, now: Valuation, *, plain_options: bool) -> list[Message]:
    """Message 61 per holding."""
    return [
        message(
            61,
            3,
            number,
            *contract(held.symbol).eleven(),
            plain(held.quantity),
            _average(held, plain_options=plain_options),
        )
        for held in now.positions
    ]


def _average(held: Valued, *, plain_options: bool) -> str:
    factor = Decimal(1) if plain_options else held.factor
    return double((held.average * factor).quantize(Decimal("0.00000001")))


def closing(number: str, moment: datetime) -> list[Message]:
    """What ends an account's download: its time, and the word that it is complete."""
    local = moment.astimezone(NEW_YORK)
    return [message(8, 1, f"{local:%H:%M}"), message(54, 1, number)]
