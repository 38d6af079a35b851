"""Two processes and one profile: exclusion, and a kill at any instant."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import support.secrets
from support.clock import FakeClock
from support.secrets import CHEAP, FakeKeyring, profile, store_with

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import SecretStoreLockedError
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import Store, create_vault
from brokerdesk.secrets.locks import Locks

ONE = ConnectionId("schwab-0a1b2c3d")
TWO = ConnectionId("schwab-4e5f6a7b")
SCRIPT = Path(support.secrets.__file__).parent / "scripts" / "secrets_process.py"
ROOT = SCRIPT.parents[3]


@pytest.fixture
def place(tmp_path: Path) -> ProfilePaths:
    return profile(tmp_path)


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse\n", encoding="utf-8")
    return path


@pytest.fixture
async def store(place: ProfilePaths) -> Store:
    made = await create_vault(place, "correct horse", clock=FakeClock(), cost=CHEAP)
    await made.save(ONE, {"counter": "0"})
    return made


@contextmanager
def process(place: ProfilePaths, passphrase: Path, *what: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), str(place.root), str(passphrase), ONE, *what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:
        try:
            yield running
        finally:
            running.kill()


async def test_tasks_and_processes_exclude_each_other(
    place: ProfilePaths, passphrase_file: Path, store: Store
) -> None:
    """Every step reads, yields and writes: an overlap would lose a count."""
    steps, tasks = 15, 4

    async def here(own: Store) -> None:
        port = own.credentials(ONE)
        for _ in range(steps):
            async with port.lock():
                value = int((await port.read())["counter"])
                await asyncio.sleep(0)
                await port.replace({"counter": str(value + 1)})

    second = store_with(place, None, passphrase_file=passphrase_file)
    with process(place, passphrase_file, "count", str(steps)) as other:
        await asyncio.gather(*(here(store) for _ in range(tasks)), here(second))
        returned = await asyncio.to_thread(other.wait, 60)
    assert returned == 0
    assert (await store.read(ONE))["counter"] == str(steps * (tasks + 2))


async def test_a_lock_held_elsewhere_is_given_up_with_a_sentence_and_free_after_its_death(
    place: ProfilePaths, passphrase_file: Path, store: Store
) -> None:
    hasty = store_with(place, None, passphrase_file=passphrase_file, lock_timeout=0.05)
    with process(place, passphrase_file, "hold") as other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == "held\n"
        with pytest.raises(SecretStoreLockedError) as caught:
            async with hasty.credentials(ONE).lock():
                pytest.fail("entered")
        assert caught.value.title == "This sign-in is in use."
        with pytest.raises(SecretStoreLockedError):
            await hasty.delete(ONE)
        assert await hasty.exists(ONE)
        async with hasty.credentials(TWO).lock():
            pass
        other.kill()
        await asyncio.to_thread(other.wait, 30)
    async with hasty.credentials(ONE).lock():
        pass


async def test_within_one_process_a_second_store_waits_as_well(place: ProfilePaths) -> None:
    first = store_with(place, FakeKeyring())
    second = store_with(place, FakeKeyring(), lock_timeout=0.05)
    async with first.credentials(ONE).lock():
        with pytest.raises(SecretStoreLockedError):
            async with second.credentials(ONE).lock():
                pytest.fail("entered")
        with pytest.raises(SecretStoreLockedError):
            async with Locks(place.secrets_dir, limit=0.02).hold(ONE):
                pytest.fail("entered")
    async with second.credentials(ONE).lock():
        pass


async def test_a_task_that_waits_for_itself_is_told_instead_of_hanging(
    place: ProfilePaths,
) -> None:
    store = store_with(place, FakeKeyring(), lock_timeout=0.05)
    async with store.credentials(ONE).lock():
        with pytest.raises(SecretStoreLockedError, match="in use"):
            async with store.credentials(ONE).lock():
                pytest.fail("entered")


async def test_a_cancelled_waiter_never_keeps_the_lock(place: ProfilePaths) -> None:
    first, second = store_with(place, FakeKeyring()), store_with(place, FakeKeyring())
    for pause in (0.0, 0.001, 0.01, 0.03):
        async with asyncio.TaskGroup() as group:
            entered = asyncio.Event()

            async def wait_for_it(entered: asyncio.Event = entered) -> None:
                async with second.credentials(ONE).lock():
                    entered.set()

            async with first.credentials(ONE).lock():
                waiting = group.create_task(wait_for_it())
                await asyncio.sleep(pause)
                waiting.cancel()
            await asyncio.wait([waiting])
            assert not entered.is_set()
        quick = store_with(place, FakeKeyring(), lock_timeout=1.0)
        async with quick.credentials(ONE).lock():
            pass


async def test_an_exception_inside_gives_the_lock_back(place: ProfilePaths) -> None:
    store = store_with(place, FakeKeyring(), lock_timeout=1.0)
    with pytest.raises(ZeroDivisionError):
        async with store.credentials(ONE).lock():
            raise ZeroDivisionError
    async with store.credentials(ONE).lock():
        pass


async def test_two_first_uses_at_once_make_one_key(place: ProfilePaths) -> None:
    backend = FakeKeyring()
    stores = [store_with(place, backend) for _ in range(6)]
    names = [ConnectionId(f"schwab-0000000{number}") for number in range(6)]
    await asyncio.gather(
        *(store.save(name, {"app_key": name}) for store, name in zip(stores, names, strict=True))
    )
    assert len(backend.entries) == 1
    fresh = store_with(place, backend)
    for name in names:
        assert (await fresh.read(name))["app_key"] == name


async def test_many_callers_ask_the_keychain_once(place: ProfilePaths) -> None:
    backend = FakeKeyring()
    await store_with(place, backend).save(ONE, {"app_key": "the-key-value"})
    backend.calls.clear()
    store = store_with(place, backend)
    await asyncio.gather(*(store.read(ONE) for _ in range(50)))
    assert backend.calls == ["get"]


async def test_a_cancelled_replace_ends_before_its_lock_is_given_back(
    place: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise another process could read the token that is about to be replaced."""
    store = store_with(place, FakeKeyring())
    await store.save(ONE, {"refresh_token": "older-token"})
    begun, order = asyncio.Event(), list[str]()
    loop, real = asyncio.get_running_loop(), os.fsync

    def slow(descriptor: int) -> None:
        loop.call_soon_threadsafe(begun.set)
        time.sleep(0.1)
        real(descriptor)
        order.append("stored")

    async def refresh() -> None:
        port = store.credentials(ONE)
        try:
            async with port.lock():
                await port.replace({"refresh_token": "newer-token"})
        finally:
            order.append("released")

    monkeypatch.setattr(os, "fsync", slow)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(refresh())
        await begun.wait()
        task.cancel()
    monkeypatch.undo()
    assert order[0] == "stored"
    assert order[-1] == "released"
    assert (await store.read(ONE))["refresh_token"] == "newer-token"


async def killed_while_rotating(
    place: ProfilePaths, passphrase_file: Path, store: Store, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    told = 0
    for _ in range(kills):
        with process(place, passphrase_file, "rotate") as other:
            assert other.stdout is not None
            first = await asyncio.to_thread(other.stdout.readline)
            await asyncio.sleep(chance.uniform(0, 0.03))
            other.kill()
            rest, _ = await asyncio.to_thread(other.communicate)
        # A line that the kill cut short was not told.
        told = max([told, *(int(line) for line in (first + rest).split("\n")[:-1])])
        read = await store.read(ONE)
        assert told <= int(read["counter"]) <= told + 1, "the token told last, or the one after"
        assert read["token"] == f"{int(read['counter']):08}" * 500
    assert told >= kills


async def test_a_killed_process_never_leaves_an_older_token(
    place: ProfilePaths, passphrase_file: Path, store: Store
) -> None:
    await killed_while_rotating(place, passphrase_file, store, 8, seed=1)


@pytest.mark.deep
@pytest.mark.timeout(600)
async def test_two_hundred_kills_never_leave_an_older_token(
    place: ProfilePaths, passphrase_file: Path, store: Store
) -> None:
    await killed_while_rotating(place, passphrase_file, store, 200, seed=2)
