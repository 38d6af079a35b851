"""``previewOrder``: what an order would cost, and what would be said about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.fees import fees_of
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.hours import expiry, spans
from brokerdesk.simulator.exchange.matching import Sides, net, sides
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.exchange.terms import STOPS, Lasts, Strategy, Terms
from brokerdesk.simulator.schwab.instruments import ASSET_TYPES
from brokerdesk.simulator.schwab.own_orders import order_type
from brokerdesk.simulator.schwab.times import order_time
from brokerdesk.simulator.wire import number

NONE = Decimal("0.0")
LISTS = ("rejects", "warns", "alerts", "reviews", "accepts")


def preview_answer(
    floor: Floor, account: Account, strategy: Strategy, refused: str
) -> dict[str, Any]:
    """The answer for its first order; a refused one is told inside an answer that is 200."""
    terms = strategy.all_terms()[0]
    share = floor.rules.half_spread
    quotes = {leg.symbol: sides(account.market, leg.symbol, floor.at, share) for leg in terms.legs}
    quantity = terms.quantity or ZERO
    price = terms.limit if terms.limit is not None else net(terms, quotes)
    worth = abs(price * quantity * multiplier(account.market, terms.symbol)).quantize(CENT)
    legs = [_leg(account, terms, place, quotes) for place in range(len(terms.legs))]
    fees = [_fees(account, terms, place, quotes) for place in range(len(terms.legs))]
    commission = sum((leg["COMMISSION"] for leg in fees), ZERO)
    costs = commission + sum((leg["SEC_FEE"] for leg in fees), ZERO)
    spent = worth + costs if terms.buys else costs - worth
    available = floor.power(account, lent=False)
    order: dict[str, Any] = {
        "accountNumber": account.profile.number,
        "advancedOrderType": "NONE",
        "closeTime": order_time(expiry(terms, floor.at)),
        "enteredTime": order_time(floor.at),
        "orderBalance": {
            "orderValue": worth,
            "projectedAvailableFund": (available - spent).quantize(CENT),
            "projectedBuyingPower": (floor.power(account) - spent).quantize(CENT),
            "projectedCommission": commission,
        },
        "orderStrategyType": strategy.link.value.upper(),
        "orderVersion": 1,
        "session": terms.words.get("session", "NORMAL"),
        "status": "REJECTED" if refused else "ACCEPTED",
        "discretionary": False,
        "duration": terms.words.get("duration", "DAY"),
        "filledQuantity": NONE,
        "orderType": order_type(terms),
        "orderValue": worth,
        "quantity": number(quantity),
        "remainingQuantity": number(quantity),
        "sellNonMarginableFirst": False,
        "strategy": terms.words.get("complexOrderStrategyType", "NONE"),
        "amountIndicator": "SHARES",
        "orderLegs": legs,
    }
    if terms.limit is not None:
        order["price"] = abs(terms.limit)
    told: dict[str, list[dict[str, str]]] = {name: [] for name in LISTS}
    if refused:
        told["rejects"].append({"activityMessage": refused, "originalSeverity": "REJECT"})
    else:
        told["warns"] = [_said(*one) for one in _warnings(floor, terms)]
    return {
        "orderId": 0,
        "orderStrategy": order,
        "orderValidationResult": told,
        "commissionAndFee": _costs(fees),
    }


def _warnings(floor: Floor, terms: Terms) -> list[tuple[str, str]]:
    found = []
    if terms.kind in STOPS:
        text = "Stop orders do not guarantee an execution at or near the stop price."
        found.append(("STOP_ORDERS_NO_GUARANTEE", text))
    elif terms.limit is None:
        text = "Prices can change quickly; the execution price may differ from the quote."
        found.append(("PRICES_CAN_CHANGE_QUICKLY", text))
    if spans(terms, floor.at)[0][0] > floor.at and terms.lasts is not Lasts.OPEN:
        found.append(("SCHW_DO0989", "The market is closed. This order will be queued."))
    return found


def _said(rule: str, text: str) -> dict[str, str]:
    return {"validationRuleName": rule, "activityMessage": text, "originalSeverity": "REVIEW"}


def _leg(account: Account, terms: Terms, place: int, quotes: dict[str, Sides]) -> dict[str, Any]:
    leg, quote = terms.legs[place], quotes[terms.legs[place].symbol]
    listing = account.market.listing(leg.symbol)
    kind = ASSET_TYPES[listing.kind] if listing is not None else "OPTION"
    return {
        "askPrice": quote.ask,
        "bidPrice": quote.bid,
        "lastPrice": quote.last,
        "markPrice": quote.last,
        "projectedCommission": _fees(account, terms, place, quotes)["COMMISSION"],
        "quantity": number((terms.quantity or ZERO) * leg.ratio),
        "finalSymbol": leg.symbol,
        "legId": place + 1,
        "assetType": kind,
        "instruction": terms.words["instructions"][place],
        "positionEffect": "OPENING" if leg.opening else "CLOSING",
        "instrument": {"assetType": kind, "symbol": leg.symbol},
    }


def _fees(
    account: Account, terms: Terms, place: int, quotes: dict[str, Sides]
) -> dict[str, Decimal]:
    leg, quote = terms.legs[place], quotes[terms.legs[place].symbol]
    units = leg.sign * (terms.quantity or ZERO) * leg.ratio
    price = quote.ask if leg.buys else quote.bid
    if terms.limit is not None and not terms.several:
        price = terms.limit
    gross = (units * price * multiplier(account.market, leg.symbol)).quantize(CENT)
    return {
        "COMMISSION": NONE,
        "SEC_FEE": NONE,
        **dict(fees_of(account.profile, leg.symbol, units, gross)),
    }


def _costs(fees: list[dict[str, Decimal]]) -> dict[str, Any]:
    commissions = [
        {
            "commissionValues": [
                {"value": NONE, "type": "BASE_CHARGE"},
                {"value": leg["COMMISSION"], "type": "COMMISSION"},
            ]
        }
        for leg in fees
    ]
    return {
        "commission": {"commissionLegs": commissions},
        "fee": {
            "feeLegs": [
                {
                    "feeValues": [
                        {"value": leg["SEC_FEE"], "type": "SEC_FEE"},
                        {"value": NONE, "type": "OPT_REG_FEE"},
                        {"value": NONE, "type": "TAF_FEE"},
                    ]
                }
                for leg in fees
            ]
        },
        "trueCommission": {"commissionLegs": commissions},
    }
