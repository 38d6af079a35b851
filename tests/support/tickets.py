"""A ticket without a program behind it: answers as the trading service would give them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from support.desk import FakeDesk
from support.ui import NOW

from brokerdesk.brokers.finding import Chain, ChainQuote, ChainRow
from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.quote import Quote
from brokerdesk.services.routing import Candidate, Obstacle, Wish, route
from brokerdesk.services.trading_facts import (
    Found,
    LedgerRow,
    Match,
    Offers,
    Routed,
    TicketAccount,
    TicketQuote,
    TradingState,
)

D = Decimal
AAPL = Instrument(symbol="AAPL", asset_type=AssetType.EQUITY, name="Apple Inc.")
NVDA = Instrument(symbol="NVDA", asset_type=AssetType.EQUITY, name="NVIDIA Corp.")
BTC = Instrument(symbol="BTC/USD", asset_type=AssetType.CRYPTO, name="Bitcoin")
EXPIRY = date(2026, 12, 18)


def option(strike: int, right: OptionRight = OptionRight.CALL) -> Instrument:
    return Instrument(
        symbol=f"AAPL  261218{right.value[0].upper()}{strike * 1000:08d}",
        asset_type=AssetType.OPTION,
        multiplier=D(100),
        underlying="AAPL",
        strike=D(strike),
        expiry=EXPIRY,
        right=right,
    )


def account(key: str, name: str, **more: Any) -> TicketAccount:
    values: dict[str, Any] = {
        "account": AccountId(key),
        "connection": ConnectionId(f"c-{key}"),
        "broker_title": name.split(" ")[0],
        "name": name,
        "environment": Environment.LIVE,
        "currency": "USD",
        "power": D("82614.56"),
        "power_at": NOW,
    }
    return TicketAccount(**(values | more))


SCHWAB = account("s1", "Schwab …4821 Individual", held=D(120), sellable=D(120), is_default=True)
IBKR = account("i1", "IBKR …5508 Margin", held=D(40), sellable=D(40), power=D("188402.10"))
READS = account("p1", "Vanguard …1190 Taxable", obstacle=Obstacle.READ_ONLY,
                why="This connection can only read.", held=D(25))  # fmt: skip


def quote_of(instrument: Instrument, **more: Any) -> Quote:
    values: dict[str, Any] = {
        "symbol": instrument.symbol, "source": "schwab", "feed": PriceFeed.REAL_TIME,
        "fetched_at": NOW - timedelta(seconds=2), "as_of": NOW - timedelta(seconds=3),
        "bid": D("268.40"), "ask": D("268.44"), "last": D("268.42"),
    }  # fmt: skip
    return Quote(**(values | more))


def offers(at: str = "s1", **more: Any) -> Offers:
    """An account that can do everything, but for what is said."""
    values: dict[str, Any] = {
        "account": AccountId(at),
        "types": dict.fromkeys(OrderType, ""),
        "times": dict.fromkeys(TimeInForce, ""),
        "sessions": dict.fromkeys(TradingSession, ""),
        "sides": dict.fromkeys(OrderSide, ""),
        "links": dict.fromkeys(Link, ""),
        "tick": D("0.01"),
    }
    return Offers(**(values | more))


class FakeTicketPort:
    """Answers at once and remembers; ``held`` keeps answers back until ``settle``."""

    def __init__(self, *accounts: TicketAccount) -> None:
        self.accounts = accounts or (SCHWAB, IBKR, READS)
        self.environments: tuple[Environment, ...] = (Environment.LIVE,)
        self.trading = TradingState(ready=True, on=frozenset({ConnectionId("c-s1")}))
        self.quotes: dict[str, TicketQuote] = {}
        self.matches: tuple[Match, ...] = (
            Match(instrument=AAPL, found=Found.HELD),
            Match(instrument=NVDA, found=Found.BROKER, told_by="Schwab"),
        )
        self.offered: Callable[[Draft], Offers] = lambda draft: offers(draft.account)
        self.rows: dict[str, LedgerRow] = {}
        self.wishes: list[Wish] = []
        self.routed_with: list[Draft | None] = []
        self.sketches: list[Draft] = []
        self.asked: list[tuple[str, Environment, AccountId | None]] = []
        self.found: list[tuple[str, Environment]] = []
        self.followed: list[tuple[str, ...]] = []
        self.attended: list[bool] = []
        self.defaults: list[AccountId | None] = []
        self.held: list[Callable[[], object]] | None = None
        self.failing: dict[str, BaseException] = {}

    def _answer(
        self, what: str, answer: Callable[[], object], failed: Callable[[BaseException], object]
    ) -> None:
        def tell() -> object:
            error = self.failing.get(what)
            return answer() if error is None else failed(error)

        if self.held is None:
            tell()
        else:
            self.held.append(tell)

    def settle(self) -> None:
        """Give every answer that was kept back, in order."""
        waiting, self.held = self.held or [], None
        for tell in waiting:
            tell()

    def world(self, done: Any, failed: Any) -> None:
        self._answer("world", lambda: done(self.environments, self.trading), failed)

    def find(self, text: str, environment: Environment, done: Any, failed: Any) -> None:
        self.found.append((text, environment))
        low = text.casefold()
        hits = tuple(
            one for one in self.matches
            if low in one.instrument.symbol.casefold() or low in one.instrument.name.casefold()
        )  # fmt: skip
        self._answer("find", lambda: done(hits), failed)

    def routed(self, wish: Wish) -> Routed:
        """By the program's own rule."""
        mine = [one for one in self.accounts if one.environment is wish.environment]
        candidates = [
            Candidate(
                account=one.account, name=one.name, environment=one.environment,
                currencies=frozenset({one.currency}), trades=one.obstacle is not Obstacle.READ_ONLY,
                switched_on=one.obstacle is not Obstacle.SWITCHED_OFF, held=one.held,
                power=one.power, is_default=one.is_default,
            )
            for one in mine
        ]  # fmt: skip
        return Routed(route=route(wish, candidates), accounts=tuple(mine))

    def route(self, wish: Wish, draft: Draft | None, done: Any, failed: Any) -> None:
        self.wishes.append(wish)
        self.routed_with.append(draft)
        self._answer("route", lambda: done(self.routed(wish)), failed)

    def offers(self, draft: Draft, done: Any, failed: Any) -> None:
        self.sketches.append(draft)
        self._answer("offers", lambda: done(self.offered(draft)), failed)

    def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None,
        done: Any, failed: Any,
    ) -> None:  # fmt: skip
        self.asked.append((instrument.symbol, environment, account))
        told = self.quotes.get(instrument.symbol)
        if told is None:
            told = TicketQuote(quote=quote_of(instrument), source="Schwab")
        self._answer("quote", lambda: done(told), failed)

    def follow(self, instruments: tuple[Instrument, ...], environment: Environment) -> None:
        self.followed.append(tuple(one.symbol for one in instruments))

    def attend(self, on: bool) -> None:
        self.attended.append(on)

    def expiries(self, underlying: Instrument, account: AccountId, done: Any, failed: Any) -> None:
        self._answer("expiries", lambda: done((EXPIRY, date(2027, 1, 15))), failed)

    def chain(
        self, underlying: Instrument, expiry: date, account: AccountId, done: Any, failed: Any
    ) -> None:
        rows = tuple(
            ChainRow(
                strike=D(strike),
                call=chain_quote(option(strike)),
                put=chain_quote(option(strike, OptionRight.PUT)) if strike != 280 else None,
            )
            for strike in (250, 260, 270, 280)
        )
        found = Chain(
            underlying=underlying.symbol, expiry=expiry, fetched_at=NOW,
            feed=PriceFeed.DELAYED, underlying_price=D("268.42"), rows=rows,
        )  # fmt: skip
        self._answer("chain", lambda: done(found), failed)

    def set_default(self, account: AccountId | None, done: Any) -> None:
        self.defaults.append(account)
        done()

    def order(self, key: str, done: Any, failed: Any) -> None:
        self._answer("order", lambda: done(self.rows.get(key)), failed)


def chain_quote(contract: Instrument) -> ChainQuote:
    return ChainQuote(
        contract=contract, bid=D("3.10"), ask=D("3.20"), volatility=D("24.5"), open_interest=1204
    )


def old(quote: Quote, minutes: int) -> Quote:
    """The same, of some time ago."""
    at = NOW - timedelta(minutes=minutes)
    return replace(quote, as_of=at, fetched_at=at)


def ticket(port: FakeTicketPort | None = None, desk: FakeDesk | None = None, **fields: Any) -> Any:
    """A ticket that is seen, with these fields, after its questions were answered."""
    from brokerdesk.ui.viewmodels.ticket import TicketViewModel

    desk = desk or FakeDesk()
    model = TicketViewModel(port or FakeTicketPort(), desk, desk)
    model.show("test")
    if fields:
        model.edit(**fields)
    rest(model)
    return model


def rest(model: Any) -> None:
    """Typing is over: what has to be asked is asked."""
    if model._later.isActive():
        model._ask()
