"""What the contract asks of a broker that is reached over a socket: the wire itself is in trouble.

The counterpart of redirects, compression and statuses, which there are none of here.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
from support.brokers import MemoryCredentials
from support.rigs import RIGS, sign_in
from support.transports import Transport, brokers

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.domain.ids import AccountId
from brokerdesk.errors import BrokerError, BrokerProtocolError, BrokerUnavailableError

OVER_A_SOCKET = brokers(lambda traits: traits.transport is Transport.SOCKET)
SECONDS = 0.5
"""The deadline that sessions get here; one second more is what a call may take."""


@pytest.fixture(params=OVER_A_SOCKET)
async def wire(request: pytest.FixtureRequest) -> AsyncIterator[Wire]:
    server = Wire()
    await server.start()
    async with RIGS[request.param]() as rig:
        server.credentials = dict((await sign_in(rig)).credentials)
        patch = pytest.MonkeyPatch()
        rig.shorten(patch, SECONDS)
        port = MemoryCredentials(server.credentials)
        server.session = rig.session(port, practice_url=f"tcp://127.0.0.1:{server.port}")
        yield server
        patch.undo()
        await server.session.aclose()
    await server.stop()


class Wire:
    """Whoever listens there instead: says what it is told to say, to each who connects."""

    def __init__(self) -> None:
        self.says: list[bytes] = []
        self.closes = False
        self.port = 0
        self.connected = 0
        self.session: BrokerSession
        self.credentials: dict[str, str] = {}
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        self._writers.append(writer)
        try:
            await reader.read(64)
            for piece in self.says:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if not self.closes:
                await reader.read()
        except OSError:
            pass
        finally:
            writer.close()


def frame(*fields: object) -> bytes:
    body = "".join(f"{one}\0" for one in fields).encode()
    return struct.pack(">I", len(body)) + body


HELLO = frame(178, "20261121 02:28:15 EST")
READY = (HELLO, frame(15, 1, "DU1234567"), frame(9, 1, 1))
NONSENSE: dict[str, list[bytes]] = {
    "garbage": [bytes(range(255, 0, -3)) * 8],
    "garbage after the greeting": [HELLO, bytes(range(255, 0, -3)) * 8],
    "garbage instead of an answer": [*READY, b"\xff" * 64],
    "an oversized frame": [struct.pack(">I", 2**31)],
    "an oversized frame after the greeting": [HELLO, struct.pack(">I", 2**32 - 1), b"7" * 65536],
    "a frame of no length": [HELLO, struct.pack(">I", 0) + b"\0\0\0\0\0"],
    "another server, by a banner": [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "another server, by a page": [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
    "an older version": [frame(100, "20061121 02:28:15 EST")],
    "the version before ours": [frame(156, "20061121 02:28:15 EST")],
    "a newer version than was offered": [frame(223, "20291121 02:28:15 EST")],
    "a version that is no number": [frame("new", "20291121 02:28:15 EST")],
    "a message that is no number": [HELLO, frame("hello", "world")],
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_who_speaks_otherwise_is_said_to(wire: Wire, what: str) -> None:
    wire.says = NONSENSE[what]
    error = await told(wire.session)
    assert isinstance(error, BrokerProtocolError), error
    # ``told`` calls twice. A failed greeting is not tried again at once; a good one is.
    assert wire.connected == (2 if wire.says[: len(READY)] == list(READY) else 1)
    if "version" in what and "number" not in what:
        assert "version" in error.title


ENDS: dict[str, list[bytes]] = {
    "nothing at all": [],
    "half a greeting": [HELLO[:9]],
    "half a length": [HELLO, b"\0\0"],
    "half a message": [*READY, frame(63, 1, 1, "DU1234567", "NetLiquidation", "1", "USD")[:20]],
    "the greeting alone": [HELLO],
}


@pytest.mark.parametrize("what", ENDS)
async def test_who_hangs_up_is_unavailable(wire: Wire, what: str) -> None:
    wire.says, wire.closes = ENDS[what], True
    assert type(await told(wire.session)) is not BrokerProtocolError


@pytest.mark.parametrize("what", [*ENDS, "all but an answer"])
async def test_silence_ends_at_the_deadline(wire: Wire, what: str) -> None:
    wire.says = ENDS.get(what, list(READY))
    began = asyncio.get_running_loop().time()
    error = await told(wire.session)
    assert isinstance(error, BrokerUnavailableError)
    assert "too long" in error.title
    assert asyncio.get_running_loop().time() - began < SECONDS + 1


async def test_many_calls_at_once_end_at_one_deadline(wire: Wire) -> None:
    wire.says = list(READY)
    began = asyncio.get_running_loop().time()
    ended = await asyncio.gather(*(told(wire.session) for _ in range(6)))
    assert asyncio.get_running_loop().time() - began < SECONDS + 1
    assert all(isinstance(error, BrokerUnavailableError) for error in ended)


async def told(session: BrokerSession) -> BrokerError:
    """What a read of accounts ends with."""
    with pytest.raises(BrokerError) as caught:
        await session.accounts()
    assert caught.value.title.endswith(".")
    assert caught.value.message
    with pytest.raises(BrokerError):
        await session.portfolio(AccountId("nobody:0"))
    return caught.value
