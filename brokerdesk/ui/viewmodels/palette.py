"""What search finds: views, commands, accounts, symbols, days; and which of them first.

Words match by their beginnings, in any order; what matches better stands higher. Ten thousand
symbols are searched within a frame: each is one folded string that begins words with a blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from heapq import nsmallest

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.days import parse_day
from brokerdesk.ui.viewmodels.state import AccountRow, PositionRow

MOST = 60
"""More results than these help nobody; the count says how many there are."""
_HOLDERS = 2
_BREAKS = "-_/.…,;:()&+\u2060"


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

    @property
    def spoken(self) -> str:
        """For a screen reader."""
        return ", ".join(
            part for part in (self.title, self.detail, KIND_WORDS[self.kind], self.key) if part
        )


def folded(text: str) -> str:
    """Lower case, words apart by one blank, a blank before the first."""
    return " " + " ".join(_apart(text.casefold()).split())


def _apart(text: str) -> str:
    """Blanks for marks. Replacing one by one is many times faster than a table of them."""
    for mark in _BREAKS:
        if mark in text:
            text = text.replace(mark, " ")
    return text


class Part:
    """Things of one sort, ready to be searched: the folded title and all folded words of each."""

    def __init__(self, kind: Kind, titles: list[str], hay: list[str]) -> None:
        self.kind, self.titles, self.hay = kind, titles, hay

    def entry(self, place: int) -> Entry:
        """The thing itself; made only for what is shown."""
        raise NotImplementedError


class Entries(Part):
    """Entries that are there already."""

    def __init__(self, kind: Kind, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        titles = [folded(one.title) for one in self.entries]
        hay = [
            # Written as one word too: who types "backup" finds "Back up profile".
            f"{title}{folded(one.detail)} {title.replace(' ', '')}"
            for one, title in zip(self.entries, titles, strict=True)
        ]
        super().__init__(kind, titles, hay)

    def entry(self, place: int) -> Entry:
        return self.entries[place]


class Symbols(Part):
    """Holdings by symbol, name and holder; the order of ``rows`` decides among equals.

    ``accounts``: key to title. All words are folded in one go: there may be ten thousand.
    """

    def __init__(self, rows: Sequence[PositionRow], accounts: Mapping[str, str]) -> None:
        self._rows, self._accounts = rows, accounts
        self._known: dict[tuple[str, ...], str] = {}
        lines = [f"{row.symbol} {row.name} {self._all(row)}" for row in rows]
        hay = _fold_lines(lines)
        super().__init__(Kind.SYMBOL, [folded(row.symbol) for row in rows], hay)

    def _all(self, row: PositionRow) -> str:
        keys = _holders(row)
        words = self._known.get(keys)
        if words is None:
            words = " ".join(self._accounts.get(key, "") for key in keys)
            self._known[keys] = words
        return words or row.account

    def entry(self, place: int) -> Entry:
        row = self._rows[place]
        titles = [self._accounts[key] for key in _holders(row) if key in self._accounts]
        held = ", ".join(titles[:_HOLDERS])
        if len(titles) > _HOLDERS:
            held += f" and {len(titles) - _HOLDERS} more"
        title = f"{row.symbol}  {row.name}" if row.name else row.symbol
        return Entry(
            Kind.SYMBOL, title, f"symbol:{row.symbol}", held or row.account, picture="positions"
        )


def _holders(row: PositionRow) -> tuple[str, ...]:
    return row.accounts or tuple(key for part in row.children for key in part.accounts)


def _fold_lines(lines: Sequence[str]) -> list[str]:
    clean = [line if line.isprintable() else tame(line) for line in lines]
    whole = _apart("\n ".join(clean).casefold())
    return f" {whole}".split("\n") if clean else []


class Index:
    """Parts searched as one."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)

    def find(self, text: str) -> tuple[list[Entry], int]:
        """The best entries for a text, and how many match at all."""
        words = folded(text).split()
        begun = [f" {word}" for word in words]
        found = self._holding(begun) or self._holding(words)
        if not found and words:
            found = self._scattered("".join(words))
        if words:
            whole = folded(text)
            best = nsmallest(MOST, found, key=lambda one: _rank(one[0], one[1], whole, begun))
        else:
            best = found[:MOST]
        return [part.entry(place) for part, place in best], len(found)

    def _holding(self, words: Sequence[str]) -> list[tuple[Part, int]]:
        return [
            (part, n)
            for part in self.parts
            for n, straw in enumerate(part.hay)
            if all(word in straw for word in words)
        ]

    def _scattered(self, letters: str) -> list[tuple[Part, int]]:
        """Titles that hold the letters in this order, the first at the beginning of a word."""
        if len(letters) < 2:
            return []
        pattern = re.compile(" " + ".*?".join(map(re.escape, letters)))
        return [
            (part, n)
            for part in self.parts
            for n, title in enumerate(part.titles)
            if pattern.search(title)
        ]


def _rank(part: Part, place: int, whole: str, begun: Sequence[str]) -> tuple[int, int, int, int]:
    title = part.titles[place]
    if title.startswith(whole):
        step = 0 if title == whole else 1
    elif begun[0] not in title:
        step = 4
    elif all(word in title for word in begun):
        step = 2 if title.startswith(begun[0]) else 3
    else:
        step = 4
    # Symbols stand in the order of their worth, so the place decides among them.
    return step, part.kind, 0 if part.kind is Kind.SYMBOL else len(title), place


def account_entries(rows: Iterable[AccountRow]) -> Entries:
    """Accounts, each to be opened."""
    return Entries(
        Kind.ACCOUNT,
        [
            Entry(
                Kind.ACCOUNT,
                row.title,
                f"account:{row.key}",
                " · ".join(part for part in (row.type, "closed" if row.closed else "") if part),
                picture="accounts",
            )
            for row in rows
        ],
    )


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
