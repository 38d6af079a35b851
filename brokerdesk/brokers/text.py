"""Broker text made safe to keep and show.

Names and messages come from outside. Control characters and bidirectional overrides go, lengths are
clamped. What remains is plain text; whoever shows it must still not treat it as markup.
"""

from __future__ import annotations

import html

SYMBOL_LENGTH = 32
NAME_LENGTH = 200
MESSAGE_LENGTH = 500

_DROPPED = dict.fromkeys(
    (
        *range(0x00, 0x20),
        *range(0x7F, 0xA0),
        0x061C,
        0x200B,
        0x200E,
        0x200F,
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        *range(0xD800, 0xE000),
    )
)
_DROPPED_OR_BLANK: dict[int, str | None] = {**_DROPPED, 0x09: " ", 0x0A: " ", 0x0D: " "}


def clean(text: str | None, limit: int = NAME_LENGTH) -> str:
    """``text`` without what could mislead the eye, at most ``limit`` characters; None gives ""."""
    if not text:
        return ""
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text.strip()
    return text.translate(_DROPPED_OR_BLANK).strip()[:limit]


def clean_name(text: str | None) -> str:
    """A name or description; some brokers send HTML entities in them (``&amp;``)."""
    if text and "&" in text:
        text = html.unescape(text)
    return clean(text, NAME_LENGTH)


def clean_symbol(text: str | None) -> str:
    """A ticker or contract symbol. Inner blanks stay: option symbols are padded with them."""
    return clean(text, SYMBOL_LENGTH)
