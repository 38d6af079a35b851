"""The figures as one text and back: how the first picture is packed.

Field by field, by the words of its annotation: what none of the rules below knows cannot be packed,
which a test notices. A text carries the layout of the rows it was made of; one of another layout
(another version of the program) is not read. Imported before the first paint.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zlib import crc32

from brokerdesk.ui.viewmodels import state

_ROWS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        state.RateRow,
        state.AmountRow,
        state.PartRow,
        state.InBase,
        state.TotalRow,
        state.AccountRow,
        state.LotRow,
        state.PositionRow,
        state.ConnectionRow,
        state.Action,
        state.Message,
        state.ClassRow,
        state.Figures,
    )
}
_LEFT_OUT = {"positions", "complete"}
"""Of the figures: positions by the ten thousand are read when somebody lists them."""
_PLAIN = {"str", "int", "bool", "int | None", "float | None", "str | None", "bool | None"}

Way = Callable[[Any], Any]


def _pairs(value: Any) -> Any:
    return tuple(map(tuple, value))


_WAYS: dict[str, tuple[Way, Way]] = {
    "Decimal": (str, Decimal),
    "datetime": (datetime.isoformat, datetime.fromisoformat),
    "date": (date.isoformat, date.fromisoformat),
    "Mark": (str, state.Mark),
    "tuple[str, ...]": (list, tuple),
    "tuple[tuple[str, str], ...]": (list, _pairs),
}
"""How a value is written and read; None is None."""


def pack(figures: state.Figures, taken_at: datetime) -> str:
    """``figures`` without their positions, as they stood at ``taken_at``.

    Raises:
        TypeError: a row has a field of a kind that cannot be packed.
    """
    ways = _ways(state.Figures)
    values: dict[str, Any] = {}
    for name in _fields(state.Figures):
        if name not in _LEFT_OUT:
            value = getattr(figures, name)
            values[name] = ways[name][0](value) if name in ways else value
    return json.dumps(
        [_layout(), taken_at.isoformat(), values], ensure_ascii=False, separators=(",", ":")
    )


def unpack(text: str) -> tuple[state.Figures, datetime] | None:
    """The figures and their moment; None for a text of another layout.

    Raises:
        ValueError, TypeError, LookupError, ArithmeticError: not such a text.
    """
    layout, taken_at, values = json.loads(text)
    if layout != _layout():
        return None
    read = {name: way[1] for name, way in _ways(state.Figures).items()}
    made = {name: read[name](value) if name in read else value for name, value in values.items()}
    return state.Figures(**made, complete=False), datetime.fromisoformat(taken_at)


def _fields(kind: type[Any]) -> dict[str, str]:
    """The fields of a row with the words of their annotations, in order."""
    known = _named.get(kind)
    if known is None:
        fields = kind.__dataclass_fields__
        known = _named[kind] = {name: str(field.type) for name, field in fields.items()}
    return known


@cache
def _layout() -> str:
    """A digest of what the rows consist of."""
    words = [f"{name}:{_fields(kind)}" for name, kind in _ROWS.items()]
    return f"{crc32(' '.join(words).encode()):08x}"


def _ways(kind: type[Any]) -> dict[str, tuple[Way, Way]]:
    """How each field that is not plain is written and read."""
    known = _known.get(kind)
    if known is None:
        known = {}
        for name, words in _fields(kind).items():
            if words not in _PLAIN:
                known[name] = _way(words)
        _known[kind] = known
    return known


_named: dict[type[Any], dict[str, str]] = {}
_known: dict[type[Any], dict[str, tuple[Way, Way]]] = {}


def _way(words: str) -> tuple[Way, Way]:
    base = words.removesuffix(" | None")
    found = _WAYS.get(base)
    if found is None and base.startswith("tuple[") and base.endswith(", ...]"):
        kind = _ROWS.get(base[6:-6])
        if kind is not None:
            return _rows(kind)
    if found is None and base in _ROWS:
        found = _row(_ROWS[base])
    if found is None:
        raise TypeError(f"a value of “{words}” cannot be packed")
    if base == words:
        return found
    write, read = found
    return (
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _row(kind: type[Any]) -> tuple[Way, Way]:
    write, read = _rows(kind)
    return (lambda row: write((row,))[0], lambda values: read((values,))[0])


def _rows(kind: type[Any]) -> tuple[Way, Way]:
    names = tuple(_fields(kind))

    def read(values: Any) -> Any:
        ways = [(names.index(name), way[1]) for name, way in _ways(kind).items()]
        made = []
        for row in values:
            for index, way in ways:
                row[index] = way(row[index])
            made.append(kind(**dict(zip(names, row, strict=True))))
        return tuple(made)

    return (lambda rows: [_written(row) for row in rows], read)


def _written(row: Any) -> list[Any]:
    ways = _ways(type(row))
    return [
        ways[name][0](getattr(row, name)) if name in ways else getattr(row, name)
        for name in _fields(type(row))
    ]
