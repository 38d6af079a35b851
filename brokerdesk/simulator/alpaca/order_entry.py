"""What a client may send as an order, and how Alpaca says that it may not.

Reads one JSON object into terms. Alpaca's codes are few and overloaded, so the words matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from brokerdesk.simulator.alpaca.words import own_symbol, problem, text
from brokerdesk.simulator.exchange.checks import Refusal, Why
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Leg, Link, Strategy, Terms
from brokerdesk.simulator.market.listings import Kind as Listed
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.market.market import Market

LASTS = {
    "day": Lasts.DAY,
    "gtc": Lasts.GTC,
    "ioc": Lasts.IOC,
    "fok": Lasts.FOK,
    "opg": Lasts.OPEN,
    "cls": Lasts.CLOSE,
}
CLASSES = ("", "simple", "bracket", "oco", "oto", "mleg")
COIN_KINDS = (Kind.MARKET, Kind.LIMIT, Kind.STOP_LIMIT)
AUCTION_KINDS = (Kind.MARKET, Kind.LIMIT)
MOST_LEGS = 4
LONGEST_ID = 128
PARAMETERS, ORDER, FORBIDDEN = 40010001, 42210000, 40310000
CENT = Decimal("0.01")


class OrderError(Exception):
    """It is not taken; ``body`` and ``status`` are the answer."""

    def __init__(
        self, message: str, code: int = PARAMETERS, status: int = 422, **more: str
    ) -> None:
        super().__init__(message)
        self.body = {**problem(message, code), **more}
        self.status = status


def read_strategy(market: Market, body: Mapping[str, Any]) -> Strategy:
    """The order that a request asks for.

    Raises:
        OrderError: it asks for nothing that makes sense.
    """
    if not isinstance(body, Mapping):
        raise OrderError("request body format is invalid", 40010000, 400)
    named = str(body.get("order_class") or "")
    if named not in CLASSES:
        raise OrderError("invalid order_class")
    if named == "mleg":
        return Strategy(terms=_several(market, body), words={"class": "mleg"})
    terms = _terms(market, body)
    _allowed(market, terms, named)
    if named in ("", "simple"):
        if body.get("take_profit") or body.get("stop_loss"):
            raise OrderError("take_profit and stop_loss need an order_class")
        return Strategy(terms=terms, words={"class": named})
    return _tied(body, terms, named)


def _terms(market: Market, body: Mapping[str, Any]) -> Terms:
    symbol = _symbol(market, body.get("symbol"))
    side = body.get("side")
    if side not in ("buy", "sell"):
        raise OrderError("side must be buy or sell")
    kind, lasts = _kind(body), _lasts(body)
    quantity, notional = amount(body, "qty"), amount(body, "notional")
    if (quantity is None) == (notional is None):
        both = "only one of qty or notional is accepted"
        raise OrderError("qty or notional is required" if quantity is None else both)
    trail, percent = amount(body, "trail_price"), amount(body, "trail_percent")
    if kind is Kind.TRAILING_STOP and (trail is None) == (percent is None):
        raise OrderError("trailing stop orders require one of trail_price or trail_percent")
    limit, stop = amount(body, "limit_price"), amount(body, "stop_price")
    profit = body.get("take_profit")
    if limit is None and body.get("order_class") == "oco" and isinstance(profit, Mapping):
        limit = amount(profit, "limit_price")  # two exits need no price besides their own
    _prices_fit(kind, limit, stop)
    extended = body.get("extended_hours", False)
    if extended not in (True, False, None):
        raise OrderError("extended_hours must be a boolean")
    return Terms(
        legs=(Leg(symbol=symbol, buys=side == "buy", opening=_effect(body, side)),),
        kind=kind,
        lasts=lasts,
        hours=Hours.ALL if extended else Hours.REGULAR,
        quantity=quantity,
        notional=notional,
        limit=limit,
        stop=stop,
        trail=trail,
        trail_percent=percent,
        client_id=_client_id(body),
    )


def _several(market: Market, body: Mapping[str, Any]) -> Terms:
    given = body.get("legs")
    if not isinstance(given, list) or not 2 <= len(given) <= MOST_LEGS:
        raise OrderError("mleg orders need two to four legs")
    if body.get("symbol") or body.get("side"):
        raise OrderError("symbol and side are not accepted for mleg orders")
    kind = _kind(body)
    if kind not in (Kind.MARKET, Kind.LIMIT) or _lasts(body) is not Lasts.DAY:
        raise OrderError("mleg orders must be market or limit day orders", ORDER)
    legs = []
    for one in given:
        if not isinstance(one, Mapping):
            raise OrderError("invalid legs")
        symbol, side = _symbol(market, one.get("symbol")), one.get("side")
        ratio = amount(one, "ratio_qty")
        if side not in ("buy", "sell") or ratio is None or ratio <= 0 or ratio % 1:
            raise OrderError("each leg needs side and a whole ratio_qty")
        effect = _effect(one, side)
        if market.option(symbol) is None or effect is None:
            raise OrderError("each leg needs an option and a position_intent")
        legs.append(Leg(symbol=symbol, buys=side == "buy", ratio=ratio, opening=effect))
    if len({leg.symbol for leg in legs}) != len(legs):
        raise OrderError("legs must be of different symbols", ORDER)
    limit = amount(body, "limit_price")
    _prices_fit(kind, limit, None)
    return Terms(
        legs=tuple(legs),
        kind=kind,
        quantity=amount(body, "qty"),
        limit=limit,
        client_id=_client_id(body),
    )


def _tied(body: Mapping[str, Any], terms: Terms, named: str) -> Strategy:
    """``bracket``, ``oco`` or ``oto``: exits besides."""
    profit, loss = body.get("take_profit"), body.get("stop_loss")
    if named != "oto" and not (isinstance(profit, Mapping) and isinstance(loss, Mapping)):
        raise OrderError(f"{named} orders require take_profit and stop_loss", ORDER)
    if named == "oto" and (profit is None) == (loss is None):
        raise OrderError("oto orders require either take_profit or stop_loss", ORDER)
    if terms.lasts not in (Lasts.DAY, Lasts.GTC) or terms.hours is not Hours.REGULAR:
        raise OrderError(f"{named} orders must be day or gtc and not extended_hours", ORDER)
    if terms.quantity is None or terms.quantity % 1:
        raise OrderError("fractional orders must be simple orders", ORDER)
    own = terms.legs[0]
    exits = Leg(symbol=own.symbol, buys=own.buys if named == "oco" else not own.buys, opening=False)
    children = []
    if isinstance(profit, Mapping):
        limit = amount(profit, "limit_price")
        if limit is None:
            raise OrderError("take_profit.limit_price is required", ORDER)
        children.append(_exit(terms, exits, Kind.LIMIT, limit=limit))
    if isinstance(loss, Mapping):
        stop, limit = amount(loss, "stop_price"), amount(loss, "limit_price")
        if stop is None:
            raise OrderError("stop_loss.stop_price is required", ORDER)
        kind = Kind.STOP if limit is None else Kind.STOP_LIMIT
        children.append(_exit(terms, exits, kind, limit=limit, stop=stop))
    if len(children) == 2:
        _apart(children[0], children[1], exits)
    words = {"class": named}
    if named == "oco":
        if terms.kind is not Kind.LIMIT:
            raise OrderError("oco orders must be limit orders", ORDER)
        first = Strategy(terms=_with_id(children[0].terms, terms.client_id))
        return Strategy(terms=None, link=Link.OCO, children=(first, children[1]), words=words)
    below = tuple(children)
    if len(below) == 2:
        below = (Strategy(terms=None, link=Link.OCO, children=below),)
    return Strategy(terms=terms, link=Link.TRIGGER, children=below, words=words)


def _exit(
    terms: Terms, leg: Leg, kind: Kind, *, limit: Decimal | None, stop: Decimal | None = None
) -> Strategy:
    return Strategy(
        terms=Terms(
            legs=(leg,),
            kind=kind,
            lasts=terms.lasts,
            quantity=terms.quantity,
            limit=limit,
            stop=stop,
        )
    )


def _with_id(terms: Terms | None, client_id: str) -> Terms:
    assert terms is not None
    return replace(terms, client_id=client_id)


def _apart(profit: Strategy, loss: Strategy, leg: Leg) -> None:
    """The profit is taken above the stop of a sale, and below that of a purchase."""
    assert profit.terms is not None
    assert loss.terms is not None
    limit, stop = profit.terms.limit, loss.terms.stop
    assert limit is not None
    assert stop is not None
    if leg.buys and stop < limit + CENT:
        raise OrderError("take_profit.limit_price must be <= stop_loss.stop_price - 0.01", ORDER)
    if not leg.buys and limit < stop + CENT:
        raise OrderError("take_profit.limit_price must be >= stop_loss.stop_price + 0.01", ORDER)


def _allowed(market: Market, terms: Terms, named: str) -> None:
    """Combinations of kind, time and instrument that exist."""
    listing = all_listings().get(terms.symbol)
    if terms.hours is Hours.ALL and (
        terms.kind is not Kind.LIMIT or terms.lasts not in (Lasts.DAY, Lasts.GTC)
    ):
        raise OrderError('only type="limit" is allowed for extended hours orders')
    if terms.lasts in (Lasts.OPEN, Lasts.CLOSE) and terms.kind not in AUCTION_KINDS:
        raise OrderError("opg and cls orders must be market or limit orders", ORDER)
    if market.option(terms.symbol) is not None:
        if terms.lasts is not Lasts.DAY:
            raise OrderError("options orders must be day orders", ORDER)
        if terms.notional is not None or terms.hours is Hours.ALL or named not in ("", "simple"):
            raise OrderError("options orders take qty, regular hours and no order_class", ORDER)
        if terms.kind is Kind.TRAILING_STOP:
            raise OrderError("trailing stop orders are not supported for options", ORDER)
    elif listing is not None and listing.kind is Listed.CRYPTO:
        if terms.kind not in COIN_KINDS or named not in ("", "simple"):
            raise OrderError("invalid order type for crypto order", ORDER)
        if terms.lasts not in (Lasts.GTC, Lasts.IOC):
            raise OrderError("invalid crypto time_in_force", ORDER)
    elif terms.notional is not None or (terms.quantity or 0) % 1:
        if terms.lasts is not Lasts.DAY:
            raise OrderError("fractional orders must be DAY orders", ORDER)
        if terms.notional is not None and terms.kind is not Kind.MARKET:
            raise OrderError("notional orders must be market orders", ORDER)


def _prices_fit(kind: Kind, limit: Decimal | None, stop: Decimal | None) -> None:
    for name, price, kinds in (
        ("limit", limit, (Kind.LIMIT, Kind.STOP_LIMIT)),
        ("stop", stop, (Kind.STOP, Kind.STOP_LIMIT)),
    ):
        if price is None and kind in kinds:
            raise OrderError(f"{kind.value.replace('_', ' ')} orders require {name} price")
        if price is not None and kind not in kinds:
            raise OrderError(f"{kind.value.replace('_', ' ')} orders must not have {name}_price")


def _symbol(market: Market, given: Any) -> str:
    if not given:
        raise OrderError("symbol is required")
    found = own_symbol(market, str(given))
    if found is None:
        raise OrderError(f'asset "{given}" not found', ORDER)
    return found


def _kind(body: Mapping[str, Any]) -> Kind:
    try:
        return Kind(str(body.get("type")))
    except ValueError as error:
        raise OrderError("invalid order type") from error


def _lasts(body: Mapping[str, Any]) -> Lasts:
    given = body.get("time_in_force")
    if given not in LASTS:
        raise OrderError("invalid time_in_force")
    return LASTS[given]


def _effect(body: Mapping[str, Any], side: str) -> bool | None:
    intent = body.get("position_intent")
    if intent is None:
        return None
    if intent not in (f"{side}_to_open", f"{side}_to_close"):
        raise OrderError("position_intent mismatch")
    return bool(intent.endswith("open"))


def _client_id(body: Mapping[str, Any]) -> str:
    given = body.get("client_order_id") or ""
    if not isinstance(given, str) or len(given) > LONGEST_ID:
        raise OrderError(f"client_order_id must be no more than {LONGEST_ID} characters")
    return given


def amount(body: Mapping[str, Any], name: str) -> Decimal | None:
    """A number, or one in a text.

    Raises:
        OrderError: something else.
    """
    given = body.get(name)
    if given is None:
        return None
    try:
        found = Decimal("NaN" if isinstance(given, bool) else str(given))
    except InvalidOperation as error:
        raise OrderError(f"invalid {name}") from error
    if not found.is_finite():
        raise OrderError(f"invalid {name}")
    return found


def refused(refusal: Refusal) -> OrderError:
    """The answer to an order that is well formed and cannot be."""
    terms, facts = refusal.terms, refusal.facts
    shown = {name: text(x) if isinstance(x, Decimal) else x for name, x in facts.items()}
    match refusal.why:
        case Why.POWER:
            return OrderError(
                "insufficient buying power", FORBIDDEN, 403,
                buying_power=shown["power"], cost_basis=shown["cost"],
            )  # fmt: skip
        case Why.UNITS:
            asked, free = shown["units"], text(abs(Decimal(facts["free"])))
            return OrderError(
                f"insufficient qty available for order (requested: {asked}, available: {free})",
                FORBIDDEN, 403, available=free, existing_qty=text(abs(Decimal(facts["held"]))),
                symbol=shown["symbol"],
            )  # fmt: skip
        case Why.SHORTS:
            return OrderError("account is not allowed to short", FORBIDDEN, 403)
        case Why.SUB_PENNY:
            name = f"{shown['field']}_price"
            return OrderError(
                f"invalid {name} {shown['price']}. sub-penny increment does not fulfill minimum "
                "pricing criteria", ORDER,
            )  # fmt: skip
        case Why.HALTED:
            return OrderError(f"asset {shown['symbol']} is halted", ORDER)
        case Why.FRACTION if terms.legs[0].buys is False and facts:
            return OrderError("fractional orders cannot be sold short", ORDER)
        case Why.FRACTION:
            return OrderError("invalid qty: the asset cannot be traded in parts", ORDER)
        case Why.WINDOW:
            word = "market on close" if terms.lasts is Lasts.CLOSE else "market on open"
            return OrderError(f"{word} orders are not accepted at this time", ORDER)
        case Why.STOP_SIDE:
            side = "buy" if terms.buys else "sell"
            return OrderError(f"invalid stop_price for a {side} order: it is at the market", ORDER)
        case Why.SIDE:
            return OrderError("position intent mismatch, inferred otherwise", ORDER)
        case Why.EXPIRED:
            return OrderError("option contract has expired", ORDER)
    return OrderError(f"invalid {shown.get('field', 'qty')}")
