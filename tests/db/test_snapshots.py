"""Snapshots: written once, never altered, verified on every read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from support.db import (
    ACCOUNT,
    NOON,
    OTHER,
    execute_raw,
    make_instrument,
    make_position,
    make_reading,
    minutes,
    opened,
    raw_connection,
)

from brokerdesk.db.engine import Database
from brokerdesk.db.records import Stored
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.reading import Reading, Snapshot
from brokerdesk.errors import DatabaseDamagedError, StorageError


def store(database: Database, reading: Reading) -> Stored:
    return database.run_sync(lambda work: work.snapshots.store(reading))


def latest(database: Database, account: AccountId = ACCOUNT) -> Snapshot:
    found = database.read_sync(lambda work: work.snapshots.latest(account))
    assert found is not None
    return found


def as_of(database: Database, moment: datetime) -> Snapshot | None:
    return database.read_sync(lambda work: work.snapshots.as_of(ACCOUNT, moment))


def test_nothing_stored_is_none(database: Database) -> None:
    assert database.read_sync(lambda work: work.snapshots.latest(ACCOUNT)) is None
    assert database.read_sync(lambda work: work.snapshots.latest_columns(ACCOUNT)) is None
    assert database.read_sync(lambda work: work.snapshots.days(ACCOUNT)) == ()


def test_identical_consecutive_readings_are_one_row_with_the_later_validity(
    database: Database,
) -> None:
    first = store(database, make_reading(at=NOON))
    second = store(database, make_reading(at=NOON + minutes(5), as_of=NOON + minutes(4)))
    assert (first.new, second.new) == (True, False)
    assert second.snapshot_id == first.snapshot_id
    found = latest(database)
    assert (found.fetched_at, found.as_of) == (NOON, NOON)
    assert found.valid_until == NOON + minutes(5)
    assert found.reading == make_reading(at=NOON)


def test_an_account_that_returns_to_an_earlier_state_gets_a_new_row(database: Database) -> None:
    ids = [
        store(database, make_reading(at=NOON + minutes(n), worth=worth)).snapshot_id
        for n, worth in enumerate(("1.00", "2.00", "1.00"))
    ]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("worth", ["1000.0", "1E+3", "1000.000", "-1000.00"])
def test_a_change_of_text_alone_is_a_change(database: Database, worth: str) -> None:
    store(database, make_reading(worth="1000.00"))
    assert store(database, make_reading(at=NOON + minutes(1), worth=worth)).new
    reading = latest(database).reading
    assert reading is not None
    assert str(reading.balances[0].net_liquidation) == str(Decimal(worth))


def test_accounts_do_not_see_each_other(database: Database) -> None:
    store(database, make_reading(worth="1.00"))
    assert store(database, make_reading(OTHER, worth="1.00")).new
    store(database, make_reading(OTHER, NOON + minutes(1), worth="2.00"))
    reading = latest(database).reading
    assert reading is not None
    assert reading.balances[0].net_liquidation == Decimal("1.00")


def test_as_of_is_the_last_one_fetched_up_to_the_moment(database: Database) -> None:
    for n in range(3):
        store(database, make_reading(at=NOON + minutes(n), worth=f"{n}.00"))
    assert as_of(database, NOON - minutes(1)) is None
    for n in range(3):
        for seconds in (0, 59):
            found = as_of(database, NOON + minutes(n) + timedelta(seconds=seconds))
            assert found is not None
            assert found.fetched_at == NOON + minutes(n)


def test_history_that_arrives_late_takes_its_place_in_time(database: Database) -> None:
    store(database, make_reading(at=NOON, worth="3.00"))
    late = [make_reading(at=NOON - timedelta(days=n), worth=f"{n}.00") for n in (2, 1)]
    stored = database.run_sync(lambda work: work.snapshots.store_many(late))
    assert all(item.new for item in stored)
    assert latest(database).fetched_at == NOON
    found = as_of(database, NOON - timedelta(hours=1))
    assert found is not None
    assert found.fetched_at == NOON - timedelta(days=1)


def test_history_stored_first_after_a_start_does_not_hide_the_newest(database: Database) -> None:
    store(database, make_reading(at=NOON))
    folder = database.path.parent
    database.close()
    with opened(folder) as again:
        assert store(again, make_reading(at=NOON - minutes(60), worth="7.00")).new
        assert not store(again, make_reading(at=NOON + minutes(5))).new
        assert store(again, make_reading(at=NOON + minutes(6), worth="7.00")).new


def test_an_equal_reading_from_before_does_not_move_validity_back(database: Database) -> None:
    store(database, make_reading(at=NOON))
    store(database, make_reading(at=NOON + minutes(10)))
    again = store(database, make_reading(at=NOON + minutes(5)))
    assert not again.new
    assert latest(database).valid_until == NOON + minutes(10)


def test_days_are_new_york_days_and_include_those_that_a_reading_outlived(
    database: Database,
) -> None:
    evening = datetime.fromisoformat("2026-11-21T04:30:00+00:00")  # still Friday in New York
    store(database, make_reading(at=evening))
    store(database, make_reading(at=evening + timedelta(days=3)))
    days = database.read_sync(lambda work: work.snapshots.days(ACCOUNT))
    assert days == tuple(date(2026, 11, day) for day in (20, 21, 22, 23))


def test_between_lists_without_figures(database: Database) -> None:
    for n in range(4):
        store(database, make_reading(at=NOON + minutes(n), worth=f"{n}.50"))
    infos = database.read_sync(
        lambda work: work.snapshots.between(ACCOUNT, NOON + minutes(1), NOON + minutes(2))
    )
    assert [str(info.net_liquidation) for info in infos] == ["1.50", "2.50"]
    assert {(info.currency, info.positions, info.day) for info in infos} == {
        ("USD", 1, date(2026, 11, 20))
    }


def test_columns_equal_the_positions(database: Database) -> None:
    reading = make_reading(positions=(make_position("A"), make_position("B", "-3", "0.10")))
    store(database, reading)
    columns = database.read_sync(lambda work: work.snapshots.latest_columns(ACCOUNT))
    assert columns is not None
    assert len(columns) == 2
    assert columns.market_value == tuple(p.market_value for p in reading.positions)
    assert columns.day_pl == (None, None)
    assert columns.instruments == tuple(p.instrument for p in reading.positions)


def test_an_instrument_that_changes_its_name_leaves_the_past_alone(database: Database) -> None:
    old, new = make_instrument(name="Old Name"), make_instrument(name="New Name")
    position = make_position()
    for n, instrument in enumerate((old, new)):
        store(
            database,
            make_reading(
                at=NOON + minutes(n), positions=(replace(position, instrument=instrument),)
            ),
        )
    before, after = as_of(database, NOON), latest(database)
    assert before is not None
    assert before.reading is not None
    assert after.reading is not None
    assert before.reading.positions[0].instrument.name == "Old Name"
    assert after.reading.positions[0].instrument.name == "New Name"


def test_one_instrument_is_stored_once_for_all_accounts(database: Database) -> None:
    for n in range(3):
        for account in (ACCOUNT, OTHER):
            store(database, make_reading(account, NOON + minutes(n), worth=f"{n}.00"))
    assert execute_raw(database.path, "SELECT count(*) FROM instruments") == [(1,)]


def test_an_unknown_account_is_refused(database: Database) -> None:
    with pytest.raises(StorageError):
        store(database, make_reading(AccountId("fake:00000000000000ff")))
    assert store(database, make_reading()).new, "the refused one left nothing half done"
    assert latest(database).reading is not None


@pytest.mark.parametrize(
    "change",
    [
        "payload = x'01'",
        "checksum = x'01'",
        "fetched_at = fetched_at + 1",
        "as_of = as_of + 1",
        "day = '2020-01-01'",
        "currency = 'EUR'",
        "net_liquidation = '9'",
        "net_liquidation = NULL",
        "positions = 0",
        "account_id = 'fake:0000000000000002'",
        "id = 77",
        "rowid = 77",
        "valid_until = valid_until - 1",
    ],
)
def test_the_file_itself_refuses_to_alter_a_snapshot(database: Database, change: str) -> None:
    store(database, make_reading())
    connection = raw_connection(database.path)
    try:
        with pytest.raises(Exception, match="never changes"):
            connection.execute(f"UPDATE snapshots SET {change}")  # noqa: S608
        with pytest.raises(Exception, match="is kept"):
            connection.execute("DELETE FROM snapshots")
        with pytest.raises(Exception, match=r"is kept|never changes"):
            connection.execute(
                "INSERT OR REPLACE INTO snapshots SELECT id, account_id, fetched_at, as_of,"
                " valid_until, valid_seal, day, currency, '1', positions, frame_id, checksum,"
                " payload"
                " FROM snapshots"
            )
        with pytest.raises(Exception, match="never changes"):
            connection.execute("UPDATE instruments SET payload = x'00'")
        with pytest.raises(Exception, match="is kept"):
            connection.execute("DELETE FROM instruments")
        with pytest.raises(Exception, match="never changes"):
            connection.execute("INSERT OR REPLACE INTO frames SELECT * FROM frames")
    finally:
        connection.close()
    assert not latest(database).damaged


@pytest.mark.parametrize(
    "change",
    [
        "payload = x'01'",
        "payload = CAST(substr(payload, 1, length(payload) - 1) AS BLOB)",
        "payload = CAST(payload || x'00' AS BLOB)",
        "checksum = zeroblob(32)",
        "fetched_at = fetched_at + 1",
        "as_of = as_of + 1",
        "day = '2020-01-01'",
        "day = CAST(x'ff' AS TEXT)",
        "currency = 'EUR'",
        "net_liquidation = '9'",
        "net_liquidation = NULL",
        "positions = 0",
        "valid_until = valid_until + 1",
        "valid_until = 9223372036854775807",
        "as_of = -9223372036854775807",
        "valid_seal = x''",
    ],
)
def test_a_snapshot_altered_behind_our_back_is_damaged_not_shown(
    database: Database, change: str
) -> None:
    store(database, make_reading(worth="1.00"))
    store(database, make_reading(OTHER, worth="2.00"))
    execute_raw(
        database.path,
        "DROP TRIGGER snapshots_never_change",
        f"UPDATE snapshots SET {change} WHERE account_id = '{ACCOUNT}'",  # noqa: S608
    )
    found = latest(database)
    assert found.damaged
    assert found.reading is None
    assert not latest(database, OTHER).damaged
    assert database.read_sync(lambda work: work.snapshots.verify()) == (found.id,)
    assert database.read_sync(lambda work: work.snapshots.verify(1)) == ()
    assert store(database, make_reading(at=NOON + minutes(1), worth="1.00")).new
    assert not latest(database).damaged


@pytest.mark.parametrize("change", ["payload = x'80'", "checksum = zeroblob(32)", "id = 2"])
def test_a_damaged_instrument_damages_the_snapshots_that_name_it(
    database: Database, change: str
) -> None:
    store(database, make_reading())
    path = database.path
    folder = path.parent
    database.close()
    execute_raw(
        path,
        "PRAGMA foreign_keys = OFF",
        "DROP TRIGGER instruments_never_change",
        f"UPDATE instruments SET {change}",  # noqa: S608
    )
    with opened(folder) as again:
        assert latest(again).damaged
        stored = store(again, make_reading(at=NOON + minutes(1), worth="5.00"))
        assert stored.new, "a damaged row blocks nothing new"
        assert not latest(again).damaged


def test_held_readings_wait_outside_of_all_views(database: Database) -> None:
    store(database, make_reading())
    suspect = make_reading(at=NOON + minutes(2), worth="1.00", positions=())
    database.run_sync(lambda work: work.snapshots.hold(suspect, "empty", NOON + minutes(2)))
    newer = make_reading(at=NOON + minutes(4), worth="2.00", positions=())
    database.run_sync(lambda work: work.snapshots.hold(newer, "empty again", NOON + minutes(4)))
    assert latest(database).reading == make_reading()
    held = database.read_sync(lambda work: work.snapshots.held())
    assert [(item.account, item.reason, item.reading) for item in held] == [
        (ACCOUNT, "empty again", newer)
    ]
    assert database.read_sync(lambda work: work.snapshots.held(OTHER)) == ()
    stored = database.run_sync(lambda work: work.snapshots.accept_held(ACCOUNT))
    assert stored.new
    assert latest(database).reading == newer
    with pytest.raises(StorageError, match="nothing left"):
        database.run_sync(lambda work: work.snapshots.accept_held(ACCOUNT))


def test_discarding_a_held_reading(database: Database) -> None:
    database.run_sync(lambda work: work.snapshots.hold(make_reading(), "odd", NOON))
    for _ in range(2):
        database.run_sync(lambda work: work.snapshots.discard_held(ACCOUNT))
    assert database.read_sync(lambda work: work.snapshots.held()) == ()
    assert database.read_sync(lambda work: work.snapshots.latest(ACCOUNT)) is None


def test_a_held_reading_that_is_damaged_cannot_be_accepted(database: Database) -> None:
    database.run_sync(lambda work: work.snapshots.hold(make_reading(), "odd", NOON))
    execute_raw(database.path, "UPDATE held SET payload = x'0100'")
    held = database.read_sync(lambda work: work.snapshots.held())
    assert [item.reading for item in held] == [None]
    with pytest.raises(DatabaseDamagedError):
        database.run_sync(lambda work: work.snapshots.accept_held(ACCOUNT))
