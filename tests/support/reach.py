"""``ReachPort`` that answers at once and remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from support.ui import NOW

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.viewmodels.connection_limits import DailyFacts, LimitFacts, RateFacts
from brokerdesk.ui.viewmodels.connection_links import BalanceFacts, LinkFacts, ReachFacts
from brokerdesk.ui.viewmodels.connections_state import AccountFacts, ConnectionFacts, RemovalFacts

Failed = Callable[[BaseException], object]


def a_rate(**changes: object) -> RateFacts:
    values = {"account": "", "what": "", "free": 117, "limit": 120, "seconds": 60.0, "waiting": 0}
    return RateFacts(**{**values, "paused_seconds": 0.0, **changes})  # type: ignore[arg-type]


def a_daily(kind: str = "transactions", **changes: object) -> DailyFacts:
    values = {"account": "Individual", "kind": kind, "read": 1, "per_day": 1}
    at = NOW + timedelta(days=1)
    return DailyFacts(**{**values, "next_at": at, **changes})  # type: ignore[arg-type]


def a_link(key: str = "l1", **changes: object) -> LinkFacts:
    values = {"key": key, "institution": "Fidelity", "working": True, "since": NOW}
    more = {"trades": False, "live": False, "notes": ()}
    return LinkFacts(**{**values, **more, **changes})  # type: ignore[arg-type]


def gatherer(**changes: object) -> ReachFacts:
    limits = LimitFacts(
        requests_per_minute=250,
        rates=(a_rate(free=248, limit=250), a_rate(account="Individual …4821", free=4, limit=10)),
        daily=(a_daily("positions", read=2, per_day=4), a_daily()),
        billed=("live_balances", "refresh_link"),
    )
    values: dict[str, object] = {"broker": "Gatherer", "limits": limits, "gathers": True}
    return ReachFacts(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class FakeReach:
    """The plainest broker unless told otherwise."""

    facts: ReachFacts | None = field(
        default_factory=lambda: ReachFacts(
            broker="Charles Schwab", limits=LimitFacts(requests_per_minute=120, rates=(a_rate(),))
        )
    )
    found: tuple[LinkFacts, ...] = (a_link(), a_link("l2", institution="Robinhood", working=False))
    error: BrokerDeskError | None = None
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def look(self, connection: str, done: Callable[[ReachFacts | None], object]) -> None:
        self.calls.append(("look", connection))
        done(self.facts)

    def links(
        self, connection: str, done: Callable[[tuple[LinkFacts, ...]], object], failed: Failed
    ) -> None:
        self.calls.append(("links", connection))
        if self.error is not None:
            failed(self.error)
        else:
            done(self.found)

    def ask_anew(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None:
        self._do(("anew", connection, link), done, failed)

    def remove(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None:
        self._do(("remove", connection, link), done, failed)

    def live(
        self, account: str, done: Callable[[tuple[BalanceFacts, ...]], object], failed: Failed
    ) -> None:
        told = (BalanceFacts(currency="USD", total=Decimal("1234.56"), cash=Decimal("34.50")),)
        self._do(("live", account), lambda: done(told), failed)

    def _do(self, call: tuple[str, ...], done: Callable[[], object], failed: Failed) -> None:
        self.calls.append(call)
        if self.error is not None:
            failed(self.error)
        else:
            done()

    def did(self) -> list[tuple[str, ...]]:
        return [call for call in self.calls if call[0] != "look"]


class PlainConnections:
    """``ConnectionsPort`` of connections with one account each, of which nothing is wanted."""

    def look(self, connection: str, done: Callable[[ConnectionFacts | None], object]) -> None:
        account = AccountFacts(
            key="s1", mask="…4821", name="Individual", type="Margin", included=True,
            closed=False, days=512, newest=NOW,
        )  # fmt: skip
        done(
            ConnectionFacts(
                key=connection, name="Schwab", broker="Charles Schwab", environment="live",
                since=NOW, signed_in_at=NOW, sign_in_ends=None, sign_in_days=None,
                last_attempt=NOW, accounts=(account,), strip=(0,) * 30, today=NOW.date(),
            )
        )  # fmt: skip

    def stakes(self, connection: str, done: Callable[[RemovalFacts | None], object]) -> None:
        raise NotImplementedError

    def rename(
        self, connection: str, name: str, done: Callable[[], object], failed: Failed
    ) -> None:
        raise NotImplementedError

    def include(self, account: str, included: bool, done: Callable[[], object]) -> None:
        raise NotImplementedError

    def remove(
        self, connection: str, keep_history: bool, done: Callable[[], object], failed: Failed
    ) -> None:
        raise NotImplementedError
