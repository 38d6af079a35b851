"""Keep reference rates up to date: once a business day, and only while somebody needs them.

Who converts says which pairs it looked for (``want``); as long as nobody does, nothing is ever
asked. The central bank answers once after each publication; an answer without the new day is not
asked for again before the next one. Without an answer the rates that are here go on to serve, and
say their age; the next try waits longer each time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.euro_rate_kinds import Fetched, Known, RateFile
from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish, RatesChanged
from brokerdesk.domain.exchange_rate import is_rate_day, newest_rate_day, published_at
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerError, RateLimitedError, SettingsError, StorageError
from brokerdesk.facts import dataclass
from brokerdesk.services.rates import MARKET, source_of
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.brokers.euro_rates import EuroRates
    from brokerdesk.db.engine import Database
    from brokerdesk.db.repositories.rates import RateAnswer
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)

LOOK_EVERY = 2
"""Seconds; while nothing is wanted or due, a look costs nothing."""
LOOK_AGAIN = timedelta(minutes=5)
"""After so long it is looked whether earlier days have come to be needed."""
FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=6)
QUARTER = timedelta(days=85)
"""The file of the last 90 days reaches back that far for certain."""
BEFORE = timedelta(days=10)
"""A day is converted with a rate of before it: so much earlier than the first day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What is there of a source. ``wanted`` is the first day that rates are needed for."""

    newest: date | None
    answers: Mapping[RateFile, RateAnswer]
    wanted: date

    @property
    def since(self) -> date | None:
        """From this day on there are no gaps before ``newest``."""
        return min((one.since for one in self.answers.values()), default=None)

    @property
    def answered(self) -> datetime | None:
        """When the source answered last."""
        return max((one.fetched_at for one in self.answers.values()), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patience:
    """How long is waited after a failure, and until when."""

    wait: timedelta = FIRST_WAIT
    until: datetime | None = None
    down: bool = False


class RateKeeper:
    """Started with the schedule; ends with its supervisor. All methods but ``want`` belong to one
    event loop; ``want`` may be called from wherever figures are made.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
        network: Callable[[], Network],
        practice_urls: Mapping[str, str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._publish = publish
        self._supervisor = supervisor
        self._settings = settings
        self._network = network
        self._practice_urls = practice_urls
        self._wanted: frozenset[str] = frozenset()
        self._patience: dict[str, _Patience] = {}
        self._settled: dict[str, datetime] = {}
        """Until when nothing has to be looked at for a source."""

    def want(self, asked: Iterable[tuple[Environment, str]]) -> None:
        """Something stands in these currencies and was, or could not be, converted."""
        sources = {source_of(environment) for environment, _ in asked}
        if not sources <= self._wanted:
            self._wanted |= sources

    def start(self) -> None:
        """Begin to look; nothing is asked before something is wanted."""
        self._supervisor.spawn("schedule:rates", self._run(), policy=Policy.SKIP_IF_RUNNING)

    async def _run(self) -> None:
        while True:
            await self.look()
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Ask each source whose rates are wanted and due."""
        if not self._settings().reference_rates or self._network().offline:
            return
        for source in sorted(self._wanted):
            now = self._clock.now()
            patience = self._patience.setdefault(source, _Patience())
            if patience.until is not None and patience.until > now:
                continue
            if self._settled.get(source, now) > now:
                continue
            try:
                await self._mind(source, now)
            except (BrokerError, SettingsError, StorageError) as error:
                self._failed(source, patience, error)
            else:
                if patience.down:
                    _log.info("reference rates can be read again")
                self._patience[source] = _Patience()

    async def _mind(self, source: str, now: datetime) -> None:
        asks = self._client(source)
        if asks is None:
            return
        stock = await self._database.read(lambda uow: _stock(uow, source, now))
        what = due(stock, now)
        if what is None:
            self._settled[source] = min(next_publication(now), now + LOOK_AGAIN)
            return
        answer = stock.answers.get(what)
        known = Known(etag=answer.etag, modified=answer.modified) if answer is not None else None
        if answer is not None and stock.wanted < answer.since:
            known = None  # the same file is needed again, for earlier days of it
        fetched = await asks.fetch(what, known, since=stock.wanted)
        changed = await self._database.run(
            lambda uow: _store(uow, source, what, fetched, stock, self._clock.now())
        )
        if changed:
            self._publish(RatesChanged())

    def _client(self, source: str) -> EuroRates | None:
        """Who is asked; None while the practice market does not run."""
        url = ""
        if source == MARKET:
            # All simulated brokers share one origin, and the practice rates are there, too.
            urls = self._practice_urls.values()
            url = next((one for one in urls if one.startswith("http")), "")
            if not url:
                return None
        from brokerdesk.brokers.euro_rates import EuroRates  # it takes a network library along

        return EuroRates(network=self._network(), clock=self._clock, practice_url=url)

    def _failed(self, source: str, patience: _Patience, error: Exception) -> None:
        if not patience.down:
            _log.info("reference rates cannot be read: %s", getattr(error, "code", ""))
        wait = patience.wait
        if isinstance(error, RateLimitedError) and error.retry_after is not None:
            wait = max(wait, timedelta(seconds=error.retry_after))
        self._patience[source] = _Patience(
            wait=min(LONGEST_WAIT, 2 * patience.wait), until=self._clock.now() + wait, down=True
        )


def due(stock: Stock, now: datetime) -> RateFile | None:
    """Which file has to be asked for; None while there is nothing to gain."""
    newest = newest_rate_day(now)
    since = stock.since
    if stock.newest is None or since is None or stock.wanted < since:
        return RateFile.QUARTER if newest - stock.wanted <= QUARTER else RateFile.ALL
    if stock.newest >= newest:
        return None
    answered = stock.answered
    if answered is not None and published_at(newest) <= answered <= now:
        return None  # asked since, and it was not there yet: once a business day is enough
    missing = _rate_days(stock.newest, newest)
    if missing == 1:
        return RateFile.DAY
    return RateFile.QUARTER if newest - stock.newest <= QUARTER else RateFile.ALL


def _rate_days(after: date, until: date) -> int:
    """The days of publication in ``(after, until]``."""
    days = range(1, (until - after).days + 1)
    return sum(is_rate_day(after + timedelta(days=n)) for n in days)


def next_publication(now: datetime) -> datetime:
    """When rates are published next."""
    day = newest_rate_day(now) + timedelta(days=1)
    while not is_rate_day(day):
        day += timedelta(days=1)
    return published_at(day)


def _stock(uow: UnitOfWork, source: str, now: datetime) -> Stock:
    accounts = [one.account.id for one in uow.accounts.list(included_only=True)]
    firsts = [uow.series.first_year(), uow.transactions.oldest(accounts)]
    days = [one.date() if isinstance(one, datetime) else one for one in firsts if one is not None]
    return Stock(
        newest=uow.rates.newest(source),
        answers={RateFile(name): one for name, one in uow.rates.answers(source).items()},
        wanted=min([*days, now.date()]) - BEFORE,
    )


def _store(
    uow: UnitOfWork, source: str, what: RateFile, fetched: Fetched, stock: Stock, now: datetime
) -> bool:
    """Keep an answer; whether it changed any rate."""
    from brokerdesk.db.repositories.rates import RateAnswer

    before = stock.answers.get(what)
    if fetched.days is None:
        assert before is not None
        since = before.since
    elif what is RateFile.DAY:
        since = stock.since or stock.wanted
    else:
        since = stock.wanted
    changed = fetched.days is not None and uow.rates.put(source, fetched.days)
    uow.rates.note_answer(
        source,
        what.value,
        RateAnswer(
            fetched_at=now,
            since=since,
            etag=fetched.known.etag,
            modified=fetched.known.modified,
        ),
    )
    return changed
