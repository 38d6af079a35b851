"""The JSON shapes of Schwab's answers, as observed on the wire, and a checker for them.

A shape says which fields an object must have and may have, and of what JSON type each value is. The
facts it is written from are older than the simulator and independent of its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NUMBER = (int, float)


@dataclass(frozen=True, slots=True)
class Obj:
    """An object: ``must`` and ``may`` map field names to shapes; nothing else is allowed."""

    must: dict[str, Any]
    may: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Many:
    """A list whose items all have one shape; ``some`` forbids an empty one."""

    item: Any
    some: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """An object whose keys are data (symbols, product codes)."""

    value: Any


def problems(value: Any, shape: Any, here: str = "$") -> list[str]:
    """Every way in which a value departs from a shape."""
    if isinstance(shape, Obj):
        return _object_problems(value, shape, here)
    if isinstance(shape, Many):
        if not isinstance(value, list):
            return [f"{here}: not a list"]
        found = [f"{here}: empty"] if shape.some and not value else []
        for place, item in enumerate(value):
            found += problems(item, shape.item, f"{here}[{place}]")
        return found
    if isinstance(shape, Keyed):
        if not isinstance(value, dict):
            return [f"{here}: not an object"]
        return [
            x for key, item in value.items() for x in problems(item, shape.value, f"{here}.{key}")
        ]
    if isinstance(shape, set | frozenset):
        return [] if value in shape else [f"{here}: {value!r} is not one of {sorted(shape)}"]
    kinds = shape if isinstance(shape, tuple) else (shape,)
    if isinstance(value, bool) and bool not in kinds:
        return [f"{here}: a boolean"]
    return [] if isinstance(value, kinds) else [f"{here}: {type(value).__name__} {value!r}"]


def _object_problems(value: Any, shape: Obj, here: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{here}: not an object"]
    found = [f"{here}.{name}: missing" for name in shape.must if name not in value]
    for name, item in value.items():
        inner = shape.must.get(name, shape.may.get(name))
        if inner is None:
            found.append(f"{here}.{name}: not a known field")
        else:
            found += problems(item, inner, f"{here}.{name}")
    return found


def _fields(names: str, shape: Any = NUMBER) -> dict[str, Any]:
    return dict.fromkeys(names.split(), shape)


ACCOUNT_NUMBERS = Many(Obj({"accountNumber": str, "hashValue": str}, {}), some=True)

_COMMON = (
    "accruedInterest cashBalance cashReceipts longOptionMarketValue liquidationValue "
    "longMarketValue moneyMarketFund savings shortMarketValue pendingDeposits mutualFundValue "
    "bondValue shortOptionMarketValue"
)
MARGIN_INITIAL = Obj(
    {
        **_fields(
            "accruedInterest availableFundsNonMarginableTrade bondValue buyingPower cashBalance "
            "cashAvailableForTrading cashReceipts dayTradingBuyingPower dayTradingBuyingPowerCall "
            "dayTradingEquityCall equity equityPercentage liquidationValue longMarginValue "
            "longOptionMarketValue longStockValue maintenanceCall maintenanceRequirement margin "
            "marginEquity moneyMarketFund mutualFundValue regTCall shortMarginValue "
            "shortOptionMarketValue shortStockValue totalCash pendingDeposits marginBalance "
            "shortBalance accountValue"
        ),
        "isInCall": bool,
    },
    _fields("unsettledCash"),
)
MARGIN_CURRENT = Obj(
    _fields(
        f"{_COMMON} availableFunds availableFundsNonMarginableTrade buyingPower "
        "buyingPowerNonMarginableTrade dayTradingBuyingPower equity equityPercentage "
        "longMarginValue maintenanceCall maintenanceRequirement marginBalance regTCall "
        "shortBalance shortMarginValue sma"
    ),
    {},
)
MARGIN_PROJECTED = Obj(
    {
        **_fields(
            "availableFunds availableFundsNonMarginableTrade buyingPower dayTradingBuyingPower "
            "dayTradingBuyingPowerCall maintenanceCall regTCall stockBuyingPower"
        ),
        "isInCall": bool,
    },
    {},
)
CASH_INITIAL = Obj(
    {
        **_fields(
            "accruedInterest cashAvailableForTrading cashAvailableForWithdrawal cashBalance "
            "bondValue cashReceipts liquidationValue longOptionMarketValue longStockValue "
            "moneyMarketFund mutualFundValue shortOptionMarketValue shortStockValue unsettledCash "
            "cashDebitCallValue pendingDeposits accountValue"
        ),
        "isInCall": bool,
    },
    {},
)
CASH_CURRENT = Obj(
    _fields(
        "cashBalance liquidationValue longMarketValue cashAvailableForTrading "
        "cashAvailableForWithdrawal cashCall longNonMarginableMarketValue totalCash "
        "cashDebitCallValue unsettledCash"
    ),
    _fields(_COMMON),
)
CASH_PROJECTED = Obj(
    _fields("cashAvailableForTrading cashAvailableForWithdrawal"),
    _fields("cashCall cashDebitCallValue longNonMarginableMarketValue totalCash unsettledCash"),
)
ASSET_TYPES = frozenset(
    [
        "EQUITY",
        "OPTION",
        "INDEX",
        "MUTUAL_FUND",
        "CASH_EQUIVALENT",
        "FIXED_INCOME",
        "CURRENCY",
        "COLLECTIVE_INVESTMENT",
    ]
)
INSTRUMENT = Obj(
    {"assetType": ASSET_TYPES, "symbol": str},
    {
        "cusip": str,
        "description": str,
        "instrumentId": int,
        "netChange": NUMBER,
        "putCall": frozenset({"PUT", "CALL", "UNKNOWN"}),
        "underlyingSymbol": str,
        "optionMultiplier": NUMBER,
        "optionDeliverables": list,
        "type": str,
        "maturityDate": str,
        "factor": NUMBER,
        "variableRate": NUMBER,
        "status": str,
        "closingPrice": NUMBER,
    },
)
POSITION = Obj(
    {
        **_fields(
            "shortQuantity averagePrice currentDayProfitLoss currentDayProfitLossPercentage "
            "longQuantity settledLongQuantity settledShortQuantity marketValue "
            "maintenanceRequirement currentDayCost"
        ),
        "instrument": INSTRUMENT,
    },
    _fields(
        "agedQuantity averageLongPrice averageShortPrice taxLotAverageLongPrice "
        "taxLotAverageShortPrice longOpenProfitLoss shortOpenProfitLoss "
        "previousSessionLongQuantity previousSessionShortQuantity"
    ),
)


def account_shape(kind: str) -> Obj:
    """The shape of an Account of type MARGIN or CASH."""
    margin = kind == "MARGIN"
    return Obj(
        {
            "securitiesAccount": Obj(
                {
                    "type": frozenset({kind}),
                    "accountNumber": str,
                    "roundTrips": int,
                    "isDayTrader": bool,
                    "isClosingOnlyRestricted": bool,
                    "pfcbFlag": bool,
                    "initialBalances": MARGIN_INITIAL if margin else CASH_INITIAL,
                    "currentBalances": MARGIN_CURRENT if margin else CASH_CURRENT,
                    "projectedBalances": MARGIN_PROJECTED if margin else CASH_PROJECTED,
                },
                {"positions": Many(POSITION, some=True)},
            ),
            "aggregatedBalance": Obj(_fields("currentLiquidationValue liquidationValue"), {}),
        },
        {},
    )


TRANSACTION = Obj(
    {
        "activityId": int,
        "time": str,
        "accountNumber": str,
        "type": str,
        "status": frozenset({"VALID", "INVALID", "PENDING", "UNKNOWN"}),
        "subAccount": frozenset({"CASH", "MARGIN", "SHORT", "DIV", "INCOME", "UNKNOWN"}),
        "tradeDate": str,
        "netAmount": NUMBER,
        "transferItems": Many(
            Obj(
                {"instrument": INSTRUMENT, "amount": NUMBER, "cost": NUMBER},
                {"price": NUMBER, "feeType": str, "positionEffect": str},
            ),
            some=True,
        ),
    },
    {
        "positionId": int,
        "orderId": int,
        "description": str,
        "settlementDate": str,
        "activityType": str,
        "user": dict,
    },
)
_LEG = Obj(
    {
        "orderLegType": str,
        "legId": int,
        "instrument": INSTRUMENT,
        "instruction": str,
        "positionEffect": frozenset({"OPENING", "CLOSING", "AUTOMATIC"}),
        "quantity": NUMBER,
    },
    {},
)
_EXECUTION = Obj(
    {
        "activityType": frozenset({"EXECUTION", "ORDER_ACTION"}),
        "activityId": int,
        "executionType": frozenset({"FILL", "CANCELED"}),
        "quantity": NUMBER,
        "orderRemainingQuantity": NUMBER,
        "executionLegs": Many(
            Obj(
                {**_fields("legId instrumentId", int), "time": str}
                | _fields("quantity mismarkedQuantity price"),
                {},
            ),
            some=True,
        ),
    },
    {},
)
ORDER = Obj(
    {
        **_fields(
            "session duration orderType complexOrderStrategyType requestedDestination "
            "destinationLinkName orderStrategyType status enteredTime tag",
            str,
        ),
        **_fields("quantity filledQuantity remainingQuantity"),
        "orderLegCollection": Many(_LEG, some=True),
        "orderId": int,
        "accountNumber": int,
        "cancelable": bool,
        "editable": bool,
    },
    {
        "price": NUMBER,
        "stopPrice": NUMBER,
        "closeTime": str,
        "cancelTime": str,
        "releaseTime": str,
        "statusDescription": str,
        "orderActivityCollection": Many(_EXECUTION),
    },
)
PREFERENCE = Obj(
    {
        "accounts": Many(
            Obj(
                {
                    **_fields("accountNumber type nickName displayAcctId accountColor", str),
                    **_fields("primaryAccount autoPositionEffect", bool),
                },
                {},
            ),
            some=True,
        ),
        "streamerInfo": Many(
            Obj(
                _fields(
                    "streamerSocketUrl schwabClientCustomerId schwabClientCorrelId "
                    "schwabClientChannel schwabClientFunctionId",
                    str,
                ),
                {},
            ),
            some=True,
        ),
        "offers": Many(Obj({"level2Permissions": bool, "mktDataPermission": str}, {})),
    },
    {},
)
_PRICES = _fields(
    "52WeekHigh 52WeekLow closePrice highPrice lastPrice lowPrice mark markChange "
    "markPercentChange netChange netPercentChange openPrice"
)
_QUOTE_MORE = (
    _fields("askPrice bidPrice postMarketChange postMarketPercentChange")
    | _fields("askSize askTime bidSize bidTime lastSize quoteTime totalVolume tradeTime", int)
    | _fields("askMICId bidMICId lastMICId securityStatus", str)
)
_REFERENCE = Obj(
    _fields("cusip description exchange exchangeName", str),
    {
        **_fields("isHardToBorrow isShortable", bool),
        "htbQuantity": int,
        "htbRate": NUMBER,
    },
)
_FUNDAMENTAL = Obj(
    _fields(
        "avg10DaysVolume avg1YearVolume divAmount divFreq divPayAmount divYield eps "
        "fundLeverageFactor peRatio"
    ),
    _fields(
        "declarationDate divExDate divPayDate lastEarningsDate nextDivExDate nextDivPayDate", str
    ),
)
_QUOTE_HEAD = {"assetMainType": str, "realtime": bool, "ssid": int, "symbol": str}
EQUITY_QUOTE = Obj(
    {
        **_QUOTE_HEAD,
        "assetSubType": frozenset(
            ["COE", "PRF", "ADR", "GDR", "CEF", "ETF", "ETN", "UIT", "WAR", "RGT"]
        ),
        "quoteType": frozenset({"NBBO", "NFL"}),
        "quote": Obj(_PRICES | _QUOTE_MORE, {}),
        "reference": _REFERENCE,
        "fundamental": _FUNDAMENTAL,
        "regular": Obj(
            _fields(
                "regularMarketLastPrice regularMarketLastSize regularMarketNetChange "
                "regularMarketPercentChange regularMarketTradeTime"
            ),
            {},
        ),
        "extended": Obj(
            _fields(
                "askPrice askSize bidPrice bidSize lastPrice lastSize mark quoteTime totalVolume "
                "tradeTime"
            ),
            {},
        ),
    },
    {},
)
INDEX_QUOTE = Obj({**_QUOTE_HEAD, "quote": Obj(_PRICES, _QUOTE_MORE), "reference": _REFERENCE}, {})
FUND_QUOTE = Obj(
    {
        **_QUOTE_HEAD,
        "quote": Obj(_fields("nAV netChange closePrice"), _PRICES | _QUOTE_MORE),
        "reference": _REFERENCE,
        "fundamental": _FUNDAMENTAL,
    },
    {},
)
OPTION_QUOTE = Obj(
    {
        **_QUOTE_HEAD,
        "quote": Obj(
            _fields(
                "delta gamma theta vega rho impliedYield indAskPrice indBidPrice indQuoteTime "
                "moneyIntrinsicValue openInterest theoreticalOptionValue timeValue underlyingPrice "
                "volatility askPrice bidPrice lastPrice mark closePrice"
            ),
            _PRICES | _QUOTE_MORE,
        ),
        "reference": Obj(
            _fields(
                "contractType deliverables exerciseType expirationType settlementType underlying "
                "description exchange exchangeName cusip",
                str,
            )
            | _fields(
                "daysToExpiration expirationDay expirationMonth expirationYear lastTradingDay", int
            )
            | _fields("multiplier strikePrice")
            | {"isPennyPilot": bool},
            {},
        ),
    },
    {},
)
PRICE_HISTORY = Obj(
    {
        "candles": Many(Obj(_fields("open high low close") | _fields("volume datetime", int), {})),
        "symbol": str,
        "empty": bool,
    },
    {"previousClose": NUMBER, "previousCloseDate": int},
)
_SPANS = Many(Obj(_fields("start end", str), {}), some=True)
MARKETS = Keyed(
    Keyed(
        Obj(
            {"date": str, "marketType": str, "isOpen": bool},
            {
                "product": str,
                "productName": str,
                "sessionHours": Obj(
                    {}, {"preMarket": _SPANS, "regularMarket": _SPANS, "postMarket": _SPANS}
                ),
            },
        )
    )
)
INSTRUMENTS = Obj(
    {
        "instruments": Many(
            Obj(
                _fields("cusip symbol description exchange assetType", str),
                {"fundamental": Keyed((int, float, str))},
            )
        )
    },
    {},
)
EXPIRATIONS = Obj(
    {
        "expirationList": Many(
            Obj(
                _fields("expirationDate expirationType settlementType optionRoots", str)
                | {"daysToExpiration": int, "standard": bool},
                {},
            ),
            some=True,
        )
    },
    {},
)
_SERIES = Obj(
    _fields(
        "symbol description exchangeName bidAskSize expirationDate expirationType settlementType "
        "deliverableNote optionRoot exerciseType",
        str,
    )
    | _fields(
        "bid ask last mark highPrice lowPrice openPrice closePrice netChange volatility delta "
        "gamma theta vega rho timeValue theoreticalOptionValue theoreticalVolatility strikePrice "
        "multiplier percentChange markChange markPercentChange intrinsicValue extrinsicValue "
        "high52Week low52Week"
    )
    | _fields(
        "bidSize askSize lastSize totalVolume tradeTimeInLong quoteTimeInLong openInterest "
        "daysToExpiration lastTradingDay",
        int,
    )
    | _fields("nonStandard pennyPilot inTheMoney mini", bool)
    | {
        "putCall": {"CALL", "PUT"},
        "optionDeliverablesList": Many(
            Obj(_fields("symbol assetType", str) | {"deliverableUnits": NUMBER}, {}), some=True
        ),
    },
    {},
)
_SERIES_MAP = Keyed(Keyed(Many(_SERIES, some=True)))
CHAIN = Obj(
    _fields("symbol status strategy assetMainType assetSubType", str)
    | _fields("interval interestRate underlyingPrice volatility daysToExpiration")
    | _fields("isDelayed isIndex isChainTruncated", bool)
    | {
        "numberOfContracts": int,
        "callExpDateMap": _SERIES_MAP,
        "putExpDateMap": _SERIES_MAP,
    },
    {
        "underlying": Obj(
            _fields("description exchangeName symbol", str)
            | _fields("askSize bidSize quoteTime totalVolume tradeTime", int)
            | _fields(
                "ask bid change close fiftyTwoWeekHigh fiftyTwoWeekLow highPrice last lowPrice "
                "mark markChange markPercentChange openPrice percentChange"
            )
            | {"delayed": bool},
            {},
        )
    },
)
MOVERS = Obj(
    {
        "screeners": Many(
            Obj(
                _fields("description symbol", str)
                | _fields("volume totalVolume trades", int)
                | _fields("lastPrice netChange marketShare netPercentChange"),
                {},
            )
        )
    },
    {},
)
TOKENS = Obj(
    {
        "expires_in": int,
        **_fields("token_type scope refresh_token access_token id_token", str),
    },
    {},
)
TRADER_ERROR = Obj({"message": str}, {"errors": Many(str)})
MARKET_ERROR = Obj(
    {
        "errors": Many(
            Obj(
                {"id": str, "status": (int, str), "title": str},
                {"detail": str, "source": Keyed((str, list))},
            ),
            some=True,
        )
    },
    {},
)
