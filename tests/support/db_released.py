"""What the database files under ``tests/db/databases`` hold, one file per released format.

Each file was written once, by the program of its time, and is never written again: every later
program has to open it. To make the file of a new format, call ``write``.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from support.db import ACCOUNT, NOON, OTHER, add_accounts, make_instrument, minutes, opened

from brokerdesk.db.repositories.rates import RateAnswer
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Failure
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.domain.same_accounts import PairChoice
from brokerdesk.domain.transaction import Transaction

OPTION = make_instrument(
    "ACME  270115C00150000",
    asset_type=AssetType.OPTION,
    underlying="ACME",
    strike=Decimal("150.0"),
    expiry=date(2027, 1, 15),
    right=OptionRight.CALL,
    multiplier=Decimal(100),
    broker_ids=(("fake", "77"),),
)


def reading(number: int) -> Reading:
    """Reading ``number`` of ACCOUNT: an option, a share with lots, odd texts of amounts."""
    return Reading(
        account=ACCOUNT,
        fetched_at=NOON + minutes(number),
        as_of=NOON + minutes(number) - timedelta(microseconds=1),
        balances=(
            Balance(
                currency="USD",
                cash=Decimal("1E+3"),
                net_liquidation=Decimal(f"1{number}.10"),
                buying_power=(("stock", Decimal("0.00")),),
                others=(("sma", Decimal("-0")),),
            ),
            Balance(currency="EUR"),
        ),
        positions=(
            Position(instrument=OPTION, quantity=Decimal("-2"), mark=Decimal("1.250")),
            Position(
                instrument=make_instrument("ACME", cusip="000000001"),
                quantity=Decimal("0.123456789"),
                average_cost=Decimal("10.00"),
                market_value=Decimal(number),
                lots=(Lot(quantity=Decimal("0.1"), acquired=date(2020, 2, 29)),),
            ),
        ),
        unread=(Unread(where="positions[2]", reason="no symbol", label="?"),),
    )


READINGS = tuple(map(reading, range(3)))
HELD = reading(9)
TRANSACTION = Transaction(
    id="t1",
    account=ACCOUNT,
    type=TransactionType.TRADE,
    time=NOON,
    amount=Decimal("-12.50"),
    instrument=OPTION,
    settlement_date=date(2026, 11, 23),
    fees=Decimal("0.65"),
)
_CHILD = Order(
    id="o2",
    account=ACCOUNT,
    status=OrderStatus.WORKING,
    type=OrderType.STOP,
    time_in_force=TimeInForce.GTC,
    session=TradingSession.REGULAR,
    legs=(),
    quantity=Decimal(1),
    filled_quantity=Decimal(0),
)
ORDER = Order(
    id="o1",
    account=ACCOUNT,
    status=OrderStatus.FILLED,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.DAY,
    session=TradingSession.REGULAR,
    legs=(OrderLeg(instrument=OPTION, side=OrderSide.SELL_TO_OPEN, quantity=Decimal(2)),),
    quantity=Decimal(2),
    filled_quantity=Decimal("2.0"),
    entered_at=NOON,
    limit_price=Decimal("1.2500"),
    children=(_CHILD,),
)
QUOTE = Quote(
    symbol="ACME", source="fake", feed=PriceFeed.DELAYED, fetched_at=NOON, last=Decimal("12.10")
)
FAILURE = Failure(connection=ConnectionId("fake-00000001"), at=NOON, code="unavailable", text="Off")
PRICES = (
    DailyPrice(day=date(2025, 12, 31), close=Decimal("9.10")),
    DailyPrice(day=date(2026, 1, 2), close=Decimal("0.0001")),
)
SAME = PairChoice(first=ACCOUNT, second=OTHER, chosen=OTHER, decided_at=NOON)
RATES = (
    DayRates(day=date(2025, 12, 31), per_euro=(("USD", Decimal("1.1500")),)),
    DayRates(
        day=date(2026, 1, 2), per_euro=(("USD", Decimal("1.1600")), ("JPY", Decimal("170.25")))
    ),
)
RATE_ANSWER = RateAnswer(
    fetched_at=NOON, since=date(2025, 12, 1), etag='"abc"', modified="Fri, 20 Nov 2026"
)
SERIES = ((date(2025, 12, 31), Decimal("1.50")), (date(2026, 1, 2), Decimal("-2")))


def fill(work: UnitOfWork) -> None:
    add_accounts(work)
    work.accounts.rename(ACCOUNT, "Nest egg")
    work.accounts.close(OTHER, NOON)
    work.connections.record_failure(FAILURE)
    work.snapshots.store_many(READINGS)
    work.snapshots.hold(HELD, "odd", NOON)
    work.transactions.upsert(ACCOUNT, [TRANSACTION], fetched_at=NOON)
    work.orders.upsert(ACCOUNT, [ORDER], fetched_at=NOON)
    work.quotes.put([QUOTE])
    for day, value in SERIES:
        work.series.append(ACCOUNT, day, value)
    work.meta.set("motto", "kept")
    work.prices.put(
        "fake", Environment.LIVE, "ACME", PRICES, since=date(2021, 11, 20), fetched_at=NOON
    )
    work.same_accounts.replace([SAME])
    work.rates.put("fake", RATES)
    work.rates.note_own(ACCOUNT, date(2026, 11, 20), {"EUR": Decimal("1.08420000")})
    work.rates.note_answer("fake", "all", RATE_ANSWER)


def check(work: UnitOfWork, version: int = 1) -> None:
    """Everything that ``fill`` wrote into that format is there, to the last digit."""
    accounts = {item.account.id: item for item in work.accounts.list()}
    assert accounts[ACCOUNT].nickname == "Nest egg"
    assert accounts[OTHER].closed_at == NOON
    assert [item.name for item in work.connections.list()] == ["Fake 1"]
    assert work.connections.failures(FAILURE.connection, NOON) == (FAILURE,)
    for expected in READINGS:
        snapshot = work.snapshots.as_of(ACCOUNT, expected.fetched_at)
        assert snapshot is not None
        assert repr(snapshot.reading) == repr(expected)
    assert [repr(item.reading) for item in work.snapshots.held()] == [repr(HELD)]
    assert repr(work.transactions.list()) == repr((TRANSACTION,))
    assert repr(work.orders.list()) == repr((ORDER,))
    assert repr(work.quotes.get(["ACME"])) == repr((QUOTE,))
    assert tuple((point.day, point.value) for point in work.series.values(ACCOUNT)) == SERIES
    assert work.meta.get("motto") == "kept"
    assert work.snapshots.verify() == ()
    if version >= 2:
        (stored,) = work.prices.get(Environment.LIVE, "ACME")
        assert (stored.source, stored.since, stored.fetched_at) == (
            "fake",
            date(2021, 11, 20),
            NOON,
        )
        assert list(stored.days) == [one.day.toordinal() for one in PRICES]
        closes = [Decimal(f"{units}E{stored.exponent}") for units in stored.units]
        assert closes == [one.close for one in PRICES]
    if version >= 3:
        assert work.same_accounts.list() == (SAME,)
        columns = work.rates.columns("fake")
        assert {code: [str(one.at(n)) for n in range(len(one.days))] for code, one in
                columns.items()} == {"USD": ["1.1500", "1.1600"], "JPY": ["170.25"]}  # fmt: skip
        assert list(columns["USD"].days) == [one.day.toordinal() for one in RATES]
        assert str(work.rates.own(ACCOUNT)["EUR"].at(0)) == "1.08420000"
        assert work.rates.answers("fake") == {"all": RATE_ANSWER}


def write(target: Path) -> None:
    """Write the file of the present format to ``target``."""
    with opened(target.parent / "made", target.name) as database:
        database.run_sync(fill)
        database.backup(target)
