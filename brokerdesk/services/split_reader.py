"""Find the splits that an account's stored past tells of: its entries and its snapshots.

Looks through the past once; afterwards only when the holdings changed. Never asks a broker.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.splits import (
    InstrumentKey,
    Jump,
    Split,
    booked_splits,
    has_ratio,
    is_split,
    merged,
    probable_split,
)

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

_JUST_BEFORE = timedelta(microseconds=1)
_SPLIT_TYPES = frozenset({AssetType.EQUITY, AssetType.ETF, AssetType.MUTUAL_FUND, AssetType.OTHER})


class SplitReader:
    """Remembers what it found as long as the holdings are the same."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._known: dict[AccountId, tuple[object, tuple[Split, ...]]] = {}

    async def splits(self, accounts: Collection[AccountId]) -> dict[AccountId, tuple[Split, ...]]:
        """All splits that the past of these accounts tells of, oldest first."""
        found = {}
        for account in accounts:  # one transaction each: nobody waits for all of them
            found[account] = await self._database.read(partial(self._of, account))
        return found

    def remembered(self, accounts: Collection[AccountId]) -> dict[AccountId, tuple[Split, ...]]:
        """What the last look found, of those that were looked at. Asks nobody."""
        return {one: self._known[one][1] for one in accounts if one in self._known}

    def _of(self, account: AccountId, uow: UnitOfWork) -> tuple[Split, ...]:
        entries = [one for one in uow.transactions.list(account) if is_split(one)]
        spans = uow.snapshots.frame_spans(account)
        # A longer last stretch brings nothing new: its holdings are the same.
        stamp = (len(entries), len(spans), spans[-1][:2] if spans else None)
        known = self._known.get(account)
        if known is None or known[0] != stamp:
            booked = booked_splits(entries, _held_before(uow, account, entries))
            known = self._known[account] = (stamp, merged(booked, _guesses(uow, account, spans)))
        return known[1]


def _held_before(
    uow: UnitOfWork, account: AccountId, entries: list[Transaction]
) -> dict[str, Decimal]:
    held = {}
    for one in entries:
        if has_ratio(one) or one.instrument is None:
            continue
        found = _positions(uow, account, one.time - _JUST_BEFORE).get(one.instrument.key)
        if found is not None:
            held[one.id] = found.quantity
    return held


def _guesses(
    uow: UnitOfWork, account: AccountId, spans: tuple[tuple[int, datetime, datetime], ...]
) -> list[Split]:
    found: list[Split] = []
    before: dict[InstrumentKey, tuple[Instrument, Decimal]] = {}
    until: datetime | None = None
    for frame, begins, ends in spans:
        held = _held(uow.snapshots.quantities(frame))
        suspects = [
            (instrument, before[key][1], quantity)
            for key, (instrument, quantity) in held.items()
            if key in before and before[key][1] != quantity
            if _could_be(before[key][1], quantity)
            if instrument.asset_type in _SPLIT_TYPES
        ]
        # Quantities alone tell what could be a split; only then are prices read.
        if suspects and until is not None:
            found += _judged(uow, account, suspects, until, begins)
        before, until = held, ends
    return found


def _judged(
    uow: UnitOfWork,
    account: AccountId,
    suspects: list[tuple[Instrument, Decimal, Decimal]],
    until: datetime,
    begins: datetime,
) -> list[Split]:
    old, new = _positions(uow, account, until), _positions(uow, account, begins)
    guesses = (
        probable_split(
            Jump(
                instrument=instrument.key,
                symbol=instrument.symbol,
                at=begins,
                before=earlier,
                after=quantity,
                price_before=_mark(old, instrument.key),
                price_after=_mark(new, instrument.key),
            )
        )
        for instrument, earlier, quantity in suspects
    )
    return [one for one in guesses if one is not None]


def _held(
    rows: tuple[tuple[Instrument, Decimal], ...],
) -> dict[InstrumentKey, tuple[Instrument, Decimal]]:
    """Quantities by instrument; one that is listed twice is added up."""
    found: dict[InstrumentKey, tuple[Instrument, Decimal]] = {}
    for instrument, quantity in rows:
        earlier = found.get(instrument.key)
        total = quantity if earlier is None else EXACT.add(earlier[1], quantity)
        found[instrument.key] = (instrument, total)
    return found


def _could_be(before: Decimal, after: Decimal) -> bool:
    small, large = sorted((abs(before), abs(after)))
    return bool(small) and large / small >= Decimal("1.5")


def _positions(
    uow: UnitOfWork, account: AccountId, moment: datetime
) -> dict[InstrumentKey, Position]:
    snapshot = uow.snapshots.as_of(account, moment)
    if snapshot is None or snapshot.reading is None:
        return {}
    return {one.instrument.key: one for one in snapshot.reading.positions}


def _mark(positions: dict[InstrumentKey, Position], key: InstrumentKey) -> Decimal | None:
    found = positions.get(key)
    return found.mark if found is not None else None
