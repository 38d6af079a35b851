"""Closing prices per source, one row a symbol: a cache that can be asked for again at any time.

Amounts are kept exactly, packed like the daily values (``series``), and handed out as whole numbers
with one exponent, which is what a chart takes. A live price never answers for a simulated one: the
environment is part of the key.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import date, datetime

from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.repositories.series import (
    _decoder,
    _exponent,
    _from_little,
    _packed,
    _scaled,
    _Year,
)
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.price import DailyPrice
from brokerdesk.facts import dataclass

_NONE = _Year(b"", 0, b"")
"""A source was asked and knows no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPrices:
    """``units[i] * 10**exponent`` is the close of the day with ordinal ``days[i]``, oldest first.

    ``since`` is the day from which prices were asked for: before it none were.
    """

    source: str
    since: date
    fetched_at: datetime
    days: array[int]
    units: Sequence[int]
    exponent: int


class PriceRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put(
        self,
        source: str,
        environment: Environment,
        symbol: str,
        prices: Sequence[DailyPrice],
        *,
        since: date,
        fetched_at: datetime,
    ) -> None:
        """Keep what a source answered, in place of what it answered before."""
        points = sorted({one.day: one.close for one in prices}.items())
        self._scope.raw.execute(
            "INSERT OR REPLACE INTO prices"
            " (source, environment, symbol, since, fetched_at, payload) VALUES (?, ?, ?, ?, ?, ?)",
            (
                source,
                environment.value,
                symbol,
                since.isoformat(),
                to_micros(fetched_at),
                sealed(_packed(points) if points else _NONE),
            ),
        )

    def get(self, environment: Environment, symbol: str) -> tuple[StoredPrices, ...]:
        """What each source answered for a symbol, the newest answer first."""
        rows = self._scope.raw.execute(
            "SELECT source, since, fetched_at, payload FROM prices"
            " WHERE environment = ? AND symbol = ? ORDER BY fetched_at DESC, source",
            (environment.value, symbol),
        ).fetchall()
        with decoding(self._scope.path):
            return tuple(_stored(*row) for row in rows)


def _stored(source: str, since: str, fetched_at: int, payload: bytes) -> StoredPrices:
    packed = unsealed(payload, _decoder)
    if packed.texts is None:
        units: Sequence[int] = _from_little("q", packed.scaled)
        exponent = packed.exponent
    else:
        exponent = min(0, *map(_exponent, packed.texts))
        units = [_scaled(value, exponent) for value in packed.texts]
    return StoredPrices(
        source=source,
        since=date.fromisoformat(since),
        fetched_at=from_micros(fetched_at),
        days=_from_little("i", packed.days),
        units=units,
        exponent=exponent,
    )
