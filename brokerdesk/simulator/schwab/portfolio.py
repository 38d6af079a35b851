"""``/accounts`` and ``/accounts/{hash}``: balances and positions as Schwab words them.

Field names are those observed on the wire, which are more than the documented ones. Bonds are
counted in face value and priced per hundred of it. ``cashBalance + marginBalance + shortBalance +
all market values`` is ``liquidationValue``.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.valuation import Valuation, Valued
from brokerdesk.simulator.market.listings import Kind
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.schwab.instruments import describe
from brokerdesk.simulator.wire import number

NONE = Decimal("0.0")
HUNDRED = Decimal(100)
FOUR = Decimal(4)
TWO = Decimal(2)
STOCKS = (Kind.EQUITY, Kind.ETF)
MARGINABLE = (Kind.EQUITY, Kind.ETF, Kind.MUTUAL_FUND, Kind.BOND)
MARKET_KINDS = (Kind.EQUITY, Kind.ETF)


def account_answer(account: Account, moment: datetime, *, positions: bool) -> dict[str, Any]:
    """The Account object at a moment."""
    now = account.value_at(moment)
    before = account.before_session(moment)
    margin = account.profile.margin
    body: dict[str, Any] = {
        "type": "MARGIN" if margin else "CASH",
        "accountNumber": account.profile.number,
        "roundTrips": 0,
        "isDayTrader": False,
        "isClosingOnlyRestricted": False,
        "pfcbFlag": False,
    }
    if positions and now.positions:
        body["positions"] = _positions(account, now, before)
    if margin:
        body["initialBalances"] = _margin_initial(before)
        body["currentBalances"] = _margin_current(now)
        body["projectedBalances"] = _margin_projected(now)
    else:
        unsettled = account.unsettled(moment)
        body["initialBalances"] = _cash_initial(before)
        body["currentBalances"] = {**_common(now, now.cash), **_cash_current(now, unsettled)}
        body["projectedBalances"] = _cash_projected(now, unsettled)
    total = now.liquidation
    return {
        "securitiesAccount": body,
        "aggregatedBalance": {"currentLiquidationValue": total, "liquidationValue": total},
    }


def cash_parts(value: Valuation) -> tuple[Decimal, Decimal, Decimal]:
    """Spendable cash, the (negative) margin loan, and the credit for shorts."""
    credit = value.short_credit
    free = value.cash - credit
    return max(free, ZERO), min(free, ZERO), credit


def _common(value: Valuation, cash: Decimal) -> dict[str, Any]:
    return {
        "accruedInterest": NONE,
        "cashBalance": cash,
        "cashReceipts": NONE,
        "longOptionMarketValue": value.total(Kind.OPTION),
        "liquidationValue": value.liquidation,
        "longMarketValue": value.total(*STOCKS),
        "moneyMarketFund": value.total(Kind.MONEY_MARKET),
        "savings": NONE,
        "shortMarketValue": value.total(*STOCKS, long=False),
        "pendingDeposits": NONE,
        "mutualFundValue": value.total(Kind.MUTUAL_FUND),
        "bondValue": value.total(Kind.BOND),
        "shortOptionMarketValue": value.total(Kind.OPTION, long=False),
    }


def _percentage(value: Valuation) -> Decimal:
    _, loan, _ = cash_parts(value)
    gross = value.liquidation - loan
    return (value.liquidation / gross * HUNDRED).quantize(CENT) if gross > 0 else NONE


def _available(value: Valuation) -> Decimal:
    return max(ZERO, value.liquidation - value.requirement)


def _margin_initial(value: Valuation) -> dict[str, Any]:
    cash, loan, credit = cash_parts(value)
    total, available = value.liquidation, _available(value)
    stock = value.total(*STOCKS)
    return {
        "accruedInterest": NONE,
        "availableFundsNonMarginableTrade": min(available, max(cash, ZERO)),
        "bondValue": value.total(Kind.BOND),
        "buyingPower": available * TWO,
        "cashBalance": cash,
        "cashAvailableForTrading": NONE,
        "cashReceipts": NONE,
        "dayTradingBuyingPower": available * FOUR,
        "dayTradingBuyingPowerCall": NONE,
        "dayTradingEquityCall": NONE,
        "equity": total,
        "equityPercentage": _percentage(value),
        "liquidationValue": total,
        "longMarginValue": value.total(*MARGINABLE),
        "longOptionMarketValue": value.total(Kind.OPTION),
        "longStockValue": stock,
        "maintenanceCall": NONE,
        "maintenanceRequirement": value.requirement,
        "margin": value.cash,
        "marginEquity": total - value.total(Kind.OPTION) - value.total(Kind.OPTION, long=False),
        "moneyMarketFund": value.total(Kind.MONEY_MARKET),
        "mutualFundValue": value.total(Kind.MUTUAL_FUND),
        "regTCall": NONE,
        "shortMarginValue": value.total(*STOCKS, long=False),
        "shortOptionMarketValue": value.total(Kind.OPTION, long=False),
        "shortStockValue": value.total(*STOCKS, long=False),
        "totalCash": cash,
        "isInCall": False,
        "unsettledCash": NONE,
        "pendingDeposits": NONE,
        "marginBalance": loan,
        "shortBalance": credit,
        "accountValue": total,
    }


def _margin_current(value: Valuation) -> dict[str, Any]:
    cash, loan, credit = cash_parts(value)
    available = _available(value)
    return {
        **_common(value, cash),
        "availableFunds": available,
        "availableFundsNonMarginableTrade": min(available, cash),
        "buyingPower": available * TWO,
        "buyingPowerNonMarginableTrade": min(available, cash),
        "dayTradingBuyingPower": available * FOUR,
        "equity": value.liquidation,
        "equityPercentage": _percentage(value),
        "longMarginValue": value.total(*MARGINABLE),
        "maintenanceCall": NONE,
        "maintenanceRequirement": value.requirement,
        "marginBalance": loan,
        "regTCall": NONE,
        "shortBalance": credit,
        "shortMarginValue": value.total(*STOCKS, long=False),
        "sma": available,
    }


def _margin_projected(value: Valuation) -> dict[str, Any]:
    available = _available(value)
    cash, _, _ = cash_parts(value)
    return {
        "availableFunds": available,
        "availableFundsNonMarginableTrade": min(available, cash),
        "buyingPower": available * TWO,
        "dayTradingBuyingPower": available * FOUR,
        "dayTradingBuyingPowerCall": NONE,
        "maintenanceCall": NONE,
        "regTCall": NONE,
        "isInCall": False,
        "stockBuyingPower": available * TWO,
    }


def _cash_initial(value: Valuation) -> dict[str, Any]:
    return {
        "accruedInterest": NONE,
        "cashAvailableForTrading": value.cash,
        "cashAvailableForWithdrawal": value.cash,
        "cashBalance": value.cash,
        "bondValue": value.total(Kind.BOND),
        "cashReceipts": NONE,
        "liquidationValue": value.liquidation,
        "longOptionMarketValue": value.total(Kind.OPTION),
        "longStockValue": value.total(*STOCKS),
        "moneyMarketFund": value.total(Kind.MONEY_MARKET),
        "mutualFundValue": value.total(Kind.MUTUAL_FUND),
        "shortOptionMarketValue": value.total(Kind.OPTION, long=False),
        "shortStockValue": value.total(*STOCKS, long=False),
        "isInCall": False,
        "unsettledCash": NONE,
        "cashDebitCallValue": NONE,
        "pendingDeposits": NONE,
        "accountValue": value.liquidation,
    }


def _cash_current(value: Valuation, unsettled: Decimal) -> dict[str, Any]:
    spendable = max(ZERO, value.cash)
    return {
        "cashAvailableForTrading": spendable,
        "cashAvailableForWithdrawal": max(ZERO, spendable - unsettled),
        "cashCall": NONE,
        "longNonMarginableMarketValue": value.total(*STOCKS),
        "totalCash": value.cash,
        "cashDebitCallValue": NONE,
        "unsettledCash": unsettled,
    }


def _cash_projected(value: Valuation, unsettled: Decimal) -> dict[str, Any]:
    spendable = max(ZERO, value.cash)
    return {
        "cashAvailableForTrading": spendable,
        "cashAvailableForWithdrawal": max(ZERO, spendable - unsettled),
    }


def _positions(account: Account, now: Valuation, before: Valuation) -> list[dict[str, Any]]:
    market = account.market
    earlier = {p.symbol: p for p in before.positions}
    today: dict[str, tuple[Decimal, Decimal]] = {}
    ratios: dict[str, Decimal] = {}
    for event in account.events(before.at, now.at):
        if event.what is What.SPLIT:
            ratios[event.symbol] = event.quantity
        elif event.what in (What.TRADE, What.EXPIRE):
            quantity, cost = today.get(event.symbol, (ZERO, ZERO))
            today[event.symbol] = (quantity + event.quantity, cost - event.amount)
    return [
        _position(
            market,
            position,
            earlier.get(position.symbol),
            today.get(position.symbol, (ZERO, ZERO)),
            ratios.get(position.symbol, Decimal(1)),
        )
        for position in now.positions
    ]


def _position(
    market: Market,
    position: Valued,
    earlier: Valued | None,
    today: tuple[Decimal, Decimal],
    ratio: Decimal,
) -> dict[str, Any]:
    traded, cost = today
    worth = position.market_value
    was = earlier.market_value if earlier else ZERO
    had = earlier.quantity * ratio if earlier else ZERO
    day = worth - was - cost
    base = abs(was) + max(cost, ZERO)
    long, average = position.quantity > 0, number(position.average)
    quantity = number(abs(position.quantity))
    side, Side = ("long", "Long") if long else ("short", "Short")  # noqa: N806
    instrument = describe(position.listing, market.option(position.symbol))
    if earlier is not None:
        instrument["netChange"] = position.price - (earlier.price / ratio).quantize(CENT)
    return {
        "shortQuantity": NONE if long else quantity,
        "averagePrice": average,
        "currentDayProfitLoss": day,
        "currentDayProfitLossPercentage": (day / base * HUNDRED).quantize(CENT) if base else NONE,
        "longQuantity": quantity if long else NONE,
        "settledLongQuantity": max(ZERO, quantity - max(traded, ZERO)) if long else NONE,
        "settledShortQuantity": NONE if long else quantity,
        "instrument": instrument,
        "marketValue": worth,
        "maintenanceRequirement": position.requirement,
        f"average{Side}Price": average,
        f"taxLotAverage{Side}Price": average,
        f"{side}OpenProfitLoss": position.open_profit,
        f"previousSession{Side}Quantity": number(abs(had)),
        "currentDayCost": cost,
    }
