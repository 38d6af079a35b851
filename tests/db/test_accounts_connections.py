"""Connections and accounts, and what is left when one is removed."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support.db import (
    ACCOUNT,
    CONNECTION,
    NOON,
    OTHER,
    add_accounts,
    execute_raw,
    make_account,
    make_connection,
    make_instrument,
    make_position,
    make_reading,
    open_database,
)

from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import (
    AccountType,
    ConnectionState,
    Environment,
    PriceFeed,
    TaxStatus,
)
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.errors import DatabaseDamagedError, StorageError


def full_connection() -> Connection:
    moments = {
        name: NOON + timedelta(microseconds=number)
        for number, name in enumerate(
            ("state_since", "last_success", "last_attempt", "signed_in_at", "sign_in_ends"), 1
        )
    }
    return make_connection(
        7,
        environment=Environment.PRACTICE,
        practice_url="http://127.0.0.1:9",
        state=ConnectionState.NEEDS_SIGN_IN,
        state_text="Sign in again. ‘quoted’ – ünïcode",
        **moments,
    )


def test_a_connection_comes_back_with_every_field(database: Database) -> None:
    connection = full_connection()
    plain = make_connection()
    assert all(
        getattr(connection, f.name) != getattr(plain, f.name) or f.name in {"broker", "created_at"}
        for f in fields(connection)
    )
    database.run_sync(lambda work: work.connections.add(connection))
    assert database.read_sync(lambda work: work.connections.get(connection.id)) == connection
    assert database.read_sync(lambda work: work.connections.list()) == (plain, connection)


def test_update_replaces_every_field(database: Database) -> None:
    changed = replace(full_connection(), id=CONNECTION)
    database.run_sync(lambda work: work.connections.update(changed))
    assert database.read_sync(lambda work: work.connections.get(CONNECTION)) == changed


def test_updating_a_removed_connection_says_so(database: Database) -> None:
    with pytest.raises(StorageError, match="no longer exists"):
        database.run_sync(lambda work: work.connections.update(full_connection()))


def test_unknown_ids_are_none(database: Database) -> None:
    assert database.read_sync(lambda w: w.connections.get(ConnectionId("fake-none"))) is None
    assert database.read_sync(lambda w: w.accounts.get(AccountId("fake:none"))) is None


def test_by_identity_tells_environments_and_brokers_apart(database: Database) -> None:
    def find(broker: str, environment: Environment, identity: str) -> Connection | None:
        return database.read_sync(
            lambda work: work.connections.by_identity(broker, environment, identity)
        )

    assert find("fake", Environment.LIVE, "identity 1") == make_connection()
    assert find("fake", Environment.PAPER, "identity 1") is None
    assert find("other", Environment.LIVE, "identity 1") is None
    assert find("fake", Environment.LIVE, "identity 2") is None


def test_the_same_login_twice_is_refused_by_the_file_too(database: Database) -> None:
    twin = make_connection(2, identity="identity 1")
    with pytest.raises(StorageError):
        database.run_sync(lambda work: work.connections.add(twin))
    assert database.read_sync(lambda work: work.connections.list()) == (make_connection(),)


def test_failures_are_kept_thirty_days(database: Database) -> None:
    def fail(days: int, code: str) -> None:
        failure = Failure(
            connection=CONNECTION, at=NOON + timedelta(days=days), code=code, text=f"{code}!"
        )
        database.run_sync(lambda work: work.connections.record_failure(failure))

    fail(0, "a")
    fail(15, "b")
    fail(31, "c")
    long_ago = NOON - timedelta(days=999)
    found = database.read_sync(lambda work: work.connections.failures(CONNECTION, long_ago))
    assert [failure.code for failure in found] == ["b", "c"]
    since = NOON + timedelta(days=16)
    found = database.read_sync(lambda work: work.connections.failures(CONNECTION, since))
    assert [(failure.code, failure.text) for failure in found] == [("c", "c!")]


def test_an_account_comes_back_with_every_field(database: Database) -> None:
    account = make_account(
        3,
        environment=Environment.PAPER,
        type=AccountType.CASH,
        currency="EUR",
        institution="A Bank",
        raw_type="CASH_IRA",
        tax_status=TaxStatus.TAX_FREE,
        flags=AccountFlags(margin=False, day_trader=True, day_trades=2, closing_only=True),
    )
    database.run_sync(lambda work: work.accounts.save(CONNECTION, account))
    found = database.read_sync(lambda work: work.accounts.get(account.id))
    assert found is not None
    assert found.account == account
    assert (found.connection, found.included, found.nickname) == (CONNECTION, None, "")
    assert (found.first_seen, found.last_seen, found.closed_at) == (NOON, NOON, None)


def test_saving_again_keeps_the_users_choices(database: Database) -> None:
    def change(work: UnitOfWork) -> None:
        work.accounts.rename(ACCOUNT, "Nest egg")
        work.accounts.include(ACCOUNT, False)
        work.accounts.save(CONNECTION, make_account(1, name="Renamed by the broker"))

    database.run_sync(change)
    found = database.read_sync(lambda work: work.accounts.get(ACCOUNT))
    assert found is not None
    assert (found.nickname, found.included) == ("Nest egg", False)
    assert found.account.name == "Renamed by the broker"
    assert found.shown_name == "Nest egg"
    included = database.read_sync(lambda work: work.accounts.list(included_only=True))
    assert [item.account.id for item in included] == [OTHER]


def test_last_seen_moves_and_a_closed_account_reopens(database: Database) -> None:
    closed = NOON + timedelta(days=1)
    database.run_sync(lambda work: work.accounts.close(ACCOUNT, closed))
    found = database.read_sync(lambda work: work.accounts.get(ACCOUNT))
    assert found is not None
    assert found.closed_at == closed
    database._clock.jump(86_400)  # type: ignore[attr-defined]  # the fake clock's
    database.run_sync(lambda work: work.accounts.save(CONNECTION, make_account()))
    found = database.read_sync(lambda work: work.accounts.get(ACCOUNT))
    assert found is not None
    assert (found.closed_at, found.first_seen) == (None, NOON)
    assert found.last_seen == NOON + timedelta(days=1)


@pytest.mark.parametrize("act", ["rename", "include", "close"])
def test_changing_an_account_that_is_gone_says_so(database: Database, act: str) -> None:
    value = {"rename": "x", "include": True, "close": NOON}[act]
    with pytest.raises(StorageError, match="no longer exists"):
        database.run_sync(lambda work: getattr(work.accounts, act)(AccountId("fake:no"), value))


def fill(work: UnitOfWork) -> None:
    """Every kind of history for both accounts; OTHER belongs to a second connection."""
    second = make_connection(2)
    work.connections.add(second)
    work.accounts.save(second.id, make_account(2))
    for account, symbol in ((ACCOUNT, "MINE"), (OTHER, "THEIRS")):
        positions = (make_position(symbol), make_position("BOTH"))
        work.snapshots.store(make_reading(account, positions=positions))
        work.snapshots.hold(make_reading(account, positions=()), "odd", NOON)
        work.accounts.rename(account, f"nickname {symbol}")
        work.series.append(account, NOON.date(), Decimal("1.00"))
    work.connections.record_failure(Failure(connection=CONNECTION, at=NOON, code="x", text="y"))


def test_removing_with_history_keeps_accounts_readable(database: Database) -> None:
    database.run_sync(fill)
    database.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=True))
    assert database.read_sync(lambda work: work.connections.get(CONNECTION)) is None
    kept = database.read_sync(lambda work: work.accounts.get(ACCOUNT))
    assert kept is not None
    assert kept.connection is None
    snapshot = database.read_sync(lambda work: work.snapshots.latest(ACCOUNT))
    assert snapshot is not None
    assert not snapshot.damaged
    failures = database.read_sync(
        lambda work: work.connections.failures(CONNECTION, datetime(2000, 1, 1, tzinfo=UTC))
    )
    assert failures == ()
    again = make_connection(3)
    database.run_sync(lambda work: work.connections.add(again))
    database.run_sync(lambda work: work.accounts.save(again.id, make_account()))
    adopted = database.read_sync(lambda work: work.accounts.list(again.id))
    assert [item.account.id for item in adopted] == [ACCOUNT]


def test_removing_without_history_deletes_all_of_it_and_nothing_else(database: Database) -> None:
    database.run_sync(fill)
    database.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=False))
    for table in ("snapshots", "held", "series", "instrument_uses"):
        rows = execute_raw(database.path, f"SELECT DISTINCT account_id FROM {table}")  # noqa: S608
        assert rows == [(OTHER,)]
    assert execute_raw(database.path, "SELECT count(*) FROM deletion_permits") == [(0,)]
    snapshot = database.read_sync(lambda work: work.snapshots.latest(OTHER))
    assert snapshot is not None
    assert not snapshot.damaged
    assert execute_raw(database.path, "SELECT count(*) FROM instruments") == [(2,)]
    database.checkpoint()
    assert b"nickname MINE" not in database.path.read_bytes(), "deleted means gone from the file"
    assert b"nickname THEIRS" in database.path.read_bytes()


def test_quotes_of_what_nobody_holds_any_more_go_too(database: Database) -> None:
    """They were asked for because somebody held it."""
    database.run_sync(fill)
    quotes = [
        Quote(symbol=symbol, source="acme", feed=PriceFeed.DELAYED, fetched_at=NOON)
        for symbol in ("MINE", "BOTH", "THEIRS")
    ]
    database.run_sync(lambda work: work.quotes.put(quotes))
    database.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=False))
    left = execute_raw(database.path, "SELECT symbol FROM quotes ORDER BY symbol")
    assert left == [("BOTH",), ("THEIRS",)]


def test_numbers_of_forgotten_instruments_are_not_given_again(database: Database) -> None:
    database.run_sync(lambda work: work.snapshots.store(make_reading()))
    database.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=False))
    database.run_sync(add_accounts)
    position = Position(instrument=make_instrument("NEW"), quantity=Decimal(1))
    database.run_sync(lambda work: work.snapshots.store(make_reading(positions=(position,))))
    assert execute_raw(database.path, "SELECT id FROM instruments") == [(2,)]


def test_a_word_that_no_version_wrote_is_damage(database: Database) -> None:
    execute_raw(database.path, "UPDATE accounts SET environment = 'livid'")
    with pytest.raises(DatabaseDamagedError):
        database.read_sync(lambda work: work.accounts.list())


def test_everything_survives_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("restart")
    database = open_database(folder)
    database.run_sync(add_accounts)
    database.run_sync(fill)
    before = database.read_sync(lambda work: (work.accounts.list(), work.connections.list()))
    database.close()
    database = open_database(folder)
    try:
        after = database.read_sync(lambda work: (work.accounts.list(), work.connections.list()))
        assert after == before
        snapshot = database.read_sync(lambda work: work.snapshots.latest(ACCOUNT))
        assert snapshot is not None
        assert snapshot.reading == make_reading(
            positions=(make_position("MINE"), make_position("BOTH"))
        )
    finally:
        database.close()
