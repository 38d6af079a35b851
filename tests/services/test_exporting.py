"""Export of what is stored: nothing rounded, nothing hidden, a file that is whole or not there."""

from __future__ import annotations

import csv
import errno
import io
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.services import BROKER, Bench, a_position, a_reading, an_account, bench

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.market_hours import end_of_day
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import DiskFullError, StorageError
from brokerdesk.services.csv_table import CsvOptions, Table
from brokerdesk.services.exporting import ExportingService, ExportKind, write_csv

CONNECTION = ConnectionId(f"{BROKER}-00000001")
MAIN = an_account(flags=AccountFlags(margin=True, day_trades=2))
TINY = Decimal("0.000000000000000000000001")
LONG = Decimal("12345678901234567890123456.789012345678")
CALL = Instrument(
    symbol="ABC   270115C00100000",
    asset_type=AssetType.OPTION,
    underlying="ABC",
    strike=Decimal("100"),
    expiry=date(2027, 1, 15),
    right=OptionRight.CALL,
    multiplier=Decimal(100),
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path / "profile") as made:
        now = made.clock.now()

        def write(uow: Any) -> None:
            uow.connections.add(
                Connection(
                    id=CONNECTION,
                    broker=BROKER,
                    environment=Environment.LIVE,
                    name="Acme",
                    identity="who",
                    created_at=now,
                )
            )
            uow.accounts.save(CONNECTION, MAIN, included=True)

        await made.database.run(write)
        yield made


def exporting(desk: Bench) -> ExportingService:
    return ExportingService(
        database=desk.database, portfolio=desk.services.portfolio, clock=desk.clock
    )


async def shows(desk: Bench, at: datetime, **reading: Any) -> None:
    made = a_reading(MAIN.id, at, **reading)
    await desk.database.run(lambda uow: uow.snapshots.store(made))


