"""The first picture: what the last full reading showed, while the file holds exactly that.

Otherwise the last snapshots are read raw, which takes longer and shows the same. Imported before
the first paint: nothing heavy may be reached from here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from brokerdesk.db.start_text import read_start_text
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.ui.start_rows import pack, unpack
from brokerdesk.ui.viewmodels.state import AccountRow, Figures

_AHEAD = timedelta(minutes=5)
SOON = timedelta(hours=36)
"""As in ``translate_messages``; a test compares the two."""
_UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError)


def broker_titles() -> dict[str, str]:
    """Broker ids to names."""
    from brokerdesk.brokers.registry import all_specs

    return {spec.id: spec.title for spec in all_specs()}


def sign_in_spans() -> dict[str, tuple[timedelta | None, bool]]:
    """Broker ids to how long one sign-in lasts, and whether it never ends by itself."""
    from brokerdesk.brokers.registry import all_specs

    return {
        spec.id: (spec.capabilities.sign_in_lasts, spec.capabilities.sign_in_until_revoked)
        for spec in all_specs()
    }


def first_figures(
    path: Path, now: datetime, base: str = "", scope: tuple[str, ...] = ()
) -> Figures:
    """What the window shows before any service runs; ``base`` is the base currency that is set,
    ``scope`` the accounts that it showed last, none named: all. What was kept for other accounts
    is not used: no figure here is of an account outside.

    Raises:
        StorageError: the file cannot be read.
    """
    packed = _unpacked(read_start_text(path), now)
    if packed is not None and (packed.chosen_base, packed.scope) == (base, scope):
        return packed
    from brokerdesk.db.start_view import read_start_view
    from brokerdesk.ui.start_raw import start_figures

    return start_figures(read_start_view(path, now=now, base=base), now, base, scope)


def pack_figures(figures: Figures, taken_at: datetime) -> str:
    """The text for the next start. What was called old is not: it depends on the hour."""
    kept = replace(
        figures,
        accounts=_ageless(figures.accounts),
        everyone=_ageless(figures.everyone),
        movers=tuple(replace(row, stale="") for row in figures.movers),
    )
    return pack(kept, taken_at)


def _ageless(rows: tuple[AccountRow, ...]) -> tuple[AccountRow, ...]:
    return tuple(replace(row, stale="") if row.stale == "old" else row for row in rows)


def _unpacked(text: str | None, now: datetime) -> Figures | None:
    """The packed picture; None when there is none, or none that is true at this hour."""
    if text is None:
        return None
    try:
        found = unpack(text)
    except _UNREADABLE:
        return None
    if found is None or found[1] > now + _AHEAD or _speaks_of_then(*found, now):
        return None
    return found[0]


def _speaks_of_then(figures: Figures, taken_at: datetime, now: datetime) -> bool:
    """Whether what needs the user is told otherwise by now: a sentence that names an hour means one
    of that day, and a sign-in came near its end, or to it, since.
    """
    if figures.messages and new_york_day(taken_at) != new_york_day(now):
        return True
    ends = [one.until for one in figures.messages]
    ends += [one.sign_in_ends for one in figures.connections]
    turns = [moment for end in ends if end is not None for moment in (end, end - SOON)]
    return any(taken_at < moment <= now for moment in turns)
