"""Invented Schwab answers with the field names and oddities that really arrive."""

from __future__ import annotations

import copy
import json
from typing import Any

NUMBER = "12345678"
HASH = "A1B2C3D4E5F60718293A4B5C6D7E8F900112233445566778899AABBCCDDEEFF0"
CASH_NUMBER = "87654321"
CASH_HASH = "0FFEEDDCCBBAA99887766554433221100E9F8E7D6C5B4A39281706F5E4D3C2B1"
CUSTOMER = "c" * 64

Json = Any


def position(**changes: Json) -> dict[str, Json]:
    """A long holding of 100 AAPL."""
    record: dict[str, Json] = {
        "shortQuantity": 0.0,
        "averagePrice": 189.5,
        "currentDayProfitLoss": 20.0,
        "currentDayProfitLossPercentage": 0.1,
        "longQuantity": 100.0,
        "settledLongQuantity": 100.0,
        "settledShortQuantity": 0.0,
        "instrument": {
            "assetType": "EQUITY",
            "cusip": "037833100",
            "symbol": "AAPL",
            "netChange": 0.2,
        },
        "marketValue": 19150.0,
        "maintenanceRequirement": 5745.0,
        "averageLongPrice": 189.5,
        "taxLotAverageLongPrice": 189.5,
        "longOpenProfitLoss": 200.0,
        "previousSessionLongQuantity": 100.0,
        "currentDayCost": 0.0,
    }
    return {**record, **changes}


def margin_account(*positions: Json, number: str = NUMBER) -> dict[str, Json]:
    """A margin account; without positions the key is left out, as Schwab does."""
    inner: dict[str, Json] = {
        "type": "MARGIN",
        "accountNumber": number,
        "roundTrips": 0,
        "isDayTrader": False,
        "isClosingOnlyRestricted": False,
        "pfcbFlag": False,
        "initialBalances": {
            "accruedInterest": 0.0,
            "buyingPower": 50000.0,
            "cashBalance": 25000.0,
            "liquidationValue": 43950.0,
            "totalCash": 25000.0,
            "isInCall": False,
            "accountValue": 43950.0,
        },
        "currentBalances": {
            "accruedInterest": 0.0,
            "cashBalance": 25000.0,
            "longOptionMarketValue": 0.0,
            "liquidationValue": 44150.0,
            "longMarketValue": 19150.0,
            "moneyMarketFund": 0.0,
            "savings": 0.0,
            "shortMarketValue": 0.0,
            "availableFunds": 38405.0,
            "buyingPower": 76810.0,
            "buyingPowerNonMarginableTrade": 25000.0,
            "dayTradingBuyingPower": 100000.0,
            "equity": 44150.0,
            "equityPercentage": 100.0,
            "longMarginValue": 19150.0,
            "maintenanceRequirement": 5745.0,
            "marginBalance": 0.0,
            "sma": 25000.0,
        },
        "projectedBalances": {"availableFunds": 38405.0, "isInCall": False},
    }
    if positions:
        inner["positions"] = list(positions)
    return {
        "securitiesAccount": inner,
        "aggregatedBalance": {"currentLiquidationValue": 44150.0, "liquidationValue": 44150.0},
    }


def cash_account(*positions: Json, number: str = CASH_NUMBER) -> dict[str, Json]:
    inner: dict[str, Json] = {
        "type": "CASH",
        "accountNumber": number,
        "roundTrips": 0,
        "isDayTrader": False,
        "isClosingOnlyRestricted": False,
        "initialBalances": {"cashBalance": 1200.0, "isInCall": False, "unsettledCash": 0.0},
        "currentBalances": {
            "cashBalance": 1200.0,
            "liquidationValue": 1200.0,
            "longMarketValue": 0.0,
            "cashAvailableForTrading": 1200.0,
            "cashAvailableForWithdrawal": 1200.0,
            "totalCash": 1200.0,
            "unsettledCash": 15.5,
        },
        "projectedBalances": {"cashAvailableForTrading": 1200.0},
    }
    if positions:
        inner["positions"] = list(positions)
    return {
        "securitiesAccount": inner,
        "aggregatedBalance": {"currentLiquidationValue": 1200.0, "liquidationValue": 1200.0},
    }


NUMBERS: Json = [
    {"accountNumber": NUMBER, "hashValue": HASH},
    {"accountNumber": CASH_NUMBER, "hashValue": CASH_HASH},
]

PREFERENCE: Json = {
    "accounts": [
        {
            "accountNumber": NUMBER,
            "primaryAccount": True,
            "type": "BROKERAGE",
            "nickName": "Individual",
            "displayAcctId": "...678",
        },
        {"accountNumber": CASH_NUMBER, "type": "BROKERAGE", "nickName": "Roth IRA"},
    ],
    "streamerInfo": [
        {
            "streamerSocketUrl": "wss://streamer-api.schwab.com/ws",
            "schwabClientCustomerId": CUSTOMER,
            "schwabClientCorrelId": "11111111-2222-3333-4444-555555555555",
        }
    ],
    "offers": [{"level2Permissions": True, "mktDataPermission": "NP"}],
}

