"""``brokerdesk self-test``: does this installation work on this computer?

Each check does a small piece of the real thing: a packaged program that lacks a file, a driver or a
plugin fails here by name and not weeks later at the user's.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from brokerdesk.cli.codes import ERROR, OK
from brokerdesk.cli.output import say, say_json
from brokerdesk.clock import SystemClock
from brokerdesk.errors import BrokerDeskError, SecretStoreError

KEYCHAIN_SECONDS = 3.0
_RESOURCES = ("tokens.json", "icons", "updates/source.json")


def run(options: argparse.Namespace) -> int:
    """Run all checks; 0 when every one is well, else 1."""
    results = []
    for name, check in CHECKS:
        ok, detail = _outcome(check)
        results.append({"name": name, "ok": ok, "detail": detail})
        if not options.json:
            say(f"{'ok    ' if ok else 'FAILED'}  {name}: {detail}")
    ok = all(result["ok"] for result in results)
    if options.json:
        say_json({"ok": ok, "checks": results})
    else:
        say("Everything works." if ok else "Something is missing; see the lines marked FAILED.")
    return OK if ok else ERROR


def _outcome(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except BrokerDeskError as error:
        return False, error.sentences()
    except (
        ImportError, OSError, RuntimeError, ValueError, AttributeError, TypeError, LookupError
    ) as error:  # fmt: skip
        # What a broken installation raises; its kind and words are the answer.
        return False, f"{type(error).__name__}: {error}"


def _program() -> str:
    from brokerdesk import __version__

    kind = "packaged" if getattr(sys, "frozen", False) else "installed"
    return f"BrokerDesk {__version__}, {kind}, Python {platform.python_version()}"


def _sqlite() -> str:
    from brokerdesk.db.version import sqlite_version

    return f"SQLite {sqlite_version()}"


def _database() -> str:
    from brokerdesk.db.engine import Database

    with tempfile.TemporaryDirectory(prefix="brokerdesk-") as name:
        directory = Path(name)
        database = Database.open(
            directory / "portfolio.db", backups=directory / "backups", clock=SystemClock()
        )
        try:
            database.run_sync(lambda uow: uow.meta.set("self_test", "1"))
            asyncio.run(database.quick_check())
            if database.read_sync(lambda uow: uow.meta.get("self_test")) != "1":
                raise RuntimeError("what was stored could not be read back")
        finally:
            database.close()
    return "a scratch database was made, migrated, written and checked"


def _brokers() -> str:
    from brokerdesk.brokers.base import SessionContext
    from brokerdesk.brokers.registry import all_specs
    from brokerdesk.services.saving import MemoryCredentials

    async def open_each() -> None:
        for spec in all_specs():
            # Opening is what imports the rest of a broker's package. It asks nobody.
            session = spec.open_session(
                SessionContext(
                    environment=spec.capabilities.environments[0],
                    clock=SystemClock(),
                    credentials=MemoryCredentials({}),
                )
            )
            await session.aclose()

    asyncio.run(open_each())
    return ", ".join(spec.id for spec in all_specs())


def _simulator() -> str:
    from brokerdesk.simulator.options import KNOWN_BROKERS
    from brokerdesk.simulator.server import SimulatorServer

    async def serve() -> str:
        async with SimulatorServer() as server:
            return server.origin(KNOWN_BROKERS[0]).base_url

    asyncio.run(serve())
    return "it served on loopback"


def _keychain() -> str:
    """Its name, without a question that could prompt. None at all is no fault."""
    from brokerdesk.secrets.naming import keychain_name
    from brokerdesk.tasks import run_blocking

    async def ask() -> str:
        return await run_blocking("self-test-keychain", keychain_name, within=KEYCHAIN_SECONDS)

    try:
        return asyncio.run(ask())
    except SecretStoreError:
        return "none that can be used; sign-ins can be kept in a vault (“brokerdesk vault create”)"
    except TimeoutError:
        return f"no answer within {KEYCHAIN_SECONDS:.0f} seconds; a vault works without one"


def _vault() -> str:
    from brokerdesk.paths import profile_at
    from brokerdesk.secrets import create_vault

    async def make() -> None:
        with tempfile.TemporaryDirectory(prefix="brokerdesk-") as name:
            paths = profile_at(Path(name))
            paths.ensure()
            store = await create_vault(paths, "a passphrase for a moment", clock=SystemClock())
            await store.aclose()

    asyncio.run(make())
    return "argon2id and AES-GCM work"


def _resources() -> str:
    from brokerdesk.paths import resource

    return ", ".join(resource(name).name for name in _RESOURCES)


def _time_zones() -> str:
    from brokerdesk.domain.market_hours import is_open

    open_now = is_open(SystemClock().now())
    return f"the US market is {'open' if open_now else 'closed'} now"


def _window() -> str:
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from brokerdesk.app import paint_probe

    return f"a window was painted ({paint_probe()})"


def _charts() -> str:
    from brokerdesk.app import chart_probe

    return f"a line was drawn ({chart_probe()})"


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("program", _program),
    ("resources", _resources),
    ("time zones", _time_zones),
    ("sqlite", _sqlite),
    ("database", _database),
    ("brokers", _brokers),
    ("simulator", _simulator),
    ("keychain", _keychain),
    ("vault", _vault),
    ("window", _window),
    ("charts", _charts),
)
