"""What stands against sending an order, before anyone is asked.

Pure rules over facts that are handed in. They fail closed: without a price that can be believed an
order of unknown value is not sent. A finding blocks, or it is a warning that the user has to tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TradingSession
from brokerdesk.domain.market_hours import NEW_YORK, is_open, next_change
from brokerdesk.domain.quote import Quote
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, divided, percent

ZERO = Decimal(0)
BUYS = frozenset(
    {OrderSide.BUY, OrderSide.BUY_TO_OPEN, OrderSide.BUY_TO_CLOSE, OrderSide.BUY_TO_COVER}
)
AT_MARKET = frozenset(
    {
        *(OrderType.MARKET, OrderType.MARKET_ON_OPEN, OrderType.MARKET_ON_CLOSE),
        *(OrderType.STOP, OrderType.TRAILING_STOP),
    }
)
"""Types whose price nobody knows when they are sent."""
AT_ONCE = frozenset({OrderType.MARKET})
"""Types that go at whatever the market is now. The others wait for a price or an hour: a stop is
set overnight, and an order for the open is sent while there is no price of the last minute.
"""

_ALWAYS_OPEN = frozenset({AssetType.CRYPTO, AssetType.CURRENCY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The user's own limits; amounts in the currency of the order.

    ``most_value`` None: there is no rate to convert the user's limit by, and nothing is sent.
    """

    most_value: Decimal | None = Decimal(10_000)
    most_quantity: Decimal = Decimal(10_000)
    warn_percent: Decimal = Decimal(5)
    block_percent: Decimal = Decimal(20)
    oldest_quote: timedelta = timedelta(seconds=60)
    per_minute: int = 10
    usual_times: Decimal = Decimal(5)
    power_percent: Decimal = Decimal(50)
    volume_percent: Decimal = Decimal(1)
    wide_percent: Decimal = Decimal(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBefore:
    """An order that this program sent."""

    at: datetime
    account: AccountId
    symbol: str
    side: OrderSide
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known besides the draft. ``None`` is "not known". ``quotes`` by symbol."""

    now: datetime
    quotes: tuple[Quote, ...] = ()
    buying_power: Decimal | None = None
    sent: Sequence[SentBefore] = ()
    sold_at_a_loss: datetime | None = None
    """The last sale of the symbol at a loss, for the wash-sale hint."""
    day_trade_words: str = ""
    """What the broker reports on day trades or intraday margin, in our sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``code`` is stable; ``blocks`` False: the user may go on after reading."""

    code: str
    blocks: bool
    words: str


def findings(draft: Draft, limits: Limits, around: Surroundings) -> tuple[Finding, ...]:
    """Everything that stands against it, the blocking ones first."""
    found = [*_shape(draft, limits), *_pace(draft, limits, around)]
    if draft.legs:
        found += _price(draft, limits, around)
        found += _hints(draft, limits, around)
    for child in draft.children:
        found += [one for one in findings(child, limits, around) if one not in found]
    unique = list(dict.fromkeys(found))
    return tuple(sorted(unique, key=lambda one: not one.blocks))


def usable(value: Decimal | None) -> bool:
    """Whether a price can be reckoned with: known, finite and above zero."""
    return value is not None and value.is_finite() and value > ZERO


def reference(draft: Draft, quote: Quote, leg: DraftLeg | None = None) -> Decimal | None:
    """The price at which a leg (the first unless one is given) would go now: the far side, else the
    last; None: none usable.
    """
    far = quote.ask if (leg or draft.legs[0]).side in BUYS else quote.bid
    for price in (far, quote.last, quote.mark):
        if usable(price):
            return price
    return None


def worst_value(draft: Draft, prices: Sequence[Decimal | None]) -> Decimal | None:
    """The most that the order could be worth, None when a price is missing."""
    if draft.notional is not None:
        return draft.notional
    if draft.quantity is None:
        return None
    total = ZERO
    for leg, market in zip(draft.legs, prices, strict=True):
        own = [market]
        if len(draft.legs) == 1:
            own += [draft.limit_price, draft.stop_price]
        known = [one for one in own if one is not None and usable(one)]
        if not known or (market is None and draft.type in AT_MARKET):
            return None
        units = EXACT.multiply(EXACT.multiply(draft.quantity, leg.ratio), leg.instrument.multiplier)
        total = EXACT.add(total, EXACT.multiply(units, max(known)))
    return total


def _shape(draft: Draft, limits: Limits) -> list[Finding]:
    """What is wrong with the figures themselves."""
    found = []
    amount = draft.notional if draft.quantity is None else draft.quantity
    if draft.legs and not usable(amount):
        found.append(_no("quantity", "The quantity must be above zero."))
    for name, price in (("limit", draft.limit_price), ("stop", draft.stop_price),
                        ("trail", draft.trail_amount), ("trail", draft.trail_percent)):  # fmt: skip
        several = name == "limit" and len(draft.legs) > 1  # a net price may be a credit
        if price is not None and not several and not usable(price):
            found.append(_no(name, f"The {name} price must be above zero."))
    if draft.trail_percent is not None and draft.trail_percent >= 100:
        found.append(_no("trail", "A trail of 100% or more never triggers."))
    if draft.quantity is not None and draft.quantity > limits.most_quantity:
        found.append(_no("most quantity", f"More than your limit of {limits.most_quantity} units."))
    return found


def _pace(draft: Draft, limits: Limits, around: Surroundings) -> list[Finding]:
    minute = [one for one in around.sent if ZERO_TIME <= around.now - one.at < MINUTE]
    found = []
    if len(minute) >= limits.per_minute:
        found.append(
            _no("pace", f"{len(minute)} orders in the last minute: your limit is reached.")
        )
    if draft.legs:
        leg = draft.legs[0]
        same = (draft.account, leg.instrument.symbol, leg.side, draft.quantity)
        if any((one.account, one.symbol, one.side, one.quantity) == same for one in minute):
            found.append(_warn("duplicate", "The same order was sent less than a minute ago."))
    return found


def _price(draft: Draft, limits: Limits, around: Surroundings) -> list[Finding]:
    quotes = {one.symbol: one for one in around.quotes}
    held = [quotes.get(leg.instrument.symbol) for leg in draft.legs]
    fresh = [quote is not None and _fresh(quote, limits, around) for quote in held]
    prices = [
        reference(draft, quote, leg) if quote is not None else None
        for leg, quote in zip(draft.legs, held, strict=True)
    ]
    found: list[Finding] = []
    oldest = f"{limits.oldest_quote.total_seconds():.0f} seconds"
    if draft.type in AT_ONCE and not all(fresh):
        words = f"No price of the last {oldest}: an order at market waits."
        found.append(_no("stale quote", words))
    elif any(quote is not None and not new for quote, new in zip(held, fresh, strict=True)):
        found.append(_warn("stale quote", f"The price is more than {oldest} old."))
    value = worst_value(draft, prices)
    if value is None or not value.is_finite():
        found.append(_no("no price", "Its value cannot be reckoned without a price."))
    else:
        found += [*_most(draft, value, limits), *_power(draft, value, limits, around)]
    if len(draft.legs) > 1 and draft.limit_price is not None:
        found += _net_collar(draft, prices, limits)
    if len(draft.legs) == 1 and draft.limit_price is not None and usable(draft.limit_price):
        found += _collar(draft, prices[0], limits)
    return found


def _most(draft: Draft, value: Decimal, limits: Limits) -> list[Finding]:
    most = limits.most_value
    if most is None or not usable(most):
        words = f"Your limit cannot be told in {draft.currency}: there is no rate for it."
        return [_no("no rate", words)]
    if value > most:
        return [_no("most value", f"Worth more than your limit of {most:,.2f} {draft.currency}.")]
    return []


def _fresh(quote: Quote, limits: Limits, around: Surroundings) -> bool:
    stamp = quote.as_of or quote.fetched_at
    age = around.now - stamp
    return -limits.oldest_quote <= age <= limits.oldest_quote


def _power(draft: Draft, value: Decimal, limits: Limits, around: Surroundings) -> list[Finding]:
    if draft.legs[0].side not in BUYS or around.buying_power is None:
        return []
    if value > around.buying_power:
        return [_warn("buying power", "Not enough buying power by the last figures.")]
    share = percent(value, around.buying_power)
    if share is not None and share > limits.power_percent:
        words = f"{share:.0f}% of the account's buying power."
        return [_warn("share of power", words)]
    return []


def _collar(draft: Draft, market: Decimal | None, limits: Limits) -> list[Finding]:
    """How far a limit is from the market, to the side that costs money."""
    price = draft.limit_price
    assert price is not None
    if market is None:
        return [_no("no price", "Its distance from the market cannot be told without a price.")]
    buys = draft.legs[0].side in BUYS
    away = percent(EXACT.subtract(price, market), market)
    assert away is not None
    costly = away if buys else -away
    if costly > limits.block_percent:
        return [_no("collar", f"The limit is {costly:.1f}% beyond the market.")]
    if abs(away) > limits.warn_percent:
        return [_warn("far limit", f"The limit is {abs(away):.1f}% from the market.")]
    return []


def _net_collar(draft: Draft, prices: Sequence[Decimal | None], limits: Limits) -> list[Finding]:
    """How much worse a net price is than what all legs would cost now at their far sides. Below
    five cents it is no distance: some nets are next to nothing.
    """
    price, market = draft.limit_price, ZERO
    assert price is not None
    for leg, one in zip(draft.legs, prices, strict=True):
        if one is None or not price.is_finite():
            return [_no("no price", "Its distance from the market cannot be told without a price.")]
        part = EXACT.multiply(leg.ratio, one)
        market = EXACT.add(market, part if leg.side in BUYS else -part)
    beyond = EXACT.subtract(price, market)
    share = percent(beyond, abs(market))
    if beyond <= _NO_DISTANCE or (share is not None and share <= limits.warn_percent):
        return []
    far = "far" if share is None else f"{share:.1f}%"
    if share is None or share > limits.block_percent:
        return [_no("collar", f"The net price is {far} beyond the market.")]
    return [_warn("far limit", f"The net price is {far} beyond the market.")]


def _hints(draft: Draft, limits: Limits, around: Surroundings) -> list[Finding]:
    found = []
    leg, now = draft.legs[0], around.now
    symbol = leg.instrument.symbol
    quotes = {one.symbol: one for one in around.quotes}
    quote = quotes.get(symbol)
    found += _halted(draft, quotes)
    found += _hours(draft, now)
    if quote is not None and usable(quote.bid) and usable(quote.ask):
        assert quote.bid is not None
        assert quote.ask is not None
        wide = percent(EXACT.subtract(quote.ask, quote.bid), quote.ask)
        if wide is not None and wide > limits.wide_percent:
            found.append(_warn("wide spread", f"Bid and ask are {wide:.1f}% apart."))
    found += _size(draft, limits, around)
    found += _volume(draft, limits, quote)
    recent = around.sold_at_a_loss
    if leg.side in BUYS and recent is not None and now - recent <= timedelta(days=30):
        found.append(_warn("wash sale", f"{symbol} was sold at a loss in the last 30 days."))
    if around.day_trade_words:
        found.append(_warn("day trade", around.day_trade_words))
    return found


def _hours(draft: Draft, now: datetime) -> list[Finding]:
    """Thin trading before and after the session; for the session itself, that it has to wait."""
    if draft.legs[0].instrument.asset_type in _ALWAYS_OPEN:
        return []
    if draft.session is not TradingSession.REGULAR:
        return [_warn("hours", "Outside market hours. Trading is thin and may fill in part.")]
    if is_open(now):
        return []
    opens = next_change(now).astimezone(NEW_YORK)
    when = f"{opens:%a} {opens.day} {opens:%b} {opens:%H:%M} ET"
    words = f"The market is closed. The order waits for {when} and fills at the prices of then."
    return [_warn("hours", words)]


def _size(draft: Draft, limits: Limits, around: Surroundings) -> list[Finding]:
    if draft.quantity is None:
        return []
    symbol = draft.legs[0].instrument.symbol
    own = [one.quantity for one in around.sent if one.symbol == symbol and one.quantity][-10:]
    found = []
    if len(own) >= 3:
        usual = sorted(filter(None, own))[len(own) // 2]
        times = divided(draft.quantity, usual)
        if times is not None and times > limits.usual_times:
            found.append(_warn("usual size", f"{times:.0f}× your usual size."))
    return found


def _halted(draft: Draft, quotes: Mapping[str, Quote]) -> list[Finding]:
    """At market nobody knows at what price trading begins again. With a limit the user does."""
    found = []
    for symbol in dict.fromkeys(leg.instrument.symbol for leg in draft.legs):
        quote = quotes.get(symbol)
        if quote is None or not quote.halted:
            continue
        words = f"Trading in {symbol} is halted."
        if draft.type in AT_ONCE:
            found.append(_no("halted symbol", f"{words} An order at market waits."))
        else:
            found.append(_warn("halted symbol", f"{words} The broker may refuse the order."))
    return found


def _volume(draft: Draft, limits: Limits, quote: Quote | None) -> list[Finding]:
    """How much of a day's trading it would be, where the source of the price tells that."""
    if quote is None:
        return []
    units = draft.quantity
    if units is None:
        units = divided(draft.notional, reference(draft, quote))
    share = percent(units, quote.average_volume)
    if share is None or share <= limits.volume_percent:
        return []
    return [_warn("volume", f"{share:.1f}% of the average volume of a day.")]


_NO_DISTANCE = Decimal("0.05")
MINUTE = timedelta(seconds=60)
ZERO_TIME = timedelta(0)


def _no(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=True, words=words)


def _warn(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=False, words=words)
