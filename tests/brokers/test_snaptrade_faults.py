"""Every fault of the simulator against every read of SnapTrade.

Whatever happens on the way, a read ends in facts or in a ``BrokerError`` with words, in time; what
is told as a fact is what SnapTrade really said; and once the fault is over all is as before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig

from brokerdesk.brokers.answers import Limits
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.errors import BrokerError
from brokerdesk.simulator.faults.rules import KINDS

Read = Callable[[SnapTradeSession, AccountId, SnapTradeRig], Awaitable[Any]]
EVERYTHING = "^/(accounts|authorizations)"

FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("refuse", {}, "unavailable"),
    ("reset_before", {}, "unavailable"),
    ("reset_after", {}, "unavailable"),
    ("reset_mid_body", {}, "unavailable"),
    ("truncate", {}, "unavailable"),
    ("garbage", {}, "unavailable"),
    ("delay", {"seconds": 1000}, "unavailable"),
    ("drip", {"bytes_per_second": 1, "pause": 1000}, "unavailable"),
    ("html", {"page": "portal"}, "unavailable"),
    ("html", {"page": "edge"}, "unavailable"),
    ("html", {"status": 503}, "unavailable"),
    ("redirect", {"to": "same"}, "unavailable"),
    ("redirect", {"to": "other", "status": 307}, "unavailable"),
    ("redirect", {"to": "downgrade", "status": 308}, "unavailable"),
    ("status", {"status": 400}, "refused"),
    ("status", {"status": 401}, "auth_expired"),
    ("status", {"status": 402}, "refused"),
    ("status", {"status": 403}, "refused"),
    ("status", {"status": 404}, "refused"),
    ("status", {"status": 408}, "unavailable"),
    ("status", {"status": 410}, "refused"),
    ("status", {"status": 425}, "unavailable"),
    ("status", {"status": 429, "retry_after": "60"}, "rate_limited"),
    ("status", {"status": 429, "retry_after": "absurd"}, "rate_limited"),
    ("status", {"status": 429}, "rate_limited"),
    ("status", {"status": 500}, "unavailable"),
    ("status", {"status": 501}, "refused"),
    ("status", {"status": 503, "text": "down"}, "unavailable"),
    ("body", {"is": "empty"}, "unavailable"),
    ("body", {"is": "text"}, "unavailable"),
    ("body", {"is": "null"}, "unavailable"),
    ("body", {"is": "empty_list"}, "nonsense"),
    ("body", {"is": "empty_object"}, "nonsense"),
    ("body", {"content_type": "text/plain"}, "facts"),
    ("edit", {"edit": "deep"}, "nonsense"),
    ("edit", {"edit": "half"}, "nonsense"),
    ("edit", {"edit": "latin1"}, "nonsense"),
    ("edit", {"edit": "bad_record"}, "nonsense"),
    ("edit", {"edit": "extra_fields"}, "facts"),
    ("edit", {"edit": "bad_enum", "field": "status"}, "facts"),
    ("huge", {"bytes": 80 * 1024 * 1024}, "unavailable"),
    ("gzip_bomb", {"bytes": 80 * 1024 * 1024}, "unavailable"),
    ("wrong_clock", {}, "facts"),
]


async def _accounts(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    return await session.accounts()


async def _portfolio(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    return await session.portfolio(account)


async def _transactions(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    now = rig.clock.now()
    return await session.transactions(account, now - timedelta(days=60), now)


async def _orders(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    now = rig.clock.now()
    return await session.orders(account, now - timedelta(days=60), now)


async def _quotes(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    return await session.quotes(["AAPL", "VOO"])


async def _links(session: SnapTradeSession, account: AccountId, rig: SnapTradeRig) -> Any:
    return await session.links()


READS: dict[str, Read] = {
    "accounts": _accounts,
    "portfolio": _portfolio,
    "transactions": _transactions,
    "orders": _orders,
    "quotes": _quotes,
    "links": _links,
}
CODES = {
    "unavailable": {"unavailable"},
    "refused": {"refused", "not_supported"},
    "auth_expired": {"auth_expired"},
    "rate_limited": {"rate_limited"},
    "nonsense": {"protocol", "unavailable"},
}


@pytest.fixture
async def rig() -> AsyncIterator[SnapTradeRig]:
    async with snaptrade_rig() as made:
        yield made


@pytest.fixture
async def session(
    rig: SnapTradeRig, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[SnapTradeSession]:
    for account in rig.dialect.exchange.accounts:
        account.value_at(rig.clock.now())  # five years are told once; no read has to wait for them
    slow = request.node.callspec.params["kind"] in ("delay", "drip")
    limits = Limits(deadline=0.7 if slow else 20)
    monkeypatch.setattr("brokerdesk.brokers.http.Limits", lambda: limits)
    opened = rig.opened(rig.port())
    yield opened
    await opened.aclose()


def test_no_fault_is_left_out() -> None:
    assert {kind for kind, _, _ in FAULTS} == KINDS
    assert len(FAULTS) >= 30


@pytest.mark.parametrize(("kind", "args", "outcome"), FAULTS)
async def test_whatever_happens_a_read_ends_in_facts_or_in_words(
    rig: SnapTradeRig, session: SnapTradeSession, kind: str, args: dict[str, Any], outcome: str
) -> None:
    account = (await session.accounts()).items[0].id
    honest = {name: await read(session, account, rig) for name, read in READS.items()}
    for name, read in READS.items():
        times = {"times": 20} if kind == "refuse" else {}
        rig.sim.faults.add([{"kind": kind, "path": EVERYTHING, "args": args, **times}])
        rig.clock.auto = kind not in ("delay", "drip")
        found, error = await _tried(read(session, account, rig))
        rig.sim.faults.clear()
        rig.clock.auto = True
        await rig.clock.advance(4000)  # past every pause that was asked for
        if error is None:
            _judge(name, found, honest[name], outcome, kind)
        else:
            assert outcome != "facts", (name, error.code)
            assert error.code in CODES[outcome], (name, error.code)
            assert error.title
            assert error.message or error.code == "not_supported"
    again = rig.opened(rig.port())
    for name, read in READS.items():
        repeated = await read(again, account, rig)
        assert type(repeated) is type(honest[name])
        if isinstance(repeated, Batch):
            assert len(repeated) >= len(honest[name]) - 2, f"{name}: all is there again"
    await again.aclose()


async def _tried(reading: Awaitable[Any]) -> tuple[Any, BrokerError | None]:
    try:
        return await reading, None
    except BrokerError as error:
        return None, error


def _judge(name: str, found: Any, honest: Any, outcome: str, kind: str) -> None:
    """Facts under a fault: those of an honest answer, or a list that says what it lacks."""
    if kind == "refuse":
        return  # a connection that was open already is served
    if outcome == "facts":
        assert not getattr(found, "unread", ())
        return
    if name == "quotes" and outcome == "refused":
        assert not found.items, "a brokerage that says no is passed over"
        assert found.unread
        return
    assert outcome == "nonsense", f"{name} told facts where {outcome} was due"
    if isinstance(found, Reading):
        assert found.unread
        known = {one.instrument.symbol for one in honest.positions}
        assert {one.instrument.symbol for one in found.positions} <= known
        return
    assert isinstance(found, Batch), name
    assert len(found) <= len(honest)
