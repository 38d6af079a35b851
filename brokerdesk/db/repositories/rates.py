"""Dated exchange rates: what one euro bought, per source, and what brokers used for an account.

A cache that can be asked for again, except the brokers' own rates, which cannot. A source is
written in whole days; a later answer for a day replaces the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from brokerdesk.db import rate_rows
from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.scope import Scope
from brokerdesk.domain.exchange_rate import DayRates, RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RateAnswer:
    """What is known of a source's file: when it answered last, and what it said of itself.

    ``since`` is the first day that was kept of it.
    """

    fetched_at: datetime
    since: date
    etag: str = ""
    modified: str = ""


class RateRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._raw = scope.raw

    def put(self, source: str, days: Iterable[DayRates]) -> bool:
        """Keep these days' rates; whether any of them is another one than before."""
        found: dict[tuple[str, int], dict[int, Decimal]] = {}
        for one in days:
            for currency, rate in one.per_euro:
                found.setdefault((currency, one.day.year), {})[one.day.toordinal()] = rate
        changes = [
            self._merge("rates", "source", source, currency, year, new)
            for (currency, year), new in sorted(found.items())
        ]
        return any(changes)

    def columns(self, source: str) -> dict[str, RateColumn]:
        """All rates of a source, by currency."""
        with decoding(self._scope.path):
            return rate_rows.read_rates(self._raw, source)

    def column(self, source: str, currency: str, since_year: int = 0) -> RateColumn | None:
        """The rates of one currency, from a year on; None when there are none."""
        with decoding(self._scope.path):
            return rate_rows.read_one(self._raw, source, currency, since_year)

    def newest(self, source: str) -> date | None:
        """The last day that a source has rates of."""
        rows = self._raw.execute(
            "SELECT currency, payload FROM rates WHERE source = ?"
            " AND year = (SELECT max(year) FROM rates WHERE source = ?)",
            (source, source),
        ).fetchall()
        with decoding(self._scope.path):
            days = [column.days[-1] for column in rate_rows.columns(rows).values()]
        return date.fromordinal(max(days)) if days else None

    def today(self) -> date:
        """The New York day of this transaction."""
        return new_york_day(self._scope.now)

    def note_own(self, account: AccountId, day: date, rates: Mapping[str, Decimal]) -> None:
        """Keep what the account's broker says that currencies are worth in the account's own."""
        for currency, rate in rates.items():
            new = {day.toordinal(): rate}
            self._merge("own_rates", "account_id", account, currency, day.year, new)

    def own(self, account: AccountId) -> dict[str, RateColumn]:
        """The rates that the account's broker used, by currency."""
        with decoding(self._scope.path):
            return rate_rows.read_own(self._raw, account)

    def note_answer(self, source: str, name: str, answer: RateAnswer) -> None:
        """Remember that a source's file answered."""
        self._raw.execute(
            "INSERT OR REPLACE INTO rate_files (source, name, fetched_at, since, etag, modified)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                source,
                name,
                to_micros(answer.fetched_at),
                answer.since.isoformat(),
                answer.etag,
                answer.modified,
            ),
        )

    def answers(self, source: str) -> dict[str, RateAnswer]:
        """The files of a source that ever answered, by their names."""
        rows = self._raw.execute(
            "SELECT name, fetched_at, since, etag, modified FROM rate_files WHERE source = ?",
            (source,),
        ).fetchall()
        with decoding(self._scope.path):
            return {
                name: RateAnswer(
                    fetched_at=from_micros(fetched),
                    since=date.fromisoformat(since),
                    etag=etag,
                    modified=modified,
                )
                for name, fetched, since, etag, modified in rows
            }

    def _merge(
        self, table: str, owner: str, key: str, currency: str, year: int, new: dict[int, Decimal]
    ) -> bool:
        where = (key, currency, year)
        row = self._raw.execute(
            f"SELECT payload FROM {table}"  # noqa: S608 - our own names
            f" WHERE {owner} = ? AND currency = ? AND year = ?",
            where,
        ).fetchone()
        old: dict[int, Decimal] = {}
        if row is not None:
            with decoding(self._scope.path):
                old = rate_rows.points(rate_rows.unpacked(row[0]))
        if row is not None and old | new == old:
            return False  # the packed first picture stays
        self._raw.execute(
            f"INSERT OR REPLACE INTO {table} ({owner}, currency, year, payload)"  # noqa: S608
            " VALUES (?, ?, ?, ?)",
            (*where, rate_rows.packed(old | new)),
        )
        return True
