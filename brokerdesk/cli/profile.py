"""Open what a command needs of a profile, and close it again whatever happens.

Reading commands open the database alone: no network, no keychain. Commands that talk to brokers
open everything on one loop of their own, beside a window that may be running.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.cli.output import note
from brokerdesk.clock import SystemClock
from brokerdesk.domain.events import ClockSkewed, Event
from brokerdesk.errors import SecretStoreLockedError, StorageError
from brokerdesk.paths import (
    ProfilePaths,
    default_profile,
    practice_profile,
    private_umask,
    profile_at,
)

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.secrets.store import Store
    from brokerdesk.services.container import Services

_log = logging.getLogger(__name__)
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything, open. ``faults`` collects defects of background work."""

    services: Services
    store: Store
    database: Database
    events: list[Event]
    faults: list[BaseException]


def profile_of(options: argparse.Namespace) -> ProfilePaths:
    """The profile that the options name, its directories made.

    Raises:
        StorageError: it cannot be written.
    """
    if options.data_dir is not None:
        paths = profile_at(options.data_dir)
    else:
        paths = practice_profile() if options.practice else default_profile()
    private_umask()
    try:
        paths.ensure()
    except OSError as error:
        raise StorageError(
            "The profile cannot be written.",
            f"{paths.root}: {error.strerror or 'unknown trouble'}. Nothing was changed.",
            "Check the rights of the directory and the disk's free space, or use --data-dir.",
        ) from error
    return paths


@contextmanager
def database_of(options: argparse.Namespace) -> Iterator[Database]:
    """The profile's database for reading."""
    from brokerdesk.db.engine import Database

    paths = profile_of(options)
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=SystemClock())
    try:
        yield database
    finally:
        database.close()


def on_loop(
    options: argparse.Namespace, work: Callable[[Desk], Awaitable[int]], *, log: bool = True
) -> int:
    """Run ``work`` with everything open; its exit code, 1 when a defect came up meanwhile."""

    async def run() -> int:
        from brokerdesk.tasks import DaemonExecutor

        asyncio.get_running_loop().set_default_executor(DaemonExecutor())
        async with _desk(options) as desk:
            code = await work(desk)
            _note_skew(desk.events)
            return code if not desk.faults else code or 1

    if not log:
        return asyncio.run(run())
    from brokerdesk.log import forbid_core_dumps, start_log

    forbid_core_dumps()
    paths = profile_of(options)
    handle = start_log(
        paths.log_dir, name="brokerdesk-cli", debug=options.debug, to_stderr=options.debug
    )
    try:
        return asyncio.run(run())
    finally:
        handle.close()


@asynccontextmanager
async def _desk(options: argparse.Namespace) -> AsyncIterator[Desk]:
    from brokerdesk.secrets import CertificateKeeper
    from brokerdesk.services.container import Services
    from brokerdesk.settings import SettingsFile
    from brokerdesk.tasks import Supervisor

    paths, clock = profile_of(options), SystemClock()
    settings, problem = SettingsFile(paths.settings_file).load_or_default()
    if problem is not None:
        note(problem.sentences())
    events: list[Event] = []
    faults: list[BaseException] = []

    def on_bug(name: str, error: BaseException) -> None:
        faults.append(error)
        _log.error("a fault in %s", name, exc_info=error)
        note("A fault in BrokerDesk came up. What was stored before it is unharmed; see the log.")

    with database_of(options) as database:
        store = store_of(paths)
        supervisor = Supervisor(on_bug)
        services = Services(
            paths=paths,
            clock=clock,
            publish=events.append,
            settings=settings,
            secrets=store,
            certificates=CertificateKeeper(store, paths, clock),
            database=database,
            supervisor=supervisor,
            offline=options.offline,
        )
        try:
            yield Desk(
                services=services, store=store, database=database, events=events, faults=faults
            )
        finally:
            await services.aclose()
            await supervisor.aclose()
            await store.aclose()


def _note_skew(events: list[Event]) -> None:
    """Say once that this computer's clock differs from a broker's."""
    skewed = next((event for event in events if isinstance(event, ClockSkewed)), None)
    if skewed is not None:
        way = "ahead of" if skewed.seconds > 0 else "behind"
        note(
            f"This computer's clock is off: {abs(skewed.seconds)} seconds {way} the broker's. "
            "Times and ages shown are wrong by as much. Set the clock in the system settings."
        )


def store_of(paths: ProfilePaths) -> Store:
    """The secret store, with the passphrase file that the environment names."""
    from brokerdesk.secrets import PASSPHRASE_FILE_VARIABLE, open_store

    named = os.environ.get(PASSPHRASE_FILE_VARIABLE)
    return open_store(paths, clock=SystemClock(), passphrase_file=Path(named) if named else None)


async def unlock(store: Store, paths: ProfilePaths) -> None:
    """Make sure that keychain or vault opens; asks for the passphrase where somebody can type.

    Raises:
        SecretStoreError: it does not open.
    """
    import getpass

    for left in reversed(range(_TRIES)):
        try:
            await store.ready()
        except SecretStoreLockedError as error:
            if not (paths.secrets_dir / "vault.json").exists() or not sys.stdin.isatty():
                raise
            if not left:
                raise
            note(error.title)
            try:
                await store.unlock(getpass.getpass("Passphrase of the vault: "))
            except SecretStoreLockedError as wrong:
                note(wrong.title)
            else:
                return
        else:
            return
