"""Splits and dividends, drawn per listing from the seed.

Ratios are limited to those whose inverse is a finite decimal or a whole number, so that a split
never leaves a repeating fraction in somebody's quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.market.walks import ANCHOR, Array, Walks

RATIOS = (Decimal(2), Decimal(2), Decimal(3), Decimal(4), Decimal(5), Decimal(10), Decimal("0.1"))
SPLIT_SHARE = 0.22
PAYS_AFTER_DAYS = 12
CENT = Decimal("0.01")
TENTH_OF_CENT = Decimal("0.0001")
MONTHS = {1: (12,), 4: (2, 5, 8, 11), 12: tuple(range(1, 13))}


@dataclass(frozen=True, slots=True)
class Split:
    """Effective before the session of ``day``; every unit becomes ``ratio`` units."""

    symbol: str
    day: date
    ratio: Decimal


@dataclass(frozen=True, slots=True)
class Dividend:
    """Paid on ``pays`` for what was held at the close before ``ex_day``; ``amount`` per unit."""

    symbol: str
    ex_day: date
    pays: date
    amount: Decimal


class Corporate:
    """Corporate events by listing and by day."""

    def __init__(self, seed: int, walks: Walks) -> None:
        self._seed = seed
        self._walks = walks
        self._splits: dict[str, tuple[Split, ...]] = {}
        self._factors: dict[str, Array] = {}
        self._dividends: dict[str, tuple[Dividend, ...]] = {}

    def splits(self, listing: Listing) -> tuple[Split, ...]:
        found = self._splits.get(listing.symbol)
        if found is None:
            found = self._splits[listing.symbol] = self._draw_splits(listing)
        return found

    def factors(self, listing: Listing) -> Array:
        """Per trading day, what an adjusted price is multiplied by to get that day's own price."""
        found = self._factors.get(listing.symbol)
        if found is None:
            found = np.ones(len(calendar.all_trading_days()))
            anchor = calendar.last_place(ANCHOR)
            for split in self.splits(listing):
                place = calendar.place_of(split.day)
                if place <= anchor:
                    found[:place] *= float(split.ratio)
                else:
                    found[place:] /= float(split.ratio)
            self._factors[listing.symbol] = found
        return found

    def dividends(self, listing: Listing) -> tuple[Dividend, ...]:
        found = self._dividends.get(listing.symbol)
        if found is None:
            found = self._dividends[listing.symbol] = self._draw_dividends(listing)
        return found

    def _draw_splits(self, listing: Listing) -> tuple[Split, ...]:
        if not listing.has_splits:
            return ()
        draw = noise.generator(self._seed, "splits", listing.symbol)
        if draw.random() > SPLIT_SHARE * 4:
            return ()
        days = calendar.all_trading_days()
        # One chance in every five years, so that a five-year history holds a fair number.
        found = []
        for start in range(250, len(days) - 250, 1260):
            place = start + draw.randrange(1000)
            ratio = draw.choice(RATIOS)
            if draw.random() < SPLIT_SHARE:
                found.append(Split(listing.symbol, days[place], ratio))
        return tuple(found)

    def _draw_dividends(self, listing: Listing) -> tuple[Dividend, ...]:
        if listing.rate == 0 or listing.kind in (Kind.INDEX, Kind.BOND, Kind.MONEY_MARKET):
            return ()
        draw = noise.generator(self._seed, "dividends", listing.symbol)
        frequency = 1 if listing.kind is Kind.MUTUAL_FUND else 4
        if listing.sector == "Bonds":
            frequency = 12
        shift, day_of_month = draw.randrange(3), draw.randrange(3, 24)
        closes, factors = self._walks.closes(listing), self.factors(listing)
        found = []
        for year in range(calendar.FIRST_DAY.year + 1, calendar.LAST_DAY.year):
            for month in MONTHS[frequency]:
                shifted = month if frequency != 4 else (month - 1 + shift) % 12 + 1
                place = calendar.last_place(date(year, shifted, day_of_month))
                level = Decimal(repr(round(float(closes[place - 1] * factors[place]), 4)))
                step = TENTH_OF_CENT if frequency == 12 else CENT
                amount = (level * listing.rate / 100 / frequency).quantize(step, ROUND_HALF_EVEN)
                if amount > 0:
                    days = calendar.all_trading_days()
                    found.append(
                        Dividend(listing.symbol, days[place], days[place + PAYS_AFTER_DAYS], amount)
                    )
        return tuple(sorted(found, key=lambda dividend: dividend.ex_day))
