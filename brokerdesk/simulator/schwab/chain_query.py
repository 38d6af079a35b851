"""What a question about a chain asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from brokerdesk.simulator.market import calendar, series
from brokerdesk.simulator.market.listings import Listing
from brokerdesk.simulator.market.options import OptionContract
from brokerdesk.simulator.schwab.state import SchwabState

CONTRACT_TYPES = {"CALL": (True,), "PUT": (False,), "ALL": (True, False), "": (True, False)}
RANGES = frozenset({"ITM", "NTM", "OTM", "SAK", "SBK", "SNK", "ALL", ""})
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
STRATEGIES = frozenset({"", "SINGLE", "ANALYTICAL"})
NEAR = Decimal("0.05")


class BadQueryError(Exception):
    """A parameter that makes no sense; its name."""


class Wanted:
    """Which series a question is about."""

    def __init__(self, query: Any, state: SchwabState, listing: Listing) -> None:
        self.moment = state.clock.now()
        self.today = calendar.new_york_day(self.moment)
        self.price = state.exchange.market.price(listing.symbol, self.moment)
        self.sides = _one_of(query, "contractType", CONTRACT_TYPES)
        self.underlying = query.get("includeUnderlyingQuote", "").lower() == "true"
        self.strategy = query.get("strategy") or "SINGLE"
        if self.strategy not in STRATEGIES:
            raise BadQueryError("strategy")
        days = self.monthly = series.expirations(self.today)
        since = _parsed(query, "fromDate", date.fromisoformat) or self.today
        until = _parsed(query, "toDate", date.fromisoformat) or max(days)
        if query.get("fromDate") and since < self.today:
            raise BadQueryError("fromDate")
        month = query.get("expMonth") or "ALL"
        if month != "ALL" and month not in MONTHS:
            raise BadQueryError("expMonth")
        self.days = [
            day
            for day in days
            if since <= day <= until
            and month in ("ALL", MONTHS[day.month - 1])
            # Of non-standard series there are none here.
            and query.get("optionType") != "NS"
        ]
        self.strikes = self._strikes(query)
        self.range = query.get("range") or "ALL"
        if self.range not in RANGES:
            raise BadQueryError("range")

    def _strikes(self, query: Any) -> list[Decimal]:
        found = series.strikes(self.price)
        strike = _parsed(query, "strike", Decimal)
        if strike is not None:
            return [one for one in found if one == strike]
        count = _parsed(query, "strikeCount", int)
        if count is None:
            return found
        if count < 1:
            raise BadQueryError("strikeCount")
        nearest = sorted(found, key=lambda one: abs(one - self.price))
        return sorted(nearest[:count])

    def has(self, contract: OptionContract) -> bool:
        """Whether the series is in the range that is wanted."""
        gain = (self.price - contract.strike) * (1 if contract.call else -1)
        near = abs(self.price - contract.strike) <= NEAR * self.price
        return {
            "ITM": gain > 0,
            "OTM": gain <= 0,
            "NTM": near,
            "SNK": near,
            "SAK": contract.strike > self.price,
            "SBK": contract.strike < self.price,
        }.get(self.range, True)


def _one_of(query: Any, name: str, known: dict[str, Any]) -> Any:
    try:
        return known[query.get(name, "")]
    except KeyError:
        raise BadQueryError(name) from None


def _parsed(query: Any, name: str, read: Callable[[str], Any]) -> Any:
    text = query.get(name)
    if not text:
        return None
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        raise BadQueryError(name) from None
