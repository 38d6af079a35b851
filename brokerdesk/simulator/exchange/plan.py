"""The habits of an account holder: what is done on which day.

Each habit is a small function of the account and the day. All are driven by the calendar, so that
on any date the default accounts hold what they are meant to show.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.profiles import START, Profile
from brokerdesk.simulator.exchange.story import FRACTION, Teller, evening, minute
from brokerdesk.simulator.exchange.unfilled import UnfilledOrders
from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.corporate import Dividend, Split
from brokerdesk.simulator.market.listings import Kind, all_listings
from brokerdesk.simulator.market.market import Market, utc
from brokerdesk.simulator.market.options import SYMBOL_LENGTH, option_symbol

FIRST_BUYS = 40
LATER_BUYS = 560
SHORT_MONTHS = (2, 8)
CASH_RATE = Decimal("0.0005")
LOAN_RATE = Decimal("0.0098")


class Days:
    """The market's splits and dividends by day: what each account has to look through."""

    def __init__(self, market: Market) -> None:
        self.splits: dict[date, list[Split]] = {}
        self.ex: dict[date, list[Dividend]] = {}
        for listing in all_listings().values():
            for split in market.corporate.splits(listing):
                self.splits.setdefault(split.day, []).append(split)
            for dividend in market.corporate.dividends(listing):
                self.ex.setdefault(dividend.ex_day, []).append(dividend)


