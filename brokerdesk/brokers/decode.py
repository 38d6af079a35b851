"""From bytes to typed records, strictly.

Amounts become exact ``Decimal`` straight from their digits; NaN and Infinity are no JSON here;
nesting beyond ``MAX_DEPTH`` is refused before the decoder sees it. A key that appears twice in one
object takes its last value, as the decoder does: finding it would cost more than decoding.
Nothing of the payload is quoted in an error, because payloads hold account numbers.
"""

from __future__ import annotations

import re
from typing import Generic, TypeVar

import msgspec

from brokerdesk.errors import BrokerProtocolError

T = TypeVar("T")

MAX_DEPTH = 64
_MAX_BRACKETS = 8_000_000
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


class MalformedJsonError(BrokerProtocolError):
    """The text is no JSON at all: cut short or garbled. Asking again may help."""


class UnexpectedShapeError(BrokerProtocolError):
    """Sound JSON of another shape than the one known. Asking again will not help."""


class JsonDecoder(Generic[T]):
    """Decodes JSON bytes into ``kind``; reusable and thread-safe."""

    def __init__(self, kind: type[T]) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)

    def decode(self, raw: bytes | bytearray | msgspec.Raw) -> T:
        """The typed record in ``raw``.

        Raises:
            MalformedJsonError: not JSON, or not all of it.
            UnexpectedShapeError: JSON, but not this record, or nested beyond reason.
        """
        check_depth(raw)
        return self.decode_checked(raw)

    def decode_checked(self, raw: bytes | bytearray | msgspec.Raw) -> T:
        """Like ``decode`` for a part of something whose depth has been checked."""
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            raise UnexpectedShapeError(
                "The answer has an unexpected shape.", "Nothing was changed."
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedJsonError(
                "The answer could not be read.", "It was cut short or garbled. Nothing was changed."
            ) from error
        except RecursionError as error:
            raise _too_deep() from error


def check_depth(raw: bytes | bytearray | msgspec.Raw) -> None:
    """Refuse JSON that is nested deeper than ``MAX_DEPTH``.

    All bytes but brackets are dropped, then one level after the other: an honest answer is empty
    after five rounds or so. Brackets inside strings can leave a rest; only then are strings cut
    out first, which is slower.

    Raises:
        UnexpectedShapeError: it is nested too deep.
    """
    text = bytes(raw)
    if _left_after_max_depth(text) and _left_after_max_depth(_STRING.sub(b"", text)) > MAX_DEPTH:
        raise _too_deep()


def _left_after_max_depth(text: bytes) -> int:
    """How many brackets are left when ``MAX_DEPTH`` levels have been taken away from inside."""
    rest = text.translate(None, _NOT_BRACKETS)
    if len(rest) > _MAX_BRACKETS:
        raise _too_deep()
    for _ in range(MAX_DEPTH):
        if not rest:
            return 0
        # The blanks keep a pair that closes around another from vanishing in the same round.
        marked = rest.replace(b"{}", b" ").replace(b"[]", b" ")
        if len(marked) == len(rest):
            break
        rest = marked.translate(None, b" ")
    return len(rest)


def _too_deep() -> UnexpectedShapeError:
    return UnexpectedShapeError(
        "The answer has an unexpected shape.", "It is nested beyond reason. Nothing was changed."
    )
