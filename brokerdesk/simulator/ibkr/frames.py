"""The wire: four bytes of length, then fields that each end with NUL; Java's way with numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from decimal import Decimal

VERSION = 178
OLDEST = 157
UNSET = "1.7976931348623157E308"
LARGEST_REQUEST = 64 * 1024

Field = str | int | Decimal | bool | None
Message = tuple[str, ...]


def field(value: Field) -> str:
    """One field as text: 1 and 0 for truth, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return double(value) if isinstance(value, Decimal) else str(value)


def double(value: Decimal) -> str:
    """A number as Java's ``Double.toString`` does for everyday sizes: one decimal at least."""
    short = value.normalize() if value else Decimal(0)
    text = f"{short:f}"
    return text if "." in text else text + ".0"


def plain(value: Decimal) -> str:
    """A quantity, which newer versions write as a decimal: ``10``, ``0.125``."""
    return f"{value.normalize():f}" if value else "0"


def message(*fields: Field) -> Message:
    return tuple(field(one) for one in fields)


def frame(given: Message) -> bytes:
    body = "".join(f"{one}\0" for one in given).encode("utf-8", "surrogateescape")
    return struct.pack(">I", len(body)) + body


def fields_of(body: bytes) -> Sequence[str]:
    """The fields of a request; the NUL at the end closes the last one."""
    return body.decode("utf-8", "replace").split("\0")[:-1]
