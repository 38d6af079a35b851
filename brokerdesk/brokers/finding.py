"""What a session can do besides, for tickets: find symbols, list the options of an underlying, tell
how much of something trades on a usual day.

All are reads. A session that has them implements the protocol; who asks looks with ``isinstance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from brokerdesk.domain.exact import check_amounts, check_times
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainQuote:
    """One contract with what the broker tells of it. None: not told, which is not zero.

    Prices per unit of the underlying; ``volatility`` is implied, in percent a year (25 = 25 %).
    """

    contract: Instrument
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    mark: Decimal | None = None
    volatility: Decimal | None = None
    delta: Decimal | None = None
    open_interest: int | None = None
    volume: int | None = None

    def __post_init__(self) -> None:
        check_amounts(self, "bid", "ask", "last", "mark", "volatility", "delta")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """Both sides of one strike; None: there is no such contract."""

    strike: Decimal
    call: ChainQuote | None = None
    put: ChainQuote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """All contracts of one expiry, by strike. ``unread`` are contracts that could not be read."""

    underlying: str
    expiry: date
    fetched_at: datetime
    feed: PriceFeed = PriceFeed.UNKNOWN
    underlying_price: Decimal | None = None
    rows: tuple[ChainRow, ...] = ()
    unread: int = 0

    def __post_init__(self) -> None:
        check_times(self, "fetched_at")
        check_amounts(self, "underlying_price")


@runtime_checkable
class FindsSymbols(Protocol):
    """A session that knows what can be traded."""

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        """Things whose symbol or name begins with or contains ``text``, the likeliest first.

        Raises:
            BrokerError: nothing is known.
        """
        ...


@runtime_checkable
class HasChains(Protocol):
    """A session that lists options."""

    async def expiries(self, underlying: Instrument) -> tuple[date, ...]:
        """Days on which options of it expire, the nearest first; empty: it has none.

        Raises:
            BrokerError: nothing is known.
        """
        ...

    async def chain(self, underlying: Instrument, expiry: date) -> Chain:
        """The contracts of one expiry.

        Raises:
            BrokerError: nothing is known.
        """
        ...


@runtime_checkable
class PricesByKey(Protocol):
    """A session at which the letters of a symbol may mean several things."""

    async def quotes_of(self, keys: Sequence[QuoteKey]) -> Batch[Quote]:
        """Prices of exactly these things, in their own currency; what it has none of is left out.

        Raises:
            BrokerError: nobody could tell.
        """
        ...


@runtime_checkable
class TellsVolume(Protocol):
    """A session whose quotes do not tell the average volume, and that can be asked for it."""

    async def average_volume(self, key: QuoteKey) -> Decimal | None:
        """Units that trade on a usual day, at all exchanges together; None: it does not say.

        Raises:
            BrokerError: nobody could tell.
        """
        ...
