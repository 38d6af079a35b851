"""The user's own limits for orders, with their meaning in words. A part of ``Settings``.

They are what stands between a slip of the hand and the market, so that none of them can be turned
off by emptying it, and each has bounds. How orders are told of stands beside them.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import Any

from brokerdesk.facts import dataclass
from brokerdesk.setting_rules import Rule

TRADING = "Trading"
_MOST = 999_999_999


def _setting(
    default: Any, meaning: str, title: str, unit: str = "", *, least: int = 1, most: int = _MOST
) -> Any:
    rule = Rule(meaning, title, TRADING, unit, minimum=least, maximum=most)
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


def _flag(default: bool, meaning: str, title: str) -> Any:
    rule = Rule(meaning, title, TRADING)
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


def _decimal(default: int, *words: str, least: int = 1, most: int = _MOST) -> Any:
    return _setting(Decimal(default), *words, least=least, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSettings:
    """Limits that every review asks."""

    order_most_value: Decimal = _decimal(
        10_000,
        "Orders worth more are not sent, and neither is a basket that is worth more in all. The "
        "amount is in your base currency: for an order in another one it is converted by the "
        "newest rate, and without a rate nothing is sent.",
        "Highest value",
    )
    order_most_quantity: Decimal = _decimal(
        10_000,
        "Orders for more shares, contracts or units are not sent.",
        "Highest quantity",
        "units",
    )
    order_warn_percent: Decimal = _decimal(
        5,
        "A limit price that is further than this from the market has to be confirmed.",
        "Warn of a limit away by",
        "%",
        most=100,
    )
    order_block_percent: Decimal = _decimal(
        20,
        "A purchase with a limit so far above the market, or a sale so far below it, is not sent.",
        "Refuse a limit beyond by",
        "%",
        most=100,
    )
    order_quote_seconds: int = _setting(
        60,
        "An order at market is not sent on a price older than this; any other has to be confirmed.",
        "Oldest price",
        "seconds",
        least=5,
        most=900,
    )
    orders_per_minute: int = _setting(
        10,
        "Further orders are refused until the minute is over.",
        "Orders a minute",
        "orders",
        most=60,
    )
    order_power_percent: Decimal = _decimal(
        50,
        "A purchase that takes a larger share of the account's buying power has to be confirmed.",
        "Share of buying power",
        "%",
        most=100,
    )
    order_volume_percent: Decimal = _decimal(
        1,
        "An order for a larger share of what is traded on an average day has to be confirmed, "
        "where a broker tells how much that is.",
        "Share of the day's volume",
        "%",
        most=100,
    )
    order_usual_times: Decimal = _decimal(
        5,
        "An order so many times as large as your usual one for the symbol has to be confirmed.",
        "Usual size, times",
        "times",
        least=2,
        most=1000,
    )
    order_notices: bool = _flag(
        True,
        "Say on the desktop when an order is filled, refused, of unknown outcome or found. Orders "
        "and the status bar say it in any case; where the desktop has no place for notices, the "
        "window shows them. Amounts are never in it.",
        "Tell me about orders",
    )
    order_sound: bool = _flag(
        False, "A sound with notices of fills and of unknown outcomes.", "Sound"
    )