class Plan:
    """All habits of one account."""

    def __init__(self, market: Market, profile: Profile, days: Days) -> None:
        self._profile = profile
        self._days = days
        self._start = calendar.place_of(calendar.next_trading_day(START - timedelta(days=1)))
        self._due: dict[date, list[tuple[Dividend, Decimal]]] = {}
        self._seed = market.seed
        self._buys = self._buy_days()
        self._unfilled = UnfilledOrders(market.seed, profile)
        self._habits: tuple[Callable[[Teller, date, int], None], ...] = (
            self._split,
            self._dividends,
            self._money,
            self._first_buys,
            self._rebalance,
            self._guests,
            self._shorts,
            self._options,
            self._unfilled,
            self._interest,
        )

    def __call__(self, teller: Teller, day: date) -> None:
        since = calendar.place_of(day) - self._start
        for habit in self._habits:
            habit(teller, day, since)
        teller.sweep(evening(day))

    def _draw(self, *parts: object) -> float:
        return noise.unit(noise.key(self._seed, self._profile.number, *parts), 0)

    def _buy_days(self) -> dict[int, list[str]]:
        picks, found = self._profile.picks, dict[int, list[str]]()
        early = max(1, len(picks) * 3 // 5)
        for place, symbol in enumerate(picks):
            if place < early:
                since = 1 + place * FIRST_BUYS // early
            else:
                since = FIRST_BUYS + (place - early + 1) * LATER_BUYS // (len(picks) - early + 1)
            found.setdefault(since, []).append(symbol)
        return found

    def _split(self, teller: Teller, day: date, _: int) -> None:
        for split in self._days.splits.get(day, ()):
            if teller.book.quantity(split.symbol):
                at = utc(day, 4)
                text = f"Split {split.ratio} for 1"
                teller.book_event(
                    at, What.SPLIT, symbol=split.symbol, quantity=split.ratio, text=text
                )

    def _dividends(self, teller: Teller, day: date, _: int) -> None:
        for dividend in self._days.ex.get(day, ()):
            held = teller.book.quantity(dividend.symbol)
            if held:
                self._due.setdefault(dividend.pays, []).append((dividend, held))
        for dividend, held in self._due.pop(day, ()):
            amount = (held * dividend.amount).quantize(CENT)
            if not amount:
                continue
            at = utc(day, 8, 15)
            teller.book_event(
                at, What.DIVIDEND, symbol=dividend.symbol, amount=amount, text="Dividend"
            )
            if dividend.symbol in self._profile.reinvested and held > 0:
                at = minute(day, dividend.symbol, "reinvest")
                price = teller.market.price(dividend.symbol, at)
                units = (amount / price).quantize(FRACTION, ROUND_DOWN)
                if units:
                    teller.trade(at, dividend.symbol, units)

    def _money(self, teller: Teller, day: date, since: int) -> None:
        if since == 0:
            teller.deposit(utc(day, 9), self._profile.opening, "Initial deposit")
        elif self._profile.monthly and _first_of_month(day):
            teller.deposit(utc(day, 9), self._profile.monthly)
        if day.month == 12 and _first_of_month(day) and not self._profile.retirement:
            spare = min(teller.book.cash, Decimal(2500))
            if spare >= 100:
                amount = -spare.quantize(Decimal(100), ROUND_DOWN)
                teller.book_event(utc(day, 10), What.WITHDRAWAL, amount=amount, text="ACH transfer")

    def _first_buys(self, teller: Teller, day: date, since: int) -> None:
        for symbol in self._buys.get(since, ()):
            at = minute(day, self._profile.number, symbol)
            share = Decimal(repr(round(0.7 + 0.5 * self._draw("weight", symbol), 3)))
            loan = Decimal("1.35") if self._profile.borrows else Decimal("0.9")
            amount = self._profile.opening * loan * share / len(self._profile.picks)
            units = teller.affordable(symbol, amount, at)
            if symbol not in all_listings():
                units = Decimal(1 + int(3 * self._draw("contracts", symbol)))
            teller.trade(at, symbol, units, limit=self._draw("limit", symbol) < 0.5)

    def _rebalance(self, teller: Teller, day: date, since: int) -> None:
        if since < 80 or since % 21 or len(self._profile.picks) < 2:
            return
        stocks = [
            s for s in self._profile.picks if teller.listing_kind(s) in (Kind.EQUITY, Kind.ETF)
        ]
        stocks = [s for s in stocks if teller.book.quantity(s) >= 8]
        if len(stocks) < 2:
            return
        sold = stocks[int(self._draw("sell", day) * len(stocks))]
        bought = stocks[int(self._draw("buy", day) * len(stocks))]
        units = (teller.book.quantity(sold) / 8).quantize(Decimal(1), ROUND_DOWN)
        at = minute(day, self._profile.number, "trim")
        teller.trade(at, sold, -units)
        amount = units * teller.market.price(sold, at)
        later = at + timedelta(minutes=3)
        if bought != sold and teller.market.price(bought, later) <= amount:
            teller.trade(later, bought, teller.affordable(bought, amount, later), limit=True)

    def _guests(self, teller: Teller, day: date, since: int) -> None:
        """Positions that come and go, so that history holds closed ones."""
        for place, symbol in enumerate(self._profile.guests):
            phase = (since - 30 - 17 * place) % 90
            at = minute(day, self._profile.number, "guest", symbol)
            held = teller.book.quantity(symbol)
            if phase == 0 and since > 30 and not held:
                amount = self._profile.opening / 30
                teller.trade(at, symbol, teller.affordable(symbol, amount, at))
            elif phase == 35 and held > 0:
                teller.trade(at, symbol, -held, limit=True)

    def _shorts(self, teller: Teller, day: date, since: int) -> None:
        if not self._profile.shorts:
            return
        half_year = _first_of_month(day) and day.month in SHORT_MONTHS
        if since != 5 and not half_year:
            return
        at = minute(day, self._profile.number, "short")
        for symbol in self._profile.shorts:
            held = teller.book.quantity(symbol)
            if held < 0:
                teller.trade(at, symbol, -held)
        place = (day.year * 2 + (day.month >= SHORT_MONTHS[1])) % len(self._profile.shorts)
        symbol = self._profile.shorts[place]
        units = teller.affordable(symbol, self._profile.opening / 40, at)
        whole = max(Decimal(1), units.to_integral_value(ROUND_DOWN))  # nobody lends parts of shares
        teller.trade(at + timedelta(minutes=2), symbol, -whole)

    def _options(self, teller: Teller, day: date, since: int) -> None:
        """A long call and a short put, rolled on the Wednesday before the third Friday."""
        under = self._profile.option_on
        if not under:
            return
        for symbol in _option_symbols(teller):
            contract = teller.market.option(symbol)
            if contract and symbol not in self._profile.picks and day >= contract.expiration:
                held = teller.book.quantity(symbol)
                teller.book_event(
                    utc(day, 17), What.EXPIRE, symbol=symbol, quantity=-held, text="Expired"
                )
        friday = calendar.third_friday(day.year, day.month)
        if since != 6 and day != calendar.previous_trading_day(friday - timedelta(days=1)):
            return
        at = minute(day, self._profile.number, "options")
        for symbol in _option_symbols(teller):
            contract = teller.market.option(symbol)
            if contract is None or symbol in self._profile.picks:
                continue
            worth = teller.market.price(symbol, at)
            if (contract.expiration - day).days < 20 and worth > Decimal("0.10"):
                teller.trade(at, symbol, -teller.book.quantity(symbol))
        spot = teller.market.price(under, at)
        expiration = _expiration_after(day, 40)
        call, put = _strike(spot * Decimal("1.03")), _strike(spot * Decimal("0.94"))
        at += timedelta(minutes=4)
        teller.trade(at, option_symbol(under, expiration, call=True, strike=call), Decimal(2))
        at += timedelta(minutes=1)
        teller.trade(at, option_symbol(under, expiration, call=False, strike=put), Decimal(-1))

    def _interest(self, teller: Teller, day: date, _: int) -> None:
        if not _first_of_month(day):
            return
        cash = teller.book.cash
        rate = CASH_RATE if cash > 0 else LOAN_RATE
        amount = (cash * rate / 12 * (1 if cash > 0 else 10)).quantize(CENT)
        text = "Bank interest" if amount > 0 else "Margin interest"
        if amount:
            teller.book_event(utc(day, 7), What.INTEREST, amount=amount, text=text)
        self._sweep_interest(teller, day)
        for symbol in self._profile.picks:
            listing = all_listings().get(symbol)
            if listing is None or listing.maturity is None:
                continue
            held = teller.book.quantity(symbol)
            if held and (day.month - listing.maturity.month) % 6 == 0:
                coupon = (held * listing.rate / 200).quantize(CENT)
                at = utc(day, 7, 30)
                teller.book_event(at, What.INTEREST, symbol=symbol, amount=coupon, text="Coupon")

    def _sweep_interest(self, teller: Teller, day: date) -> None:
        held = teller.book.quantity(self._profile.sweep) if self._profile.sweep else ZERO
        if held:
            rate = all_listings()[self._profile.sweep].rate
            amount = (held * rate / 1200).quantize(CENT)
            if amount:
                teller.book_event(
                    utc(day, 7),
                    What.DIVIDEND,
                    symbol=self._profile.sweep,
                    amount=amount,
                    text="Dividend",
                )


@lru_cache(maxsize=4096)
def _first_of_month(day: date) -> bool:
    return calendar.previous_trading_day(day).month != day.month


def _expiration_after(day: date, days: int) -> date:
    later = day + timedelta(days=days)
    friday = calendar.third_friday(later.year, later.month)
    return friday if calendar.is_trading_day(friday) else calendar.previous_trading_day(friday)


def _strike(level: Decimal) -> Decimal:
    return (level / 5).quantize(Decimal(1)) * 5


def _option_symbols(teller: Teller) -> list[str]:
    """Option series now held; their symbols are longer than any other's."""
    return [symbol for symbol in teller.book.holdings if len(symbol) == SYMBOL_LENGTH]
