"""How current the window's figures are, in the words of its pills. Pure; nothing is drawn here."""

from __future__ import annotations

from datetime import datetime, timedelta

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.base_words import oldest_day
from brokerdesk.ui.viewmodels.once import Once
from brokerdesk.ui.viewmodels.state import AccountRow, Mark, Pill, TotalRow, WindowState

FRESH = timedelta(minutes=30)
"""Figures fetched longer ago than this are called saved, not live."""
_TROUBLED = (Mark.SUSPECT, Mark.SIGN_IN, Mark.FAILED)


@dataclass(frozen=True, slots=True)
class PillWords:
    """One pill: its state, its words, the same with less, and what its tool tip tells."""

    pill: Pill
    text: str
    short: str
    hint: str = ""


def pills(state: WindowState) -> tuple[PillWords, ...]:
    """None, one or two pills: the newest figures, and how many are older."""
    rows = [row for row in state.figures.accounts if _counted(row)]
    if not rows or state.now is None:
        return ()
    hint = _kept_hint(state.figures.accounts, state.figures.combined)
    newest = max((row.fetched_at for row in rows if row.fetched_at), default=None)
    if state.on_the_way:
        return (PillWords(Pill.REFRESHING, state.on_the_way, state.on_the_way, hint),)
    if state.past is not None:
        return (_snapshot(Pill.PAST, "Past", state.past, hint),)
    if state.offline:
        return (_snapshot(Pill.OFFLINE, "Offline", newest, hint),)
    marks = [row.mark for row in state.figures.connections]
    if marks and all(mark in (Mark.FAILED, Mark.SIGN_IN) for mark in marks):
        return (PillWords(Pill.FAILED, "Nothing could be read", "Nothing read", hint),)
    older = sum(1 for row in rows if row.stale or row.mark in _TROUBLED)
    answers = not marks or any(mark in (Mark.LIVE, Mark.SUSPECT) for mark in marks)
    if newest is None or state.now - newest > FRESH or not state.ready or not answers:
        first = _snapshot(Pill.SAVED, "Saved", newest, hint)
    else:
        age = fmt.age(newest, state.now)
        first = PillWords(Pill.LIVE, f"Live · updated {age}", f"Live · {age}", hint)
    if not older:
        return (first,)
    words = f"{older} of {len(rows)} older"
    return first, PillWords(Pill.STALE, words, words, _older_hint(rows, state.now))


def refreshing(state: WindowState) -> str:
    """The words of a refresh that runs: how many accounts have an answer."""
    if not state.refresh_total:
        return "Refreshing"
    return f"Refreshing {state.refresh_done} of {state.refresh_total}"


def on_the_way(asked: datetime | None) -> str:
    """What is read for a moment that was asked for; None: now."""
    return "Returning to now" if asked is None else f"Reading {_day(asked)}"


def _snapshot(pill: Pill, word: str, at: datetime | None, hint: str) -> PillWords:
    if at is None:
        return PillWords(pill, word, word, hint)
    return PillWords(pill, f"{word} · {fmt.moment(at)}", f"{word} · {_day(at)}", hint)


def _day(at: datetime) -> str:
    return fmt.day(at.astimezone(fmt.market_zone()).date())


def _rates(combined: tuple[TotalRow, ...]) -> str:
    """The oldest of the rates that totals were converted with."""
    day = oldest_day(rate for total in combined for rate in total.rates)
    return f"Converted with rates of {fmt.day(day)}." if day is not None else ""


def _hint(accounts: tuple[AccountRow, ...], combined: tuple[TotalRow, ...]) -> str:
    rows, rates = [row for row in accounts if _counted(row)], _rates(combined)
    fetched = [row.fetched_at for row in rows if row.fetched_at]
    priced = [row.as_of for row in rows if row.as_of]
    parts = []
    if fetched:
        parts.append(f"Fetched {_span(fetched)}.")
    if priced:
        parts.append(f"Priced {_span(priced)}.")
    parts += [rates] if rates else []
    return " ".join((*parts, "Opens the list of connections."))


_kept_hint = Once(_hint)
"""It does not depend on the clock, and is asked for with each step of a refresh."""


def _counted(row: AccountRow) -> bool:
    return not row.closed and not row.through


def _span(times: list[datetime]) -> str:
    first, last = min(times), max(times)
    zone = fmt.market_zone()
    if first == last or fmt.stamp(first) == fmt.stamp(last):
        return f"{_day(last)} {fmt.time_of_day(last)}"
    if first.astimezone(zone).date() == last.astimezone(zone).date():
        return f"{_day(last)} {fmt.time_of_day(first)} to {fmt.time_of_day(last)}"
    return f"{fmt.stamp(first)} to {fmt.stamp(last)}"


def _older_hint(rows: list[AccountRow], now: datetime) -> str:
    old = [row for row in rows if row.stale or row.mark in _TROUBLED]
    told = [
        f"{row.title}: {fmt.short_stamp(row.as_of, now)}" if row.as_of else f"{row.title}: not read"
        for row in old[:6]
    ]
    more = [f"and {len(old) - 6} more"] if len(old) > 6 else []
    return ". ".join((*told, *more)) + "."
