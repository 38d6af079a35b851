"""The retention rule against an oracle that states it in another way.

The oracle keeps, day by day, what somebody who looks at the end of that New York day must find.
"""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.db import (
    ACCOUNT,
    NOON,
    OTHER,
    execute_raw,
    make_position,
    make_reading,
    minutes,
    opened,
    raw_connection,
)

from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.domain.reading import Snapshot

BOTH = (ACCOUNT, OTHER)
KEPT_WHOLE = timedelta(days=30)
FIRST = datetime(2026, 10, 1, tzinfo=UTC)  # the span includes a change of clocks in New York
SPAN = 45 * 24 * 60  # minutes: days hold several readings, and some hold none


def ids(work: UnitOfWork, account: AccountId) -> dict[int, tuple[datetime, datetime]]:
    infos = work.snapshots.between(account, FIRST, FIRST + timedelta(days=400))
    return {info.id: (info.fetched_at, info.valid_until) for info in infos}


def at_day_ends(work: UnitOfWork, account: AccountId) -> dict[date, Snapshot | None]:
    days = [FIRST.date() + timedelta(days=n) for n in range(80)]
    return {day: work.snapshots.as_of(account, end_of_day(day)) for day in days}


def must_stay(rows: dict[int, tuple[datetime, datetime]], now: datetime) -> set[int]:
    """All younger ones, and what stands at the end of any day on which something was fetched."""
    young = {number for number, (_, until) in rows.items() if until >= now - KEPT_WHOLE}
    in_time = sorted(rows, key=lambda number: (rows[number][0], number))
    last_of_day = {new_york_day(rows[number][0]): number for number in in_time}
    return young | set(last_of_day.values())


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    readings=st.lists(
        st.tuples(st.integers(0, SPAN), st.integers(0, 2), st.booleans()),
        min_size=1,
        max_size=40,
        unique_by=lambda item: item[0],
    ),
    now=st.integers(20 * 24 * 60, 90 * 24 * 60),
    ordered=st.booleans(),
)
def test_prune_keeps_exactly_what_the_oracle_keeps(
    tmp_path_factory: pytest.TempPathFactory,
    with_two_accounts: Path,
    readings: list[tuple[int, int, bool]],
    now: int,
    ordered: bool,
) -> None:
    moment = FIRST + minutes(now)
    folder = tmp_path_factory.mktemp("prune")
    shutil.copy(with_two_accounts, folder)
    with opened(folder) as database:

        def fill(work: UnitOfWork) -> None:
            for minute, worth, first in sorted(readings) if ordered else readings:
                work.snapshots.store(
                    make_reading(
                        ACCOUNT if first else OTHER, FIRST + minutes(minute), worth=f"{worth}.00"
                    )
                )

        database.run_sync(fill)
        before = database.read_sync(lambda work: {a: ids(work, a) for a in BOTH})
        ends = database.read_sync(lambda work: {a: at_day_ends(work, a) for a in BOTH})
        kept_all = database.run_sync(lambda work: work.snapshots.prune(moment, keep_all=True))
        assert kept_all == 0
        dropped = database.run_sync(lambda work: work.snapshots.prune(moment, keep_all=False))
        after = database.read_sync(lambda work: {a: set(ids(work, a)) for a in BOTH})
        assert after == {a: must_stay(before[a], moment) for a in BOTH}
        assert database.read_sync(lambda work: {a: at_day_ends(work, a) for a in BOTH}) == ends
        assert dropped == sum(map(len, before.values())) - len(
            execute_raw(database.path, "SELECT id FROM snapshots")
        )
        assert database.run_sync(lambda w: w.snapshots.prune(moment, keep_all=False)) == 0
        assert database.read_sync(lambda work: work.snapshots.verify()) == ()


