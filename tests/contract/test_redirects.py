"""Credentials never cross hosts: whatever sends a request elsewhere, elsewhere hears nothing.

A second server, real and listening, stands for the other host. It counts who comes and with what.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from support.brokers import MemoryCredentials, RawServer, Reply, Seen, json_reply
from support.fault_matrix import EVERYWHERE
from support.lines import context as line_context
from support.rigs import RIGS, Rig, schwab_rig, sign_in, through
from support.transports import TRAITS, Transport

from brokerdesk.brokers.answers import Limits
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.flow import DoneStep
from brokerdesk.brokers.lines import open_line
from brokerdesk.errors import BrokerError, BrokerUnavailableError

OVER_HTTP = [name for name, traits in TRAITS.items() if traits.transport is Transport.HTTP]
STATUSES = (301, 302, 303, 307, 308)
PLACES: dict[str, Callable[[int], str]] = {
    "another host": lambda port: f"http://localhost:{port}/taken",
    "another port": lambda port: f"http://127.0.0.1:{port}/taken",
    "no scheme": lambda port: f"//127.0.0.1:{port}/taken",
    "a name and a password": lambda port: f"http://user:word@127.0.0.1:{port}/taken",
    "upper case": lambda port: f"HTTP://127.0.0.1:{port}/taken",
}
SCRIPT = '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/taken">'


def welcome(seen: Seen) -> Reply:
    """What would please a client that had followed."""
    return json_reply({"accounts": [], "access_token": "taken", "token_type": "Bearer"})


async def send_elsewhere(rig: Rig, path: str, place: str, status: int, port: int) -> None:
    args = {"url": PLACES[place](port), "status": status}
    rig.sim.faults.add([{"kind": "redirect", "path": path, "args": args}])


async def calm(rig: Rig) -> None:
    await rig.heal()
    await rig.clock.advance(120)


@pytest.mark.parametrize("broker", OVER_HTTP)
async def test_no_read_is_sent_on_to_another_host(broker: str) -> None:
    async with RIGS[broker]() as rig, RawServer(welcome) as other:
        port = int(other.url.rpartition(":")[2])
        session = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
        account = (await session.accounts()).items[0].id
        now = rig.clock.now()
        for place in PLACES:
            for status in STATUSES:
                await send_elsewhere(rig, EVERYWHERE[broker], place, status, port)
                before = len(rig.requests())
                for asked in (
                    session.accounts(),
                    session.portfolio(account),
                    session.transactions(account, now, now),
                    session.orders(account, now, now),
                ):
                    with contextlib.suppress(BrokerUnavailableError):  # some need no answer
                        await asked
                assert len(rig.requests()) > before
                assert other.seen == [], f"{place}, {status}"
                await calm(rig)
        page = {"text": SCRIPT.format(port=port), "content_type": "text/html"}
        rig.sim.faults.add([{"kind": "body", "path": EVERYWHERE[broker], "args": page}])
        with pytest.raises(BrokerUnavailableError):
            await session.accounts()
        assert other.seen == []
        await calm(rig)
        assert (await session.portfolio(account)).account == account
        await session.aclose()


async def test_a_client_that_follows_would_have_been_seen_with_its_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other way round: these tests would notice."""
    monkeypatch.setattr("brokerdesk.brokers.http.build_client", following)
    async with RIGS["alpaca"]() as rig, RawServer(welcome) as other:
        port = int(other.url.rpartition(":")[2])
        keys = {**rig.keys(), "signed_in_at": rig.clock.now().isoformat()}
        session = rig.session(MemoryCredentials(keys))
        await send_elsewhere(rig, EVERYWHERE["alpaca"], "another port", 307, port)
        with contextlib.suppress(BrokerError):
            await session.accounts()
        assert other.seen
        assert other.seen[0].headers["apca-api-secret-key"] == keys["secret_key"]
        await session.aclose()


def following(network: Network, limits: Limits) -> httpx.AsyncClient:
    return httpx.AsyncClient(follow_redirects=True, trust_env=False)


@pytest.mark.parametrize("broker", OVER_HTTP)
async def test_no_key_and_no_code_is_sent_on_while_signing_in(broker: str) -> None:
    async with RIGS[broker]() as rig, RawServer(welcome) as other:
        port = int(other.url.rpartition(":")[2])
        for status in STATUSES:
            for place in PLACES:
                await send_elsewhere(rig, "", place, status, port)
                flow = rig.flow()
                try:
                    step = await through(rig, flow)
                except BrokerError:
                    step = None
                finally:
                    await flow.aclose()
                assert not isinstance(step, DoneStep)
                assert other.seen == [], f"{place}, {status}"
                await calm(rig)
        await sign_in(rig)


@pytest.mark.parametrize("status", STATUSES)
async def test_no_renewal_is_sent_on(status: int) -> None:
    """Where a refused token is traded for a new one without the user, with the app's own secret."""
    async with schwab_rig() as rig, RawServer(welcome) as other:
        assert rig.renews
        port = int(other.url.rpartition(":")[2])
        credentials = MemoryCredentials((await sign_in(rig)).credentials)
        session = rig.session(credentials)
        account = (await session.accounts()).items[0].id
        await rig.expire("access")
        await send_elsewhere(rig, rig.ROUTES["token"], "another port", status, port)
        with pytest.raises(BrokerUnavailableError):
            await session.portfolio(account)
        assert other.seen == []
        assert credentials.replaced == []
        await calm(rig)
        assert (await session.portfolio(account)).account == account
        await session.aclose()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("place", ["another host", "another port", "no scheme"])
async def test_no_line_is_sent_on(place: str, status: int) -> None:
    """What is sent first on a line is the login; keys may stand in its headers as well."""
    async with RawServer(welcome) as other:
        port = int(other.url.rpartition(":")[2])
        where = {"Location": PLACES[place](port).replace("http:", "ws:")}
        async with RawServer(lambda _: Reply(status=status, headers=where)) as asked:
            line = open_line(
                asked.url.replace("http:", "ws:"),
                context=line_context(),
                broker_id="b",
                title="The broker",
                hosts=("127.0.0.1", "localhost"),
                silence=timedelta(seconds=30),
            )
            with pytest.raises(BrokerUnavailableError, match="own language"):
                async with line:
                    raise AssertionError("it was opened")
            assert len(asked.seen) == 1
        assert other.seen == []
