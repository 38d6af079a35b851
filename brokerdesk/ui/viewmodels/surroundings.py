"""What stands around the pages: the banner, the badge, the status bar and whole-sheet pages.

Pure functions of the window's state, in the exact words of the design.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from brokerdesk.domain import market_hours
from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.viewmodels.state import Mark, Message, WindowState

BANNER_KEYS = ("keys", "clock", "updates")
"""Messages that stand under the top bar, whatever page is shown."""
SOON = timedelta(hours=36)


class Cover(StrEnum):
    """What lies over the figures of a page."""

    NONE = ""
    EMPTY = "empty"
    FIRST = "first"


def cover(state: WindowState) -> Cover:
    """Nothing connected; or accounts that have never been read are being read."""
    if state.past is not None or state.query.scope:
        return Cover.NONE
    if state.empty:
        return Cover.EMPTY
    read = any(row.fetched_at for row in state.everyone)
    return Cover.FIRST if state.refreshing and not read else Cover.NONE


def first_words(state: WindowState) -> str:
    """What is said while accounts are read for the first time."""
    count = state.refresh_total or len(state.everyone)
    if not count:
        return "Reading your accounts for the first time."
    return words.first_load(count).title


def banner(state: WindowState, *, lost: bool = False) -> Message | None:
    """What is said under the top bar: a past day, no network, a locked keychain, a wrong clock.

    ``lost``: the system says that there is no network.
    """
    if state.past is not None:
        return past_banner(state.past)
    if (state.offline or lost) and state.figures.accounts:
        return offline_banner(state)
    for key in BANNER_KEYS:
        for message in state.figures.messages:
            if message.key == key:
                return message
    return None


def past_banner(at: datetime) -> Message:
    """A past day is shown."""
    return words.viewing(at).message(f"past:{at.isoformat()}", "past", "now:")


def offline_banner(state: WindowState) -> Message:
    """There is no network, or the program was told to do without."""
    times = [row.fetched_at for row in state.figures.accounts if row.fetched_at]
    said = words.offline(max(times, default=None), state.now)
    return said.message("offline", "warn", *(() if state.offline else ("refresh:",)))


def needing(state: WindowState) -> int:
    """How many connections need the user: a sign-in, a decision, or a look at a failure."""
    return sum(
        row.needs_sign_in or row.mark in (Mark.SUSPECT, Mark.SIGN_IN, Mark.FAILED)
        for row in state.figures.connections
    )


@dataclass(frozen=True, slots=True)
class StatusWords:
    """The parts of the status bar; empty ones are not shown."""

    mark: Mark
    connections: str
    market: str
    keys: str
    clock: str


def status(state: WindowState) -> StatusWords:
    """What the status bar says."""
    rows = state.figures.connections
    live = sum(row.mark is Mark.LIVE for row in rows)
    mark, told = Mark.SAVED, ""
    if rows:
        noun = "connection" if len(rows) == 1 else "connections"
        told = f"{live} of {len(rows)} {noun} live"
        if state.past is not None:  # how they stand now is not what is shown
            told = fmt.count(len(rows), "connection")
        elif state.offline:
            told = f"Offline · {told}"
        mark = Mark.LIVE if live else Mark.SAVED
    now = state.now
    return StatusWords(
        mark=mark,
        connections=told,
        market=market(now) if now else "",
        keys=state.keys_kept,
        clock=long_clock(now) if now else "",
    )


def market(now: datetime) -> str:
    """Whether the US market is open, and how long still."""
    change = market_hours.next_change(now)
    left = fmt.duration(_to_the_minute(change - now))
    if market_hours.is_open(now):
        return f"US market open · closes in {left}"
    if change - now < timedelta(days=1):
        return f"US market closed · opens in {left}"
    local = change.astimezone(fmt.market_zone())
    return f"US market closed · opens {local:%a} {local:%H:%M} ET"


def _to_the_minute(left: timedelta) -> timedelta:
    """Rounded up, so that the last minute is a minute and nothing ticks by the second."""
    minutes = -(-int(left.total_seconds()) // 60)
    return timedelta(minutes=max(1, minutes))


def long_clock(now: datetime) -> str:
    """Fri 20 Nov 2026, 11:42:20 ET."""
    local = now.astimezone(fmt.market_zone())
    return f"{local:%a} {fmt.day(local.date())}, {local:%H:%M:%S} ET"
