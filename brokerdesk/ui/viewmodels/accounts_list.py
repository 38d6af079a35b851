"""The list of accounts, grouped by connection: those that are read and those that are not. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, Figures, Mark, account_title

Modes = Mapping[str, tuple[str, str]]
MODES: Modes = {"paper": ("PAPER", "paper"), "practice": ("PRACTICE", "practice")}
_STATES = {"kept": "kept", "old": "old", "damaged": "damaged", "closed": "closed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAccount:
    """An account that is not read: left out by the user, or ``offered`` and not decided on."""

    key: str
    connection: str
    connection_title: str
    broker: str
    name: str
    mask: str
    environment: str
    currency: str
    offered: bool
    closed: bool

    @property
    def title(self) -> str:
        """As an included account is called."""
        return account_title(self.broker, self.mask, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One line: a heading (``key`` empty) or an account. ``value`` is an amount, and secret."""

    key: str
    title: str
    value: str = ""
    below: str = ""
    tone: str = "text3"
    mark: Mark | None = None
    tag: tuple[str, str] | None = None
    amount: Decimal | None = None
    dim: bool = False

    @property
    def heading(self) -> bool:
        return not self.key


def list_rows(
    figures: Figures, others: Iterable[OtherAccount], now: datetime, past: datetime | None
) -> tuple[ListRow, ...]:
    """Connections in their order, their accounts below each; what has none of them comes last."""
    outside = tuple(others) if past is None else ()
    environments = {row.environment for row in figures.accounts}
    environments |= {one.environment for one in outside}
    modes = MODES if environments != {"practice"} else {}  # there the window's band says it of all
    titles = {row.key: tame(row.title) for row in figures.connections}
    for one in outside:
        titles.setdefault(one.connection, tame(one.connection_title) or "Not connected")
    keys = dict.fromkeys(
        [
            *titles,
            *(row.connection for row in figures.accounts),
            *(one.connection for one in outside),
        ]
    )
    names = {row.key: tame(row.title) for row in (figures.everyone or figures.accounts)}
    rows: list[ListRow] = []
    for key in sorted(keys, key=lambda key: not key):
        inside = [
            _included(row, now, modes, names) for row in figures.accounts if row.connection == key
        ]
        inside += [_other(one, modes) for one in outside if one.connection == key]
        if inside:
            title = titles.get(key, "") if key else "Not connected"
            rows += [ListRow(key="", title=title or "Other"), *inside]
    return tuple(rows)


def spoken(row: ListRow, *, value: str) -> str:
    """A line for a screen reader; ``value`` is the amount as it may be said."""
    words = [row.tag[0].capitalize()] if row.tag else []
    words.append(row.title)
    if row.value:
        words.append(value)
    if row.below:
        words.append(row.below)
    if row.mark is not None:
        words.append(MARK_WORDS[row.mark])
    return ", ".join(words)


def _included(row: AccountRow, now: datetime, modes: Modes, names: Mapping[str, str]) -> ListRow:
    at = row.as_of or row.fetched_at
    below = "Never read" if at is None else fmt.age(at, now, short=True)
    tone = "text3"
    if row.stale and at is not None:
        state = _STATES.get(row.stale, row.stale)
        below = f"{below} · {state}"
        tone = "loss" if row.mark in (Mark.SIGN_IN, Mark.FAILED) else "warn"
    elif row.closed:
        below = f"{below} · closed"
    elif row.through:
        below = f"Counted through {names.get(row.through, 'another connection')}"
    elif not row.counts:
        below = f"{below} · not connected"
    return ListRow(
        key=row.key,
        title=tame(row.title),
        value="" if row.through else _value(row),
        below=below,
        tone=tone,
        mark=row.mark,
        tag=modes.get(row.environment),
        amount=row.net,
        dim=row.closed or not row.counts,
    )


def _value(row: AccountRow) -> str:
    if row.net is None:
        return fmt.NO_DATA
    return f"{fmt.amount(row.net)} {row.currency}"


def _other(one: OtherAccount, modes: Modes) -> ListRow:
    below = "New at your broker, not read" if one.offered else "Left out, not read"
    if one.closed:
        below = "Closed, left out"
    return ListRow(
        key=one.key,
        title=tame(one.title),
        below=below,
        tone="warn" if one.offered else "text3",
        tag=modes.get(one.environment),
        dim=not one.offered,
    )
