"""Damaging answers at random but repeatable places, in their values and their bytes, and judging
what a broker's reading makes of them.

Whatever comes, reading ends in facts or in a ``BrokerError``; an amount in the facts is one that
stands in the answer or follows from it; and no record vanishes without a word.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from brokerdesk.errors import BrokerError

Read = Callable[[bytes], Any]

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


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One broker's recorded shapes, and how each is read the way its session does it.

    ``judge`` is given a shape's name, the damaged answer, the numbers that stand in it and what was
    read; it fails where a fact was never said or a row is gone.
    """

    broker: str
    shapes: Mapping[str, Any]
    readers: Mapping[str, Read]
    judge: Callable[[str, bytes, set[Decimal], Any], None]

    def mutate(self, name: str, seed: int) -> bytes:
        """The shape with one to three changes, and now and then damaged bytes."""
        chance = random.Random(seed)
        document = self.shapes[name]
        for _ in range(chance.randrange(1, 4)):
            document = spoil(chance, document)
        raw = json.dumps(document).encode()
        return gnaw(chance, raw) if chance.random() < 0.3 else raw

    def outcome(self, name: str, raw: bytes) -> str:
        """What reading ``raw`` comes to: ``read`` or ``refused``."""
        try:
            facts = self.readers[name](raw)
        except BrokerError:
            return "refused"
        known = numbers_in(raw)
        if known is not None:
            self.judge(name, raw, known, facts)
        return "read"


def each(found: Sequence[Any], unread: list[Any], mapped: Callable[[Any], Any]) -> Any:
    """As sessions do it: one record's ValueError is that record's end, and it is named."""
    items = []
    for _, record in found:
        try:
            items.append(mapped(record))
        except ValueError:
            unread.append(record)
    return items, unread


def campaign(subjects: Sequence[Subject], count: int) -> dict[str, dict[str, int]]:
    """``count`` damaged answers, an equal share to each subject, its shapes in turn."""
    found = {subject.broker: {"read": 0, "refused": 0} for subject in subjects}
    for number in range(count):
        subject = subjects[number % len(subjects)]
        seed = number // len(subjects)
        name = list(subject.readers)[seed % len(subject.readers)]
        try:
            found[subject.broker][subject.outcome(name, subject.mutate(name, seed))] += 1
        except Exception as error:
            error.add_note(f"{subject.broker}: {name}, seed {seed}")
            raise
    return found
