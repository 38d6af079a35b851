"""The words of a ticket around its fields: quote, helpers, costs, why orders are off. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.domain.kinds import Environment, OrderSide, OrderType, PriceFeed
from brokerdesk.domain.market_hours import is_open
from brokerdesk.domain.quote import Quote
from brokerdesk.services.amounts import EXACT, divided
from brokerdesk.services.trading_facts import TicketQuote, TradingState
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_sentence import BUYING, Told
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.viewmodels.ticket_numbers import CENT
from brokerdesk.ui.viewmodels.ticket_state import Helper, Note, PriceBox

FEEDS = {
    PriceFeed.REAL_TIME: "real-time",
    PriceFeed.DELAYED: "delayed",
    PriceFeed.END_OF_DAY: "last close",
    PriceFeed.UNKNOWN: "",
}
_TWO = Decimal(2)
_STAYS = "What is in the ticket stays."
_FINE = Decimal("0.0001")
Prices = tuple[Decimal | None, Decimal | None]
"""Bid and ask."""


def stamp_of(quote: Quote) -> datetime:
    """The moment that a price is of: the exchange's, else ours."""
    return quote.as_of or quote.fetched_at


def is_old(quote: Quote | None, now: datetime, oldest: timedelta) -> bool:
    """Whether an order at market may not go by it: it is older than the user lets it be."""
    return quote is None or abs(now - stamp_of(quote)) > oldest


def price_box(
    told: TicketQuote | None,
    now: datetime,
    *,
    asking: bool,
    tick: Decimal | None,
    oldest: timedelta,
    option: bool = False,
) -> PriceBox:
    """The three prices, and below them their time, age, source and feed."""
    if told is None or told.quote is None:
        words = "Asking for a price…" if asking else "No price yet."
        if told is not None and told.failure:
            words = tame(told.failure)
        failed = told is not None and bool(told.failure)
        return PriceBox(line=words, tone="warn" if failed else "text3")
    quote = told.quote
    at = stamp_of(quote)
    last = quote.last if quote.last is not None else quote.mark
    old = is_old(quote, now, oldest)
    source = ", ".join(part for part in (tame(told.source), FEEDS[quote.feed]) if part)
    age = fmt.age(at, now)
    same = age.endswith(" ET")  # it is the time itself
    parts = [age if same else fmt.time_of_day(at), "" if same else age]
    parts += ["" if is_open(now) else "market closed", source]
    line = " · ".join(part for part in parts if part)
    if told.failure:
        line = f"{line}. {tame(told.failure)}"
    return PriceBox(
        bid=price_text(quote.bid, tick=tick, option=option),
        ask=price_text(quote.ask, tick=tick, option=option),
        last=price_text(last, tick=tick, option=option),
        line=line,
        tone="warn" if old or told.failure else "text3",
    )


def old_price(quote: Quote | None, now: datetime) -> Note:
    """Design, state 20."""
    if quote is None:
        title = "There is no price."
        text = "Review is off until one arrives or you type a limit."
    else:
        span = now - stamp_of(quote)
        short = timedelta(0) <= span < timedelta(hours=1)
        if short:
            title = f"This price is {_age(span)} old."
        else:
            title = f"This price is of {fmt.stamp(stamp_of(quote))}."
        text = "Review is off until a newer one arrives or you type a limit."
    return Note(
        kind="warn", title=title, text=text, action=Action(id="quote:", label="Refresh quote")
    )


