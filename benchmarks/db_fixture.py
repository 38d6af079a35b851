"""Accounts with prices that move, for the database benchmarks. Seeded and deterministic.

Prices walk in cents, quantities are whole or fractional, costs have four decimals: about as hard
to compress as real ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from brokerdesk.clock import SystemClock
from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, AssetType, Environment
from brokerdesk.domain.market_hours import is_trading_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
CONNECTION = ConnectionId("bench-00000001")
CENT = Decimal("0.01")
# What a broker reports beside the common figures, under its own names.
OTHERS = (
    "accruedInterest",
    "availableFunds",
    "availableFundsNonMarginableTrade",
    "bondValue",
    "cashReceipts",
    "dayTradingEquityCall",
    "equityPercentage",
    "longMarginValue",
    "longOptionMarketValue",
    "maintenanceCall",
    "moneyMarketFund",
    "mutualFundValue",
    "pendingDeposits",
    "regTCall",
    "savings",
    "shortMarginValue",
    "shortOptionMarketValue",
    "sma",
)


def account_id(number: int) -> AccountId:
    return AccountId(f"bench:{number:016x}")


@dataclass
class Market:
    """Symbols with prices in cents that move."""

    chance: random.Random
    cents: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, symbols: int, seed: int = 1) -> Market:
        chance = random.Random(seed)
        return cls(chance, [chance.randint(500, 60_000) for _ in range(symbols)])

    def move(self, spread: float) -> None:
        """One step: nearly every price moves, by about ``spread`` of itself."""
        chance = self.chance
        self.cents = [max(1, round(c * (1 + chance.gauss(0, spread)))) for c in self.cents]


@dataclass
class Holding:
    symbol: int
    quantity: Decimal
    average_cost: Decimal
    cost_basis: Decimal


def make_holdings(chance: random.Random, symbols: int, count: int) -> list[Holding]:
    holdings = []
    for symbol in sorted(chance.sample(range(symbols), count)):
        quantity = Decimal(chance.randint(1, 2_000))
        if chance.random() < 0.25:
            quantity += Decimal(chance.randint(1, 9_999)) / 10_000
        average = Decimal(chance.randint(50_000, 6_000_000)) / 10_000
        holdings.append(Holding(symbol, quantity, average, (quantity * average).quantize(CENT)))
    return holdings


def make_instruments(symbols: int) -> list[Instrument]:
    return [
        Instrument(
            symbol=f"SYM{number}",
            asset_type=AssetType.EQUITY,
            name=f"Company number {number} Inc.",
            cusip=f"{number:09d}",
            raw_type="EQUITY",
        )
        for number in range(symbols)
    ]


def make_reading(
    account: int,
    at: datetime,
    holdings: list[Holding],
    market: Market,
    opening: list[int],
    instruments: list[Instrument],
    cash: Decimal,
) -> Reading:
    """All figures that a broker gives, computed as it would."""
    positions = []
    total = Decimal(0)
    for holding in holdings:
        mark = Decimal(market.cents[holding.symbol]) / 100
        value = (holding.quantity * mark).quantize(CENT)
        day = Decimal(market.cents[holding.symbol] - opening[holding.symbol]) / 100
        total += value
        positions.append(
            Position(
                instrument=instruments[holding.symbol],
                quantity=holding.quantity,
                average_cost=holding.average_cost,
                cost_basis=holding.cost_basis,
                mark=mark.quantize(CENT),
                market_value=value,
                day_pl=(holding.quantity * day).quantize(CENT),
                open_pl=value - holding.cost_basis,
            )
        )
    worth = total + cash
    balance = Balance(
        currency="USD",
        cash=cash,
        settled_cash=cash,
        unsettled_cash=Decimal("0.00"),
        equity=worth,
        net_liquidation=worth,
        buying_power=(("stock", cash * 2), ("day_trading", cash * 4)),
        initial_margin=(total / 2).quantize(CENT),
        maintenance_margin=(total * 3 / 10).quantize(CENT),
        long_market_value=total,
        short_market_value=Decimal("0.00"),
        others=tuple(
            (name, (worth / (3 + place)).quantize(CENT) if place % 3 == 0 else Decimal("0.0"))
            for place, name in enumerate(OTHERS)
        ),
    )
    return Reading(
        account=account_id(account),
        fetched_at=at,
        as_of=at - timedelta(seconds=2),
        balances=(balance,),
        positions=tuple(positions),
    )


def open_with_accounts(path: Path, count: int) -> Database:
    database = Database.open(path, backups=path.parent / "backups", clock=SystemClock())

    def add(work: UnitOfWork) -> None:
        work.connections.add(
            Connection(
                id=CONNECTION,
                broker="bench",
                environment=Environment.LIVE,
                name="Bench",
                identity="bench",
                created_at=START,
            )
        )
        for number in range(count):
            account = Account(
                id=account_id(number),
                broker="bench",
                environment=Environment.LIVE,
                name=f"Account {number}",
                number_mask=f"…{number:04d}",
                type=AccountType.MARGIN,
            )
            work.accounts.save(CONNECTION, account, included=True)

    database.run_sync(add)
    return database


def one_refresh(accounts: int, positions: int, *, seed: int = 1) -> list[Reading]:
    """One reading per account; every instrument is a fresh object, as decoding would make it."""
    market = Market.of(positions, seed)
    opening = list(market.cents)
    market.move(0.01)
    return [
        make_reading(
            number,
            START + timedelta(minutes=5 * seed),
            make_holdings(market.chance, positions, positions),
            market,
            opening,
            make_instruments(positions),
            Decimal(market.chance.randint(0, 9_999_999)) / 100,
        )
        for number in range(accounts)
    ]


def trading_days(last: date, count: int) -> Iterator[date]:
    """The last ``count`` trading days up to ``last``, oldest first."""
    days: list[date] = []
    day = last
    while len(days) < count:
        if is_trading_day(day):
            days.append(day)
        day -= timedelta(days=1)
    return reversed(days)
