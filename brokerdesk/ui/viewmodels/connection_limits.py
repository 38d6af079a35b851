"""What a broker allows and what is left of it, in words. Pure functions of facts and the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame

KINDS = {
    "balances": "Balances",
    "positions": "Holdings",
    "orders": "Orders",
    "transactions": "Activities",
}
BILLED = {
    "live_balances": "live balances",
    "refresh_link": "having an institution read anew",
}
_TIMES = {0: "not read today", 1: "read once today", 2: "read twice today"}
_ALLOWED = {1: "once", 2: "twice"}
MOST_ACCOUNTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFacts:
    """One limit of requests. ``account`` "": that of the sign-in."""

    account: str
    what: str
    free: int
    limit: int
    seconds: float
    waiting: int
    paused_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyFacts:
    """What may be read so often a day without a click, of one account."""

    account: str
    kind: str
    read: int
    per_day: int
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFacts:
    """A connection's limits as they stand."""

    requests_per_minute: int
    rates: tuple[RateFacts, ...] = ()
    daily: tuple[DailyFacts, ...] = ()
    billed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """One line: ``tone`` warns where something waits."""

    label: str
    text: str
    tone: str = "text"


def limit_lines(facts: LimitFacts, broker: str, now: datetime) -> tuple[LimitLine, ...]:
    """The lines, the sign-in's own limit first."""
    lines = [_rate(one, now) for one in facts.rates if not one.account]
    if not lines:
        words = f"{fmt.whole(facts.requests_per_minute)} a minute, not asked for yet"
        lines.append(LimitLine(label="Requests", text=words))
    accounts = [one for one in facts.rates if one.account]
    lines += [_rate(one, now) for one in accounts[:MOST_ACCOUNTS]]
    if len(accounts) > MOST_ACCOUNTS:
        more = fmt.count(len(accounts) - MOST_ACCOUNTS, "account")
        lines.append(LimitLine(label="", text=f"and {more} with limits of their own"))
    lines += _daily(facts.daily, now)
    if facts.billed:
        billed = " and ".join(BILLED.get(one, tame(one)) for one in facts.billed)
        text = f"{billed}: {tame(broker)} may bill each time"
        lines.append(LimitLine(label="Only on a click", text=text[0].upper() + text[1:]))
    return tuple(lines)


def _rate(one: RateFacts, now: datetime) -> LimitLine:
    span = "minute" if one.seconds > 1 else "second"
    label = tame(one.account) or (tame(one.what).capitalize() if one.what else "Requests")
    if one.paused_seconds > 0:
        until = fmt.time_of_day(now + timedelta(seconds=one.paused_seconds))
        return LimitLine(
            label=label, text=f"Paused until {until}, as the broker asked", tone="warn"
        )
    text = f"{fmt.whole(one.free)} of {fmt.whole(one.limit)} left this {span}"
    if one.waiting:
        text += f", {fmt.count(one.waiting, 'request')} waiting"
    return LimitLine(label=label, text=text, tone="warn" if one.waiting else "text")


def _daily(daily: Iterable[DailyFacts], now: datetime) -> list[LimitLine]:
    """A line a kind; kinds that stand alike in all accounts share it, as one round reads them."""
    by_kind: dict[str, list[DailyFacts]] = {}
    for one in daily:
        by_kind.setdefault(one.kind, []).append(one)
    if "positions" in by_kind:
        by_kind.pop("balances", None)  # they are read together
    return [_kind(kind, found, now) for kind, found in by_kind.items()]


def _kind(kind: str, found: list[DailyFacts], now: datetime) -> LimitLine:
    most = max(found, key=lambda one: one.read)
    allowed = _ALLOWED.get(most.per_day, f"{most.per_day} times")
    times = _TIMES.get(most.read, f"read {most.read} times today")
    soonest = min(one.next_at for one in found)
    label = KINDS.get(kind, tame(kind).capitalize())
    text = f"{times}, next {_next(soonest, now)}; {allowed} a day without a click"
    return LimitLine(label=label, text=text[0].upper() + text[1:])


def _next(at: datetime, now: datetime) -> str:
    if at <= now:
        return "with the next round"
    if at.astimezone(UTC).date() > now.astimezone(UTC).date():
        return f"tomorrow (days end at {_clock(_midnight(now))})"
    return f"after {_clock(at)}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(fmt.market_zone()):%H:%M} ET"


def _midnight(now: datetime) -> datetime:
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