def _age(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"


def price_text(value: Decimal | None, *, tick: Decimal | None = None, option: bool = False) -> str:
    """A price of a quote. Options are counted in cents, whatever they cost."""
    if value is not None and option:
        return fmt.fixed(value, max(2, fmt.decimals(value)))
    return fmt.price(value, tick=tick)


# helpers


def mid_of(prices: Prices) -> Decimal | None:
    bid, ask = prices
    return None if bid is None or ask is None else EXACT.divide(EXACT.add(bid, ask), _TWO)


def helpers(prices: Prices, typed: Decimal | None, currency: str) -> tuple[Helper, ...]:
    """Bid, Mid and Ask; the nearest one is marked and says how far the typed price is off it."""
    bid, ask = prices
    known = {"bid": bid, "mid": mid_of(prices), "ask": ask}
    words = {"bid": "Bid", "mid": "Mid", "ask": "Ask"}
    near = ""
    if typed is not None:
        away = {key: abs(typed - value) for key, value in known.items() if value is not None}
        near = min(away, key=lambda key: away[key]) if away else ""
    found = []
    for key, value in known.items():
        label, on = words[key], key == near
        if on and typed is not None and value is not None:
            label = f"{label}{_offset(typed - value, currency)}"
        found.append(Helper(key=key, label=label, on=on, can=value is not None))
    return tuple(found)


def _offset(away: Decimal, currency: str) -> str:
    """+6¢, −1.20; nothing when it is the very price."""
    if not away:
        return ""
    sign = "+" if away > 0 else fmt.MINUS
    size = abs(away)
    if currency == "USD" and size < 1 and size % CENT == 0:
        return f" {sign}{int(size / CENT)}¢"
    return f" {sign}{fmt.price(size) if size >= CENT else fmt.quantity(size.normalize())}"


# worth


def each_price(told: Told, quote: Quote | None, net: Prices) -> tuple[Decimal | None, str, bool]:
    """The price that its worth is reckoned with, what that is in words, and whether it is exact."""
    kind = told.type
    if told.limit_price is not None:
        return abs(told.limit_price), "at your limit", True
    if len(told.legs) > 1:
        return (abs(mid) if (mid := mid_of(net)) is not None else None), "at the mid price", False
    if kind is OrderType.STOP and told.stop_price is not None:
        return told.stop_price, "at your stop", False
    if quote is None:
        return None, "", False
    buys = told.buys
    far = quote.ask if buys else quote.bid
    if far is not None:
        return far, "at the ask" if buys else "at the bid", False
    return (quote.last if quote.last is not None else quote.mark), "at the last price", False


def value_of(told: Told, price: Decimal | None) -> Decimal | None:
    """What the order is worth at a price; None: not known."""
    if told.notional is not None:
        return told.notional
    if told.quantity is None or price is None or not told.legs:
        return None
    units = EXACT.multiply(told.quantity, told.legs[0].instrument.multiplier)
    return EXACT.multiply(units, price)


def worth_words(told: Told, price: Decimal | None, where: str, *, exact: bool) -> str:
    """``≈ $64,440.00 at your limit``, or how many units an amount of money is."""
    if told.notional is not None:
        if price is None or price <= 0 or not told.legs:
            return ""
        unit = EXACT.multiply(price, told.legs[0].instrument.multiplier)
        units = divided(told.notional, unit)
        if units is None:
            return ""
        about = units.quantize(_FINE).normalize()
        return f"≈ {fmt.quantity(about)} {where}".rstrip()
    value = value_of(told, price)
    if value is None:
        return ""
    lead = "" if exact and not where else "≈ "
    return f"{lead}{fmt.total(value, told.currency)} {where}".rstrip()


def buys(side: OrderSide) -> bool:
    return side in BUYING


# why orders are off


def off_note(
    *,
    past: datetime | None,
    offline: bool,
    trading: TradingState | None,
) -> Note | None:
    """What forbids any order now, in the words of the design; None: nothing does."""
    if past is not None:
        said = words.viewing(past)
        return Note(
            kind="past",
            title=said.title,
            text=f"Orders are off. {_STAYS}",
            action=Action(id="now:", label=said.labels[0]),
        )
    if offline:
        return Note(
            kind="warn",
            title=words.OFFLINE,
            text=f"{words.ORDERS_OFF} {_STAYS}",
        )
    if trading is None:
        return None
    if trading.failure:
        return Note(
            kind="error",
            title="The order journal cannot be used.",
            text=f"{tame(trading.failure)} Nothing is sent without it.",
        )
    if trading.halted:
        return Note(
            kind="warn",
            title="New orders are halted.",
            text="Nothing new is sent until the halt is lifted. Cancels still go out.",
            action=Action(id="halt:", label="Lift the halt…"),
        )
    if not trading.ready:
        return Note(
            kind="info",
            title="Checking open orders first.",
            text="What an earlier run left open is taken up before anything new is sent.",
        )
    return None


def no_account(environment: Environment, reason: str) -> Note:
    """Why no account can take it, and the way out."""
    return Note(
        kind="warn",
        title="No account for this order.",
        text=tame(reason) or f"There is no {environment.value} account.",
        action=Action(id="go:connections", label="Connections"),
    )


def switched_off(broker: str, connection: str) -> Note:
    """The trading switch of the account's connection is off."""
    return Note(
        kind="warn",
        title=f"Trading is off for {tame(broker)}.",
        text="You can write the order; it can be reviewed once trading is on.",
        action=Action(id=f"trading:{connection}", label="Turn on trading…"),
    )
