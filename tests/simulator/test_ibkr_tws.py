"""The simulated TWS byte by byte: a raw socket, and recorded messages as the yardstick."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from support.ibkr_wire import CLIENT, SERVER, STRUCTURAL
from support.rigs_ibkr import IbkrRig, ibkr_rig


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


WORDS = {"6": (3,), "73": (6,), "4": (3,)}
"""Where a figure may be a word: some account values are none."""


class Raw:
    """A client that knows frames and nothing else."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, line: str) -> None:
        body = line.replace("|", "\0").encode() + b"\0"
        self.writer.write(struct.pack(">I", len(body)) + body)

    async def receive(self) -> list[str]:
        (length,) = struct.unpack(">I", await self.reader.readexactly(4))
        body = await self.reader.readexactly(length)
        assert body.endswith(b"\0")
        return body.decode().split("\0")[:-1]

    async def until(self, *kinds: str) -> list[list[str]]:
        found: list[list[str]] = []
        while not found or found[-1][0] not in kinds:
            found.append(await asyncio.wait_for(self.receive(), 10))
        return found


@asynccontextmanager
async def raw(rig: IbkrRig, versions: bytes = b"v157..178") -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(rig.answers["port"]))
    writer.write(b"API\0" + struct.pack(">I", len(versions)) + versions)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def same_shape(message: Sequence[str], kind: str) -> None:
    """As many fields as recorded, and fixed texts at their places."""
    recorded = SERVER[kind].split("|")
    assert len(message) == len(recorded), (kind, message)
    for place, text in enumerate(recorded):
        if text in STRUCTURAL and not (text == "?" and message[place] in ("C", "P")):
            assert message[place] == text, (kind, place)
        if kind in WORDS and place in WORDS[kind]:
            continue
        if place and text.replace(".", "", 1).isdigit() and message[place]:
            assert message[place].lstrip("-").replace(".", "", 1).isdigit(), (kind, place, message)


async def connected(client: Raw) -> list[list[str]]:
    hello = await client.receive()
    assert hello[0] == "178"
    assert len(hello) == len(SERVER["hello"].split("|"))
    client.send(CLIENT[0])
    found = [await client.receive() for _ in range(5)]
    assert [one[0] for one in found] == ["15", "9", "4", "4", "4"]
    return found


async def test_every_message_has_the_recorded_shape(rig: IbkrRig) -> None:
    rig.tws.switches.execution_days = 30
    seen: set[str] = set()
    async with raw(rig) as client:
        messages = await connected(client)
        account = messages[0][2].split(",")[0]
        asks = [
            ("61|1", "62"),
            ("5|1", "53"),
            ("16|1", "53"),
            ("99|0", "102"),
            (f"6|2|1|{account}", "54"),
            (f"76|1|11|{account}||0", "74"),
            ("7|3|2|0||||||", "55"),
            ("9|8|3|0|AAPL|STK||0.0|||SMART||USD|||0|||", "52"),
        ]
        for line, end in asks:
            client.send(line)
            messages += await client.until(end)
    for message in messages:
        kind = message[0]
        # An execution that answers carries its request; the recorded one was live (-1). Coins have
        # no ISIN, so only shares' details are compared.
        if kind == "11":
            message = [kind, "-1", *message[2:]]
        if kind in SERVER:
            same_shape(message, kind)
            seen.add(kind)
    assert seen == set(SERVER) - {"hello"}


@pytest.mark.parametrize(
    ("versions", "agreed"), [(b"v100..187", "178"), (b"v157..164", "164"), (b"v176", "176")]
)
async def test_the_lower_of_both_versions_is_agreed_on(
    rig: IbkrRig, versions: bytes, agreed: str
) -> None:
    async with raw(rig, versions) as client:
        assert (await client.receive())[0] == agreed


@pytest.mark.parametrize("versions", [b"v200..220", b"nonsense", b"", b"v1..100"])
async def test_another_greeting_ends_the_connection(rig: IbkrRig, versions: bytes) -> None:
    async with raw(rig, versions) as client:
        assert await client.reader.read() == b""


async def test_a_client_id_is_taken_once(rig: IbkrRig) -> None:
    async with raw(rig) as one, raw(rig) as two:
        await connected(one)
        await two.receive()
        two.send(CLIENT[0])
        assert (await two.receive())[2:4] == ["-1", "326"]
        assert await two.reader.read() == b""
    async with raw(rig) as three:
        await connected(three)


async def test_levers_reach_every_client(rig: IbkrRig) -> None:
    async with raw(rig) as client:
        await connected(client)
        for code in (1100, 1101, 1102, 2110, 502, 10197):
            await rig.lever(action="error", code=code)
            assert (await client.receive())[2:4] == ["-1", str(code)]
        await rig.lever(action="disconnect")
        assert await client.reader.read() == b""


async def test_a_restart_refuses_and_then_listens_on_the_same_port(rig: IbkrRig) -> None:
    where = rig.answers["port"]
    await rig.lever(action="stop")
    with pytest.raises(OSError):
        async with raw(rig):
            pass
    await rig.lever(action="start")
    assert rig.answers["port"] == where
    async with raw(rig) as client:
        await connected(client)


async def test_too_many_messages_end_the_connection(rig: IbkrRig) -> None:
    async with raw(rig) as client:
        await connected(client)
        for _ in range(150):
            client.send("49|1")
        found = await client.until("4")
        assert found[-1][3] == "100"
        assert await client.reader.read() == b""


async def test_an_unknown_contract_is_code_200(rig: IbkrRig) -> None:
    async with raw(rig) as client:
        await connected(client)
        client.send("9|8|3|0|NOSUCH|STK||0.0|||SMART||USD|||0|||")
        assert (await client.until("4"))[-1][2:4] == ["3", "200"]
