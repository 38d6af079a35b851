"""Spoiling a good JSON answer: one value, one field, one record, or its very shape.

The answer is parsed, changed at a place and written again, so the rest stays as the client expects
it: that is what tells a careful reader from a lucky one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

DEEP = 5000
SPOILED_ENUM = "SOMETHING_NEW"
Place = list[str | int]


def spoil(body: bytes, args: dict[str, Any]) -> bytes:
    """Apply the edit named by ``args["edit"]`` to a JSON body."""
    edit = str(args.get("edit", ""))
    if edit in SHAPES:
        return SHAPES[edit](body)
    if edit not in EDITS:
        raise ValueError(f"no such edit: {edit}")
    document = json.loads(body, parse_float=_Number, parse_int=_Number)
    field = str(args.get("field", ""))
    places = _places(document, field) if field else [_first_record(document)]
    if args.get("first", edit == "bad_record"):
        places = places[:1]
    for place in reversed(places):
        document = EDITS[edit](document, place, args)
    return _write(document)


class _Number(str):
    """A number kept as the text it was written in."""

    __slots__ = ()


class _Raw(str):
    """Text to be written into the document as it is."""

    __slots__ = ()


def _write(value: Any) -> bytes:
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, _Number | _Raw):
        return str.__str__(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(key)}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item) for item in value) + "]"
    return json.dumps(value)


def _key(key: str) -> str:
    # A doubled key is kept apart in the dictionary by a blank that is not written.
    return json.dumps(key.rstrip("\0"))


def _places(value: Any, field: str, here: Place | None = None) -> list[Place]:
    """Every place at which an object has the field."""
    here = here or []
    found: list[Place] = []
    if isinstance(value, dict):
        for key, item in value.items():
            if key == field:
                found.append([*here, key])
            found.extend(_places(item, field, [*here, key]))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            found.extend(_places(item, field, [*here, place]))
    return found


def _first_record(value: Any) -> Place:
    """The first list item, or else the first object: one record among good ones."""
    here: Place = []
    while isinstance(value, dict | list) and value:
        if isinstance(value, list):
            return [*here, 0]
        inner = [(k, v) for k, v in value.items() if isinstance(v, dict | list) and v]
        if not inner:
            return here
        listed = [pair for pair in inner if isinstance(pair[1], list)]
        key, value = (listed or inner)[0]
        here.append(key)
    return here


def _set(document: Any, place: Place, new: Any) -> Any:
    if not place:
        return new
    owner = document
    for step in place[:-1]:
        owner = owner[step]
    owner[place[-1]] = new
    return document


def _get(document: Any, place: Place) -> Any:
    for step in place:
        document = document[step]
    return document


def _remove(document: Any, place: Place, _: dict[str, Any]) -> Any:
    owner = _get(document, place[:-1])
    del owner[place[-1]]
    return document


def _wrong_type(document: Any, place: Place, _: dict[str, Any]) -> Any:
    old = _get(document, place)
    return _set(document, place, {"unexpected": []} if not isinstance(old, dict) else "text")


def _double(document: Any, place: Place, args: dict[str, Any]) -> Any:
    owner = _get(document, place[:-1])
    owner[str(place[-1]) + "\0"] = args.get("value", 999999)
    return document


def _extra(document: Any, place: Place, _: dict[str, Any]) -> Any:
    target = _get(document, place if isinstance(_get(document, place), dict) else place[:-1])
    if not isinstance(target, dict):
        return document  # there is no record to know nothing of
    target["newField"] = {"deep": [1, 2, {"er": None}]}
    target["anotherNewField"] = "\u202egnp.exe"
    return document


def _value(make: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    return lambda document, place, args: _set(document, place, make(args))


def _deep(body: bytes) -> bytes:
    return b'{"deep":' + b"[" * DEEP + b"1" + b"]" * DEEP + b"}"


EDITS: dict[str, Callable[..., Any]] = {
    "bad_enum": _value(lambda args: args.get("value", SPOILED_ENUM)),
    "missing_field": _remove,
    "extra_fields": _extra,
    "wrong_type": _wrong_type,
    "nan": _value(lambda _: _Raw("NaN")),
    "infinity": _value(lambda _: _Raw("Infinity")),
    "big_number": _value(lambda _: _Raw("1e400")),
    "null": _value(lambda _: None),
    "value": _value(lambda args: args.get("value")),
    "duplicate_key": _double,
    "bad_record": _value(lambda args: args.get("value", {"nonsense": True})),
}
SHAPES: dict[str, Callable[[bytes], bytes]] = {
    "deep": _deep,
    "half": lambda body: body[: len(body) // 2],
    "latin1": lambda body: body[:-1] + b',"n\xe9":1' + body[-1:],
}
