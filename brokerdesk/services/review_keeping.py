"""Reviews that may still be sent, each once; and the user's limits as a review applies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import InputError
from brokerdesk.services.amounts import EXACT, ZERO, divided
from brokerdesk.services.order_limits import Limits
from brokerdesk.services.trading_facts import Review

if TYPE_CHECKING:
    from brokerdesk.settings import Settings

HOLDS = timedelta(seconds=60)
MOST_KEPT = 50
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Kept:
    review: Review
    deadline: float
    """On the monotonic clock: a wall clock that is set anew makes nothing hold longer."""


class KeptReviews:
    """Belongs to one event loop."""

    def __init__(self, clock: Clock, switched_on: Callable[[ConnectionId], bool]) -> None:
        self._clock = clock
        self._switched_on = switched_on
        self._kept: dict[str, _Kept] = {}

    def keep(self, review: Review) -> None:
        """From now on it may be sent, for a minute."""
        now = self._clock.monotonic()
        self._kept = {id_: one for id_, one in self._kept.items() if one.deadline > now}
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[review.id] = _Kept(review, now + HOLDS.total_seconds())

    def void(self, review_id: str) -> None:
        """It can no longer be sent."""
        self._kept.pop(review_id, None)

    def take(self, review_id: str, read: frozenset[str]) -> Review:
        """Hand a review out to be sent. Afterwards it is not here any more.

        Raises:
            InputError: it is not to be sent, and why.
        """
        kept = self._kept.get(review_id)
        if kept is None:
            raise _void("This review does not hold any more.")
        if self._clock.monotonic() >= kept.deadline:
            self.void(review_id)
            raise _void(f"This review is older than {HOLDS.total_seconds():.0f} seconds.")
        review = kept.review
        if review.blocked:
            raise InputError("review", "This order cannot be sent.", review.blocked[0].words)
        unread = [one for one in review.warnings if one.code not in read]
        if unread:
            raise InputError("review", "Read and tick each warning first.", unread[0].words)
        if not all(self._switched_on(one.connection) for one in review.orders):
            self.void(review_id)
            raise _void("Trading was turned off meanwhile.")
        self.void(review_id)
        return review


def _void(title: str) -> InputError:
    return InputError("review", title, hint="Review the order again.")


def limits_of(settings: Settings, rate: Decimal | None) -> Limits:
    """The user's limits in the currency of an order, of which one unit is worth ``rate`` in the
    base currency; None: nobody knows, and no order is small enough.
    """
    most = divided(settings.order_most_value, rate) if rate is not None and rate > ZERO else None
    return Limits(
        most_value=None if most is None else most.quantize(_CENT, context=EXACT),
        most_quantity=settings.order_most_quantity,
        warn_percent=settings.order_warn_percent,
        block_percent=settings.order_block_percent,
        oldest_quote=timedelta(seconds=settings.order_quote_seconds),
        per_minute=settings.orders_per_minute,
        usual_times=settings.order_usual_times,
        power_percent=settings.order_power_percent,
        volume_percent=settings.order_volume_percent,
    )
