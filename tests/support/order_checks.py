"""Whether what the review lists is what is in the bytes, for any broker."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brokerdesk.brokers.trading import Trades
from brokerdesk.domain.draft import Draft
from brokerdesk.errors import InputError, NotSupportedError

OWN = "bd-0f3c5a52-4a1e-4d0c-9a8e-5d1d7c1a2b3c"


def flat(tree: Any, path: str = "") -> dict[str, str]:
    """Every field of parsed JSON, by its place."""
    if isinstance(tree, dict):
        parts = [(f"{path}.{name}" if path else name, each) for name, each in tree.items()]
    elif isinstance(tree, list):
        parts = [(f"{path}[{index}]", each) for index, each in enumerate(tree)]
    else:
        return {path: str(tree).lower() if isinstance(tree, bool) else str(tree)}
    return {name: value for place, each in parts for name, value in flat(each, place).items()}


def told_once(
    session: Callable[[], Trades], wish: Draft, seen: Counter[str], *, has_id: bool
) -> None:
    """Equal drafts give equal bytes; the fields listed are those in the bytes and no others."""
    try:
        found = session().prepare(wish, OWN)
    except (InputError, NotSupportedError):
        seen["refused"] += 1
        return
    seen["taken"] += 1
    seen[f"{wish.link} {wish.type} {len(wish.legs)}"] += 1
    parsed = json.loads(found.body, parse_float=Decimal)
    listed = {one.name: one.value for one in found.fields}
    assert flat(parsed) == listed
    assert len(found.fields) == len(listed)
    assert all(one.words and one.words != one.name for one in found.fields)
    if wish.limit_price is not None:
        longer = replace(wish, limit_price=wish.limit_price + Decimal("0.0000"))
        assert session().prepare(longer, OWN) == found
    assert session().prepare(wish, OWN) == found
    assert (session().prepare(wish, f"{OWN}x").digest != found.digest) == has_id


def many(
    session: Callable[[], Trades],
    wishes: st.SearchStrategy[Draft],
    *,
    has_id: bool,
    taken: int,
) -> Counter[str]:
    """Generate until so many drafts were taken."""
    seen: Counter[str] = Counter()
    for _ in range(60):
        settings(max_examples=min(1000, taken * 4), suppress_health_check=[*HealthCheck])(
            given(wishes)(lambda wish: told_once(session, wish, seen, has_id=has_id))
        )()
        if seen["taken"] >= taken:
            break
    return seen
