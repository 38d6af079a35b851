"""Which source tells which price: a pure rule over what is wanted and who could tell it.

Every price has one source at most. Real time goes before delayed, then whoever holds the thing,
then whoever tells it already, so that nothing moves without a reason. Environments never mix: a
practice price is of a simulated market, whatever its letters. Knows no network and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import AssetType, Environment, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.facts import dataclass

_ANYBODY = frozenset(
    {AssetType.EQUITY, AssetType.ETF, AssetType.OPTION, AssetType.MUTUAL_FUND, AssetType.INDEX}
)
_ANYBODY_IN = "USD"
_ALWAYS_OPEN = frozenset({AssetType.CRYPTO, AssetType.CURRENCY, AssetType.FUTURE})
_RANKS = {PriceFeed.REAL_TIME: 0, PriceFeed.UNKNOWN: 1, PriceFeed.DELAYED: 2}
_LAST_RANK = 3
_AT_ONCE = 100
"""So many are given a source in one step."""


@dataclass(frozen=True, slots=True, order=True)
class Priced:
    """What has a price, and in which world."""

    environment: Environment
    key: QuoteKey

    def __hash__(self) -> int:
        """Of the key alone: one thing is seldom followed in two worlds, and this is asked often."""
        return hash((self.key.symbol, self.key.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One connection as a teller of prices.

    ``feeds`` is how fresh its prices proved to be: what has not been told yet is hoped to be in
    real time. ``most`` None: no limit is known.
    """

    id: ConnectionId
    environment: Environment
    carries: Callable[[QuoteKey], bool]
    most: int | None = None
    holds: frozenset[QuoteKey] = frozenset()
    refuses: frozenset[QuoteKey] = frozenset()
    feeds: Mapping[QuoteKey, PriceFeed] = field(default_factory=dict)

    def can(self, wanted: Priced) -> bool:
        """Whether it may tell this price, and would."""
        key = wanted.key
        return (
            wanted.environment is self.environment
            and key not in self.refuses
            and (key in self.holds or anybody(key))
            and self.carries(key)
        )

    def rank(self, key: QuoteKey, current: ConnectionId | None) -> tuple[int, bool, bool, str]:
        """The lower, the better."""
        feed = self.feeds.get(key, PriceFeed.REAL_TIME)
        return (
            _RANKS.get(feed, _LAST_RANK),
            key not in self.holds,
            self.id != current,
            self.id,
        )


def anybody(key: QuoteKey) -> bool:
    """Whether the letters mean the same to every broker: those of the US market do. A coin, a bond
    or a share in another currency is asked of nobody but who holds it.
    """
    return key.asset_type in _ANYBODY and key.currency == _ANYBODY_IN


def always_open(key: QuoteKey) -> bool:
    """Whether its price moves outside of the US session, too."""
    return key.asset_type in _ALWAYS_OPEN


Assignment = dict[Priced, ConnectionId]


def assign(
    wanted: Iterable[Priced],
    sources: Sequence[Source],
    before: Mapping[Priced, ConnectionId] | None = None,
) -> Assignment:
    """Who tells what; what nobody can carry is missing. ``wanted``: the most wanted first."""
    assigning = Assigning(sources, before or {})
    for _ in assigning.steps(dict.fromkeys(wanted)):
        pass
    return assigning.found


class Assigning:
    """``assign`` in short steps; ``found`` is the answer once they are done."""

    def __init__(self, sources: Sequence[Source], before: Mapping[Priced, ConnectionId]) -> None:
        self._sources = [one for one in sources if one.most is None or one.most > 0]
        self._before = before
        self._by_id = {one.id: one for one in self._sources}
        self._told: dict[ConnectionId, dict[Priced, None]] = {one.id: {} for one in self._sources}
        self.found: Assignment = {}

    def steps(self, wanted: Iterable[Priced]) -> Iterator[None]:
        for number, one in enumerate(wanted, 1):
            if not number % _AT_ONCE:
                yield
            free = [source for source in self._sources if self._room(source) and source.can(one)]
            if len(free) > 1:
                current = self._before.get(one)
                self._put(one, min(free, key=lambda source: source.rank(one.key, current)))
            elif free:
                self._put(one, free[0])
            else:
                self._squeeze_in(one, self._able(one))

    def _able(self, wanted: Priced) -> list[Source]:
        able = [source for source in self._sources if source.can(wanted)]
        if len(able) > 1:
            current = self._before.get(wanted)
            able.sort(key=lambda source: source.rank(wanted.key, current))
        return able

    def _squeeze_in(self, wanted: Priced, able: Sequence[Source]) -> None:
        """All who could tell it are full: one of theirs moves to a source that has room."""
        if not any(map(self._room, self._sources)):
            return
        for source in able:
            for other in self._told[source.id]:
                place = next(
                    (one for one in self._able(other) if one is not source and self._room(one)),
                    None,
                )
                if place is not None:
                    del self._told[source.id][other]
                    self._put(other, place)
                    self._put(wanted, source)
                    return

    def _room(self, source: Source) -> bool:
        return source.most is None or len(self._told[source.id]) < source.most

    def _put(self, wanted: Priced, source: Source) -> None:
        self._told[source.id][wanted] = None
        self.found[wanted] = source.id
