"""What is asked of the central bank and what comes of it. Apart from the client, so that whoever
decides whether to ask needs no network library.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.domain.exchange_rate import DayRates


class RateFile(StrEnum):
    """Which of the files: the newest day, the last 90 days, all days since 1999."""

    DAY = "day"
    QUARTER = "quarter"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the last answer said of itself; "" when it said nothing."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """``days`` None: the file is still the one that is known."""

    days: tuple[DayRates, ...] | None
    known: Known
