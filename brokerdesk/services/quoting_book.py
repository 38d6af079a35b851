"""The newest price of everything that is followed, with its source and how it stands.

A price is called live only while the line that told it stands; nothing makes it live again but
being told anew. An older price never takes the place of a newer one. No network, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from brokerdesk.domain.events import Event
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.facts import dataclass
from brokerdesk.services.live_figures import time_of
from brokerdesk.services.quoting_holdings import AccountMove
from brokerdesk.services.quoting_rules import Priced


class PriceState(StrEnum):
    LIVE = "live"
    """Told in real time over a line that stands."""
    DELAYED = "delayed"
    """Told over a line that stands; the source says that it is late."""
    POLLED = "polled"
    """Asked for from time to time."""
    STALE = "stale"
    """The last that is known: nobody tells it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePrice:
    """A price. ``at`` is when we had it. ``connection`` None: it was read from the cache."""

    of: Priced
    quote: Quote
    state: PriceState
    connection: ConnectionId | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesMoved(Event):
    """Prices that changed since the last of these, and what accounts changed by because of them.

    ``gone``: nobody follows these any more. An account of which no position has a newer price
    stands as its broker said.
    """

    prices: tuple[LivePrice, ...] = ()
    gone: tuple[Priced, ...] = ()
    accounts: tuple[AccountMove, ...] = ()


class PriceBook:
    """Prices by what they are of. ``changed`` collects what was touched since it was taken."""

    def __init__(self) -> None:
        self._prices: dict[Priced, LivePrice] = {}
        self._changed: dict[Priced, None] = {}
        self._gone: dict[Priced, None] = {}
        self._unkept: dict[Priced, None] = {}

    def get(self, of: Priced) -> LivePrice | None:
        return self._prices.get(of)

    def __len__(self) -> int:
        return len(self._prices)

    @property
    def known(self) -> tuple[Priced, ...]:
        """What there is a price of."""
        return tuple(self._prices)

    def tell(
        self,
        of: Priced,
        quote: Quote,
        connection: ConnectionId | None,
        at: datetime,
        *,
        asked: bool = False,
        still: bool = False,
    ) -> bool:
        """Note a price. False: a newer one is known, or this one has no time of its own to live by.

        ``asked``: it was asked for; ``still``: nobody says that it is the newest one, such as what
        was known when the program ended.
        """
        before = self._prices.get(of)
        if before is not None and not _newer(before, quote, connection):
            return False
        state = PriceState.STALE if still else _state(quote, asked=asked)
        if (
            before is not None
            and asked
            and before.connection == connection
            and before.state in (PriceState.LIVE, PriceState.DELAYED)
        ):
            state = before.state  # its line stands: asking beside it takes nothing away
        if not quote.name and before is not None and before.quote.name:
            quote = replace(quote, name=before.quote.name)
        self._prices[of] = LivePrice(of=of, quote=quote, state=state, connection=connection, at=at)
        self._changed[of] = None
        self._gone.pop(of, None)
        if connection is not None:
            self._unkept[of] = None
        return True

    def age(self, which: Callable[[LivePrice], bool]) -> int:
        """What ``which`` says is true of stands still from now on; how many that are."""
        found = [
            of
            for of, price in self._prices.items()
            if price.state is not PriceState.STALE and which(price)
        ]
        for of in found:
            self._prices[of] = replace(self._prices[of], state=PriceState.STALE)
            self._changed[of] = None
        return len(found)

    def keep_only(self, wanted: Iterable[Priced]) -> None:
        """Forget what nobody wants."""
        wanted = set(wanted)
        for of in [of for of in self._prices if of not in wanted]:
            del self._prices[of]
            self._changed.pop(of, None)
            self._unkept.pop(of, None)
            self._gone[of] = None

    @property
    def dirty(self) -> bool:
        return bool(self._changed or self._gone)

    @property
    def pending(self) -> tuple[Priced, ...]:
        """What changed or went since changes were last taken."""
        return (*self._changed, *self._gone)

    def take_changes(self) -> tuple[tuple[LivePrice, ...], tuple[Priced, ...]]:
        """What changed and what went since this was last asked."""
        changed = tuple(self._prices[of] for of in self._changed)
        gone = tuple(self._gone)
        self._changed, self._gone = {}, {}
        return changed, gone

    def take_unkept(self) -> tuple[LivePrice, ...]:
        """The prices that were told since this was last asked, to be stored."""
        found = tuple(self._prices[of] for of in self._unkept)
        self._unkept = {}
        return found


def _state(quote: Quote, *, asked: bool) -> PriceState:
    if asked:
        return PriceState.POLLED
    return PriceState.LIVE if quote.feed is PriceFeed.REAL_TIME else PriceState.DELAYED


def _newer(before: LivePrice, quote: Quote, connection: ConnectionId | None) -> bool:
    """Whether ``quote`` takes the place of ``before``: it is not of an earlier moment.

    Of equal moments the one that we had later counts. The same source may repeat itself, which
    says that the price still holds.
    """
    old, new = time_of(before.quote), time_of(quote)
    if new == old:
        return quote.fetched_at >= before.quote.fetched_at or connection == before.connection
    return new > old
