"""``/v2/account/portfolio/history``: columns of JSON numbers, in which a value may be null."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState
from brokerdesk.simulator.alpaca.words import problem, read_time
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.market import utc
from brokerdesk.simulator.wire import json_answer

UNITS = {"D": 1, "W": 7, "M": 31, "A": 366}
STEPS = {"1Min": 1, "5Min": 5, "15Min": 15, "1H": 60}
GAP_EVERY = 97
FLOWS = {"CSD": What.DEPOSIT, "CSW": What.WITHDRAWAL, "DIV": What.DIVIDEND, "INT": What.INTEREST}


class PortfolioHistory:
    """The value of an account over time."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/account/portfolio/history", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        query, now = dict(request.query), self._state.clock.now()
        given = [name for name in ("start", "end", "period") if query.get(name)]
        if len(given) == 3:
            text = "only two of start, end and period can be specified"
            return json_answer(problem(text, 40010001), 422)
        try:
            start, end = _span(query, now)
        except ValueError:
            return json_answer(problem("invalid period", 40010001), 422)
        days = (end - start).days
        frame = query.get("timeframe") or ("1D" if days > 31 else "15Min")
        account = self._state.account(request)
        if frame == "1D":
            moments = self._daily(start, end, now)
        elif frame in STEPS and days <= 31:
            moments = _intraday(start, min(end, now), STEPS[frame])
        else:
            return json_answer(problem("invalid timeframe", 40010001), 422)
        gaps = self._state.switches.history_gaps
        flows = query.get("cashflow_types", "")
        return json_answer(_columns(account, moments, frame, gaps=gaps, flows=flows))

    def _daily(self, start: datetime, end: datetime, now: datetime) -> list[tuple[int, datetime]]:
        """Stamps and the moments whose values they carry, a pair for each session."""
        found = []
        for day in calendar.trading_days(
            max(calendar.new_york_day(start), date(2015, 1, 7)), calendar.new_york_day(end)
        ):
            session = calendar.session(day)
            assert session is not None
            if session.opens > now:
                break
            stamp = session.opens
            if self._state.switches.history_midnight:
                stamp = datetime(day.year, day.month, day.day, tzinfo=stamp.tzinfo)
            found.append((int(stamp.timestamp()), min(session.closes, now)))
        return found


def _span(query: dict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Start and end of what was asked for.

    Raises:
        ValueError: neither a time nor a period.
    """
    end = min(read_time(query.get("end"), now), now)
    if query.get("start"):
        return read_time(query["start"], now), end
    period = query.get("period") or "1M"
    return end - timedelta(days=int(period[:-1]) * UNITS.get(period[-1:], 0)), end


def _intraday(start: datetime, end: datetime, minutes: int) -> list[tuple[int, datetime]]:
    found = []
    for day in calendar.trading_days(calendar.new_york_day(start), calendar.new_york_day(end)):
        session = calendar.session(day)
        assert session is not None
        at = session.opens
        while at < min(session.closes, end):
            if at >= start:
                found.append((int(at.timestamp()), at))
            at += timedelta(minutes=minutes)
    return found


def _columns(
    account: Account,
    moments: list[tuple[int, datetime]],
    frame: str,
    *,
    gaps: bool,
    flows: str,
) -> dict[str, Any]:
    begun = utc(START, 0)
    values = [account.value_at(at).liquidation if at > begun else ZERO for _, at in moments]
    base = next((value for value in values if value), ZERO)
    equity: list[Decimal | None] = list(values)
    if gaps and len(values) > GAP_EVERY:
        equity[GAP_EVERY - 1 :: GAP_EVERY] = [None] * len(equity[GAP_EVERY - 1 :: GAP_EVERY])
    profit = [None if value is None else value - base for value in equity]
    place = Decimal("0.0001")
    shares = [None if p is None or not base else (p / base).quantize(place) for p in profit]
    body: dict[str, Any] = {
        "timestamp": [stamp for stamp, _ in moments],
        "equity": equity,
        "profit_loss": profit,
        "profit_loss_pct": shares,
        "base_value": base,
        "timeframe": frame,
    }
    if flows and moments:
        names = FLOWS if flows == "ALL" else {n: FLOWS[n] for n in flows.split(",") if n in FLOWS}
        body["cashflow"] = {name: _flow(account, moments, names[name]) for name in names}
    return body


def _flow(account: Account, moments: list[tuple[int, datetime]], what: What) -> list[Decimal]:
    found = []
    last = moments[0][1] - timedelta(days=1)
    for _, at in moments:
        booked = account.events(last + timedelta(microseconds=1), at)
        found.append(sum((e.amount for e in booked if e.what is what), ZERO).quantize(CENT))
        last = at
    return found
