"""``/v2/account`` field by field, nothing lost.

Every field but the id is optional there, three left in July 2026 and others keep coming. So known
amounts get the domain's names, every further amount is kept under Alpaca's own, and what is no
amount (levels, flags, states) goes into the account's words.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from brokerdesk.brokers.alpaca.loose import UNREADABLE_FIGURE
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.text import clean
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import AccountType
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

Fields = dict[str, msgspec.Raw]

_FIELDS = JsonDecoder(dict[str, msgspec.Raw])
_AMOUNT: JsonDecoder[Decimal | None] = JsonDecoder(Decimal | None)  # type: ignore[arg-type]
_BOOLEAN: JsonDecoder[bool | None] = JsonDecoder(bool | None)  # type: ignore[arg-type]
_INTEGER: JsonDecoder[int | None] = JsonDecoder(int | None)  # type: ignore[arg-type]
_TEXT: JsonDecoder[str | int | None] = JsonDecoder(str | int | None)  # type: ignore[arg-type]

_BUYING_POWER = (
    ("buying_power", "stock"),
    ("effective_buying_power", "effective"),
    ("regt_buying_power", "reg_t"),
    ("non_marginable_buying_power", "non_marginable"),
    ("options_buying_power", "option"),
    ("daytrading_buying_power", "day_trading"),
)
_NAMED = (
    "cash",
    "equity",
    "initial_margin",
    "maintenance_margin",
    "long_market_value",
    "short_market_value",
    *(name for name, _ in _BUYING_POWER),
)
_OTHERS = (
    "last_equity",
    "portfolio_value",
    "position_market_value",
    "last_maintenance_margin",
    "sma",
    "accrued_fees",
    "pending_reg_taf_fees",
    "pending_transfer_in",
    "pending_transfer_out",
    "intraday_adjustments",
)
_NO_AMOUNTS = {
    "id",
    "account_number",
    "multiplier",
    "crypto_tier",
    "daytrade_count",
    "options_approved_level",
    "options_trading_level",
    "balance_asof",
    "created_at",
}
_TYPES = {"1": AccountType.CASH, "2": AccountType.MARGIN, "4": AccountType.MARGIN}


def fields(raw: bytes | msgspec.Raw) -> Fields:
    """The account's fields.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: no object.
    """
    return _FIELDS.decode(raw)


def text(given: Fields, name: str) -> str:
    """A text, or a number as text; "" when it is missing or something else."""
    try:
        value = _TEXT.decode_checked(given[name]) if name in given else None
    except BrokerProtocolError:
        return ""
    return "" if value is None else clean(str(value), 64)


def flags(given: Fields) -> AccountFlags:
    """What the account may not do."""
    blocked = _flag(given, "trading_blocked")
    suspended = _flag(given, "trade_suspended_by_user")
    kind = account_type(given)
    return AccountFlags(
        margin=None if kind is AccountType.UNKNOWN else kind is AccountType.MARGIN,
        day_trader=_flag(given, "pattern_day_trader"),
        day_trades=_count(given, "daytrade_count"),
        trading_blocked=True if suspended else blocked,
        transfers_blocked=_flag(given, "transfers_blocked"),
        account_blocked=_flag(given, "account_blocked"),
        closing_only=None,
    )


def account_type(given: Fields) -> AccountType:
    """A multiplier of 1 is a cash account."""
    return _TYPES.get(text(given, "multiplier"), AccountType.UNKNOWN)


def described(given: Fields) -> str:
    """The account's states in Alpaca's own words, for want of fields of their own."""
    parts = [text(given, "status")]
    if multiplier := text(given, "multiplier"):
        parts.append(f"multiplier {multiplier}")
    shorting = _flag(given, "shorting_enabled")
    if shorting is not None:
        parts.append("shorting enabled" if shorting else "no shorting")
    level, approved = text(given, "options_trading_level"), text(given, "options_approved_level")
    if level or approved:
        parts.append(f"options level {level or '?'} of {approved or '?'}")
    if crypto := text(given, "crypto_status"):
        tier = text(given, "crypto_tier")
        parts.append(f"crypto {crypto}" + (f" tier {tier}" if tier else ""))
    if _flag(given, "trade_suspended_by_user"):
        parts.append("trading suspended by you")
    if since := text(given, "created_at")[:10]:
        parts.append(f"opened {since}")
    return clean("; ".join(part for part in parts if part), 200)


def balance(given: Fields) -> tuple[Balance, list[Unread]]:
    """The balance in dollars, and the figures that could not be read.

    The total is ``equity``, else its older name ``portfolio_value``.
    """
    unread: list[Unread] = []
    amounts: dict[str, Decimal] = {}
    for name in (*_NAMED, *_OTHERS):
        if name in given:
            try:
                value = _AMOUNT.decode_checked(given[name])
                if value is not None:
                    amounts[name] = exact(value)
            except (BrokerProtocolError, ValueError):
                unread.append(Unread(where=f"account.{name}", reason=UNREADABLE_FIGURE))
    if "cash" not in amounts and not any(one.where == "account.cash" for one in unread):
        unread.append(Unread(where="account.cash", reason="Alpaca gave no cash balance."))
    others = [(name, amounts[name]) for name in _OTHERS if name in amounts]
    currency = text(given, "currency")
    return (
        Balance(
            currency=currency if len(currency) == 3 else "USD",
            cash=amounts.get("cash"),
            equity=amounts.get("equity"),
            net_liquidation=amounts.get("equity", amounts.get("portfolio_value")),
            buying_power=tuple(
                (kind, amounts[name]) for name, kind in _BUYING_POWER if name in amounts
            ),
            initial_margin=amounts.get("initial_margin"),
            maintenance_margin=amounts.get("maintenance_margin"),
            long_market_value=amounts.get("long_market_value"),
            short_market_value=amounts.get("short_market_value"),
            others=(*others, *_unnamed(given)),
        ),
        unread,
    )


def _unnamed(given: Fields) -> list[tuple[str, Decimal]]:
    """Amounts under names that are new; whatever else is new is no amount and left out."""
    found = []
    for name, raw in given.items():
        if name in _NAMED or name in _OTHERS or name in _NO_AMOUNTS:
            continue
        try:
            value = _AMOUNT.decode_checked(raw)
            if value is not None:
                found.append((clean(name, 64), exact(value)))
        except (BrokerProtocolError, ValueError):
            continue
    return found


def _flag(given: Fields, name: str) -> bool | None:
    try:
        return _BOOLEAN.decode_checked(given[name]) if name in given else None
    except BrokerProtocolError:
        return None


def _count(given: Fields, name: str) -> int | None:
    try:
        return _INTEGER.decode_checked(given[name]) if name in given else None
    except BrokerProtocolError:
        return None
