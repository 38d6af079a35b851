"""Prices of everything at any moment, from one seed.

``price(symbol, moment)`` is random access: it depends on the seed, the symbol and the moment and
on nothing that was asked before. Intraday prices start near the previous close, wander inside the
day's range and arrive at the day's close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from brokerdesk.simulator.market import calendar, noise, options
from brokerdesk.simulator.market.corporate import Corporate
from brokerdesk.simulator.market.listings import Kind, Listing, all_listings, securities
from brokerdesk.simulator.market.options import OptionContract, OptionValue
from brokerdesk.simulator.market.walks import Walks

OCTAVES = ((4, 0.5), (13, 0.35), (61, 0.25), (390, 0.12), (2340, 0.06))
EDGE = 6.0
FUND_PRICED_AFTER = timedelta(hours=2)
CENTS = 100


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a moment lies: the newest session begun (by place) and how much of it has passed."""

    place: int
    part: float
    traded_at: datetime


@dataclass(frozen=True, slots=True)
class DayRange:
    """A session's open, high, low, close in cents, and the close before it in the same units."""

    previous: int
    open: int
    high: int
    low: int
    close: int


@lru_cache(maxsize=4096)
def phase(moment: datetime) -> Phase:
    """The phase of the market at a moment."""
    day = calendar.new_york_day(moment)
    place = calendar.last_place(day)
    session = calendar.session(calendar.all_trading_days()[place])
    assert session is not None
    if moment < session.opens:
        place -= 1
        session = calendar.session(calendar.all_trading_days()[place])
        assert session is not None
    if moment >= session.closes:
        return Phase(place, 1.0, session.closes)
    # Whole seconds: two questions within one second see one market.
    seconds = int((moment - session.opens).total_seconds())
    length = (session.closes - session.opens).total_seconds()
    return Phase(place, seconds / length, session.opens + timedelta(seconds=seconds))


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


class Market:
    """The one market that all simulated brokers share."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.walks = Walks(seed)
        self.corporate = Corporate(seed, self.walks)
        self._ranges: dict[tuple[str, int], DayRange] = {}
        self._recent: dict[str, tuple[Phase, Decimal]] = {}
        self._streams: dict[str, int] = {}

    def listing(self, symbol: str) -> Listing | None:
        """The security of that symbol."""
        return securities().get(symbol)

    def coin(self, symbol: str) -> Listing | None:
        """The coin of a pair such as ``BTC/USD``. Coins trade in stock market hours here."""
        found = all_listings().get(symbol)
        return found if found is not None and found.kind is Kind.CRYPTO else None

    def option(self, symbol: str) -> OptionContract | None:
        """The option series of a symbol, if its underlying is listed here."""
        contract = options.parse_option(symbol)
        if contract is None or contract.underlying not in securities():
            return None
        return contract

    def knows(self, symbol: str) -> bool:
        return symbol in all_listings() or self.option(symbol) is not None

    def price(self, symbol: str, moment: datetime) -> Decimal:
        """The last price at a moment.

        Raises:
            KeyError: no such instrument.
        """
        listing = all_listings().get(symbol)
        if listing is None:
            contract = self.option(symbol)
            if contract is None:
                raise KeyError(symbol)
            return self.option_value(contract, moment).price
        return self._listed(listing, phase(self._priced_at(listing, moment)))

    def close(self, symbol: str, day: date) -> Decimal:
        """The official close of a trading day, in that day's own units."""
        session = calendar.session(day)
        if session is None:
            raise ValueError(f"{day} is not a trading day")
        at = session.closes
        if (listing := self.listing(symbol)) and listing.kind is Kind.MUTUAL_FUND:
            at += FUND_PRICED_AFTER
        return self.price(symbol, at)

    def day_before(self, moment: datetime) -> date:
        """The trading day before the session that ``moment`` belongs to."""
        return calendar.all_trading_days()[phase(moment).place - 1]

    def option_value(self, contract: OptionContract, moment: datetime) -> OptionValue:
        spot = self.price(contract.underlying, moment)
        # While the market rests nothing trades, so time takes nothing off a premium either.
        at = phase(moment).traded_at
        return options.value(contract, spot, self.volatility(contract.underlying), at)

    def volatility(self, symbol: str) -> float:
        """A yearly volatility for a listing."""
        return float(self.walks.deviation(all_listings()[symbol]) * 252**0.5)

    def day_range(self, listing: Listing, place: int) -> DayRange:
        found = self._ranges.get((listing.symbol, place))
        if found is None:
            found = self._ranges[listing.symbol, place] = self._range(listing, place)
        return found

    def at_part(self, listing: Listing, place: int, part: float) -> int:
        """The price in cents after a part (0 to 1) of a session."""
        span = self.day_range(listing, place)
        if part >= 1.0 or listing.kind is Kind.MONEY_MARKET:
            return span.close
        stream = self._stream(listing.symbol) + place * 7919
        wander, weight = 0.0, 0.0
        for octave, (steps, share) in enumerate(OCTAVES):
            spot = part * steps
            step = int(spot)
            left = noise.unit(stream + octave, step)
            right = noise.unit(stream + octave, step + 1)
            wander += share * (left + (right - left) * (spot - step) - 0.5)
            weight += share
        # Free to wander inside the day, held to the open and the close at its edges.
        envelope = min(1.0, EDGE * part, EDGE * (1 - part))
        drift = span.open + (span.close - span.open) * part
        level = drift + (span.high - span.low) * 1.2 * envelope * wander / weight
        return max(span.low, min(span.high, round(level)))

    def _listed(self, listing: Listing, at: Phase) -> Decimal:
        recent = self._recent.get(listing.symbol)
        if recent is not None and recent[0] == at:
            return recent[1]
        found = money(self.at_part(listing, at.place, at.part))
        self._recent[listing.symbol] = (at, found)
        return found

    def _priced_at(self, listing: Listing, moment: datetime) -> datetime:
        """Funds are priced once a day, some time after the close."""
        if listing.kind is not Kind.MUTUAL_FUND:
            return moment
        earlier = moment - FUND_PRICED_AFTER
        at = phase(earlier)
        if at.part >= 1.0:
            return earlier
        session = calendar.session(calendar.all_trading_days()[at.place - 1])
        assert session is not None
        return session.closes

    def _stream(self, symbol: str) -> int:
        found = self._streams.get(symbol)
        if found is None:
            found = self._streams[symbol] = noise.key(self.seed, "intraday", symbol)
        return found

    def _range(self, listing: Listing, place: int) -> DayRange:
        closes = self.walks.closes(listing)
        factor = float(self.corporate.factors(listing)[place])
        previous = max(1, round(float(closes[place - 1]) * factor * CENTS))
        close = max(1, round(float(closes[place]) * factor * CENTS))
        stream = self._stream(listing.symbol) + place * 104729
        deviation = self.walks.deviation(listing)
        gap = (noise.unit(stream, 0) - 0.5) * deviation
        opened = max(1, round(previous * (1 + gap)))
        reach = deviation * 0.9
        high = max(opened, close) + round(close * reach * noise.unit(stream, 1))
        low = min(opened, close) - round(close * reach * noise.unit(stream, 2))
        return DayRange(previous, opened, high, max(1, low), close)


def utc(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A New York time of day, as UTC."""
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=calendar.NEW_YORK)
    return local.astimezone(UTC)