ORDER: Json = {
    "session": "NORMAL",
    "duration": "DAY",
    "orderType": "LIMIT",
    "complexOrderStrategyType": "NONE",
    "quantity": 10.0,
    "filledQuantity": 10.0,
    "remainingQuantity": 0.0,
    "price": 189.5,
    "orderLegCollection": [
        {
            "orderLegType": "EQUITY",
            "legId": 1,
            "instrument": {
                "assetType": "EQUITY",
                "cusip": "037833100",
                "symbol": "AAPL",
                "instrumentId": 1973757747,
            },
            "instruction": "BUY",
            "positionEffect": "OPENING",
            "quantity": 10.0,
        }
    ],
    "orderStrategyType": "SINGLE",
    "orderId": 1004712345678,
    "cancelable": False,
    "status": "FILLED",
    "enteredTime": "2026-11-20T14:31:05+0000",
    "closeTime": "2026-11-20T14:31:06+0000",
    "accountNumber": int(NUMBER),
    "orderActivityCollection": [
        {
            "activityType": "EXECUTION",
            "activityId": 90123456789,
            "executionType": "FILL",
            "quantity": 10.0,
            "executionLegs": [
                {
                    "legId": 1,
                    "quantity": 10.0,
                    "price": 189.48,
                    "time": "2026-11-20T14:31:06+0000",
                }
            ],
        }
    ],
}

TRADE: Json = {
    "activityId": 80111222333,
    "time": "2026-11-20T14:31:06+0000",
    "accountNumber": NUMBER,
    "type": "TRADE",
    "status": "VALID",
    "subAccount": "MARGIN",
    "tradeDate": "2026-11-20T14:31:06+0000",
    "orderId": 1004712345678,
    "netAmount": -1895.45,
    "transferItems": [
        {
            "instrument": {"assetType": "CURRENCY", "symbol": "CURRENCY_USD", "instrumentId": 1},
            "amount": 0.65,
            "cost": -0.65,
            "feeType": "COMMISSION",
        },
        {
            "instrument": {"assetType": "EQUITY", "symbol": "AAPL", "instrumentId": 1973757747},
            "amount": 10.0,
            "cost": -1894.8,
            "price": 189.48,
            "positionEffect": "OPENING",
        },
    ],
}

QUOTES: Json = {
    "AAPL": {
        "assetMainType": "EQUITY",
        "quoteType": "NBBO",
        "realtime": True,
        "symbol": "AAPL",
        "quote": {
            "askPrice": 191.52,
            "bidPrice": 191.5,
            "closePrice": 191.3,
            "lastPrice": 191.51,
            "mark": 191.51,
            "quoteTime": 1795183265436,
            "tradeTime": 1795183265400,
        },
        "reference": {"cusip": "037833100", "description": "APPLE INC &amp; CO"},
    },
    "errors": {"invalidSymbols": ["ZZZZ"]},
}

REFRESH_TOKEN_DEAD: Json = {
    "error": "unsupported_token_type",
    "error_description": '400 Bad Request: "{"error_description":"Exception while authenticating '
    "refresh token [tokenDigest=AbC=, Exception=Failed refresh token authentication "
    '[tokenDigest=AbC=]]","error":"refresh_token_authentication_error"}"',
}
CODE_EXPIRED: Json = {
    "error": "unsupported_token_type",
    "error_description": '400 Bad Request: "{"error_description":"Bad authorization code: '
    'AuthorizationCode has expired,expiration=1,now=2","error":"invalid_request"}"',
}
CLIENT_NOT_AUTHORIZED: Json = {
    "errors": [
        {
            "id": "0f0e6a58-0e0c-4c0f-9f2f-6a1c2b3d4e5f",
            "status": 401,
            "title": "Unauthorized",
            "detail": "Client not authorized",
        }
    ]
}


def raw(payload: Json) -> bytes:
    return json.dumps(payload).encode()


def fresh(payload: Json) -> Json:
    """A copy that may be changed."""
    return copy.deepcopy(payload)


def many_positions(count: int) -> list[dict[str, Json]]:
    """Distinct holdings, with figures of different lengths."""
    return [
        position(
            longQuantity=float(index % 900 + 1),
            averagePrice=round(1 + index * 0.37, 4),
            marketValue=round((index % 900 + 1) * (1 + index * 0.41), 2),
            instrument={
                "assetType": "EQUITY",
                "cusip": f"{index:09d}",
                "symbol": f"T{index}",
                "description": f"TEST COMPANY {index} INC",
                "instrumentId": 1000000 + index,
                "netChange": 0.2,
            },
        )
        for index in range(count)
    ]