def read(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def rows(desk: Bench, kind: ExportKind, path: Path, **options: Any) -> list[dict[str, str]]:
    """What a reader of the written file sees."""
    count = await exporting(desk).export(kind, path, **options)
    found = read(path)
    assert len(found) == count
    return found


def an_order(name: str = "1", **changes: Any) -> Order:
    leg = OrderLeg(
        instrument=Instrument(symbol="ABC", asset_type=AssetType.EQUITY),
        side=OrderSide.UNKNOWN,
        raw_side="=BUY",
        quantity=TINY,
    )
    values: dict[str, Any] = {
        "id": name,
        "account": MAIN.id,
        "status": OrderStatus.UNKNOWN,
        "raw_status": "+NEW",
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "session": TradingSession.REGULAR,
        "legs": (leg, leg),
        "quantity": LONG,
        "filled_quantity": Decimal("0.00"),
        "entered_at": datetime(2026, 11, 19, 15, 0, tzinfo=UTC),
    }
    return Order(**{**values, **changes})


def an_entry(name: str, at: datetime, **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": name,
        "account": MAIN.id,
        "type": TransactionType.TRADE,
        "time": at,
        "amount": -LONG,
        "description": "@SUM(A1)",
    }
    return Transaction(**{**values, **changes})


async def test_positions_keep_every_digit(desk: Bench, tmp_path: Path) -> None:
    held = Position(
        instrument=Instrument(symbol="=ABC", asset_type=AssetType.CRYPTO, name="A\u202eB\tC"),
        quantity=-LONG,
        mark=TINY,
        market_value=None,
        open_pl=Decimal("0.00"),
    )
    await shows(desk, desk.clock.now(), positions=[held, replace(a_position(), instrument=CALL)])
    first, second = await rows(desk, ExportKind.POSITIONS, tmp_path / "p.csv")
    assert first["Symbol"] == "'=ABC"
    assert first["Name"] == "AB C"
    assert (first["Quantity"], first["Price"]) == (str(-LONG), format(TINY, "f"))
    assert (first["Value"], first["Open P/L"]) == ("", "0.00")
    assert (first["Account"], first["Number"]) == ("Account 2222", "…2222")
    assert first["As of (UTC)"] == "2026-11-20T15:00:00Z"
    assert (second["Right"], second["Strike"], second["Expiry"]) == ("call", "100", "2027-01-15")
    assert (first["Right"], first["Strike"], first["Expiry"]) == ("", "", "")


async def test_a_past_day_shows_its_own_figures(desk: Bench, tmp_path: Path) -> None:
    now = desk.clock.now()
    await shows(desk, now - timedelta(days=3), value="7", positions=[a_position("OLD")])
    await shows(desk, now, value="9", positions=[a_position("NEW")])
    past = end_of_day(date(2026, 11, 18))
    (then,) = await rows(desk, ExportKind.POSITIONS, tmp_path / "1.csv", as_of=past)
    (today,) = await rows(desk, ExportKind.POSITIONS, tmp_path / "2.csv")
    assert (then["Symbol"], today["Symbol"]) == ("OLD", "NEW")
    (then,) = await rows(desk, ExportKind.ACCOUNTS, tmp_path / "3.csv", as_of=past)
    assert then["Value"] == "7"
    assert exporting(desk).suggested_name(ExportKind.ORDERS, past) == (
        "brokerdesk-orders-2026-11-18.csv"
    )


async def test_accounts_say_how_far_they_can_be_trusted(desk: Bench, tmp_path: Path) -> None:
    (row,) = await rows(desk, ExportKind.ACCOUNTS, tmp_path / "a.csv")
    assert (row["Value"], row["Cash"], row["Note"]) == ("", "", "never read")
    unread = (Unread(where="positions[1]", reason="No quantity."),)
    await shows(desk, desk.clock.now(), value=None, cash="-0.10", unread=unread)
    await desk.clock.advance(3 * 86400)
    (row,) = await rows(desk, ExportKind.ACCOUNTS, tmp_path / "a.csv")
    assert (row["Value"], row["Cash"], row["Note"]) == ("", "-0.10", "stale")
    assert row["Records not understood"] == "1"
    assert (row["Margin"], row["Day trades"], row["In call"]) == ("yes", "2", "")
    await desk.database.run(lambda uow: uow.connections.remove(CONNECTION, keep_history=True))
    (row,) = await rows(desk, ExportKind.ACCOUNTS, tmp_path / "a.csv")
    assert row["Note"] == "disconnected; stale"


async def test_balances_lose_no_figure(desk: Bench, tmp_path: Path) -> None:
    balance = Balance(
        currency="EUR",
        cash=LONG,
        equity=-TINY,
        buying_power=(("=stock", Decimal("1E+3")),),
        others=(("-someOther", Decimal("0.00")),),
    )
    await shows(desk, desk.clock.now(), balances=(balance,))
    found = await rows(desk, ExportKind.BALANCES, tmp_path / "b.csv")
    assert {row["Figure"]: row["Amount"] for row in found} == {
        "Cash": str(LONG),
        "Equity": "-0.000000000000000000000001",
        "Buying power: =stock": "1000",
        "'-someOther": "0.00",
    }
    assert {row["Currency"] for row in found} == {"EUR"}


async def test_transactions_and_orders_up_to_a_day(desk: Bench, tmp_path: Path) -> None:
    now = desk.clock.now()
    early, late = an_entry("1", now - timedelta(days=2)), an_entry("2", now)
    child = an_order("2", legs=())

    def write(uow: Any) -> None:
        uow.transactions.upsert(MAIN.id, [early, late], fetched_at=now)
        uow.orders.upsert(MAIN.id, [an_order(children=(child,))], fetched_at=now)

    await desk.database.run(write)
    newest, oldest = await rows(desk, ExportKind.TRANSACTIONS, tmp_path / "t.csv")
    assert [newest["ID"], oldest["ID"]] == ["2", "1"]
    assert (oldest["Amount"], oldest["Description"]) == (str(-LONG), "'@SUM(A1)")
    assert (oldest["Symbol"], oldest["Price"]) == ("", "")
    past = end_of_day(date(2026, 11, 18))
    assert [
        row["ID"] for row in await rows(desk, ExportKind.TRANSACTIONS, tmp_path / "t", as_of=past)
    ] == ["1"]
    assert await rows(desk, ExportKind.ORDERS, tmp_path / "o", as_of=past) == []
    first, second, last = await rows(desk, ExportKind.ORDERS, tmp_path / "o")
    assert (first["Order quantity"], first["Filled"]) == (str(LONG), "0.00")
    assert (first["Last known status"], first["Side"]) == ("UNKNOWN(+NEW)", "UNKNOWN(=BUY)")
    assert (second["Leg"], second["Quantity"]) == ("2", format(TINY, "f"))
    assert (last["ID"], last["Parent ID"], last["Leg"]) == ("2", "1", "")


async def test_other_environments_and_excluded_accounts_stay_out(
    desk: Bench, tmp_path: Path
) -> None:
    hidden = an_account("99998888")
    now = desk.clock.now()

    def write(uow: Any) -> None:
        uow.accounts.save(CONNECTION, hidden, included=False)
        uow.snapshots.store(a_reading(hidden.id, now))
        uow.transactions.upsert(hidden.id, [an_entry("x", now, account=hidden.id)], fetched_at=now)
        uow.transactions.upsert(MAIN.id, [an_entry("y", now)], fetched_at=now)

    await desk.database.run(write)
    for kind in (ExportKind.ACCOUNTS, ExportKind.TRANSACTIONS):
        assert len(await rows(desk, kind, tmp_path / "e.csv")) == 1
        assert await rows(desk, kind, tmp_path / "e", environment=Environment.PAPER) == []


async def test_names_and_content_with_a_mark_of_utf8(desk: Bench, tmp_path: Path) -> None:
    path = tmp_path / "Überblick.csv"
    await exporting(desk).export(ExportKind.ORDERS, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.stat().st_mode & 0o777 == 0o600
    await exporting(desk).export(ExportKind.ORDERS, path, options=CsvOptions(bom=False))
    assert path.read_bytes().startswith(b'"Account"')


# -- a file that is whole or not there

TABLE = Table(columns=("a",), rows=[("x",)])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
async def test_a_failed_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StorageError) as told:
        await write_csv(path, TABLE)
    assert isinstance(told.value, DiskFullError) is (number != errno.EIO)
    assert "unchanged" in told.value.message
    assert names(tmp_path) == ["old.csv"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["missing/x.csv", "folder", "a\x00b", "x" * 300, "old.csv/x"])
async def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "old.csv").write_bytes(b"old")
    with pytest.raises(StorageError) as told:
        await write_csv(tmp_path / name, TABLE)
    assert told.value.hint
    assert names(tmp_path) == ["folder", "old.csv"]


async def test_a_size_limit_for_real(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no size limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(DiskFullError):
            await write_csv(tmp_path / "x.csv", Table(columns=("a",), rows=[("x" * 5000,)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert names(tmp_path) == []
