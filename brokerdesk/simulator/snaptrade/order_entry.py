"""What a client may send as an order, and how SnapTrade says that it may not.

Reads one JSON object into terms. The words of types differ between shares (``StopLimit``) and
options (``STOP_LOSS_LIMIT``), and amounts are numbers here and texts there, as SnapTrade has it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from brokerdesk.simulator.exchange.checks import Refusal, Why
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Leg, Link, Strategy, Terms
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.snaptrade.state import SnapTradeState
from brokerdesk.simulator.snaptrade.words import known_as

KINDS = {
    "Market": Kind.MARKET,
    "Limit": Kind.LIMIT,
    "Stop": Kind.STOP,
    "StopLimit": Kind.STOP_LIMIT,
}
OPTION_KINDS = {
    "MARKET": Kind.MARKET,
    "LIMIT": Kind.LIMIT,
    "STOP_LOSS_MARKET": Kind.STOP,
    "STOP_LOSS_LIMIT": Kind.STOP_LIMIT,
}
LASTS = {"Day": Lasts.DAY, "GTC": Lasts.GTC, "IOC": Lasts.IOC, "FOK": Lasts.FOK}
SHARE_ACTIONS = ("BUY", "SELL")
OPTION_ACTIONS = ("BUY_TO_OPEN", "BUY_TO_CLOSE", "SELL_TO_OPEN", "SELL_TO_CLOSE")
SESSIONS = {"REGULAR": Hours.REGULAR, "EXTENDED": Hours.ALL}
EFFECTS = {"DEBIT": 1, "CREDIT": -1, "EVEN": 0}
COMPLEX = {
    "OCO": ("PEER", "PEER"),
    "OTO": ("TRIGGER", "CONDITIONAL"),
    "OTOCO": ("TRIGGER", "PEER", "PEER"),
}
INVALID, REFUSED = "1012", "1063"
MOST_LEGS = 4


class OrderError(Exception):
    """It is not taken; what the answer is made of."""

    def __init__(self, detail: str, code: str = INVALID, status: int = 400) -> None:
        super().__init__(detail)
        self.detail, self.code, self.status = detail, code, status


def read_order(state: SnapTradeState, body: Mapping[str, Any], *, checked: bool = False) -> Terms:
    """One order for one instrument; ``checked`` is the form of an impact, which takes less.

    Raises:
        OrderError: it asks for nothing that makes sense.
    """
    symbol = _symbol(state, body, by_id=checked)
    terms = _single(state.exchange.market, body, symbol, KINDS)
    session = body.get("trading_session") or "REGULAR"
    if session not in SESSIONS:
        raise OrderError("trading_session must be REGULAR or EXTENDED")
    hours = SESSIONS[session]
    if hours is Hours.ALL and terms.kind is not Kind.LIMIT:
        raise OrderError("Extended hours orders must be limit orders", REFUSED)
    given = None if checked else body.get("client_order_id")
    if given is not None and not _is_uuid(given):
        raise OrderError("client_order_id must be a UUID")
    units, money = number(body, "units"), number(body, "notional_value", texts=True)
    if (units is None) == (money is None):
        raise OrderError("Exactly one of units and notional_value is required")
    if money is not None and terms.kind is not Kind.MARKET:
        raise OrderError("Orders for an amount of money must be market orders", REFUSED)
    return Terms(
        legs=terms.legs,
        kind=terms.kind,
        lasts=terms.lasts,
        hours=hours,
        quantity=units,
        notional=money,
        limit=terms.limit,
        stop=terms.stop,
        client_id=given or "",
    )


def read_options(state: SnapTradeState, body: Mapping[str, Any]) -> Terms:
    """One to four legs; prices are texts.

    Raises:
        OrderError: it asks for nothing that makes sense.
    """
    given = body.get("legs")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_LEGS:
        raise OrderError("Between one and four legs are required")
    market, legs, counts = state.exchange.market, [], []
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("instrument"), Mapping):
            raise OrderError("Each leg needs an instrument")
        named = one["instrument"]
        if named.get("instrument_type") not in ("OPTION", "EQUITY"):
            raise OrderError("instrument_type must be OPTION or EQUITY")
        symbol = _known(market, named.get("symbol"))
        if (market.option(symbol) is not None) != (named["instrument_type"] == "OPTION"):
            raise OrderError("instrument_type does not fit the symbol")
        units = number(one, "units")
        if units is None or units <= 0 or units % 1:
            raise OrderError("units must be a positive whole number")
        legs.append(_leg(market, symbol, one.get("action")))
        counts.append(units)
    if len({leg.symbol for leg in legs}) != len(legs):
        raise OrderError("Legs must be of different instruments")
    kind, lasts = _word(body, "order_type", OPTION_KINDS), _word(body, "time_in_force", LASTS)
    limit, stop = (number(body, name, texts=True) for name in ("limit_price", "stop_price"))
    _prices_fit(kind, limit, stop)
    effect = body.get("price_effect")
    if effect is not None and effect not in EFFECTS:
        raise OrderError("price_effect must be CREDIT, DEBIT or EVEN")
    whole = min(counts)
    if any(count % whole for count in counts):
        raise OrderError("Legs must be whole multiples of the smallest", REFUSED)
    if len(legs) > 1 and limit is not None:
        limit *= EFFECTS.get(effect or "DEBIT", 1)
    pairs = zip(legs, counts, strict=True)
    return Terms(
        legs=tuple(
            Leg(symbol=leg.symbol, buys=leg.buys, ratio=count / whole, opening=leg.opening)
            for leg, count in pairs
        ),
        kind=kind,
        lasts=lasts,
        quantity=whole,
        limit=limit,
        stop=stop,
    )


def read_complex(state: SnapTradeState, body: Mapping[str, Any]) -> Strategy:
    """``OCO``, ``OTO`` and ``OTOCO``.

    Raises:
        OrderError: it asks for nothing that makes sense.
    """
    name, given = body.get("type"), body.get("orders")
    if name not in COMPLEX or not isinstance(given, list):
        raise OrderError("type must be OCO, OTO or OTOCO")
    if tuple(isinstance(one, Mapping) and one.get("order_role") for one in given) != COMPLEX[name]:
        raise OrderError(f"{name} needs orders in these roles: {', '.join(COMPLEX[name])}")
    parts = []
    for one in given:
        named = one.get("instrument")
        if not isinstance(named, Mapping) or named.get("type") not in ("EQUITY", "OPTION"):
            raise OrderError("Each order needs an instrument of type EQUITY or OPTION")
        market = state.exchange.market
        terms = _single(market, one, _known(market, named.get("symbol")), KINDS)
        units = number(one, "units")
        if units is None or units <= 0 or units % 1:
            raise OrderError("units must be a positive whole number")
        whole = Terms(
            legs=terms.legs, kind=terms.kind, lasts=terms.lasts, quantity=units,
            limit=terms.limit, stop=terms.stop,
        )  # fmt: skip
        parts.append(Strategy(terms=whole, words={"role": one["order_role"]}))
    words = {"complex": name}
    if name == "OCO":
        return Strategy(terms=None, link=Link.OCO, children=tuple(parts), words=words)
    below = (
        (parts[1],)
        if name == "OTO"
        else (Strategy(terms=None, link=Link.OCO, children=tuple(parts[1:])),)
    )
    return Strategy(
        terms=parts[0].terms, link=Link.TRIGGER, children=below, words={**parts[0].words, **words}
    )


def _single(
    market: Market, body: Mapping[str, Any], symbol: str, kinds: Mapping[str, Kind]
) -> Terms:
    kind, lasts = _word(body, "order_type", kinds), _word(body, "time_in_force", LASTS)
    limit, stop = number(body, "price"), number(body, "stop")
    _prices_fit(kind, limit, stop)
    leg = _leg(market, symbol, body.get("action"))
    return Terms(legs=(leg,), kind=kind, lasts=lasts, limit=limit, stop=stop)


def _leg(market: Market, symbol: str, action: Any) -> Leg:
    option = market.option(symbol) is not None
    if action not in (OPTION_ACTIONS if option else SHARE_ACTIONS):
        raise OrderError(f"action {action!s:.32} does not fit the instrument")
    buys = action.startswith("BUY")
    # A share that is sold has to be there; one that is bought may cover.
    opening = action.endswith("OPEN") if option else (None if buys else False)
    return Leg(symbol=symbol, buys=buys, opening=opening)


def _symbol(state: SnapTradeState, body: Mapping[str, Any], *, by_id: bool) -> str:
    named = None if by_id else body.get("symbol")
    identifier = body.get("universal_symbol_id")
    if (named is None) == (identifier is None):
        raise OrderError("Exactly one of symbol and universal_symbol_id is required")
    if named is not None:
        return _known(state.exchange.market, named)
    found = _by_id(state).get(str(identifier))
    if found is None:
        raise OrderError("Symbol does not exist", "1011", 404)
    return found


def _known(market: Market, named: Any) -> str:
    text = named if isinstance(named, str) else ""
    if market.option(text) is not None or known_as(text) is not None:
        return text
    raise OrderError(f"Symbol {text[:32]!r} was not found at the brokerage", REFUSED)


@lru_cache(maxsize=4)
def _ids(seed: int) -> dict[str, str]:
    return {}


def _by_id(state: SnapTradeState) -> dict[str, str]:
    """Symbols of shares and funds by SnapTrade's ids."""
    found = _ids(state.seed)
    if not found:
        found.update(
            (state.uuid("instrument", name), name)
            for name in all_listings()
            if known_as(name) is not None
        )
    return found


