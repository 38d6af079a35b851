"""What one account looked like at one moment: the unit that is read, checked, stored, reviewed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A record that could not be understood: kept out of totals, listed by name.

    ``where`` is a path such as ``positions[3]``; ``label`` a symbol if one could be read;
    ``reason`` is our own sentence and never quotes the payload.
    """

    where: str
    reason: str
    label: str = ""

    @property
    def words(self) -> str:
        """What it is called: its symbol, else its place as a person counts, ``position 4``."""
        return self.label or ", ".join(_place(part) for part in self.where.split("."))


_COUNTED = re.compile(r"(.+)\[(\d+)\]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _place(part: str) -> str:
    counted = _COUNTED.fullmatch(part)
    name = counted[1] if counted else part
    spaced = _HUMP.sub(" ", name.replace("_", " "))
    if counted is None:
        return spaced.lower() if spaced != name else name
    one = f"{spaced[:-3]}y" if spaced.endswith("ies") else spaced.removesuffix("s")
    return f"{one.lower()} {int(counted[2]) + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Generic[T]):
    """A list as a broker gave it: what was read, and what was not."""

    items: tuple[T, ...] = ()
    unread: tuple[Unread, ...] = ()

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Balances and positions of one account from one answer of its broker.

    ``as_of`` is the broker's own time for the figures when it gives one, else equal to
    ``fetched_at``. Balances come one per currency, the account's base currency first.
    """

    account: AccountId
    fetched_at: datetime
    as_of: datetime
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    unread: tuple[Unread, ...] = ()

    def __post_init__(self) -> None:
        check_times(self, "fetched_at", "as_of")
        if not self.balances:
            raise ValueError("a reading has at least one balance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A stored reading. Immutable: a later identical reading only moves ``valid_until``.

    ``damaged`` is True when the stored bytes no longer match their checksum; such a snapshot is
    shown and left out of every total, and its ``reading`` may then be None.
    """

    id: int
    account: AccountId
    fetched_at: datetime
    as_of: datetime
    valid_until: datetime
    reading: Reading | None
    damaged: bool = False

    def __post_init__(self) -> None:
        check_times(self, "fetched_at", "as_of", "valid_until")
        if self.reading is None and not self.damaged:
            raise ValueError("only a damaged snapshot lacks its reading")
