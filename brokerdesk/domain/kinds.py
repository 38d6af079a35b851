"""The closed vocabularies of the domain.

Brokers send values that nobody has seen before. Each vocabulary therefore has ``UNKNOWN``, and the
fact that uses it keeps the broker's own text beside it (``raw_type``, ``raw_status``): shown as
``UNKNOWN(text)``, never traded on.
"""

from __future__ import annotations

from enum import StrEnum


class Environment(StrEnum):
    """Where an account's money is. Totals never mix these."""

    LIVE = "live"
    PAPER = "paper"
    PRACTICE = "practice"


class AccountType(StrEnum):
    CASH = "cash"
    MARGIN = "margin"
    UNKNOWN = "unknown"


class TaxStatus(StrEnum):
    TAXABLE = "taxable"
    TAX_DEFERRED = "tax_deferred"
    TAX_FREE = "tax_free"
    UNKNOWN = "unknown"


class AssetType(StrEnum):
    EQUITY = "equity"
    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    OPTION = "option"
    FIXED_INCOME = "fixed_income"
    CRYPTO = "crypto"
    CASH_EQUIVALENT = "cash_equivalent"
    CURRENCY = "currency"
    INDEX = "index"
    FUTURE = "future"
    OTHER = "other"
    UNKNOWN = "unknown"


class OptionRight(StrEnum):
    CALL = "call"
    PUT = "put"


class ConnectionState(StrEnum):
    """What the user has to know about a connection before trusting its figures."""

    OK = "ok"
    NEEDS_SIGN_IN = "needs_sign_in"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    SUSPECT = "suspect"
    FAILED = "failed"
    NEW = "new"


class TransactionType(StrEnum):
    TRADE = "trade"
    DIVIDEND_OR_INTEREST = "dividend_or_interest"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FEE = "fee"
    TRANSFER = "transfer"
    JOURNAL = "journal"
    CORPORATE_ACTION = "corporate_action"
    OTHER = "other"
    UNKNOWN = "unknown"


class OrderStatus(StrEnum):
    PENDING = "pending"
    WORKING = "working"
    FILLED = "filled"
    CANCEL_PENDING = "cancel_pending"
    CANCELLED = "cancelled"
    REPLACE_PENDING = "replace_pending"
    REPLACED = "replaced"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class OrderSide(StrEnum):
    BUY = "buy"
    SELL = "sell"
    SELL_SHORT = "sell_short"
    BUY_TO_COVER = "buy_to_cover"
    BUY_TO_OPEN = "buy_to_open"
    BUY_TO_CLOSE = "buy_to_close"
    SELL_TO_OPEN = "sell_to_open"
    SELL_TO_CLOSE = "sell_to_close"
    UNKNOWN = "unknown"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"
    TRAILING_STOP_LIMIT = "trailing_stop_limit"
    MARKET_ON_OPEN = "market_on_open"
    LIMIT_ON_OPEN = "limit_on_open"
    MARKET_ON_CLOSE = "market_on_close"
    LIMIT_ON_CLOSE = "limit_on_close"
    NET_DEBIT = "net_debit"
    NET_CREDIT = "net_credit"
    NET_ZERO = "net_zero"
    UNKNOWN = "unknown"


class TimeInForce(StrEnum):
    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"
    UNKNOWN = "unknown"


class TradingSession(StrEnum):
    REGULAR = "regular"
    PRE_MARKET = "pre_market"
    POST_MARKET = "post_market"
    EXTENDED = "extended"
    UNKNOWN = "unknown"


class PriceFeed(StrEnum):
    """How fresh a source's prices can be at best."""

    REAL_TIME = "real_time"
    DELAYED = "delayed"
    END_OF_DAY = "end_of_day"
    UNKNOWN = "unknown"


def shown(kind: StrEnum, raw: str) -> str:
    """The word to show for a value: its own, or ``UNKNOWN(text)`` with the broker's text."""
    if kind.value == "unknown":
        return f"UNKNOWN({raw})" if raw else "UNKNOWN"
    return kind.value
