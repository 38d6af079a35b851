"""Addresses typed into a terminal while the browser is out."""

from __future__ import annotations

import asyncio
import io
import sys
from typing import Any

import pytest

from brokerdesk.brokers.flow import PasteOutcome
from brokerdesk.cli.pasting import Pasting
from brokerdesk.tasks import Supervisor


class FakeAttempt:
    """Takes ``good``; ``bare`` needs the user's word."""

    def __init__(self) -> None:
        self.offered: list[tuple[str, bool]] = []
        self.taken = asyncio.Event()

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        self.offered.append((address, confirmed))
        if address == "good" or (address == "bare" and confirmed):
            self.taken.set()
            return PasteOutcome.ACCEPTED
        return PasteOutcome.CONFIRM if address == "bare" else PasteOutcome.WRONG


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("good\n", [("good", False)]),
        ("\n  \nnonsense\ngood\n", [("nonsense", False), ("good", False)]),
        ("bare\nyes\n", [("bare", False), ("bare", True)]),
        ("bare\nno\ngood\n", [("bare", False), ("no", False), ("good", False)]),
        ("yes\ngood\n", [("yes", False), ("good", False)]),
    ],
)
async def test_lines_are_offered_and_only_a_yes_vouches(
    typed: str,
    offered: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    attempt: Any = FakeAttempt()
    bugs: list[object] = []
    supervisor = Supervisor(lambda *bug: bugs.append(bug))
    async with Pasting(attempt, supervisor), asyncio.timeout(5):
        await attempt.taken.wait()
    await supervisor.aclose()
    assert attempt.offered == offered
    assert bugs == []
    refused = [one for one, _ in offered if one in ("nonsense", "no", "yes")]
    assert capsys.readouterr().err.count("not from this sign-in") == len(refused)


async def test_without_a_terminal_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    attempt: Any = FakeAttempt()
    supervisor = Supervisor(lambda *_: None)
    for stdin in (None, io.StringIO("")):
        monkeypatch.setattr(sys, "stdin", stdin)
        async with Pasting(attempt, supervisor):
            await asyncio.sleep(0.02)
        assert supervisor.names == ()
    await supervisor.aclose()
    assert attempt.offered == []
