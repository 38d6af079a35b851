"""What is known of the day that is shown: which accounts have a reading of their own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.viewmodels.state import AccountRow, Figures, Mark, Message

SPLIT = "split:"
"""How the keys of messages on splits begin."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """One account: its title, a mark, and when its figures are from."""

    title: str
    mark: Mark
    token: str
    when: str
    tone: str

    @property
    def spoken(self) -> str:
        return f"{self.title}, {self.when}"


@dataclass(frozen=True, slots=True)
class DayWords:
    """All that is said of the day. ``carried`` and ``damaged`` count accounts."""

    lines: tuple[DayLine, ...] = ()
    note: str = ""
    proof: str = ""
    splits: tuple[Message, ...] = ()
    carried: int = 0
    damaged: int = 0

    @property
    def caption(self) -> str:
        """In few words, for the button: 5 of 6 accounts."""
        count = len(self.lines)
        own = count - self.carried - self.damaged
        if own == count:
            return fmt.count(count, "account")
        return f"{own} of {fmt.count(count, 'account')}"


def day_words(figures: Figures, moment: datetime) -> DayWords:
    """What there is on the day of ``moment``."""
    day = new_york_day(moment)
    lines, own, carried, damaged = [], [], [], []
    for row in figures.accounts:
        if row.closed:
            continue
        at = row.fetched_at
        if row.stale == "damaged":
            damaged.append(row)
            lines.append(DayLine(row.title, Mark.FAILED, "loss", "damaged", "loss"))
        elif at is None:
            carried.append(row)
            lines.append(DayLine(row.title, Mark.SAVED, "text3", "no snapshot yet", "text3"))
        elif new_york_day(at) == day:
            own.append(at)
            lines.append(DayLine(row.title, Mark.LIVE, "accent", _minute(at), "text3"))
        else:
            carried.append(row)
            when = f"{_short(new_york_day(at), day)}, carried"
            lines.append(DayLine(row.title, Mark.SUSPECT, "warn", when, "warn"))
    return DayWords(
        lines=tuple(lines),
        note=_note(carried, day),
        proof=_proof(max(own, default=None), damaged),
        splits=tuple(one for one in figures.messages if one.key.startswith(SPLIT)),
        carried=len(carried),
        damaged=len(damaged),
    )


def _note(carried: list[AccountRow], day: date) -> str:
    known = [(row, row.fetched_at) for row in carried if row.fetched_at is not None]
    if not known:
        return ""
    if len(known) > 1:
        return (
            f"{fmt.count(len(known), 'account')} have no snapshot of {_short(day, day)}. "
            "Their figures are carried from earlier days."
        )
    row, at = known[0]
    assert at is not None
    since = f"{_short(new_york_day(at), day)} {_minute(at)}"
    return (
        f"{row.title} has no snapshot of {_short(day, day)}. Its figures are carried from {since}."
    )


def _proof(newest: datetime | None, damaged: list[AccountRow]) -> str:
    never = "Snapshots are never rewritten."
    if damaged:
        first = damaged[0]
        assert first.fetched_at is not None
        said = words.snapshot_damaged(first.fetched_at, shown=first.net is not None)
        return f"{never} {said.title} {said.text}"
    if newest is None:
        return never
    day = fmt.day(newest.astimezone(fmt.market_zone()).date())
    saved = f"{day} at {fmt.time_of_day(newest)}"
    return f"{never} This one was saved on {saved} and its checksum matches."


def _minute(at: datetime) -> str:
    return f"{at.astimezone(fmt.market_zone()):%H:%M} ET"


def _short(day: date, beside: date) -> str:
    return f"{day.day} {day:%b}" if day.year == beside.year else fmt.day(day)
