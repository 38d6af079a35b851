"""Settings on their way into the file: the last wish is what stands there."""

from __future__ import annotations

import asyncio
from typing import Any

from support.ui import HandRunner

from brokerdesk.errors import SettingsError
from brokerdesk.settings import Settings
from brokerdesk.ui.backstage import RunningBackstage


class SlowEngine:
    """Waits for rounds to end when settings are taken over for the first time."""

    def __init__(self) -> None:
        self.adopted: list[Settings] = []

    async def adopt(self, settings: Settings) -> None:
        self.adopted.append(settings)
        if len(self.adopted) == 1:
            await asyncio.sleep(0)


class Runner(HandRunner):
    def problem(self, error: BaseException) -> None:
        self.problems.append(error)


class File:
    def __init__(self, error: Exception | None = None) -> None:
        self.saved: list[Settings] = []
        self.error = error

    def save(self, settings: Settings) -> None:
        if self.error is not None:
            raise self.error
        self.saved.append(settings)


def made(file: File) -> tuple[RunningBackstage, SlowEngine, HandRunner]:
    engine, runner = SlowEngine(), Runner()
    nothing: Any = None
    known: Any = engine
    runs: Any = runner
    kept: Any = file
    return RunningBackstage(known, runs, nothing, kept, Settings()), engine, runner


def test_a_later_change_is_not_undone_in_the_file_by_an_earlier_one() -> None:
    file = File()
    backstage, engine, runner = made(file)
    backstage.change_settings({"refresh_open_minutes": 7})
    backstage.change_settings({"refresh_closed_minutes": 77})
    runner.settle()
    assert file.saved[-1] == backstage.settings()
    assert (file.saved[-1].refresh_open_minutes, file.saved[-1].refresh_closed_minutes) == (7, 77)
    assert engine.adopted[-1] == backstage.settings()


def test_what_cannot_be_kept_is_said_and_still_applies() -> None:
    error = SettingsError("Full.", "The disk is full.")
    backstage, engine, runner = made(File(error))
    told: list[BaseException] = []
    backstage.change_settings({"refresh_open_minutes": 7}, failed=told.append)
    runner.settle()
    assert told == [error]
    assert engine.adopted[-1].refresh_open_minutes == 7


def test_while_a_profile_is_replaced_nothing_is_written_over_its_settings() -> None:
    file = File()
    backstage, engine, _runner = made(file)
    backstage.hold(True)
    backstage.change_settings({"refresh_open_minutes": 7})
    assert (file.saved, engine.adopted, backstage.settings()) == ([], [], Settings())
    backstage.hold(False)
    backstage.change_settings({"refresh_open_minutes": 7})
    assert file.saved[-1].refresh_open_minutes == 7
