"""Text of others, made harmless before anything shows it. Pure; no Qt.

Names, symbols and error words come from brokers. They may carry markup, control marks or marks that
turn the rest of a line around; none of it may change how this program looks or reads.
"""

from __future__ import annotations

LONGEST = 2000
# Marks that could turn the rest of a line around when a name carries them unclosed.
_BIDI = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
)  # fmt: skip
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")
_TABLE = {**_CONTROLS, **_BIDI}
# As ``html.escape``, whose module also holds the names of 2,000 characters.
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def tame(text: str) -> str:
    """Text of others as one harmless line: no control marks, no direction overrides, no novels."""
    if text.isascii() and text.isprintable() and len(text) <= LONGEST:
        return text
    return text[:LONGEST].translate(_TABLE).strip()


def tooltip(text: str) -> str:
    """A tool tip that shows exactly ``text`` (and wraps when it is long)."""
    return f"<qt>{escaped(text)}</qt>" if text else ""


def escaped(text: str) -> str:
    """``text`` where markup is read, as which nothing of it counts."""
    return text.translate(_MARKUP)


def no_mnemonic(text: str) -> str:
    """``text`` for a button, check box, tab or menu, where ``&`` would underline a letter."""
    return text.replace("&", "&&")
