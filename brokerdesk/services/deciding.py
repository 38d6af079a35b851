"""The user's word on an answer that was held back. It is about the answer that was shown.

Runs inside a transaction of the caller's; knows neither refreshers nor events.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.errors import StorageError
from brokerdesk.services.day_values import note_value

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork


def accept(uow: UnitOfWork, account: AccountId, held_at: datetime | None) -> None:
    """The held figures are right: they become the newest snapshot.

    ``held_at`` names the answer that the user saw; None takes whatever is held.

    Raises:
        StorageError: nothing is held any more, or another answer has taken its place.
    """
    _check_seen(uow, account, held_at)
    for held in uow.snapshots.held(account):
        if held.reading is not None:
            note_value(uow, held.reading)
    uow.snapshots.accept_held(account)


def discard(uow: UnitOfWork, account: AccountId, held_at: datetime | None) -> None:
    """The held figures are wrong: the last good ones stay. Nothing held is fine, too.

    Raises:
        StorageError: another answer than the one that the user saw has taken its place.
    """
    _check_seen(uow, account, held_at)
    uow.snapshots.discard_held(account)


def _check_seen(uow: UnitOfWork, account: AccountId, held_at: datetime | None) -> None:
    if held_at is not None and any(one.at != held_at for one in uow.snapshots.held(account)):
        raise StorageError(
            "A newer answer has arrived.",
            "Nothing was changed.",
            "Look at it and decide again.",
        )
