"""What still befalls an account once its story has ended: splits, dividends, options that expire.

Habits are the owner's own business then; the market's are not. An option that is worth something
when it expires is settled in cash: nothing is assigned.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.corporate import PAYS_AFTER_DAYS
from brokerdesk.simulator.market.market import utc

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.exchange import Account
    from brokerdesk.simulator.exchange.floor import Floor

MORNING, EVENING = 4, 17


class OwnDays:
    """Passes the days of accounts that are the user's, morning and evening."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.passed: datetime | None = None
        """Up to when; None: no account is the user's yet."""

    @property
    def due(self) -> datetime | None:
        """The next moment at which something may befall them."""
        accounts = self._floor.own_accounts()
        if not accounts:
            return None
        taken = [one.taken_over for one in accounts if one.taken_over is not None]
        since = self.passed or min(taken)
        day = new_york_day(since)
        for step in range(2):
            later = day + timedelta(days=step)
            for hour in (MORNING, EVENING):
                if (at := utc(later, hour)) > since:
                    return at
        raise AssertionError("a day has a morning and an evening")

    def pass_day(self) -> None:
        """Pass the moment that is due."""
        at = self.due
        assert at is not None
        self.passed = at
        day = new_york_day(at)
        if not calendar.is_trading_day(day):
            return
        for account in self._floor.own_accounts():
            if at == utc(day, EVENING):
                self._expire(account, day)
            else:
                self._split(account, day)
                self._pay(account, day)

    def _split(self, account: Account, day: date) -> None:
        for split in account.days.splits.get(day, ()):
            if account.book_at(self._floor.at).quantity(split.symbol):
                text = f"Split {split.ratio} for 1"
                self._floor.book(
                    account, What.SPLIT, symbol=split.symbol, quantity=split.ratio, text=text
                )

    def _pay(self, account: Account, day: date) -> None:
        days = calendar.all_trading_days()
        ex_day = days[calendar.place_of(day) - PAYS_AFTER_DAYS]
        before = utc(calendar.previous_trading_day(ex_day), 19)
        for dividend in account.days.ex.get(ex_day, ()):
            held = account.book_at(before).quantity(dividend.symbol)
            amount = (held * dividend.amount).quantize(CENT)
            if amount:
                self._floor.book(
                    account, What.DIVIDEND, symbol=dividend.symbol, amount=amount, text="Dividend"
                )

    def _expire(self, account: Account, day: date) -> None:
        market = account.market
        for symbol, holding in list(account.book_at(self._floor.at).holdings.items()):
            contract = market.option(symbol)
            if contract is None or contract.expiration > day:
                continue
            spot = market.price(contract.underlying, contract.expires)
            sign = 1 if contract.call else -1
            worth = max(ZERO, (spot - contract.strike) * sign) * Decimal(100)
            self._floor.book(
                account,
                What.EXPIRE,
                symbol=symbol,
                quantity=-holding.quantity,
                amount=(holding.quantity * worth).quantize(CENT),
                text="Expired",
            )
