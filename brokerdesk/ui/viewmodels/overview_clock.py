"""The connection clock: how long each sign-in still lasts, on a scale of one week. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import MARK_WORDS, ConnectionRow, Mark

SCALE = timedelta(days=7)
SOON = timedelta(hours=36)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Bar(StrEnum):
    """How the time left is drawn."""

    LEFT = "left"
    FULL = "full"
    DASHED = "dashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One connection. ``share`` of the week is left; ``action`` is "" while nothing is to do."""

    key: str
    name: str
    mark: Mark
    age: str
    left: str
    tone: str
    strong: bool
    bar: Bar
    share: float
    action: str
    spoken: str


def clock_rows(connections: Iterable[ConnectionRow], now: datetime) -> tuple[ClockRow, ...]:
    """One row a connection, in their order."""
    return tuple(_row(one, now) for one in connections)


def _row(one: ConnectionRow, now: datetime) -> ClockRow:
    ends = one.sign_in_ends
    left, tone, bar, share = "No fixed date", "text2", Bar.DASHED, 0.0
    if one.needs_sign_in or (ends is not None and ends <= now):
        left, tone, bar = "Sign in now", "loss", Bar.LEFT
    elif ends is not None:
        span = ends - now
        left, tone, bar = fmt.duration(span), "text2", Bar.LEFT
        share = min(1.0, span / SCALE)
        if span < SOON:
            tone = "warn"
        else:
            local = ends.astimezone(fmt.market_zone())
            day = _DAYS[local.weekday()] if span < SCALE else fmt.day(local.date())
            left += f" · {day} {local:%H:%M} ET"
    elif one.no_expiry:
        left, bar, share = "No expiry", Bar.FULL, 1.0
    name, age = tame(one.title), _age(one, now)
    strong = tone in ("warn", "loss")
    said = left if left == "Sign in now" or bar is not Bar.LEFT else f"{left} to next sign-in"
    return ClockRow(
        key=one.key,
        name=name,
        mark=one.mark,
        age=age,
        left=left,
        tone=tone,
        strong=strong,
        bar=bar,
        share=share,
        action=f"sign_in:{one.key}" if strong else "",
        spoken=", ".join((name, MARK_WORDS[one.mark], age, said)),
    )


def _age(one: ConnectionRow, now: datetime) -> str:
    if one.progress is not None:
        return "reading"
    if one.last_success is None:
        return "never read"
    if one.mark is Mark.SUSPECT:
        return "data kept"
    return fmt.age(one.last_success, now, short=True)