def _word(body: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> Any:
    if body.get(name) not in known:
        raise OrderError(f"{name} must be one of {', '.join(known)}")
    return known[body[name]]


def _prices_fit(kind: Kind, limit: Decimal | None, stop: Decimal | None) -> None:
    for name, given, kinds in (
        ("limit", limit, (Kind.LIMIT, Kind.STOP_LIMIT)),
        ("stop", stop, (Kind.STOP, Kind.STOP_LIMIT)),
    ):
        if (given is not None) != (kind in kinds):
            word = "needs a" if given is None else "takes no"
            raise OrderError(f"This order type {word} {name} price")


def number(body: Mapping[str, Any], name: str, *, texts: bool = False) -> Decimal | None:
    """A JSON number; with ``texts`` one in a text as well.

    Raises:
        OrderError: something else.
    """
    given = body.get(name)
    if given is None:
        return None
    kinds = (int, Decimal, str) if texts else (int, Decimal)
    try:
        found = Decimal("NaN" if isinstance(given, bool) else str(given))
    except InvalidOperation:
        found = Decimal("NaN")
    if not isinstance(given, kinds) or not found.is_finite():
        raise OrderError(f"{name} must be a number")
    return found


def _is_uuid(given: Any) -> bool:
    try:
        return isinstance(given, str) and str(uuid.UUID(given)) == given
    except ValueError:
        return False


REASONS = {
    Why.POWER: "Not enough buying power for this order",
    Why.UNITS: "You do not hold enough units for this order",
    Why.SHORTS: "Short sales are not allowed in this account",
    Why.SUB_PENNY: "The price has more decimals than the exchange takes",
    Why.HALTED: "Trading in this symbol is halted",
    Why.FRACTION: "This instrument cannot be traded in parts",
    Why.WINDOW: "The market does not take this order now",
    Why.STOP_SIDE: "The stop price is on the wrong side of the market",
    Why.SIDE: "This action does not fit what is held",
    Why.EXPIRED: "The option has expired",
}


def refused(refusal: Refusal) -> OrderError:
    """The brokerage's no to an order that is well formed."""
    return OrderError(REASONS.get(refusal.why, f"Invalid {refusal.why.value}"), REFUSED)
