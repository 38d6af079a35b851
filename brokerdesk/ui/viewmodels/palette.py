"""What search finds: views, commands, accounts, symbols, days; and which of them first.

Words match by their beginnings, in any order; what matches better stands higher. Ten thousand
symbols are searched within a frame: each entry is one folded string that begins words with a blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.days import parse_day
from brokerdesk.ui.viewmodels.state import AccountRow, PositionRow

MOST = 60
"""More results than these help nobody; the count says how many there are."""
_HOLDERS = 2
_BREAKS = re.compile(r"[\s\-_/.…,;:()&+]+")


class Kind(IntEnum):
    """Of equal matches the smaller kind stands higher."""

    DAY = 0
    VIEW = 1
    COMMAND = 2
    ACCOUNT = 3
    SYMBOL = 4


KIND_WORDS = {
    Kind.DAY: "Past day",
    Kind.VIEW: "View",
    Kind.COMMAND: "Command",
    Kind.ACCOUNT: "Account",
    Kind.SYMBOL: "Symbol",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to choose. ``action`` is ``verb:target`` for the window."""

    kind: Kind
    title: str
    action: str
    detail: str = ""
    key: str = ""
    picture: str = ""
    name: str = ""
    """A short name that is matched before the title, such as a symbol."""

    @property
    def spoken(self) -> str:
        """For a screen reader."""
        return ", ".join(
            part for part in (self.title, self.detail, KIND_WORDS[self.kind], self.key) if part
        )


def folded(text: str) -> str:
    """Lower case, words apart by one blank, a blank before the first."""
    return " " + " ".join(_BREAKS.sub(" ", text.casefold()).split())


class Index:
    """Entries made ready to be searched."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._titles = [folded(one.name or one.title) for one in self.entries]
        self._hay = [
            f"{title}{folded(one.title) if one.name else ''}{folded(one.detail)}"
            for one, title in zip(self.entries, self._titles, strict=True)
        ]

    def find(self, text: str) -> tuple[list[Entry], int]:
        """The best entries for a text, and how many match at all."""
        words = folded(text).split()
        if not words:
            return list(self.entries[:MOST]), len(self.entries)
        begun = [f" {word}" for word in words]
        hay = self._hay
        places = [n for n, straw in enumerate(hay) if all(word in straw for word in begun)]
        if not places:
            places = [n for n, straw in enumerate(hay) if all(word in straw for word in words)]
        if not places:
            places = self._scattered("".join(words))
        whole = folded(text)
        ranked = sorted(places, key=lambda n: self._rank(n, whole, begun))
        return [self.entries[n] for n in ranked[:MOST]], len(places)

    def _rank(self, place: int, whole: str, begun: Sequence[str]) -> tuple[int, int, int, int]:
        title, entry = self._titles[place], self.entries[place]
        if title == whole:
            step = 0
        elif title.startswith(whole):
            step = 1
        elif all(word in title for word in begun):
            step = 2 if title.startswith(begun[0]) else 3
        else:
            step = 4
        # Symbols stand in the order of their worth, so the place decides among them.
        return step, entry.kind, 0 if entry.kind is Kind.SYMBOL else len(title), place

    def _scattered(self, letters: str) -> list[int]:
        """Titles that hold the letters in this order, the first at the beginning of a word."""
        if len(letters) < 2:
            return []
        pattern = re.compile(" " + ".*?".join(map(re.escape, letters)))
        return [n for n, title in enumerate(self._titles) if pattern.search(title)]


def account_entries(rows: Iterable[AccountRow]) -> list[Entry]:
    """Accounts, each to be opened."""
    return [
        Entry(
            Kind.ACCOUNT,
            row.title,
            f"account:{row.key}",
            " · ".join(part for part in (row.type, "closed" if row.closed else "") if part),
            picture="accounts",
        )
        for row in rows
    ]


def symbol_entries(rows: Iterable[PositionRow], accounts: dict[str, str]) -> list[Entry]:
    """Holdings by symbol with who holds them; the most worth first. ``accounts``: key to title."""
    found = []
    for row in rows:
        keys = row.accounts or tuple(key for part in row.children for key in part.accounts)
        titles = [accounts[key] for key in keys if key in accounts]
        held = ", ".join(titles[:_HOLDERS])
        if len(titles) > _HOLDERS:
            held += f" and {len(titles) - _HOLDERS} more"
        title = f"{row.symbol}  {row.name}" if row.name else row.symbol
        found.append(
            Entry(Kind.SYMBOL, title, f"symbol:{row.symbol}", held or row.account,
                  picture="positions", name=row.symbol)
        )  # fmt: skip
    return found


def day_entry(text: str, today: date) -> Entry | None:
    """The day that is typed, to be looked at."""
    day = parse_day(text, today)
    if day is None:
        return None
    if day == today:
        return Entry(Kind.DAY, "Today", "now:", "Return to now", picture="calendar")
    return Entry(
        Kind.DAY, f"{day:%a} {fmt.day(day)}", f"day:{day.isoformat()}",
        "Show every page as of this day", picture="calendar",
    )  # fmt: skip


def counted(count: int) -> str:
    """What is announced after each key."""
    return "No results" if not count else fmt.count(count, "result")
