"""Whole profiles on disk, written through the real database: for pictures, walks and benchmarks.

``extreme``: hostile and endless names, ten digits, negatives, three currencies, every state of a
connection, 400 positions. ``large``: many accounts of many positions, nothing odd. ``empty``: none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from support.db import open_database

from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    ConnectionState,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    TaxStatus,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.paths import ProfilePaths, profile_at

HOSTILE = (
    "<b>bold</b> & <img src=x onerror=alert(1)>",
    "\u202egnp.exe\u202c \u200fright",
    "A&B &amp; &File",
    "x" * 200,
    "<table><tr><td>cell</td></tr></table>",
    '=HYPERLINK("http://evil.example")',
    "<font color=red size=7>LOUD</font>",
)
"""What a broker might call something. None of it may be drawn as more than letters."""

D = Decimal
_STATES = (
    (ConnectionState.OK, ""),
    (ConnectionState.NEEDS_SIGN_IN, HOSTILE[0]),
    (ConnectionState.FAILED, HOSTILE[4]),
    (ConnectionState.RATE_LIMITED, "The broker is limiting requests."),
    (ConnectionState.UNAVAILABLE, "The broker is not answering."),
)


def empty(folder: Path) -> ProfilePaths:
    """A profile in which nothing is connected."""
    paths = profile_at(folder)
    paths.ensure()
    return paths


def extreme(folder: Path, *, now: datetime | None = None, positions: int = 400) -> ProfilePaths:
    """Everything at its worst, in five connections and seven accounts."""
    at = (now or datetime.now(UTC)).replace(microsecond=0)
    return _write(folder, lambda work: _extreme(work, at, positions))


def large(
    folder: Path, *, accounts: int = 20, positions: int = 500, now: datetime | None = None
) -> ProfilePaths:
    """``accounts`` accounts with ``positions`` positions each, in one connection."""
    at = (now or datetime.now(UTC)).replace(microsecond=0)
    return _write(folder, lambda work: _large(work, at, accounts, positions))


def _write(folder: Path, fill: object) -> ProfilePaths:
    paths = profile_at(folder)
    paths.ensure()
    database = open_database(paths.root, paths.portfolio_db.name)
    try:
        database.run_sync(fill)  # type: ignore[arg-type]
    finally:
        database.close()
    return paths


def _connection(work: UnitOfWork, number: int, at: datetime, **more: object) -> ConnectionId:
    values: dict[str, object] = {
        "id": ConnectionId(f"c{number}"),
        "broker": "schwab",
        "environment": Environment.LIVE,
        "name": f"Broker {number}",
        "identity": f"identity-{number}",
        "created_at": at - timedelta(days=400),
        "state": ConnectionState.OK,
        "last_success": at - timedelta(seconds=40),
        "last_attempt": at - timedelta(seconds=40),
        "signed_in_at": at - timedelta(days=3),
        "sign_in_ends": at + timedelta(days=4),
        **more,
    }
    work.connections.add(Connection(**values))  # type: ignore[arg-type]
    return ConnectionId(f"c{number}")


def _account(work: UnitOfWork, number: int, connection: ConnectionId, **more: object) -> AccountId:
    key = AccountId(f"schwab:{number:08x}")
    values: dict[str, object] = {
        "id": key,
        "broker": "schwab",
        "environment": Environment.LIVE,
        "name": f"Account {number}",
        "number_mask": f"…{4000 + number}",
        "type": AccountType.MARGIN,
        "currency": "USD",
        "tax_status": TaxStatus.TAXABLE,
        **more,
    }
    work.accounts.save(connection, Account(**values), included=True)  # type: ignore[arg-type]
    return key


def _extreme(work: UnitOfWork, at: datetime, positions: int) -> None:
    for number, (state, text) in enumerate(_STATES):
        _connection(
            work, number, at, name=HOSTILE[number], state=state, state_text=text,
            last_success=at - timedelta(days=number * 3, seconds=40),
            sign_in_ends=(at + timedelta(hours=20) if number == 0 else
                          None if number == 3 else at - timedelta(days=1)),
        )  # fmt: skip
        for day in range(number * 4):
            work.connections.record_failure(
                Failure(connection=ConnectionId(f"c{number}"), at=at - timedelta(days=day, hours=1),
                        code="broker_unavailable", text=HOSTILE[day % len(HOSTILE)])
            )  # fmt: skip
    currencies = ("USD", "EUR", "JPY")
    for number in range(7):
        currency = currencies[number % 3]
        key = _account(
            work, number, ConnectionId(f"c{number % len(_STATES)}"), name=HOSTILE[number],
            currency=currency, raw_type=HOSTILE[0], institution=HOSTILE[2],
            type=AccountType.UNKNOWN if number == 1 else AccountType.MARGIN,
            flags=AccountFlags(margin=True, day_trader=number == 2, in_call=number == 2,
                               account_blocked=number == 4),
        )  # fmt: skip
        if number == 6:
            continue  # nothing was ever read from it
        held = tuple(_odd(n, currency) for n in range(positions // 6 if number else positions))
        work.snapshots.store(
            _reading(
                key, at - timedelta(seconds=40) if number < 2 else at - timedelta(days=number * 3),
                Balance(
                    currency=currency, cash=D("-1234567890.12") if number % 2 else D("9876543210"),
                    net_liquidation=D("-9876543210.99") if number == 3 else D("9876543210.99"),
                    settled_cash=D("0.004"), buying_power=(("stock", D("9999999999.99")),),
                    others=((HOSTILE[0], D("1.5")), ("x" * 80, D("-3"))),
                ),
                () if number == 5 else held,
                unread=(Unread(where="positions[3]", reason=HOSTILE[4], label=HOSTILE[0]),)
                if number == 1
                else (),
            )
        )  # fmt: skip
        work.transactions.upsert(key, tuple(_entries(key, at, currency)), fetched_at=at)
        work.orders.upsert(key, tuple(_orders(key, at, currency)), fetched_at=at)


def _reading(
    key: AccountId,
    at: datetime,
    balance: Balance,
    held: tuple[Position, ...],
    unread: tuple[Unread, ...] = (),
) -> Reading:
    return Reading(
        account=key, fetched_at=at, as_of=at, balances=(balance,), positions=held, unread=unread
    )


def _odd(n: int, currency: str) -> Position:
    kinds = list(AssetType)
    name = HOSTILE[n % len(HOSTILE)]
    option = n % 13 == 4
    instrument = Instrument(
        symbol=name[:60] if n % 9 == 0 else f"SYM{n}",
        asset_type=AssetType.OPTION if option else kinds[n % len(kinds)],
        currency=currency,
        name=name,
        raw_type=HOSTILE[0],
        multiplier=D(100) if option else D(1),
        underlying="AAPL" if option else "",
        strike=D("200") if option else None,
        expiry=datetime(2027, 1, 15, tzinfo=UTC).date() if option else None,
        right=OptionRight.CALL if option else None,
    )
    worth = D("9876543210.12") if n % 11 == 0 else D(n) * D("37.251") - 400
    return Position(
        instrument=instrument,
        quantity=D(n) * D("1234.56789") - 5 if n % 17 else D("-0.00000001"),
        average_cost=None if n % 5 == 0 else D("0.0001"),
        cost_basis=None if n % 5 == 0 else D("100.00"),
        mark=None if n % 6 == 0 else D("0.4137"),
        market_value=None if n % 8 == 7 else worth,
        day_pl=None if n % 4 == 0 else D("-123456.01") if n % 3 else D("0.004"),
        open_pl=None if n % 5 == 0 else worth - 100,
        lots=(Lot(quantity=D(n + 1), acquired=None, cost=None),) if n % 3 == 0 else (),
    )


def _entries(key: AccountId, at: datetime, currency: str) -> Iterator[Transaction]:
    kinds = list(TransactionType)
    for n in range(60):
        yield Transaction(
            id=f"t{n}", account=key, type=kinds[n % len(kinds)], time=at - timedelta(days=n * 3),
            amount=D("-9876543210.12") if n % 7 == 0 else D(n) - 20, currency=currency,
            raw_type=HOSTILE[0], description=HOSTILE[n % len(HOSTILE)],
            instrument=Instrument(symbol=HOSTILE[2][:20], asset_type=AssetType.EQUITY,
                                  currency=currency, name=HOSTILE[0]) if n % 2 else None,
            quantity=D("12.5") if n % 2 else None, price=D("0.4137") if n % 2 else None,
        )  # fmt: skip


def _orders(key: AccountId, at: datetime, currency: str) -> Iterator[Order]:
    statuses = list(OrderStatus)
    for n in range(len(statuses) * 2):
        leg = OrderLeg(
            instrument=Instrument(symbol=HOSTILE[n % 3][:24], asset_type=AssetType.EQUITY,
                                  currency=currency, name=HOSTILE[0]),
            side=list(OrderSide)[n % len(OrderSide)], quantity=D(100), raw_side=HOSTILE[0],
        )  # fmt: skip
        yield Order(
            id=f"o{n}", account=key, status=statuses[n % len(statuses)],
            type=list(OrderType)[n % len(OrderType)], time_in_force=TimeInForce.GTC,
            session=TradingSession.REGULAR, legs=(leg, leg) if n % 4 == 0 else (leg,),
            quantity=D(100), filled_quantity=D(40), entered_at=at - timedelta(hours=n),
            limit_price=D("9876543210.1234"), average_price=D("0.4137"),
            status_text=HOSTILE[n % len(HOSTILE)], raw_status=HOSTILE[0], raw_type=HOSTILE[4],
        )  # fmt: skip


def _large(work: UnitOfWork, at: datetime, accounts: int, positions: int) -> None:
    connection = _connection(work, 0, at, name="Charles Schwab")
    moment = at - timedelta(seconds=30)
    for number in range(accounts):
        key = _account(work, number, connection)
        held = tuple(
            Position(
                instrument=Instrument(symbol=f"S{number:02d}{n:03d}", asset_type=AssetType.EQUITY,
                                      name=f"Company {n} of account {number}"),
                quantity=D(n + 1), average_cost=D("10.25"), cost_basis=D("10.25") * (n + 1),
                mark=D("12.50"), market_value=D("12.50") * (n + 1), day_pl=D(n % 7) - 3,
                open_pl=D("2.25") * (n + 1),
            )
            for n in range(positions)
        )  # fmt: skip
        worth = sum((one.market_value or D(0) for one in held), D(0))
        balance = Balance(currency="USD", cash=D("1500.25"), net_liquidation=worth + D("1500.25"))
        work.snapshots.store(_reading(key, moment, balance, held))
