"""Releases of this program, as a signed list tells of them, and which of them are newer."""

from __future__ import annotations

import re
from datetime import date, datetime

from brokerdesk.facts import dataclass

_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """``changes`` are sentences in plain text; ``page`` is where it is told of and downloaded."""

    version: str
    day: date
    page: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseList:
    """``serial`` grows with every list; a list is believed until ``expires``."""

    serial: int
    issued: datetime
    expires: datetime
    releases: tuple[Release, ...]

    def newer_than(self, version: str) -> tuple[Release, ...]:
        """The releases after ``version``, newest first; none when it is no plain version."""
        mine = version_numbers(version)
        if mine is None:
            return ()
        later = [(version_numbers(one.version) or (), one) for one in self.releases]
        later.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(one for numbers, one in later if numbers > mine)


def version_numbers(version: str) -> tuple[int, int, int] | None:
    """``1.2.3`` as numbers; None for anything else, such as a version that is still tried out."""
    found = _VERSION.fullmatch(version)
    if found is None or not version.isascii():
        return None
    major, minor, patch = (int(each) for each in found.groups())
    return major, minor, patch
