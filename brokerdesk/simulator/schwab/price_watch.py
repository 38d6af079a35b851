"""Which symbols one streamer connection watches, and what of them it has not been told yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from brokerdesk.simulator.schwab.level_one import NUMBERS, aged, level_one
from brokerdesk.simulator.schwab.state import SchwabState

NAN = msgspec.Raw(b"NaN")


@dataclass(slots=True)
class Subscribed:
    """One service: which fields, and per key what was last told of them (None: nothing yet)."""

    numbers: frozenset[int]
    told: dict[str, dict[int, Any] | None] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)


class PriceWatch:
    """All level one subscriptions of one connection."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state
        self._services: dict[str, Subscribed] = {}

    @property
    def any(self) -> bool:
        return any(known.told for known in self._services.values())

    def take(self, service: str, keys: Sequence[str], fields: str, *, instead: bool) -> bool:
        """Watch keys, ``instead`` of all others of the service or besides; False: too many."""
        known = self._services.get(service)
        others = sum(len(s.told) for each, s in self._services.items() if each != service)
        mine = set(keys) | (set(known.told) if known and not instead else set())
        if others + len(mine) > self._state.switches.stream_symbols:
            return False
        if known is None or instead:
            known = self._services[service] = Subscribed(frozenset())
        known.numbers = _numbers(service, fields) or known.numbers or NUMBERS[service]
        due = self._state.clock.monotonic() + self._state.switches.stream_snapshot_after
        for key in keys:
            if key not in known.told:
                known.told[key] = None
                known.due[key] = due
        return True

    def drop(self, service: str, keys: Sequence[str]) -> None:
        known = self._services.get(service)
        for key in keys if known else ():
            assert known is not None
            known.told.pop(key, None)
            known.due.pop(key, None)

    def view(self, service: str, fields: str) -> None:
        """Other fields from now on; those that are new are told with the next message."""
        known = self._services.get(service)
        if known:
            known.numbers = _numbers(service, fields)

    def news(self, service: str, moment: datetime, *, at_once: bool) -> list[dict[str, Any]]:
        """What has changed since it was last asked; ``at_once``: first messages are not late."""
        known = self._services.get(service)
        found = []
        for key, told in list(known.told.items()) if known else ():
            assert known is not None
            if told is None and not at_once and self._state.clock.monotonic() < known.due[key]:
                continue
            record = self._record(service, key, known, moment)
            if record is not None:
                found.append(record)
        return found

    def _record(
        self, service: str, key: str, known: Subscribed, moment: datetime
    ) -> dict[str, Any] | None:
        halted = self._state.floor.knobs.halted
        found = level_one(self._state.exchange.market, service, key, moment, halted)
        if found is None:
            return None  # of a symbol that it does not know, the streamer says nothing
        about, fields = found
        fault, told = self._state.switches.stream_fault, known.told[key]
        if fault == "old_times":
            fields = aged(service, fields)
        fresh = {
            number: value
            for number, value in fields.items()
            if number in known.numbers and (told is None or told.get(number) != value)
        }
        known.told[key] = {**(told or {}), **fresh}
        if not fresh and told is not None:
            return None
        head: dict[str, Any] = {"key": key}
        if told is None:
            head |= {"delayed": self._state.switches.stream_delayed, **about}
        if fault in ("nan", "null"):
            fresh = dict.fromkeys(fresh, NAN if fault == "nan" else None)
        return {**head, **{str(number): value for number, value in fresh.items()}}


def _numbers(service: str, text: str) -> frozenset[int]:
    found = frozenset(int(part) for part in text.split(",") if part.strip().isdigit())
    return found & NUMBERS[service]
