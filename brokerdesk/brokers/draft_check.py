"""Whether a draft makes sense at all, before it is put into any broker's words.

What contradicts itself is refused here with the name of the field; what only one broker cannot do
is refused in that broker's room.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.brokers.outgoing import decimals
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.errors import InputError

SHARES = (AssetType.EQUITY, AssetType.ETF)
_SHARE_SIDES = (OrderSide.BUY, OrderSide.SELL, OrderSide.SELL_SHORT, OrderSide.BUY_TO_COVER)
OPTION_SIDES = (
    OrderSide.BUY_TO_OPEN,
    OrderSide.BUY_TO_CLOSE,
    OrderSide.SELL_TO_OPEN,
    OrderSide.SELL_TO_CLOSE,
)
BUYS = (OrderSide.BUY, OrderSide.BUY_TO_COVER, OrderSide.BUY_TO_OPEN, OrderSide.BUY_TO_CLOSE)
_T = OrderType
_WITH_LIMIT = (
    *(_T.LIMIT, _T.STOP_LIMIT, _T.LIMIT_ON_OPEN, _T.LIMIT_ON_CLOSE),
    *(_T.NET_DEBIT, _T.NET_CREDIT, _T.TRAILING_STOP_LIMIT),
)
_WITH_STOP = (_T.STOP, _T.STOP_LIMIT)
TRAILING = (_T.TRAILING_STOP, _T.TRAILING_STOP_LIMIT)
_NET = (_T.NET_DEBIT, _T.NET_CREDIT, _T.NET_ZERO)
_HUNDRED = Decimal(100)


def check(draft: Draft) -> None:
    """Refuse a draft that contradicts itself, with its children.

    Raises:
        InputError: it does; ``field`` names where.
    """
    if draft.link is not Link.EITHER:
        _check_quantity(draft)
        _check_legs(draft)
        _check_prices(draft)
        _check_time(draft)
    for child in draft.children:
        check(child)


def check_client_id(text: str, most: int) -> None:
    """Refuse an own id that a broker could change or cut.

    Raises:
        ValueError: it is empty, too long, or of other than plain letters, digits and strokes.
    """
    if not 0 < len(text) <= most or not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"an own id has 1 to {most} plain characters")
    if not text.isascii():
        raise ValueError("an own id is ASCII")


def check_penny(draft: Draft) -> None:
    """Refuse prices finer than exchanges take: cents from one dollar on, else hundredths of those.

    Raises:
        InputError: one is; ``field`` names which.
    """
    option = any(leg.instrument.asset_type is AssetType.OPTION for leg in draft.legs)
    for name in ("limit_price", "stop_price", "trail_amount"):
        value: Decimal | None = getattr(draft, name)
        if value is None:
            continue
        most = 4 if abs(value) < 1 and not option else 2
        if decimals(value) > most:
            raise InputError(
                name,
                "This price has too many decimals.",
                "Prices have two decimals, those of shares below one dollar four.",
            )


def whole(value: Decimal) -> bool:
    """Whether ``value`` is a whole number."""
    return not decimals(value)


def _check_quantity(draft: Draft) -> None:
    for name in ("quantity", "notional"):
        value: Decimal | None = getattr(draft, name)
        if value is None:
            continue
        _sane(value, name)
        if value <= 0:
            raise InputError(name, "Enter an amount above zero.")


def _check_legs(draft: Draft) -> None:
    symbols = [leg.instrument.symbol for leg in draft.legs]
    if len(set(symbols)) != len(symbols):
        raise InputError("legs", "The same contract stands in two legs.")
    for leg in draft.legs:
        _check_leg(leg)
        _sane(leg.ratio, "legs")
    if len(draft.legs) == 1 and draft.legs[0].ratio != 1:
        raise InputError("legs", "A single leg counts once.")
    if draft.type in _NET and len(draft.legs) < 2:
        raise InputError("type", "A net price is one of several legs.")


def _check_leg(leg: DraftLeg) -> None:
    symbol = leg.instrument.symbol
    if not symbol.isascii() or not symbol.isprintable() or symbol != symbol.strip():
        raise InputError("symbol", "This symbol cannot be ordered.")
    option = leg.instrument.asset_type is AssetType.OPTION
    if leg.side not in (OPTION_SIDES if option else _SHARE_SIDES):
        raise InputError(
            "side",
            "Say whether this opens or closes the option." if option else "Say buy or sell.",
        )


def _check_prices(draft: Draft) -> None:
    kind = draft.type
    if kind is OrderType.UNKNOWN:
        raise InputError("type", "Choose a kind of order.")
    net = len(draft.legs) > 1
    _given(draft, "limit_price", kind in _WITH_LIMIT, "limit price", signed=net)
    _given(draft, "stop_price", kind in _WITH_STOP, "stop price")
    trails = [
        name for name in ("trail_amount", "trail_percent") if getattr(draft, name) is not None
    ]
    if len(trails) != (1 if kind in TRAILING else 0):
        raise InputError(
            "trail_amount",
            "Enter the distance as an amount or in percent, not both."
            if kind in TRAILING
            else "This kind of order trails nothing.",
        )
    for name in trails:
        _given(draft, name, True, "distance")
    if draft.trail_percent is not None and draft.trail_percent >= _HUNDRED:
        raise InputError("trail_percent", "The distance is less than 100 percent.")
    price = draft.limit_price
    if price is not None and (
        (kind is OrderType.NET_DEBIT and price <= 0)
        or (kind is OrderType.NET_CREDIT and price >= 0)
    ):
        raise InputError("limit_price", "A debit is above zero and a credit below.")


def _given(draft: Draft, name: str, wanted: bool, words: str, *, signed: bool = False) -> None:
    value: Decimal | None = getattr(draft, name)
    if (value is not None) != wanted:
        title = f"Enter a {words}." if wanted else f"This kind of order has no {words}."
        raise InputError(name, title)
    if value is not None:
        _sane(value, name)
        if value <= 0 and not signed:
            raise InputError(name, f"Enter a {words} above zero.")


def _check_time(draft: Draft) -> None:
    if draft.time_in_force is TimeInForce.UNKNOWN:
        raise InputError("time_in_force", "Choose how long the order is valid.")
    if draft.session is TradingSession.UNKNOWN:
        raise InputError("session", "Choose when the order may trade.")
    if (draft.good_till is not None) != (draft.time_in_force is TimeInForce.GTD):
        raise InputError("good_till", "A last day belongs to an order that is valid until then.")


def _sane(value: Decimal, name: str) -> None:
    try:
        exact(value)
    except ValueError:
        raise InputError(name, "This has more digits than any real amount.") from None
