"""One account out of a real database: now, at a moment, held back, damaged, left out, renamed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.db import (
    ACCOUNT,
    NOON,
    OTHER,
    add_accounts,
    execute_raw,
    make_account,
    make_instrument,
    make_position,
    make_reading,
    open_database,
)

from brokerdesk.db.engine import Database
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import StorageError
from brokerdesk.services.account_detail import (
    account_detail,
    account_transactions,
    other_cards,
    rename_account,
)
from brokerdesk.services.account_sums import Cause, account_sums

D = Decimal


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = open_database(tmp_path)
    await made.run(lambda uow: add_accounts(uow, 3))
    yield made
    made.close()


async def store(database: Database, *readings: Any) -> None:
    def work(uow: Any) -> None:
        for reading in readings:
            uow.snapshots.store(reading)

    await database.run(work)


async def test_everything_of_the_newest_reading_is_told(database: Database) -> None:
    unread = (Unread(where="positions[3]", reason="No quantity.", label="XYZ"),)
    reading = replace(make_reading(at=NOON - timedelta(minutes=5)), unread=unread)
    await store(database, make_reading(at=NOON - timedelta(days=1), worth="900"), reading)
    detail = await account_detail(database, ACCOUNT)
    assert detail is not None
    assert detail.balances == reading.balances
    assert detail.positions == reading.positions
    assert detail.unread == unread
    assert detail.fetched_at == NOON - timedelta(minutes=5)
    assert detail.as_of == detail.fetched_at
    assert (detail.damaged, detail.held) == (False, None)
    assert detail.card.included is True
    assert detail.card.connection_name == "Fake 1"
    (found,) = detail.sums
    assert (found.parts.residual, found.cause) == (D("875.00"), Cause.UNREAD)


async def test_a_moment_gives_what_was_known_then(database: Database) -> None:
    first = make_reading(at=NOON - timedelta(days=10), worth="900", as_of=NOON - timedelta(days=11))
    await store(database, first, make_reading(at=NOON - timedelta(minutes=5)))
    moment = NOON - timedelta(days=3)
    detail = await account_detail(database, ACCOUNT, moment)
    assert detail is not None
    assert detail.balances[0].net_liquidation == D(900)
    assert detail.as_of == NOON - timedelta(days=11)
    assert detail.fetched_at == NOON - timedelta(days=10)
    before = await account_detail(database, ACCOUNT, NOON - timedelta(days=20))
    assert before is not None
    assert (before.as_of, before.balances, before.sums) == (None, (), ())


async def test_no_such_account_and_one_that_was_never_read(database: Database) -> None:
    assert await account_detail(database, AccountId("fake:none")) is None
    detail = await account_detail(database, OTHER)
    assert detail is not None
    assert (detail.fetched_at, detail.balances, detail.positions) == (None, (), ())


async def test_what_is_held_back_is_told_beside_what_is_kept(database: Database) -> None:
    await store(database, make_reading(at=NOON - timedelta(hours=2)))
    empty = make_reading(at=NOON - timedelta(hours=1), worth="0.00", positions=())
    await database.run(lambda uow: uow.snapshots.hold(empty, "Nothing listed.", NOON))
    detail = await account_detail(database, ACCOUNT)
    assert detail is not None
    assert detail.held is not None
    assert (detail.held.value, detail.held.positions, detail.held.readable) == (D("0.00"), 0, True)
    assert detail.balances[0].net_liquidation == D("1000.00")
    past = await account_detail(database, ACCOUNT, NOON - timedelta(minutes=90))
    assert past is not None
    assert past.held is None


async def test_a_damaged_snapshot_is_not_added_up(database: Database, tmp_path: Path) -> None:
    await store(database, make_reading(at=NOON - timedelta(hours=2)))
    execute_raw(
        tmp_path / "portfolio.db",
        *[
            f"DROP TRIGGER IF EXISTS {row[0]}"
            for row in execute_raw(
                tmp_path / "portfolio.db",
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'snapshots'",
            )
        ],
        "UPDATE snapshots SET checksum = zeroblob(length(checksum))",
    )
    detail = await account_detail(database, ACCOUNT)
    assert detail is not None
    assert detail.damaged
    assert detail.sums == ()


async def test_a_nickname_is_kept_tidied_and_taken_back(database: Database) -> None:
    await rename_account(database, ACCOUNT, "  For \n the  house ")
    detail = await account_detail(database, ACCOUNT)
    assert detail is not None
    assert detail.card.nickname == "For the house"
    await rename_account(database, ACCOUNT, "")
    detail = await account_detail(database, ACCOUNT)
    assert detail is not None
    assert detail.card.nickname == ""
    with pytest.raises(StorageError):
        await rename_account(database, AccountId("fake:none"), "x")


async def test_the_others_are_those_that_are_not_read(database: Database) -> None:
    assert await other_cards(database) == ()

    def work(uow: Any) -> None:
        uow.accounts.include(OTHER, False)
        uow.accounts.save(next(iter(uow.connections.list())).id, make_account(4))

    await database.run(work)
    cards = await other_cards(database)
    assert [(card.account.number_mask, card.included) for card in cards] == [
        ("…0002", False),
        ("…0004", None),
    ]


async def test_an_account_closed_later_was_open_then(database: Database) -> None:
    await database.run(lambda uow: uow.accounts.close(ACCOUNT, NOON))
    now = await account_detail(database, ACCOUNT)
    then = await account_detail(database, ACCOUNT, NOON - timedelta(days=1))
    assert now is not None
    assert then is not None
    assert (now.card.closed_at, then.card.closed_at) == (NOON, None)


async def test_transactions_are_of_this_account_in_this_time_newest_first(
    database: Database,
) -> None:
    def entry(number: int, account: AccountId) -> Transaction:
        return Transaction(
            id=f"t{number}",
            account=account,
            type=TransactionType.DEPOSIT,
            time=NOON - timedelta(days=number),
            amount=D(number),
        )

    def work(uow: Any) -> None:
        for account in (ACCOUNT, OTHER):
            uow.transactions.upsert(
                account, [entry(number, account) for number in (1, 5, 40)], fetched_at=NOON
            )

    await database.run(work)
    found = await account_transactions(database, ACCOUNT, NOON - timedelta(days=30))
    assert [(one.id, one.account) for one in found] == [("t1", ACCOUNT), ("t5", ACCOUNT)]
    past = await account_transactions(database, ACCOUNT, None, NOON - timedelta(days=3))
    assert [one.id for one in past] == ["t5", "t40"]


# how a total adds up


def balance(net: str | None, cash: str | None = "100.00", **more: Any) -> Balance:
    return Balance(
        currency=more.pop("currency", "USD"),
        cash=None if cash is None else D(cash),
        net_liquidation=None if net is None else D(net),
        **more,
    )


def held(kind: AssetType, value: str | None) -> Position:
    return Position(
        instrument=make_instrument(f"S{kind.value}", asset_type=kind),
        quantity=D(1),
        market_value=None if value is None else D(value),
    )


@pytest.mark.parametrize(
    ("given", "positions", "unread", "cause"),
    [
        (balance("225.00"), (make_position(),), 0, Cause.NONE),
        (balance("225.01"), (make_position(),), 0, Cause.ROUNDING),
        (balance("250.00"), (make_position(),), 0, Cause.UNKNOWN),
        (balance("250.00"), (make_position(),), 2, Cause.UNREAD),
        (balance("226.00"), (make_position(),), 0, Cause.TIMING),
        (balance("250.00", others=(("accrued", D(25)),)), (make_position(),), 0, Cause.EQUAL),
        (balance("225.00", unsettled_cash=D(125)), (), 0, Cause.UNSETTLED),
        (balance("100.00"), (held(AssetType.CASH_EQUIVALENT, "90"),), 0, Cause.SWEEP),
        (balance("100.00"), (held(AssetType.FUTURE, "5000"),), 0, Cause.FUTURES),
        (balance("225.00"), (held(AssetType.EQUITY, None),), 0, Cause.UNVALUED),
        (balance(None), (make_position(),), 0, Cause.UNREPORTED),
        (balance("225.00", None), (make_position(),), 0, Cause.UNREPORTED),
        (balance("-75.00", "-200.00"), (make_position(),), 0, Cause.NONE),
    ],
)
def test_what_is_left_over_has_its_likeliest_cause(
    given: Balance, positions: tuple[Position, ...], unread: int, cause: Cause
) -> None:
    (found,) = account_sums((given,), positions, unread=unread)
    assert found.cause is cause
    parts = found.parts
    if parts.residual is not None:
        assert parts.net == parts.cash + (parts.positions or 0) + parts.residual  # type: ignore[operator]


def test_currencies_are_added_up_apart() -> None:
    euro = Position(
        instrument=make_instrument("EUR", currency="EUR"), quantity=D(1), market_value=D(10)
    )
    dollars, euros = account_sums(
        (balance("225.00"), balance("15.00", "5.00", currency="EUR")), (make_position(), euro)
    )
    assert (dollars.cause, euros.cause) == (Cause.NONE, Cause.NONE)


def test_thirty_digits_are_not_rounded() -> None:
    huge = "123456789012345678901234567890.12"
    (found,) = account_sums((balance(huge, huge),), ())
    assert found.parts.residual == 0
