"""Daily closing levels of every listing: a random walk with market, sector and own moves.

A walk covers 2015 to 2035 in one array, so any day can be asked for at once and a restart on
another day changes nothing. Levels here are *adjusted*: splits are put in by ``corporate``.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.listings import Kind, Listing

ANCHOR = date(2026, 11, 20)
MARKET_DEVIATION = 0.0098
SECTOR_DEVIATION = 0.0062
YEARLY_DRIFT = 0.07
DAYS_PER_YEAR = 252
LOWEST = 0.5

Array = npt.NDArray[np.float64]


class Walks:
    """Adjusted closes per listing, made when first asked for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._days = len(calendar.all_trading_days())
        self._market = noise.normals(noise.key(seed, "market"), self._days)
        self._sectors: dict[str, Array] = {}
        self._closes: dict[str, Array] = {}

    def closes(self, listing: Listing) -> Array:
        """Adjusted closes, one per trading day, equal to ``listing.price`` on the anchor day."""
        found = self._closes.get(listing.symbol)
        if found is None:
            found = self._closes[listing.symbol] = self._walk(listing)
        return found

    def deviation(self, listing: Listing) -> float:
        """The daily deviation of a listing's return, as a share of the price."""
        beta, sector, own = self._loadings(listing)
        return float(
            ((beta * MARKET_DEVIATION) ** 2 + (sector * SECTOR_DEVIATION) ** 2 + own**2) ** 0.5
        )

    def _walk(self, listing: Listing) -> Array:
        beta, sector, own = self._loadings(listing)
        moves = beta * MARKET_DEVIATION * self._market
        moves = moves + sector * SECTOR_DEVIATION * self._sector(listing.sector)
        moves = moves + own * noise.normals(
            noise.key(self._seed, "own", listing.symbol), self._days
        )
        moves = moves + YEARLY_DRIFT * beta / DAYS_PER_YEAR
        levels = np.cumsum(moves)
        anchor = calendar.last_place(ANCHOR)
        closes: Array = float(listing.price) * np.exp(levels - levels[anchor])
        if listing.kind is Kind.MONEY_MARKET:
            closes = np.ones(self._days)
        return np.maximum(closes, LOWEST)

    def _sector(self, name: str) -> Array:
        found = self._sectors.get(name)
        if found is None:
            found = noise.normals(noise.key(self._seed, "sector", name), self._days)
            self._sectors[name] = found
        return found

    def _loadings(self, listing: Listing) -> tuple[float, float, float]:
        draw = noise.unit(noise.key(self._seed, "loadings", listing.symbol), 0)
        if listing.kind is Kind.MONEY_MARKET:
            return 0.0, 0.0, 0.0
        if listing.kind is Kind.BOND or listing.sector == "Bonds":
            return 0.02, 0.3, 0.0008
        if listing.kind is Kind.CRYPTO:
            return 1.3, 1.5, 0.022
        if listing.symbol == "$VIX":
            return -1.5, 0.0, 0.02
        if listing.kind is Kind.EQUITY:
            return 0.7 + 0.7 * draw, 1.0, 0.008 + 0.010 * draw
        return 1.0, 0.3 if listing.sector == "Broad market" else 1.0, 0.001
