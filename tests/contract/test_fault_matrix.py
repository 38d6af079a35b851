"""Broker x fault x outcome: every broker of the registry meets every fault of its transport.

Each case goes through the real adapter and through services. Nothing crashes or hangs, nothing that
was stored is lost, another broker notices nothing, and what is told is in ``docs/fault-matrix.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.fault_matrix import (
    FAULTS,
    KEPT,
    NO_READS,
    Row,
    faults_of,
    kept_section,
    leave,
    section,
)
from support.fault_world import meet, world
from support.transports import TRAITS, Transport

from brokerdesk.brokers.registry import all_specs
from brokerdesk.simulator.faults.rules import KINDS

BROKERS = [one.id for one in all_specs()]


def test_no_kind_of_fault_and_no_broker_is_left_out() -> None:
    assert set(BROKERS) == set(TRAITS)
    assert {fault.kind for fault in FAULTS[Transport.HTTP]} == KINDS - set(NO_READS)
    for faults in FAULTS.values():
        names = [fault.name for fault in faults]
        assert len(set(names)) == len(names) >= 30


@pytest.mark.timeout(400)
@pytest.mark.parametrize("broker", BROKERS)
async def test_no_fault_does_harm_and_the_document_says_what_happens(
    broker: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
    subtests: pytest.Subtests,
) -> None:
    allow_warnings()
    started = time.monotonic()
    rows: list[Row] = []
    async with world(broker, tmp_path, monkeypatch) as made:
        for fault in faults_of(broker):
            with subtests.test(fault.name):
                rows.append(await meet(made, fault, monkeypatch))
    built = leave(broker, rows, time.monotonic() - started)
    assert section(broker, rows) == kept_section(broker), f"{built} differs from {KEPT}"
