"""The simulator as a child process that dies with its parent, killed or not.

The child ends when its standard input closes. This process holds the other end and passes it to
nobody, so the system closes it whatever way this process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.origins import loopback_origin

FIRST_LINE_LIMIT = 30.0
ENDING_LIMIT = 5.0
_SHOWN = ("--mirror", "--troubles")


class Trouble(StrEnum):
    """What a practice login shows besides good days."""

    NONE = ""
    ENDING = "ending"
    """It ends tomorrow."""
    SUSPECT = "suspect"
    """An answer that is held back, for the user to judge."""
    DOWN = "down"
    """Nobody answers, and the last finished trading day is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeLogin:
    """One login at a simulated broker. ``switches`` bring its trouble about, ``mended`` end it."""

    name: str = ""
    trouble: Trouble = Trouble.NONE
    switches: Mapping[str, object] = field(default_factory=dict)
    mended: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeServer:
    """One broker of the simulator. ``control_url`` acts as the person; ``secrets`` are its keys."""

    base_url: str
    control_url: str
    secrets: Mapping[str, str] = field(repr=False)
    logins: tuple[PracticeLogin, ...] = (PracticeLogin(),)


def servers_of(line: bytes | str) -> dict[str, PracticeServer]:
    """The brokers in the simulator's first line.

    Raises:
        BrokerUnavailableError: it is not that line.
        InputError: it names an address that is not on loopback.
    """
    if not line:
        raise _failed("It ended at once.")
    try:
        brokers = json.loads(line)["brokers"]
        return {
            str(broker): PracticeServer(
                base_url=loopback_origin(one["base_url"]),
                control_url=str(one["control_url"]),
                secrets={str(key): str(value) for key, value in one["secrets"].items()},
                logins=_logins(one.get("logins")),
            )
            for broker, one in brokers.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failed("It answered with something else.") from error


def _logins(told: list[dict[str, Any]] | None) -> tuple[PracticeLogin, ...]:
    return tuple(
        PracticeLogin(
            name=str(one["name"]),
            trouble=Trouble(one.get("trouble", "")),
            switches=dict(one.get("switches", {})),
            mended=dict(one.get("mended", {})),
        )
        for one in told or [{"name": ""}]
    )


class PracticeHost:
    """Starts and stops the simulator. Belongs to one event loop.

    ``orders`` is the file in which placed orders outlive it; one host at a time ``keeps`` it,
    others may read it.
    """

    def __init__(
        self,
        seed: int,
        *,
        orders: Path | None = None,
        keeps: bool = True,
        command: Sequence[str] | None = None,
    ) -> None:
        kept = () if orders is None else ("--state", str(orders))
        read_only = () if keeps else ("--state-read-only",)
        self._command = tuple(command or (*simulator_command(seed), *kept, *read_only))
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    async def start(self) -> dict[str, PracticeServer]:
        """Start it and read where it serves.

        Raises:
            BrokerUnavailableError: it did not start within the limit.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise _failed(f"The computer says: {error.strerror}.") from error
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(FIRST_LINE_LIMIT):
                line = await self._process.stdout.readline()
            return servers_of(line)
        except TimeoutError as error:
            await self.stop()
            raise _failed(f"It did not answer within {FIRST_LINE_LIMIT:.0f} seconds.") from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close its input, wait, and end it when it does not end. Twice is fine."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(ENDING_LIMIT):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def simulator_command(seed: int) -> tuple[str, ...]:
    """How this program, frozen or not, starts its simulator."""
    program = (
        (sys.executable,) if getattr(sys, "frozen", False) else (sys.executable, "-m", "brokerdesk")
    )
    return (*program, "simulator", "--json", "--exit-with-stdin", *_SHOWN, "--seed", str(seed))


def new_seed() -> int:
    """A seed for a new practice profile."""
    return int.from_bytes(os.urandom(4)) % 1_000_000_000


def _failed(why: str) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        "The practice market did not start.",
        f"{why} The figures shown are the last ones stored.",
        "Start the program again; if it stays, see the log.",
    )
