"""Damaging a document at random but repeatable places, on the level of values and of bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "NaN",
    "Infinity",
    "1_000",
    "١٢",
    " 5 ",
    "12.5.1",
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
    "\u202egnp.exe\u0000",
    "<img src=x>",
    10**30,
    10**400,
    1e-300,
    "x" * 5000,
]


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield here
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*here, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*here, index))


def spoil(chance: random.Random, document: Any) -> Any:
    """One change at one place: another value, no value, a copy, or another key."""
    document = copy.deepcopy(document)
    where = chance.choice(list(places(document)))
    if not where:
        return chance.choice(HOSTILE)
    owner = document
    for step in where[:-1]:
        owner = owner[step]
    kind = chance.randrange(4)
    if kind == 0:
        del owner[where[-1]]
    elif kind == 1 and isinstance(owner, dict):
        owner[f"{where[-1]}X"] = owner.pop(where[-1])
    elif kind == 2 and isinstance(owner, list):
        owner.append(owner[where[-1]])
    else:
        owner[where[-1]] = chance.choice(HOSTILE)
    return document


def gnaw(chance: random.Random, raw: bytes) -> bytes:
    """Damage on the level of bytes."""
    spot = chance.randrange(len(raw) + 1)
    kind = chance.randrange(4)
    if kind == 0:
        return raw[:spot]
    if kind == 1:
        return raw[:spot] + chance.randbytes(chance.randrange(1, 5)) + raw[spot:]
    if kind == 2:
        return raw[:spot] + raw[spot + chance.randrange(1, 20) :]
    literal = chance.choice([b"NaN", b"1e400", b"-0", b"01", b"[[[[", b"}}", b'"', b"\\u0000"])
    return raw[:spot] + literal + raw[spot:]


def numbers_in(raw: bytes) -> set[Decimal] | None:
    """All numbers of a document, also those written as texts; None if it is no JSON."""
    found: set[Decimal] = set()

    def note(text: str) -> Decimal:
        found.add(Decimal(text))
        return Decimal(text)

    try:
        document = json.loads(raw, parse_float=note, parse_int=note)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    for where in places(document):
        value = document
        for step in where:
            value = value[step]
        if isinstance(value, str):
            try:
                found.add(Decimal(value))
            except ArithmeticError:
                continue
    return found
