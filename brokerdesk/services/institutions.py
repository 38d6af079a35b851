"""Whether two names mean one institution. The names that are known are data (``resources``)."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from functools import lru_cache

from brokerdesk.paths import resource

_NAMES = "institutions/names.json"
_FORMS = {"inc", "llc", "ltd", "limited", "lp", "llp", "co", "corp", "corporation", "company", "na",
          "n", "a", "plc", "ag", "gmbh", "the", "and"}  # fmt: skip
"""What a name can have and be without."""
_TRADE = {"brokerage", "brokers", "securities", "financial", "services", "service", "investments",
          "investment", "investing", "invest", "trading", "group", "bank", "us", "usa", "wealth",
          "management"}  # fmt: skip
"""What a name can have besides, when what is left of it is known."""


class Same(StrEnum):
    """``UNKNOWN``: one has no name, or one name is a part of the other."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def compare(one: str, other: str) -> Same:
    """Whether two accounts are held at one institution, by the names they come with."""
    first, second = institution(one), institution(other)
    if not first or not second:
        return Same.UNKNOWN
    if first == second:
        return Same.YES
    mine, theirs = set(first.casefold().split()), set(second.casefold().split())
    return Same.UNKNOWN if mine <= theirs or theirs <= mine else Same.NO


@lru_cache(maxsize=512)
def institution(name: str) -> str:
    """The name that an institution is known by; one that is not known, without its legal form."""
    words = re.sub(r"[^\w]+|_", " ", name.casefold()).split()
    plain = _without(words, _FORMS)
    known = _known()
    for form in (" ".join(words), plain, _without(plain.split(), _TRADE)):
        if form in known:
            return known[form]
    return plain


def _without(words: list[str], left_out: set[str]) -> str:
    return " ".join(word for word in words if word not in left_out)


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    listed = json.loads(resource(_NAMES).read_text(encoding="utf-8"))["institutions"]
    return {form: title for title, forms in listed.items() for form in forms}
