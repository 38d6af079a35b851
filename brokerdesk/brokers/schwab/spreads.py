"""What Schwab calls several options that are ordered as one."""

from __future__ import annotations

from collections.abc import Sequence

from brokerdesk.brokers.draft_check import BUYS
from brokerdesk.domain.draft import DraftLeg


def spread_name(legs: Sequence[DraftLeg]) -> str:
    """The name of a shape that is known for sure, else ``CUSTOM``; ``NONE`` for a single leg."""
    if len(legs) == 1:
        return "NONE"
    given = [leg.instrument for leg in legs]
    if any(one.strike is None or one.expiry is None or one.right is None for one in given):
        return "CUSTOM"
    if len({one.underlying for one in given}) > 1 or any(leg.ratio != 1 for leg in legs):
        return "CUSTOM"
    if len(legs) == 2:
        return _pair(legs)
    return _iron(legs) if len(legs) == 4 else "CUSTOM"


def _pair(legs: Sequence[DraftLeg]) -> str:
    one, other = (leg.instrument for leg in legs)
    same_way = (legs[0].side in BUYS) == (legs[1].side in BUYS)
    same_right, same_day = one.right is other.right, one.expiry == other.expiry
    same_strike = one.strike == other.strike
    if same_way:
        if same_right or not same_day:
            return "CUSTOM"
        return "STRADDLE" if same_strike else "STRANGLE"
    if not same_right:
        return "CUSTOM"
    if same_day:
        return "VERTICAL"
    return "CALENDAR" if same_strike else "DIAGONAL"


def _iron(legs: Sequence[DraftLeg]) -> str:
    """Two puts below two calls of one day, one of each bought, the bought ones on the outside or
    on the inside.
    """
    if len({leg.instrument.expiry for leg in legs}) > 1:
        return "CUSTOM"
    found = sorted(legs, key=lambda leg: leg.instrument.strike or 0)
    rights = [leg.instrument.right for leg in found]
    bought = [leg.side in BUYS for leg in found]
    strikes = {leg.instrument.strike for leg in found}
    puts_below = rights[0] is rights[1] and rights[2] is rights[3] and rights[0] == "put"
    wings = bought in ([True, False, False, True], [False, True, True, False])
    condor = puts_below and rights[2] == "call" and wings and len(strikes) == 4
    return "IRON_CONDOR" if condor else "CUSTOM"
