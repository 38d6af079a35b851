"""Keeping the user's orders over restarts of the simulator: one private file, written in one step.

What the file does not say follows from the seed, as ever. A file that cannot be read, or that
belongs to another market, is set aside under another name and not thrown away.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from brokerdesk.paths import write_private
from brokerdesk.simulator.exchange.events import Event
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.tickets import Ticket

VERSION = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRecord:
    """One broker's floor."""

    at: datetime
    entered: int
    tickets: list[Ticket] = field(default_factory=list)
    bookings: dict[str, list[Event]] = field(default_factory=dict)
    taken_over: dict[str, datetime] = field(default_factory=dict)
    passed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The whole file."""

    version: int
    seed: int
    floors: dict[str, FloorRecord]


class Keeper:
    """Restores floors from a file, and writes it again after each change."""

    def __init__(self, path: Path, seed: int, floors: Mapping[str, Floor], *, kept: bool) -> None:
        self._path = path
        self._seed = seed
        self._floors = floors
        self._restore()
        if kept:
            for floor in floors.values():
                floor.on_change = self.save

    def save(self) -> None:
        """Write everything. What cannot be written is told, and the simulator goes on."""
        floors = {name: _record(floor) for name, floor in self._floors.items() if floor.by_number}
        record = Record(version=VERSION, seed=self._seed, floors=floors)
        try:
            write_private(self._path, msgspec.json.encode(record))
        except OSError as error:
            _log.warning("practice orders were not kept: %s", error.strerror)

    def _restore(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        try:
            record = msgspec.json.decode(data, type=Record)
        except (msgspec.MsgspecError, ValueError):
            record = None
        if record is None or (record.version, record.seed) != (VERSION, self._seed):
            _log.warning("the kept practice orders do not belong here; they were set aside")
            self._path.replace(self._path.with_name(self._path.name + ".set-aside"))
            return
        for name, kept in record.floors.items():
            floor = self._floors.get(name)
            if floor is not None:
                _restore(floor, kept)


def _record(floor: Floor) -> FloorRecord:
    taken = {one.profile.number: one.taken_over for one in floor.exchange.own}
    return FloorRecord(
        at=floor.at,
        entered=floor.entered,
        tickets=list(floor.by_number.values()),
        bookings=floor.bookings,
        taken_over={number: at for number, at in taken.items() if at is not None},
        passed=floor.days.passed,
    )


def _restore(floor: Floor, kept: FloorRecord) -> None:
    for account in floor.exchange.own:
        taken = kept.taken_over.get(account.profile.number)
        if taken is not None:
            account.taken_over = taken
            account.book_own(kept.bookings.get(account.profile.number, []))
    floor.at, floor.entered = kept.at, kept.entered
    floor.bookings = kept.bookings
    floor.days.passed = kept.passed
    for ticket in kept.tickets:
        floor.keep(ticket)
    changes = [(ticket, change) for ticket in kept.tickets for change in ticket.changes]
    floor.changes = sorted(changes, key=lambda pair: pair[1].place)
