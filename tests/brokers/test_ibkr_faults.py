"""Every fault of the socket to TWS: no crash, no hang, no row lost, words, and all well again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.faults_ibkr import FAULTS, LEVERS, TwsFault
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.brokers.ibkr.session import IbkrSession
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerError, BrokerRefusedError

CLOSED = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
"""A Friday evening: no price moves until Monday, so any change is the fault's."""
QUICK, PATIENT = 0.6, 8.0


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig(clock=FakeClock(CLOSED, auto=True)) as made:
        yield made


async def opened(rig: IbkrRig, patch: pytest.MonkeyPatch, seconds: float) -> IbkrSession:
    rig.shorten(patch, seconds)
    session = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    assert isinstance(session, IbkrSession)
    return session


async def ending(session: BrokerSession, account: AccountId) -> tuple[str, Reading | None]:
    """How a portfolio ends, in one word, and the reading if there is one."""
    try:
        found = await session.portfolio(account)
    except BrokerError as error:
        if not (error.title.endswith(".") and error.message):
            raise
        return error.code, None
    return ("partly" if found.unread else "facts"), found


def nothing_else(good: Reading, told: Reading) -> None:
    """What is told is what is so, or it is missing and named."""
    known = {one.instrument.symbol: one for one in good.positions}
    for held in told.positions:
        honest = known.get(held.instrument.symbol)
        if honest is not None:
            assert held.quantity == honest.quantity
            assert held.market_value in (None, honest.market_value)
    assert len(told.positions) + len(told.unread) >= len(good.positions)
    assert len(told.positions) <= len(good.positions)
    for shown, honest_balance in zip(told.balances, good.balances, strict=False):
        assert shown.cash in (None, honest_balance.cash)


def test_there_are_enough_of_them() -> None:
    names = [one.name for one in FAULTS] + [name for name, _, _ in LEVERS]
    assert len(names) == len(set(names)) >= 30


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.name)
async def test_a_fault_in_an_answer(
    rig: IbkrRig, monkeypatch: pytest.MonkeyPatch, fault: TwsFault
) -> None:
    limit = QUICK if fault.silent else PATIENT
    session = await opened(rig, monkeypatch, PATIENT)
    first, second = (await session.accounts()).items
    good = await session.portfolio(first.id)
    if fault.route == "contracts":
        session._names._details.clear()
    await rig.fault(fault.kind, fault.route, **fault.args)
    session.answer_limit = limit
    began = asyncio.get_running_loop().time()
    word, told = await ending(session, first.id)
    assert asyncio.get_running_loop().time() - began < limit + 1
    assert word in fault.ends, word
    if told is not None:
        nothing_else(good, told)
    session.answer_limit = PATIENT
    await rig.heal()
    await rig.lever(action="error", code=1102)
    rig.clock.jump(60)
    await rig.clock.advance(60)
    assert (await session.portfolio(first.id)).positions == good.positions
    assert (await session.portfolio(second.id)).positions, "the other account is unaffected"
    await session.aclose()


@pytest.mark.parametrize(("name", "body", "ends"), LEVERS, ids=[name for name, _, _ in LEVERS])
async def test_something_happens_in_the_midst_of_a_download(
    rig: IbkrRig,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    body: dict[str, object],
    ends: tuple[str, ...],
) -> None:
    session = await opened(rig, monkeypatch, PATIENT)
    account = (await session.accounts()).items[0].id
    good = await session.portfolio(account)
    rig.tws.switches.silent = [6]
    before = rig.requests().count("portfolio")
    running = asyncio.ensure_future(ending(session, account))
    async with asyncio.timeout(5):
        while rig.requests().count("portfolio") == before:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.005)
    rig.tws.switches.silent = []
    await rig.lever(**body)
    if ends == ("facts",) and body["action"] == "error":
        # It only informs: what was asked is still to come.
        number = rig.secrets[0]
        await rig.lever(action="say", messages=download(rig, number))
    word, told = await running
    assert word in ends, word
    if told is not None:
        nothing_else(good, told)
    await rig.lever(action="start")
    await rig.lever(action="error", code=1102)
    rig.clock.jump(60)
    await rig.clock.advance(60)
    assert (await session.portfolio(account)).positions == good.positions
    await session.aclose()


def download(rig: IbkrRig, number: str) -> list[list[str]]:
    """The whole answer to a request for account updates."""
    from brokerdesk.simulator.ibkr.requests import Requests

    found = Requests(rig.tws.state).answer(["6", "2", "1", number])
    return [list(one) for one in found]


async def test_an_account_vanishes_and_the_others_stay(
    rig: IbkrRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await opened(rig, monkeypatch, PATIENT)
    first, second = (await session.accounts()).items
    gone = rig.tws.exchange.accounts
    monkeypatch.setattr(rig.tws.exchange, "accounts", gone[1:])
    await rig.lever(action="disconnect")
    with pytest.raises(BrokerRefusedError, match="no longer lists"):
        await session.portfolio(first.id)
    assert (await session.portfolio(second.id)).positions
    assert [one.id for one in await session.accounts()] == [second.id]
    monkeypatch.setattr(rig.tws.exchange, "accounts", gone)
    await rig.lever(action="disconnect")
    assert (await session.portfolio(first.id)).positions
    await session.aclose()


async def test_a_flood_is_paced_and_tws_never_complains(
    rig: IbkrRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await opened(rig, monkeypatch, PATIENT)
    account = (await session.accounts()).items[0].id
    await asyncio.gather(*(session.quotes([f"A{letter}"]) for letter in "BCDEFGHIJKLM"))
    assert (await session.portfolio(account)).positions
    assert "start" in rig.requests()
    assert rig.requests().count("start") == 2, "nobody was thrown out"
    await session.aclose()
