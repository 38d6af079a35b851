"""How a name is shortened: the ending of an account is never cut. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_ACCOUNT = re.compile(r"^(.{0,200}?)(\s?…\u2060?[^\s…]{1,12})(?:\s+(.*))?$")
DOTS = "…"


def shortened(text: str, room: float, width: Callable[[str], float]) -> str:
    """``text`` as it fits into ``room``, measured by ``width``.

    "Broker …4821 Individual" loses its nickname from the end, then altogether, then letters of the
    broker; "…4821" stays whole. Any other text loses its end.
    """
    if width(text) <= room:
        return text
    found = _ACCOUNT.match(text)
    if found is None:
        return _cut(text, room, width)
    broker, ending, nickname = found[1], found[2], found[3] or ""
    head = broker + ending
    if width(head) <= room:
        cut = _cut(f"{head} {nickname}", room, width) if nickname else head
        return cut if len(cut) > len(head) + 2 and cut.startswith(head) else head
    short = _cut(broker, room - width(ending), width)
    return (short + ending).strip() if len(short) > 1 else ending.strip()


def _cut(text: str, room: float, width: Callable[[str], float]) -> str:
    """The longest beginning that fits with an ellipsis behind it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + DOTS) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip(f" {DOTS}") + DOTS
