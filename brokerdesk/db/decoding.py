"""Which errors mean that stored bytes make no sense, and what they become.

Apart from ``border`` because naming them needs the decoding library, which the way to the first
paint does without.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from brokerdesk.db.border import damaged

DECODING_ERRORS = (
    ValueError,  # includes UnicodeDecodeError and msgspec's errors
    TypeError,
    LookupError,
    ArithmeticError,
    msgspec.MsgspecError,
    zlib.error,
)


@contextlib.contextmanager
def decoding(path: Path) -> Iterator[None]:
    """Around turning stored bytes into facts: bytes that make no sense mean a damaged file."""
    try:
        yield
    except DECODING_ERRORS as error:
        raise damaged(path) from error
