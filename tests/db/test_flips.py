"""Flipped bytes: never a crash, never wrong figures that look right.

What may come of it: a known error, a snapshot marked damaged, an older whole one, or nothing.
What may not: an undamaged snapshot that was never stored like that, or a stranger's exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import db_released as released
from support.db import ACCOUNT, NOON, execute_raw, minutes, open_database, opened

from brokerdesk.db.engine import Database
from brokerdesk.db.start_view import read_start_view
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.reading import Snapshot
from brokerdesk.errors import StorageError

GENUINE = {repr(reading) for reading in released.READINGS}
LIMITS = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
KEY = b"k" * 32

edits = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4
)
"""Where in the file, as a share of its length, and what to flip there."""


def made(tmp_path_factory: pytest.TempPathFactory, key: bytes | None) -> Path:
    folder = tmp_path_factory.mktemp("flips")
    with opened(folder, key=key) as database:
        database.run_sync(released.fill)
        return database.path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory, None)


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory, KEY)


def flipped(path: Path, changes: list[tuple[float, int]], cut: float | None) -> bytes:
    changed = bytearray(path.read_bytes())
    for share, mask in changes:
        changed[int(share * len(changed))] ^= mask
    return bytes(changed if cut is None else changed[: int(cut * len(changed))])


def is_genuine(snapshot: Snapshot | None) -> bool:
    if snapshot is None or snapshot.damaged:
        return True
    times = {
        (reading.fetched_at, reading.as_of, reading.fetched_at) for reading in released.READINGS
    }
    found = (snapshot.fetched_at, snapshot.as_of, snapshot.valid_until)
    return repr(snapshot.reading) in GENUINE and found in times


READS: list[Callable[[Any], Any]] = [
    lambda work: work.connections.list(),
    lambda work: work.accounts.list(),
    lambda work: work.snapshots.days(ACCOUNT),
    lambda work: work.snapshots.between(ACCOUNT, NOON, NOON + minutes(99)),
    lambda work: work.snapshots.verify(),
    lambda work: work.snapshots.latest_columns(ACCOUNT),
    lambda work: work.series.values(ACCOUNT),
    lambda work: work.series.columns(ACCOUNT),
    lambda work: work.meta.get("motto"),
]


def as_of(work: UnitOfWork, moment: datetime) -> Snapshot | None:
    return work.snapshots.as_of(ACCOUNT, moment)


def look_at_everything(database: Database) -> None:
    for moment in (0, 1, 2, 99):
        try:
            snapshot = database.read_sync(partial(as_of, moment=NOON + minutes(moment)))
        except StorageError:
            continue
        assert is_genuine(snapshot)
    for read in READS:
        try:
            database.read_sync(read)
        except StorageError:
            continue
    for facts, expected in (
        ((lambda work: work.transactions.list()), released.TRANSACTION),
        ((lambda work: work.orders.list()), released.ORDER),
        ((lambda work: work.quotes.get(["ACME"])), released.QUOTE),
    ):
        try:
            found = database.read_sync(facts)
        except StorageError:
            continue
        assert set(map(repr, found)) <= {repr(expected)}
    try:
        held = database.read_sync(lambda work: work.snapshots.held())
    except StorageError:
        held = ()
    assert all(item.reading is None or repr(item.reading) == repr(released.HELD) for item in held)
    try:
        asyncio.run(database.quick_check())
    except StorageError:
        return
    # Structure intact: writing goes on, or says in our words why not.
    try:
        database.run_sync(lambda work: work.snapshots.store(released.reading(50)))
        database.run_sync(lambda work: work.snapshots.prune(NOON + minutes(10**6), keep_all=False))
    except StorageError:
        return


def check(folder: Path, content: bytes, key: bytes | None) -> None:
    path = folder / "portfolio.db"
    for file in folder.glob("portfolio.db*"):
        file.unlink()
    path.write_bytes(content)
    try:
        view = read_start_view(path, key=key)
    except StorageError:
        view = None
    if view is not None:
        assert all(is_genuine(account.snapshot) for account in view.accounts)
    try:
        database = open_database(folder, key=key, busy_seconds=0.1)
    except StorageError:
        return
    try:
        look_at_everything(database)
    finally:
        database.close()


@LIMITS
@given(changes=edits, cut=st.none() | st.none() | st.none() | st.floats(0, 1, exclude_max=True))
def test_flipped_bytes(
    plain: Path, tmp_path: Path, changes: list[tuple[float, int]], cut: float | None
) -> None:
    check(tmp_path, flipped(plain, changes, cut), None)


@settings(LIMITS, max_examples=25)
@given(changes=edits)
def test_flipped_bytes_of_an_encrypted_file(
    encrypted: Path, tmp_path: Path, changes: list[tuple[float, int]]
) -> None:
    check(tmp_path, flipped(encrypted, changes, None), KEY)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@settings(LIMITS, max_examples=5_000)
@given(changes=edits, cut=st.none() | st.floats(0, 1, exclude_max=True))
def test_flipped_bytes_deep(
    plain: Path, tmp_path: Path, changes: list[tuple[float, int]], cut: float | None
) -> None:
    check(tmp_path, flipped(plain, changes, cut), None)


def test_flips_where_the_figures_are(plain: Path, tmp_path: Path) -> None:
    """Through a whole row, from before its first column to its last byte."""
    (payload,) = execute_raw(plain, "SELECT payload FROM snapshots ORDER BY id DESC LIMIT 1")[0]
    content = plain.read_bytes()
    place = content.index(payload)
    for offset in range(place - 220, place + len(payload), 5):
        changed = bytearray(content)
        changed[offset] ^= 1 << offset % 8
        check(tmp_path, bytes(changed), None)
