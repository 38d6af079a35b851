"""``kill -9`` at random instants of refreshing: the file stays whole, and so does every snapshot.

The child says each reading before it is stored (S) and after the commit was told (C). Whatever the
instant, the newest snapshot of an account is the last one that was told, or one of those that were
on their way after it: old or new, never a mixture, and never older than what was told.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.brokers import Certificates, MemoryCredentials
from support.cli import Market, market
from support.kill_child import digest

from brokerdesk.brokers.flow import BrowserStep, DoneStep, FlowContext, FormStep
from brokerdesk.brokers.registry import spec
from brokerdesk.clock import SystemClock
from brokerdesk.db.engine import Database
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.paths import ProfilePaths, profile_at

BROKER = "schwab"
CONNECTION = ConnectionId(f"{BROKER}-00000001")
TESTS = Path(__file__).parents[1]
LONGEST_LIFE = 0.9
LONGEST_AIM = 0.008


@dataclass
class Tally:
    """What the campaign saw."""

    kills: int = 0
    rounds: int = 0
    amid_accounts: int = 0
    snapshots: int = 0
    newest: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def where() -> Iterator[Market]:
    with market("--seed", "31") as made:
        yield made


async def credentials_of(where: Market) -> dict[str, str]:
    flow = spec(BROKER).connect_flow(
        FlowContext(
            environment=Environment.PRACTICE,
            clock=SystemClock(),
            certificates=Certificates(),
            practice_url=where.base_url,
        )
    )
    try:
        step = await flow.start()
        while not isinstance(step, DoneStep):
            if isinstance(step, BrowserStep):
                address = await asyncio.to_thread(where.approve, step.url)
                await flow.paste(address)
                step = await flow.wait()
            else:
                step = await flow.submit(where.secrets if isinstance(step, FormStep) else {})
        return dict(step.credentials)
    finally:
        await flow.aclose()


async def prepare(where: Market, paths: ProfilePaths) -> dict[str, str]:
    """A profile with one connection and its accounts, none of them read yet."""
    from brokerdesk.brokers.base import SessionContext

    credentials = await credentials_of(where)
    session = spec(BROKER).open_session(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=SystemClock(),
            credentials=MemoryCredentials(credentials),
            practice_url=where.base_url,
        )
    )
    try:
        listed = await session.accounts()
    finally:
        await session.aclose()
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=SystemClock())

    def write(uow: object) -> None:
        uow.connections.add(  # type: ignore[attr-defined]
            Connection(
                id=CONNECTION,
                broker=BROKER,
                environment=Environment.PRACTICE,
                name="Practice",
                identity="x",
                created_at=SystemClock().now(),
                practice_url=where.base_url,
            )
        )
        for account in listed:
            uow.accounts.save(CONNECTION, account, included=True)  # type: ignore[attr-defined]

    await database.run(write)
    await database.aclose()
    return credentials


def kill_once(job: str, life: float, aim: float | None) -> list[list[str]]:
    """Let a child refresh for a while and kill it; what it had said.

    With ``aim`` the kill waits for the next reading on its way to the file, and that many seconds:
    most of a round is waiting for the broker, and what matters is the writing.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "support.kill_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(job + "\n")
        child.stdin.flush()
        assert child.stdout.readline().startswith("READY")
        time.sleep(life)
        heard = ""
        if aim is not None:
            while not (line := child.stdout.readline()).startswith("S"):
                heard += line
            heard += line
            time.sleep(aim)
        child.kill()
        said = heard + child.stdout.read()
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    whole = said[: said.rfind("\n") + 1]  # the last line may be torn
    return [line.split(" ", 2) for line in whole.splitlines()]


def check(paths: ProfilePaths, said: list[list[str]], tally: Tally) -> None:
    told = dict(tally.newest)
    coming: dict[str, set[str]] = {}
    for kind, account, text in said:
        assert kind in ("S", "C"), f"{kind} {account} {text}"
        if kind == "S":
            coming.setdefault(account, set()).add(text)
        else:
            told[account] = text
            coming[account] = set()
            tally.rounds += 1
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=SystemClock())
    try:
        asyncio.run(database.quick_check())
        raw = database.read_sync(
            lambda uow: uow.snapshots._raw.execute("PRAGMA integrity_check").fetchall()
        )
        assert raw == [("ok",)]
        assert database.read_sync(lambda uow: uow.snapshots.verify()) == (), "checksums"
        accounts = database.read_sync(lambda uow: uow.accounts.list(CONNECTION))
        assert len(accounts) == len({one.account.id for one in accounts}) >= 3
        for one in accounts:
            key = one.account.id
            newest = database.read_sync(lambda uow, key=key: uow.snapshots.latest(AccountId(key)))  # type: ignore[misc]
            if newest is None:
                assert key not in told, "a snapshot that was told is lost"
                continue
            assert newest.reading is not None
            found = digest(newest.reading)
            allowed = {told.get(key, ""), *coming.get(key, set())}
            assert found in allowed, f"{key} has neither the old nor a new snapshot"
            tally.amid_accounts += bool(coming.get(key))
            tally.newest[key] = found
        tally.snapshots = database.read_sync(
            lambda uow: len(uow.snapshots._raw.execute("SELECT id FROM snapshots").fetchall())
        )
    finally:
        database.close()
    tally.kills += 1


def campaign(where: Market, directory: Path, kills: int) -> Tally:
    paths = profile_at(directory / "profile")
    paths.ensure()
    credentials = asyncio.run(prepare(where, paths))
    job = json.dumps(
        {"profile": str(paths.root), "credentials": credentials, "connection": CONNECTION}
    )
    tally, dice = Tally(), random.Random()
    for _ in range(kills):
        aim = dice.choice([None, dice.uniform(0, LONGEST_AIM)])
        check(paths, kill_once(job, dice.uniform(0, LONGEST_LIFE), aim), tally)
    return tally


def report(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 during refresh: {tally.kills} kills, {tally.rounds} commits told, "
            f"{tally.amid_accounts} accounts amid a read or write, {tally.snapshots} snapshots, "
            "0 damaged files, 0 bad checksums, 0 lost or mixed snapshots\n"
        )


def test_ten_kills(where: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = campaign(where, tmp_path, 10)
    report(tally, capsys)
    assert tally.kills == 10
    assert tally.rounds > 0


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_two_hundred_kills(
    where: Market, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = campaign(where, tmp_path, 200)
    report(tally, capsys)
    assert tally.kills == 200
    assert tally.amid_accounts > 0
