"""From bytes to typed records, strictly.

Amounts become exact ``Decimal`` straight from their digits; NaN and Infinity are no JSON here;
nesting beyond ``MAX_DEPTH`` is refused before the decoder sees it. A key that stands twice in one
object would take its last value in the decoder; ``check_keys`` refuses it, once per answer, where
answers enter (``http.py``), because looking for it takes longer than decoding.
Nothing of the payload is quoted in an error, because payloads hold account numbers.
"""

from __future__ import annotations

import json
import re
from typing import Generic, NoReturn, TypeVar

import msgspec

from brokerdesk.errors import BrokerProtocolError
from brokerdesk.turns import give_way

T = TypeVar("T")

MAX_DEPTH = 64
_MAX_BRACKETS = 8_000_000
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NOT_MARKS = bytes(byte for byte in range(256) if byte not in b'[]{}"')
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
        give_way()
        try:
            return self._decoder.decode(raw)
        except msgspec.ValidationError as error:
            raise UnexpectedShapeError(
                "The answer has an unexpected shape.", "Nothing was changed."
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _malformed() from error
        except RecursionError as error:
            raise _too_deep() from error


def check_keys(raw: bytes) -> None:
    """Refuse JSON in which an object, however deep, has a key twice; also NaN and Infinity.

    Keys are compared as they are meant: ``"\\u0061"`` is ``"a"``. Amounts are not looked at.

    Raises:
        MalformedJsonError: not JSON, or not all of it.
        UnexpectedShapeError: a key stands twice.
    """
    try:
        # Bytes that are no text are the decoder's business; they must not hide a key from here.
        _KEYS.decode(raw.decode("utf-8", "surrogateescape"))
    except _TwiceError as error:
        raise UnexpectedShapeError(
            "The answer has an unexpected shape.",
            "It says the same thing twice. Nothing was changed.",
        ) from error
    except ValueError as error:
        raise _malformed() from error
    except RecursionError as error:
        raise _too_deep() from error


class _TwiceError(Exception):
    """An object has a key twice."""


def _distinct(pairs: list[tuple[str, object]]) -> None:
    """What an object is made into here: nothing, so that no answer is ever held twice."""
    give_way()
    if len(dict(pairs)) != len(pairs):
        raise _TwiceError


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_KEYS = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_number)


def check_depth(raw: bytes | bytearray | msgspec.Raw) -> None:
    """Refuse JSON that is nested deeper than ``MAX_DEPTH``.

    All bytes but brackets are dropped, then one level after the other: an honest answer is empty
    after five rounds or so. Brackets inside strings are no levels; where there are any, strings are
    cut out first, which is slower.

    Raises:
        UnexpectedShapeError: it is nested too deep.
    """
    text = bytes(raw)
    marks = text.translate(None, _NOT_MARKS)
    if _strings_matter(text, marks):
        marks = _STRING.sub(b"", text).translate(None, _NOT_BRACKETS)
    rest, stuck = _without_levels(marks.translate(None, b'"'))
    if rest and not stuck:  # what cannot shrink is no JSON, which the decoder tells
        raise _too_deep()


def _strings_matter(text: bytes, marks: bytes) -> bool:
    """Whether a string may hold brackets; ``marks`` are the brackets and quotes of ``text``.

    A first bracket inside of a string has an odd number of quotes before it, so that some run of
    quotes between brackets is odd; without one all quotes stand in pairs. Escaped quotes and
    strokes could hide that.
    """
    if b"\\" in text and (b'\\"' in text or b"\\\\" in text):
        return True
    return marks.count(b'""') * 2 != marks.count(b'"')


def _without_levels(rest: bytes) -> tuple[bytes, bool]:
    """Brackets without their ``MAX_DEPTH`` innermost levels, and whether it got stuck."""
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


def _malformed() -> MalformedJsonError:
    return MalformedJsonError(
        "The answer could not be read.", "It was cut short or garbled. Nothing was changed."
    )


def _too_deep() -> UnexpectedShapeError:
    return UnexpectedShapeError(
        "The answer has an unexpected shape.", "It is nested beyond reason. Nothing was changed."
    )
