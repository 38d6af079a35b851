"""What the first paint shows, read without anything heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

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
    make_position,
    make_reading,
    minutes,
    open_database,
    opened,
)

from brokerdesk.db.engine import Database
from brokerdesk.db.start_view import StartView, read_start_view
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, ConnectionState, Environment
from brokerdesk.domain.reading import Reading, Snapshot
from brokerdesk.errors import DatabaseDamagedError, DatabaseTooNewError


def view_of(path: Path, key: bytes | None = None) -> StartView:
    view = read_start_view(path, key=key, now=NOON + timedelta(days=2))
    assert view is not None
    return view


@pytest.fixture
def filled(database: Database) -> Database:
    def fill(work: UnitOfWork) -> None:
        work.snapshots.store(make_reading(at=NOON, worth="1.00"))
        work.snapshots.store(
            make_reading(at=NOON + minutes(5), as_of=NOON + minutes(3), worth="1E+3")
        )
        work.snapshots.store(
            make_reading(OTHER, NOON + minutes(1), worth="0.10", positions=(make_position("B"),))
        )
        work.accounts.rename(ACCOUNT, "Nest egg")

    database.run_sync(fill)
    return database


def test_newest_snapshots_with_names_and_totals(filled: Database) -> None:
    view = view_of(filled.path)
    first, second = view.accounts
    assert (first.id, first.name, first.account.number_mask) == (ACCOUNT, "Nest egg", "…0001")
    assert first.account.type is AccountType.MARGIN
    assert first.connection == CONNECTION
    (connection,) = view.connections
    assert (connection.id, connection.name) == (CONNECTION, "Fake 1")
    assert connection.state is ConnectionState.NEW
    assert first.account.environment is Environment.LIVE
    assert first.snapshot is not None
    assert first.snapshot.fetched_at == NOON + minutes(5)
    assert str(first.balances[0].net_liquidation) == "1E+3"
    assert [position.instrument.symbol for position in second.positions] == ["B"]
    total = view.totals[0]
    assert (total.environment, total.currency, total.accounts) == (Environment.LIVE, "USD", 2)
    assert total.value == Decimal("1000.10")
    assert total.oldest == view.oldest == NOON + minutes(1)


def newest(work: UnitOfWork, account: AccountId) -> Snapshot | None:
    return work.snapshots.latest(account)


def test_it_equals_what_the_repository_reads(filled: Database) -> None:
    view = view_of(filled.path)
    for account in view.accounts:
        read = filled.read_sync(partial(newest, account=account.id))
        assert repr(account.snapshot) == repr(read)


def test_environments_and_currencies_are_never_added_up(database: Database) -> None:
    paper = make_account(3, environment=Environment.PAPER)

    def fill(work: UnitOfWork) -> None:
        work.accounts.save(CONNECTION, paper, included=True)
        work.snapshots.store(make_reading(worth="1.00"))
        work.snapshots.store(make_reading(paper.id, worth="5.00"))
        work.snapshots.store(
            Reading(
                account=OTHER,
                fetched_at=NOON,
                as_of=NOON,
                balances=(
                    Balance(currency="EUR", net_liquidation=Decimal("2.00")),
                    Balance(currency="USD", net_liquidation=Decimal("0.50")),
                    Balance(currency="JPY"),
                ),
                positions=(),
            )
        )

    database.run_sync(fill)
    totals = {(t.environment.value, t.currency): t.value for t in view_of(database.path).totals}
    assert totals == {
        ("live", "USD"): Decimal("1.50"),
        ("live", "EUR"): Decimal("2.00"),
        ("paper", "USD"): Decimal("5.00"),
    }


def test_totals_do_not_round(database: Database) -> None:
    big, small = "12345678901234567890123456789012345678", "0.000000000000000000000001"
    database.run_sync(lambda work: work.snapshots.store(make_reading(worth=big)))
    database.run_sync(lambda work: work.snapshots.store(make_reading(OTHER, worth=small)))
    assert str(view_of(database.path).totals[0].value) == f"{big}.{small[2:]}"


def test_only_included_accounts(filled: Database) -> None:
    filled.run_sync(lambda work: work.accounts.include(ACCOUNT, False))
    filled.run_sync(lambda work: work.accounts.save(CONNECTION, make_account(3)))
    assert [account.id for account in view_of(filled.path).accounts] == [OTHER]
    filled.run_sync(lambda work: work.accounts.include(OTHER, False))
    assert view_of(filled.path).accounts == ()  # the connection is there and says so


def test_closed_and_disconnected_accounts_are_shown_and_not_counted(filled: Database) -> None:
    def change(work: UnitOfWork) -> None:
        second = make_connection(2)
        work.connections.add(second)
        work.accounts.save(second.id, make_account(2))
        work.accounts.close(OTHER, NOON)
        work.connections.remove(CONNECTION, keep_history=True)

    filled.run_sync(change)
    view = view_of(filled.path)
    assert [(a.id, a.closed_at is not None, a.connection is None) for a in view.accounts] == [
        (ACCOUNT, False, True),
        (OTHER, True, False),
    ]
    assert all(account.positions for account in view.accounts)
    assert view.totals == ()
    assert view.oldest is None


def test_an_account_without_a_snapshot_is_listed(database: Database) -> None:
    view = view_of(database.path)
    assert [account.snapshot for account in view.accounts] == [None, None]
    assert view.totals == ()


def test_a_damaged_snapshot_is_named_and_not_counted(filled: Database) -> None:
    execute_raw(
        filled.path,
        "DROP TRIGGER snapshots_never_change",
        f"UPDATE snapshots SET net_liquidation = '9' WHERE account_id = '{OTHER}'",  # noqa: S608
    )
    view = view_of(filled.path)
    damaged = view.accounts[1].snapshot
    assert damaged is not None
    assert damaged.damaged
    assert view.accounts[1].positions == ()
    assert view.totals[0].value == Decimal("1E+3")


def test_no_file_an_empty_file_and_an_empty_database_show_nothing(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.db"
    assert read_start_view(path) is None
    assert not path.exists()
    path.touch()
    assert read_start_view(path) is None
    assert path.stat().st_size == 0
    path.unlink()
    with opened(tmp_path) as database:
        assert read_start_view(database.path) is None


def test_reading_while_another_process_is_writing(filled: Database) -> None:
    def look(work: UnitOfWork) -> StartView:
        work.snapshots.store(make_reading(at=NOON + timedelta(days=1), worth="77.00"))
        return view_of(filled.path)

    during = filled.run_sync(look)
    assert during.accounts[0].snapshot is not None
    assert during.accounts[0].snapshot.fetched_at == NOON + minutes(5)
    after = view_of(filled.path).accounts[0].snapshot
    assert after is not None
    assert after.fetched_at == NOON + timedelta(days=1)


def test_a_newer_file_is_refused(filled: Database) -> None:
    path = filled.path
    filled.close()
    execute_raw(path, "PRAGMA user_version = 99")
    with pytest.raises(DatabaseTooNewError):
        read_start_view(path)


def test_an_older_file_shows_nothing_until_it_is_migrated(filled: Database) -> None:
    path = filled.path
    filled.close()
    execute_raw(path, "PRAGMA user_version = 0")
    assert read_start_view(path) is None


@pytest.mark.parametrize("content", [b"x" * 4096, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "portfolio.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseDamagedError):
        read_start_view(path)
    assert path.read_bytes() == content


def test_an_encrypted_file_opens_under_its_key_alone(tmp_path: Path) -> None:
    key, wrong = b"k" * 32, b"w" * 32
    with opened(tmp_path, key=key) as database:
        database.run_sync(add_accounts)
        database.run_sync(lambda work: work.snapshots.store(make_reading()))
        assert view_of(database.path, key).totals[0].value == Decimal(1000)
        path = database.path
    assert b"SQLite format 3" not in path.read_bytes()
    for other in (None, wrong):
        with pytest.raises(DatabaseDamagedError):
            read_start_view(path, key=other)
        with pytest.raises(DatabaseDamagedError):
            open_database(tmp_path, key=other)
    assert view_of(path, key).totals[0].value == Decimal(1000)


def test_a_word_that_no_version_wrote_is_damage(filled: Database) -> None:
    execute_raw(filled.path, "UPDATE connections SET state = 'bogus'")
    with pytest.raises(DatabaseDamagedError):
        read_start_view(filled.path)


def test_nothing_heavy_is_imported(filled: Database) -> None:
    heavy = ["sqlalchemy", "alembic", "asyncio", "httpx", "keyring", "numpy", "cryptography"]
    program = (
        "import json, sys, pathlib\n"
        "from brokerdesk.db.start_view import read_start_view\n"
        "view = read_start_view(pathlib.Path(sys.argv[1]))\n"
        "print(json.dumps([len(view.accounts), [name for name in json.loads(sys.argv[2])"
        " if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(filled.path), json.dumps(heavy)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [2, []]
