"""An order in one plain sentence, as the ticket and the review say it. Pure.

*Buy|Sell* quantity *of* symbol *at* price rule, duration and session, *in* account. What is not
filled in yet stands as a gap (…), so that the sentence can be read from the first moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.market_hours import NEW_YORK, session
from brokerdesk.ui import format as fmt

GAP = "…"
_EXTENDED_ENDS = timedelta(hours=4)
_PRE_MARKET_OPENS = time(4, 0)
_MOST_DAYS = 12
SIDE_WORDS = {
    OrderSide.BUY: "Buy",
    OrderSide.SELL: "Sell",
    OrderSide.SELL_SHORT: "Sell short",
    OrderSide.BUY_TO_COVER: "Buy to cover",
    OrderSide.BUY_TO_OPEN: "Buy to open",
    OrderSide.BUY_TO_CLOSE: "Buy to close",
    OrderSide.SELL_TO_OPEN: "Sell to open",
    OrderSide.SELL_TO_CLOSE: "Sell to close",
    OrderSide.UNKNOWN: "Trade",
}
BUYING = frozenset(
    {OrderSide.BUY, OrderSide.BUY_TO_COVER, OrderSide.BUY_TO_OPEN, OrderSide.BUY_TO_CLOSE}
)
_T = OrderType
_NET = (_T.NET_DEBIT, _T.NET_CREDIT, _T.NET_ZERO)
_SHARES = (AssetType.EQUITY, AssetType.ETF, AssetType.MUTUAL_FUND)
_US = (AssetType.EQUITY, AssetType.ETF, AssetType.OPTION)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of the sentence; ``strong`` ones are what a reader must not miss."""

    text: str
    strong: bool = False


Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An order as far as it is filled in: a ``Draft`` of which anything may be missing."""

    legs: tuple[DraftLeg, ...] = ()
    type: OrderType = OrderType.MARKET
    quantity: Decimal | None = None
    notional: Decimal | None = None
    dollars: bool = False
    time_in_force: TimeInForce = TimeInForce.DAY
    session: TradingSession = TradingSession.REGULAR
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    good_till: date | None = None
    link: Link = Link.SINGLE
    children: tuple[Told, ...] = ()
    trigger: Decimal | None = None
    """Where a trailing stop would begin now."""

    @property
    def currency(self) -> str:
        if self.legs:
            return self.legs[0].instrument.currency
        return self.children[0].currency if self.children else "USD"

    @property
    def buys(self) -> bool:
        """Whether it takes on more than it gives, by its first leg."""
        return bool(self.legs) and self.legs[0].side in BUYING


def told(draft: Draft, *, trigger: Decimal | None = None) -> Told:
    """A draft as something to be said."""
    return Told(
        legs=draft.legs,
        type=draft.type,
        quantity=draft.quantity,
        notional=draft.notional,
        dollars=draft.notional is not None,
        time_in_force=draft.time_in_force,
        session=draft.session,
        limit_price=draft.limit_price,
        stop_price=draft.stop_price,
        trail_amount=draft.trail_amount,
        trail_percent=draft.trail_percent,
        good_till=draft.good_till,
        link=draft.link,
        children=tuple(told(child) for child in draft.children),
        trigger=trigger,
    )


def sentence_of(
    draft: Draft, account: str, *, now: datetime | None = None, trigger: Decimal | None = None
) -> Pieces:
    """The sentence of a draft. ``now`` None: "today" is said without an hour."""
    return sentence(told(draft, trigger=trigger), account, now=now)


def sentence(order: Told, account: str, *, now: datetime | None = None) -> Pieces:
    """The sentence; ``account`` is its name, "" while there is none."""
    where = (Piece(", in "), Piece(_unbroken(account), strong=True), Piece("."))
    if not account:
        where = (Piece(f", in {GAP}"), Piece(""), Piece(""))
    if order.link is Link.EITHER:
        found = [Piece("One of two orders; one cancels the other: ")]
        for place, child in enumerate(order.children):
            found.append(Piece("; or " if place else ""))
            found += _order(child, now, first=not place)
        return _joined((*found, *where))
    found = [*_order(order, now, first=True), *where]
    if order.link is Link.BRACKET and order.children:
        found.append(Piece(" Once filled: "))
        for place, child in enumerate(order.children):
            found.append(Piece(", or " if place else ""))
            found += _exit(child)
        found.append(Piece("; one cancels the other."))
    elif order.link is Link.TRIGGERS and order.children:
        found.append(Piece(" Once filled: "))
        for place, child in enumerate(order.children):
            found.append(Piece("; and " if place else ""))
            found += _order(child, now, first=False)
        found.append(Piece("."))
    return _joined(found)


def plain(pieces: Pieces) -> str:
    """The sentence as one text, for readers and the clipboard."""
    return fmt.for_clipboard("".join(piece.text for piece in pieces))


def title(order: Told) -> str:
    """A short name of it for lists and toasts: ``Buy 240 AAPL``."""
    if len(order.legs) != 1:
        return f"{len(order.legs)} legs" if order.legs else "Order"
    size = _money(order.notional, order.currency) if order.dollars else _units(order.quantity)
    return f"{SIDE_WORDS[order.legs[0].side]} {size} {instrument_words(order.legs[0].instrument)}"


def instrument_words(instrument: Instrument) -> str:
    """What is traded, as people call it: ``AAPL``, ``AAPL 16 Jan 2026 200 call``."""
    if instrument.asset_type is not AssetType.OPTION:
        return instrument.symbol
    if instrument.expiry is None or instrument.strike is None or instrument.right is None:
        return instrument.symbol
    strike = fmt.quantity(instrument.strike)
    root = instrument.underlying or instrument.symbol.split(" ")[0]
    return f"{root} {fmt.day(instrument.expiry)} {strike} {instrument.right.value}"


def unit_word(instrument: Instrument, quantity: Decimal | None) -> str:
    """share, shares, contracts; "" for what is counted by its own name, such as a coin."""
    if instrument.asset_type is AssetType.OPTION:
        word = "contract"
    elif instrument.asset_type in _SHARES:
        word = "share"
    else:
        return ""
    return word if quantity == 1 else f"{word}s"


# parts


def _order(order: Told, now: datetime | None, *, first: bool) -> list[Piece]:
    what = _what(order) if len(order.legs) < 2 else _legs(order)
    if not first:
        what = what[:1].lower() + what[1:]
    when = _when(order, now)
    found = [Piece(what, strong=True), Piece(" "), *price_rule(order)]
    return [*found, Piece(f", {when}")] if when else found


def _exit(order: Told) -> list[Piece]:
    """A leg of a bracket: what it closes is said already."""
    side = SIDE_WORDS[order.legs[0].side].split(" ")[0].lower() if order.legs else GAP
    return [Piece(f"{side} "), *price_rule(order)]


def _what(order: Told) -> str:
    if not order.legs:
        return f"Trade {GAP}"
    leg = order.legs[0]
    side, name = SIDE_WORDS[leg.side], instrument_words(leg.instrument)
    if order.dollars:
        return f"{side} {_money(order.notional, order.currency)} of {name}"
    unit = unit_word(leg.instrument, order.quantity)
    return f"{side} {_units(order.quantity)} {unit + ' of ' if unit else ''}{name}"


def _legs(order: Told) -> str:
    times = "" if order.quantity == 1 else f"{_units(order.quantity)} × "
    parts = [
        f"{SIDE_WORDS[leg.side] if not place else SIDE_WORDS[leg.side].lower()} "
        f"{_units(leg.ratio)} {instrument_words(leg.instrument)}"
        for place, leg in enumerate(order.legs)
    ]
    parts[0] = times + parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def price_rule(order: Told) -> list[Piece]:
    """At which price: ``at $268.50 or less``."""
    kind, buys = order.type, order.buys
    if kind in _NET:
        return _net(order)
    limit = _at_limit(order.limit_price, buys, order.currency)
    if not order.legs:
        limit = [Piece("at "), Piece(_price(order.limit_price, order.currency), strong=True)]
    if kind is _T.MARKET:
        return [Piece("at market")]
    if kind in (_T.MARKET_ON_OPEN, _T.MARKET_ON_CLOSE):
        return [Piece(f"at market {_auction(kind)}")]
    if kind is _T.LIMIT:
        return limit
    if kind in (_T.LIMIT_ON_OPEN, _T.LIMIT_ON_CLOSE):
        return [*limit, Piece(f" {_auction(kind)}")]
    if kind in (_T.STOP, _T.STOP_LIMIT):
        way = "rises" if buys else "falls"
        price = Piece(_price(order.stop_price, order.currency), strong=True)
        before = [Piece("at market")] if kind is _T.STOP else limit
        return [*before, Piece(f" once it {way} to "), price]
    if kind in (_T.TRAILING_STOP, _T.TRAILING_STOP_LIMIT):
        return _trailing(order, limit)
    return [Piece(f"at {GAP}")]


def _at_limit(price: Decimal | None, buys: bool, currency: str) -> list[Piece]:
    bound = "or less" if buys else "or more"
    return [Piece("at "), Piece(f"{_price(price, currency)} {bound}", strong=True)]


def _net(order: Told) -> list[Piece]:
    price = order.limit_price
    size = _price(abs(price) if price is not None else None, order.currency)
    if order.type is _T.NET_ZERO:
        return [Piece("at no net cost", strong=True)]
    if order.type is _T.NET_CREDIT:
        return [Piece("for a net credit of "), Piece(f"{size} or more", strong=True)]
    return [Piece("for a net debit of "), Piece(f"{size} or less", strong=True)]


def _trailing(order: Told, limit: list[Piece]) -> list[Piece]:
    buys = order.buys
    if order.trail_percent is not None:
        by = f"{_percent(order.trail_percent)}%"
    else:
        by = _price(order.trail_amount, order.currency)
    extreme = "low" if buys else "high"
    found = [Piece("at market")] if order.type is _T.TRAILING_STOP else list(limit)
    found += [
        Piece(f" if it {'rises' if buys else 'falls'} "),
        Piece(f"{by} from its {extreme}", strong=True),
    ]
    if order.trigger is not None:
        starts = fmt.price(order.trigger)
        found.append(Piece(f" after now (trigger starts at {_sign(starts, order.currency)})"))
    return found


def _auction(kind: OrderType) -> str:
    return "at the open" if kind in (_T.MARKET_ON_OPEN, _T.LIMIT_ON_OPEN) else "at the close"


def _when(order: Told, now: datetime | None) -> str:
    """How long, and in which hours."""
    force = order.time_in_force
    hours = {
        TradingSession.EXTENDED: "including extended hours",
        TradingSession.PRE_MARKET: "before the open",
        TradingSession.POST_MARKET: "after hours",
    }.get(order.session, "")
    if order.type in (_T.MARKET_ON_OPEN, _T.LIMIT_ON_OPEN, _T.MARKET_ON_CLOSE, _T.LIMIT_ON_CLOSE):
        return "for the day" if force is TimeInForce.DAY else ""
    if force is TimeInForce.DAY:
        return _day(order, now, hours)
    words = {
        TimeInForce.GTC: "until canceled",
        TimeInForce.GTD: f"until {fmt.day(order.good_till)}" if order.good_till else f"until {GAP}",
        TimeInForce.IOC: "at once, what is left is canceled",
        TimeInForce.FOK: "at once in full or not at all",
    }.get(force, GAP)
    return f"{words} {hours}".rstrip() if hours else words


def _day(order: Told, now: datetime | None, hours: str) -> str:
    american = all(
        leg.instrument.asset_type in _US and leg.instrument.currency == "USD" for leg in order.legs
    )
    if now is None or not order.legs or not american:
        return f"for the day {hours}".rstrip()
    day = now.astimezone(NEW_YORK).date()
    for later in range(_MOST_DAYS):
        open_hours = session(day + timedelta(days=later))
        if open_hours is None:
            continue
        opens, closes = open_hours
        ends = closes
        if order.session in (TradingSession.EXTENDED, TradingSession.POST_MARKET):
            ends = closes + _EXTENDED_ENDS
        elif order.session is TradingSession.PRE_MARKET:
            ends = opens
        if now >= ends:
            continue
        local = ends.astimezone(NEW_YORK)
        which = "today" if not later else f"on {local:%a} {_short(local.date())}"
        if order.session is TradingSession.EXTENDED:
            hours = "including after hours" if not later and now >= opens else hours
        return f"{which} until {local:%H:%M} ET {hours}".rstrip()
    return f"for the day {hours}".rstrip()


def _short(day: date) -> str:
    return fmt.day(day).rsplit(" ", 1)[0]


def _units(quantity: Decimal | None) -> str:
    return fmt.quantity(quantity, absent=GAP)


def _money(value: Decimal | None, currency: str) -> str:
    return _sign(GAP, currency) if value is None else fmt.total(value, currency)


def _price(value: Decimal | None, currency: str) -> str:
    return _sign(fmt.price(value, absent=GAP), currency)


def _sign(figure: str, currency: str) -> str:
    before = fmt.symbol(currency)
    return f"{before}{figure}" if before else f"{figure} {currency}"


def _percent(value: Decimal) -> str:
    return fmt.fixed(value, max(2, fmt.decimals(value)))


def _unbroken(name: str) -> str:
    """A name whose ending is not torn from its broker at a line's end."""
    return name.replace(" …", "\u00a0…\u2060")


def _joined(pieces: list[Piece] | Pieces) -> Pieces:
    """Neighbours of the same weight in one, and without empty ones."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].strong == piece.strong:
            found[-1] = Piece(found[-1].text + piece.text, piece.strong)
        else:
            found.append(piece)
    return tuple(found)
