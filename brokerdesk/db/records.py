"""What repositories hand out beside the domain's own types.

Plain frozen facts, without SQLAlchemy, so that services can name them in signatures.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.reading import Reading
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    """An account with what the user and the years added to it.

    ``connection`` None: its connection was removed and its history kept. ``included`` None: the
    user has not been asked yet.
    """

    account: Account
    connection: ConnectionId | None
    nickname: str = ""
    included: bool | None = None
    closed_at: datetime | None = None
    first_seen: datetime
    last_seen: datetime

    @property
    def shown_name(self) -> str:
        """The nickname, else the broker's name, else the masked number."""
        return self.nickname or self.account.name or self.account.number_mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """``new`` False: the reading equalled the one before it, whose validity was extended."""

    snapshot_id: int
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotInfo:
    """A snapshot without its figures but one. ``net_liquidation`` is in ``currency``.

    Read from the row alone; the checksum is verified when the snapshot itself is read.
    """

    id: int
    account: AccountId
    day: date
    fetched_at: datetime
    as_of: datetime
    valid_until: datetime
    currency: str
    net_liquidation: Decimal | None
    positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A suspect reading that waits for the user's word. ``reading`` None: its bytes are damaged."""

    account: AccountId
    at: datetime
    reason: str
    reading: Reading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionColumns:
    """The positions of one snapshot as equally long columns, for tables that need no objects."""

    instruments: tuple[Instrument, ...]
    quantity: tuple[Decimal, ...]
    average_cost: tuple[Decimal | None, ...]
    cost_basis: tuple[Decimal | None, ...]
    mark: tuple[Decimal | None, ...]
    market_value: tuple[Decimal | None, ...]
    day_pl: tuple[Decimal | None, ...]
    open_pl: tuple[Decimal | None, ...]

    def __len__(self) -> int:
        return len(self.instruments)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """The total value of one account on one New York day."""

    day: date
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesColumns:
    """A daily series as two equally long arrays for charts, oldest first.

    ``days`` are proleptic ordinals (``date.toordinal``), int32; ``values`` are float64 and for
    pixels only. Whatever is added up or written in figures comes from ``values()``, exact.
    """

    days: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
