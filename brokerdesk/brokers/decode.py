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
    out first, which is slower. A text made to look flat by such brackets passes, and meets the
    decoder's own limit of recursion.

    Raises:
        UnexpectedShapeError: it is nested too deep.
    """
    text = bytes(raw)
    if not _empties(text) and _too_many_levels(_STRING.sub(b"", text)):
        raise _too_deep()


def _empties(text: bytes) -> bool:
    """Whether taking away ``MAX_DEPTH`` levels from inside leaves no bracket."""
    return not _without_levels(text)[0]


def _too_many_levels(text: bytes) -> bool:
    """Whether levels are left. A rest that cannot shrink is no JSON, which the decoder tells."""
    rest, stuck = _without_levels(text)
    return bool(rest) and not stuck


def _without_levels(text: bytes) -> tuple[bytes, bool]:
    """The brackets without their ``MAX_DEPTH`` innermost levels, and whether it got stuck."""
    rest = text.translate(None, _NOT_BRACKETS)
    if len(rest) > _MAX_BRACKETS:
        raise _too_deep()
    for _ in range(MAX_DEPTH):
        if not rest:
            break
        # The blanks keep a pair that closes around another from vanishing in the same round.
        marked = rest.replace(b"{}", b" ").replace(b"[]", b" ")
        if len(marked) == len(rest):
            return rest, True
        rest = marked.translate(None, b" ")
    return rest, False


def _too_deep() -> UnexpectedShapeError:
    return UnexpectedShapeError(
        "The answer has an unexpected shape.", "It is nested beyond reason. Nothing was changed."
    )
