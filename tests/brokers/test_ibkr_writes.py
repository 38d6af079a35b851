"""No order leaves by the wire library's own doing, nor by our reading: the simulator's wire log.
The one way by which orders leave is in ``test_ibkr_orders``.

The numbers of requests that change something at the broker: 3 place, 4 cancel, 15 bind orders of
TWS, 21 exercise, 58 cancel all, 18 and 19 change an advisor's groups, 14 write the log's level.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in

from brokerdesk.brokers.ibkr.answers import Answers
from brokerdesk.brokers.ibkr.link import READS, Wire

WRITES = frozenset({3, 4, 14, 15, 18, 19, 21, 58})


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


def asked(rig: IbkrRig) -> set[int]:
    return set(rig.tws.state.asked)


def test_no_question_of_ours_is_a_write() -> None:
    assert not READS & WRITES


@pytest.mark.parametrize("number", sorted(WRITES))
async def test_the_socket_itself_refuses_what_is_no_question(rig: IbkrRig, number: int) -> None:
    wire = Wire(Answers())
    await wire.greet("127.0.0.1", int(rig.answers["port"]), 7)
    with pytest.raises(RuntimeError, match="only reads"):
        wire.send(number, 1, 2)
    await wire.close()
    await asyncio.sleep(0)
    assert asked(rig) == {71}


async def test_the_librarys_way_of_placing_ends_at_our_socket(rig: IbkrRig) -> None:
    from ib_async.contract import Stock
    from ib_async.order import LimitOrder

    wire: Any = Wire(Answers())
    await wire.greet("127.0.0.1", int(rig.answers["port"]), 7)
    with pytest.raises(RuntimeError):
        wire.placeOrder(5, Stock("AAPL", "SMART", "USD"), LimitOrder("BUY", 1, 1.0))
    with pytest.raises(RuntimeError):
        wire.reqGlobalCancel()
    with pytest.raises(RuntimeError):
        wire.reqAutoOpenOrders(True)
    await wire.close()
    assert asked(rig) == {71}


async def test_our_questions_over_drops_and_restarts_are_questions(rig: IbkrRig) -> None:
    session = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    now = rig.clock.now()
    for action in ("disconnect", "stop", "start", "disconnect"):
        for account in await session.accounts():
            await session.portfolio(account.id)
            await session.orders(account.id, now, now)
            await session.transactions(account.id, now, now)
        await session.quotes(["AAPL"])
        await rig.lever(action=action)
        if action == "stop":
            await rig.lever(action="start")
    await session.aclose()
    assert asked(rig) <= READS
    assert {6, 7, 9, 16, 62, 99} <= asked(rig)


@pytest.mark.parametrize("client", [0, 7])
@pytest.mark.parametrize("readonly", [False, True])
async def test_the_whole_library_syncs_without_a_write(
    rig: IbkrRig, client: int, readonly: bool
) -> None:
    """Its own connect, twice, with all that it fetches at the start. As client 0 it binds the
    orders of TWS to itself, with ``readonly`` too; the product does not use this class.
    """
    import ib_async

    whole = ib_async.IB()
    for _ in range(2):
        await whole.connectAsync(
            "127.0.0.1", int(rig.answers["port"]), client, readonly=readonly, raiseSyncErrors=True
        )
        gone = whole.disconnectedEvent
        whole.disconnect()
        del gone
    assert asked(rig) & WRITES == ({15} if client == 0 else set())
    assert bool(asked(rig) & {5, 99}) is not readonly


async def test_the_library_places_once_what_it_is_told_to_and_never_again(rig: IbkrRig) -> None:
    """Its socket is lost while an order is on the way and another waits in its own queue: neither
    is sent again on the next connection.
    """
    import ib_async
    from ib_async.client import Client

    whole = ib_async.IB()
    port = int(rig.answers["port"])
    await whole.connectAsync("127.0.0.1", port, 7, raiseSyncErrors=True)
    client: Any = whole.client
    client.RequestsInterval = 0.2
    share = ib_async.Stock("AAPL", "SMART", "USD", conId=265598)
    whole.placeOrder(share, ib_async.LimitOrder("BUY", 1, 1.0))
    for _ in range(Client.MaxRequests):
        client.reqCurrentTime()
    whole.placeOrder(share, ib_async.LimitOrder("BUY", 2, 1.0))
    assert any(one.startswith("3\0") for one in client._msgQ), "the second waits"
    await asyncio.sleep(0.05)
    await rig.lever(action="disconnect", hard=True)
    await asyncio.sleep(0)
    await whole.connectAsync("127.0.0.1", port, 7, raiseSyncErrors=True)
    await asyncio.sleep(0.3)
    assert list(rig.tws.state.asked).count(3) == 1
    whole.disconnect()


def test_importing_the_library_leaves_asyncio_alone() -> None:
    code = """
import asyncio, sys
before = (asyncio.run, asyncio.get_event_loop, asyncio.BaseEventLoop.run_until_complete,
          asyncio.Task, asyncio.Future, type(asyncio.get_event_loop_policy()),
          asyncio.events._get_running_loop)
import ib_async, brokerdesk.brokers.ibkr.session
after = (asyncio.run, asyncio.get_event_loop, asyncio.BaseEventLoop.run_until_complete,
         asyncio.Task, asyncio.Future, type(asyncio.get_event_loop_policy()),
         asyncio.events._get_running_loop)
assert before == after
assert asyncio.get_event_loop_policy()._local._loop is None, "no loop was made"
assert not {"nest_asyncio", "pandas", "PyQt5", "PySide6"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_registry_does_not_load_the_library() -> None:
    code = """
import sys
from brokerdesk.brokers.registry import all_specs
assert any(one.id == "ibkr" for one in all_specs())
import brokerdesk.app, brokerdesk.ui.shell.window
assert not {"ib_async", "eventkit", "nest_asyncio"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
