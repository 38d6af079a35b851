"""The ranges in which lists of the past are looked at: fixed ones, and days chosen by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from brokerdesk.domain.exact import utc
from brokerdesk.services.history_ranges import months_before
from brokerdesk.ui import format as fmt

DAYS_30, DAYS_90, THIS_YEAR, YEAR, EVER, CUSTOM = "30d", "90d", "ytd", "1y", "all", "custom"
RANGES = (
    (DAYS_30, "30 days"),
    (DAYS_90, "90 days"),
    (THIS_YEAR, "YTD"),
    (YEAR, "1Y"),
    (EVER, "All"),
    (CUSTOM, "Custom"),
)
BACKWARDS = "The first day is after the last one."
AHEAD = "The first day has not come yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """``first`` and ``last`` count when ``key`` is custom; both days belong to it."""

    key: str = DAYS_90
    first: date | None = None
    last: date | None = None

    def with_days(self, first: date, last: date) -> DateRange:
        return replace(self, key=CUSTOM, first=first, last=last)

    def problem(self, today: date) -> str:
        """What is wrong with days chosen by hand, or nothing."""
        if self.key != CUSTOM or self.first is None or self.last is None:
            return ""
        if self.first > self.last:
            return BACKWARDS
        return AHEAD if self.first > today else ""

    def days(self, today: date) -> tuple[date | None, date]:
        """The first day (None: as far back as there is anything) and the last."""
        if self.key == CUSTOM:
            return self.first, min(self.last or today, today)
        if self.key == DAYS_30:
            return today - timedelta(days=30), today
        if self.key == DAYS_90:
            return today - timedelta(days=90), today
        if self.key == THIS_YEAR:
            return date(today.year, 1, 1), today
        if self.key == YEAR:
            return months_before(today, 12), today
        return None, today

    def moments(self, end: datetime, *, open_end: bool) -> tuple[datetime | None, datetime]:
        """The same in moments of the market's zone. ``end`` is now or a past moment.

        ``open_end``: of now, what is dated later the same day belongs to it, too.
        """
        zone = fmt.market_zone()
        today = end.astimezone(zone).date()
        first, last = self.days(today)
        since = None if first is None else utc(datetime.combine(first, time(0), zone))
        whole = utc(datetime.combine(last + timedelta(days=1), time(0), zone))
        whole -= timedelta(microseconds=1)
        if last < today:
            return since, whole
        return since, whole if open_end else end
