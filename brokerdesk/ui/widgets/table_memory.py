"""How a table's columns are remembered: by their keys, so that columns may come, go and move.

Plain values in, plain values out; what cannot be read is ignored. No Qt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field

from brokerdesk.facts import dataclass

VERSION = 1
_LONGEST = 100_000
_WIDEST = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMemory:
    """``widths`` are in design pixels, at a text scale of 1, and of columns sized by hand."""

    order: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    shown: Mapping[str, bool] = field(default_factory=dict)
    sort: tuple[str, bool] | None = None

    def to_bytes(self) -> bytes:
        """For a settings file."""
        kept = {
            "version": VERSION,
            "order": list(self.order),
            "widths": dict(self.widths),
            "shown": dict(self.shown),
            "sort": list(self.sort) if self.sort else None,
        }
        return json.dumps(kept, separators=(",", ":")).encode()


def read_memory(data: bytes) -> TableMemory | None:
    """What was kept, or None for anything that this program did not write."""
    if len(data) > _LONGEST:
        return None
    try:
        kept = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(kept, dict) or kept.get("version") != VERSION:
        return None
    order, sort = kept.get("order"), kept.get("sort")
    widths, shown = kept.get("widths"), kept.get("shown")
    return TableMemory(
        order=tuple(each for each in order if isinstance(each, str))
        if isinstance(order, list)
        else (),
        widths={
            key: width
            for key, width in (widths.items() if isinstance(widths, dict) else ())
            if type(width) is int and 0 < width <= _WIDEST
        },
        shown={
            key: flag
            for key, flag in (shown.items() if isinstance(shown, dict) else ())
            if isinstance(flag, bool)
        },
        sort=(sort[0], sort[1])
        if isinstance(sort, list)
        and len(sort) == 2
        and isinstance(sort[0], str)
        and isinstance(sort[1], bool)
        else None,
    )


def merged(kept: Sequence[str], present: Sequence[str]) -> list[str]:
    """The columns that are there, as they were ordered; new ones behind their neighbour."""
    there = set(present)
    order = [key for key in dict.fromkeys(kept) if key in there]
    known = set(order)
    for number, key in enumerate(present):
        if key not in known:
            before = present[number - 1] if number else None
            order.insert(order.index(before) + 1 if before is not None else 0, key)
            known.add(key)
    return order