def fill_two_days(database: Database) -> list[int]:
    """Six readings on each of two days, 40 and 39 days before NOON + 40 days."""

    def fill(work: UnitOfWork) -> list[int]:
        return [
            work.snapshots.store(
                make_reading(at=NOON + timedelta(days=day) + minutes(n), worth=f"{day}{n}.00")
            ).snapshot_id
            for day in range(2)
            for n in range(6)
        ]

    return database.run_sync(fill)


NOW = NOON + timedelta(days=40)


def test_the_last_of_each_day_stays(database: Database) -> None:
    stored = fill_two_days(database)
    assert database.run_sync(lambda work: work.snapshots.prune(NOW, keep_all=False)) == 10
    left = database.read_sync(lambda work: work.snapshots.between(ACCOUNT, NOON, NOW))
    assert [info.id for info in left] == [stored[5], stored[11]]


def test_thirty_days_to_the_microsecond(database: Database) -> None:
    fill_two_days(database)
    edge = NOON + KEPT_WHOLE
    assert database.run_sync(lambda work: work.snapshots.prune(edge, keep_all=False)) == 0
    edge += timedelta(microseconds=1)
    assert database.run_sync(lambda work: work.snapshots.prune(edge, keep_all=False)) == 1


def test_held_readings_are_not_touched(database: Database) -> None:
    fill_two_days(database)
    suspect = make_reading(at=NOON, positions=(make_position("HELD"),))
    database.run_sync(lambda work: work.snapshots.hold(suspect, "odd", NOON))
    database.run_sync(lambda work: work.snapshots.prune(NOW, keep_all=False))
    held = database.read_sync(lambda work: work.snapshots.held())
    assert [item.reading for item in held] == [suspect]


def test_frames_go_with_their_last_snapshot(database: Database) -> None:
    def fill(work: UnitOfWork) -> None:
        for n in range(4):
            positions = (make_position("ACME", units=f"{n}"),)
            work.snapshots.store(make_reading(at=NOON + minutes(n), positions=positions))

    database.run_sync(fill)
    assert execute_raw(database.path, "SELECT count(*) FROM frames") == [(4,)]
    database.run_sync(lambda work: work.snapshots.prune(NOW, keep_all=False))
    assert execute_raw(database.path, "SELECT count(*) FROM frames") == [(1,)]
    assert database.read_sync(lambda work: work.snapshots.verify()) == ()


def test_the_file_gets_smaller(database: Database) -> None:
    empty = database.file_size()

    def fill(work: UnitOfWork) -> None:
        positions = tuple(make_position(f"S{n}") for n in range(200))
        for n in range(200):
            work.snapshots.store(
                make_reading(at=NOON + minutes(n), worth=f"{n}.00", positions=positions)
            )

    database.run_sync(fill)
    database.checkpoint()
    before = database.file_size()
    database.run_sync(lambda work: work.snapshots.prune(NOW, keep_all=False))
    database.checkpoint()
    assert database.file_size() - empty < (before - empty) / 2


def test_a_permit_alone_does_not_let_the_last_of_a_day_go(database: Database) -> None:
    fill_two_days(database)
    connection = raw_connection(database.path)
    try:
        connection.execute("INSERT INTO deletion_permits (cutoff) VALUES (9223372036854775807)")
        with pytest.raises(Exception, match="is kept"):
            connection.execute("DELETE FROM snapshots")
    finally:
        connection.close()
    assert execute_raw(database.path, "SELECT count(*) FROM snapshots") == [(12,)]


def test_a_prune_that_fails_half_way_changes_nothing(database: Database, tmp_path: Path) -> None:
    fill_two_days(database)

    def prune_and_fail(work: UnitOfWork) -> None:
        assert work.snapshots.prune(NOW, keep_all=False) == 10
        raise LookupError("stop")

    with pytest.raises(LookupError):
        database.run_sync(prune_and_fail)
    assert execute_raw(database.path, "SELECT count(*) FROM snapshots") == [(12,)]
    assert execute_raw(database.path, "SELECT count(*) FROM deletion_permits") == [(0,)]
