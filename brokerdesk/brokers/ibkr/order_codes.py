"""What TWS's numbers prove about an order.

Only numbers that the documents call a refusal of the order itself are final. What only informs
leaves an order alive; what is on neither list proves nothing, whatever its words say. 103 (the
number was used before) is on neither: the earlier one may be this very order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean

REJECTED, CANCELLED, VALIDATION = 201, 202, problems.VALIDATION
REFUSALS = frozenset(
    {
        *(107, 109, 110, 111, 113, 116, 117, 132, 146, 147, 148, 154, 157, 163),
        *(200, REJECTED, 203, VALIDATION, 328, 347, 349, 355, 361, 382, 383, 387, 388),
        *(392, 412, 413, 434, 435, 436, 449, 460, 461),
        *(10052, 10243, 10244, 10268, 10289, 10311),
    }
)
"""An order with this answer does not exist at the broker."""
CHANGE_REFUSALS = frozenset({104, 105, 329, 2102})
"""A change with this answer, or with one of the above, was not made; the order is as it was."""
CANCEL_REFUSALS = frozenset({135, 136, 161, 10147, 10148})
"""Nothing was cancelled: there is no such order in the book, or it is beyond cancelling."""
HELD = frozenset({404, 406})
"""It waits, for shares to borrow or for its trigger."""
_OVERRIDE_TAG = "8229"
_MOST_CODES, _DEEPEST = 8, 6


def informs(code: int) -> bool:
    """Whether a number leaves an order as it is."""
    return code in HELD or (problems.is_information(code) and code not in CHANGE_REFUSALS)


def told(code: int, text: str) -> str:
    """TWS's own words."""
    return clean(text, MESSAGE_LENGTH) or f"TWS gave no reason (code {code})."


def overrides(advanced: str) -> str:
    """The codes with which the same order would be taken once the user agrees; "" for none.

    They come beside a refusal, in a tree of TWS's own; anything that is no such tree is none.
    """
    try:
        tree = json.loads(advanced) if advanced else None
    except (ValueError, RecursionError):
        return ""
    found = list(dict.fromkeys(_codes(tree, 0)))
    return ",".join(found) if 0 < len(found) <= _MOST_CODES else ""


def _codes(tree: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == _OVERRIDE_TAG:
                yield from _plain(value)
            else:
                yield from _codes(value, depth + 1)
    elif isinstance(tree, list):
        for one in tree:
            yield from _codes(one, depth + 1)


def _plain(value: Any) -> Iterator[str]:
    given = value if isinstance(value, list) else str(value).split(",")
    for one in given:
        word = str(one).strip()
        if word.isascii() and word.isalnum() and len(word) <= 32:
            yield word
