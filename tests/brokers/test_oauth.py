"""The loopback listener against everything that may come to its port."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.brokers import careless_tls, free_port, https_request, loopback_certificate

from brokerdesk.brokers.callback import parse_callback
from brokerdesk.brokers.flow import LoopbackCertificate
from brokerdesk.brokers.oauth import LoopbackListener, new_state
from brokerdesk.brokers.paste import Return
from brokerdesk.brokers.port_owner import describe_owner
from brokerdesk.errors import CallbackError, PortInUseError


@dataclass
class Door:
    """A listener that is open, with what came through it."""

    port: int
    state: str
    listener: LoopbackListener
    came: list[Return] = field(default_factory=list)

    def good(self) -> str:
        return f"/?code=C0.abc%40&session=1-2&state={self.state}"

    async def true_callback_works(self) -> None:
        assert self.came == []
        status, headers, body = await https_request(self.port, self.good())
        assert status == 303
        assert body == ""
        assert self.came == [Return(code="C0.abc@")]
        assert (await https_request(self.port, headers["location"]))[0] == 200


async def opened(path: str = "") -> Door:
    port = free_port()
    state = new_state()
    came: list[Return] = []
    callback = parse_callback(f"https://127.0.0.1:{port}{path}")
    listener = LoopbackListener(callback, loopback_certificate(), state, came.append)
    await listener.open()
    return Door(port, state, listener, came)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = await opened()
    yield made
    await made.listener.aclose()


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def listening_addresses() -> list[str]:
    """Local addresses of all listening sockets, in the kernel's hex form."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("needs Linux")
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A"]


# -- the true callback ------------------------------------------------------------------------
async def test_the_code_leaves_the_address_bar_and_the_port_closes_within_a_second(
    door: Door,
) -> None:
    status, headers, _ = await https_request(door.port, door.good())
    assert status == 303
    clean = headers["location"]
    assert clean.startswith("/")
    assert "C0" not in clean
    assert "?" not in clean
    status, headers, body = await https_request(door.port, clean)
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    for forbidden in ("<script", "<img", "<a ", "http://", "https://", "src=", "C0.abc"):
        assert forbidden not in body
    await asyncio.sleep(0.05)
    assert not accepts(door.port)


async def test_the_port_closes_even_if_the_browser_never_fetches_the_page(door: Door) -> None:
    await https_request(door.port, door.good())
    started = time.monotonic()
    while accepts(door.port) and time.monotonic() - started < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert time.monotonic() - started <= 1.0


async def test_a_state_is_good_for_one_use(door: Door) -> None:
    await https_request(door.port, door.good())
    assert (await https_request(door.port, door.good()))[0] == 410
    assert len(door.came) == 1


async def test_a_registered_path_is_the_only_one() -> None:
    door = await opened("/back")
    assert (await https_request(door.port, f"/?code=x&state={door.state}"))[0] == 404
    assert (await https_request(door.port, f"/back/?code=x&state={door.state}"))[0] == 404
    assert (await https_request(door.port, f"/back?code=x&state={door.state}"))[0] == 303
    await door.listener.aclose()


async def test_a_refusal_needs_the_state_too(door: Door) -> None:
    assert (await https_request(door.port, "/?error=access_denied"))[0] == 400
    assert (await https_request(door.port, f"/?error=access_denied&state={door.state}"))[0] == 303
    assert door.came == [Return(error="access_denied")]


async def test_only_loopback_is_listened_on(door: Door) -> None:
    listening = [line for line in listening_addresses() if line.endswith(f":{door.port:04X}")]
    assert listening == [f"0100007F:{door.port:04X}"]


# -- hostile requests -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "method", "headers", "status"),
    [
        ("/", "GET", {}, 400),
        ("/?code=x", "GET", {}, 400),
        ("/?code=x&state=guess", "GET", {}, 400),
        ("/?code=x&state=", "GET", {}, 400),
        ("/?state={state}", "GET", {}, 400),
        ("/?code=x&code=y&state={state}", "GET", {}, 400),
        ("/?code=x&state={state}&state=z", "GET", {}, 400),
        ("/?code=x&state={state}%00", "GET", {}, 400),
        ("/?code=&state={state}", "GET", {}, 400),
        ("/?code=x&state={state}" + "&a=b" * 40, "GET", {}, 400),
        ("/?code=" + "x" * 3000 + "&state={state}", "GET", {}, 400),
        ("/?code=%ff%fe&state={state}", "GET", {}, 400),
        ("//?code=x&state={state}", "GET", {}, 404),
        ("/x?code=x&state={state}", "GET", {}, 404),
        ("/../?code=x&state={state}", "GET", {}, 404),
        ("/%2e?code=x&state={state}", "GET", {}, 404),
        ("https://127.0.0.1/?code=x&state={state}", "GET", {}, 404),
        ("*", "GET", {}, 404),
        ("/?code=x&state={state}", "POST", {"Content-Length": "0"}, 405),
        ("/?code=x&state={state}", "HEAD", {}, 405),
        ("/?code=x&state={state}", "OPTIONS", {}, 405),
        ("/?code=x&state={state}", "GET", {"Host": "localhost:{port}"}, 421),
        ("/?code=x&state={state}", "GET", {"Host": "127.0.0.1"}, 421),
        ("/?code=x&state={state}", "GET", {"Host": "evil.example:{port}"}, 421),
        ("/?code=x&state={state}", "GET", {"Host": "127.0.0.1:{port}.evil.example"}, 421),
        ("/?code=x&state={state}", "GET", {"Origin": "https://evil.example"}, 403),
        ("/?code=x&state={state}", "GET", {"Origin": "http://127.0.0.1:{port}"}, 403),
        ("/" + "a" * 9000, "GET", {}, 414),
    ],
)
async def test_every_wrong_request_is_refused_and_changes_nothing(
    door: Door, target: str, method: str, headers: dict[str, str], status: int
) -> None:
    filled = {"state": door.state, "port": str(door.port)}

    def fill(text: str) -> str:
        for name, value in filled.items():
            text = text.replace("{" + name + "}", value)
        return text

    answer = await https_request(
        door.port,
        fill(target),
        method=method,
        headers={name: fill(value) for name, value in headers.items()},
    )
    assert answer[0] == status
    assert door.state not in answer[2]
    await door.true_callback_works()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_what_is_no_proper_request_is_refused(door: Door, raw: bytes) -> None:
    answer = await https_request(door.port, "", raw=raw)
    assert 400 <= answer[0] < 600
    await door.true_callback_works()


async def test_connections_that_are_never_used_or_dropped_do_no_harm(door: Door) -> None:
    # Speculative connections, the certificate warning, plain http, a client that hangs up.
    _, idle = await asyncio.open_connection("127.0.0.1", door.port)
    _, tls_idle = await asyncio.open_connection("127.0.0.1", door.port, ssl=careless_tls())
    with pytest.raises(ssl.SSLError):
        await asyncio.open_connection("127.0.0.1", door.port, ssl=ssl.create_default_context())
    _, gone = await asyncio.open_connection("127.0.0.1", door.port)
    gone.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    _, half = await asyncio.open_connection("127.0.0.1", door.port, ssl=careless_tls())
    half.write(b"GET /?code=x")
    await half.drain()
    half.transport.abort()
    await door.true_callback_works()
    for writer in (idle, tls_idle, gone):
        writer.transport.abort()


async def test_a_hundred_held_connections_do_not_keep_the_browser_out(door: Door) -> None:
    held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(100)]
    await asyncio.sleep(0.05)
    assert len(door.listener._open) <= 16
    await door.true_callback_works()
    for _, writer in held:
        writer.transport.abort()


async def campaign(count: int, seed: int) -> tuple[int, float]:
    """Hostile requests of many kinds, eight at a time; the true one must work afterwards."""
    chance = random.Random(seed)
    door = await opened()

    def text(length: int) -> str:
        return "".join(chr(chance.randrange(33, 127)) for _ in range(length)).replace("#", "x")

    async def attack() -> None:
        kind = chance.randrange(10)
        state = door.state
        twisted = chance.choice(
            [state[:-1], state + "x", state.swapcase(), text(43), "", state[::-1]]
        )
        target = f"/?code={text(20)}&state={twisted}"
        headers: dict[str, str] = {}
        method, raw = "GET", None
        if kind == 1:
            target = f"/{text(8)}?code=x&state={state}"
        elif kind == 2:
            method = chance.choice(["POST", "PUT", "DELETE", "TRACE", "CONNECT", "FOO"])
            target = door.good()
        elif kind == 3:
            headers, target = {"Host": f"{text(9)}:{door.port}"}, door.good()
        elif kind == 4:
            headers, target = {"Origin": f"https://{text(9)}"}, door.good()
        elif kind == 5:
            raw = (
                bytes(chance.randrange(256) for _ in range(chance.randrange(1, 400))) + b"\r\n\r\n"
            )
        elif kind == 6:
            pairs = (f"{text(3)}={text(3)}" for _ in range(chance.randrange(1, 60)))
            target = "/?" + "&".join(pairs)
        elif kind == 7:
            target = f"/?code={text(10)}&state={state}&state={state}"
        elif kind == 8:
            target = f"/?error={text(6)}&state={twisted}"
        elif kind == 9:
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(chance.randbytes(60))
            writer.transport.abort()
            return
        try:
            status, _, _ = await https_request(
                door.port, target, method=method, headers=headers, raw=raw, patience=1
            )
        except (OSError, IndexError, ValueError, TimeoutError):
            return  # hung up on, which is a refusal too
        assert status >= 400, f"accepted: {target!r}"

    started = time.monotonic()
    done = 0
    while done < count:
        batch = min(8, count - done)
        await asyncio.gather(*(attack() for _ in range(batch)))
        done += batch
    took = time.monotonic() - started
    accepted = len(door.came)
    await door.true_callback_works()
    await door.listener.aclose()
    return accepted, took


async def test_three_hundred_hostile_callbacks() -> None:
    accepted, _ = await campaign(300, seed=1)
    assert accepted == 0


@pytest.mark.deep
@pytest.mark.timeout(600)
async def test_ten_thousand_hostile_callbacks(capsys: pytest.CaptureFixture[str]) -> None:
    accepted, took = await campaign(10_000, seed=2)
    with capsys.disabled():
        print(f"\n10,000 hostile callbacks: {accepted} accepted, {took:.1f} s, seed 2")  # noqa: T201
    assert accepted == 0


# -- ports and certificates -------------------------------------------------------------------
async def test_a_port_in_use_is_named_with_its_program() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        listener = LoopbackListener(
            parse_callback(f"https://127.0.0.1:{port}"), loopback_certificate(), "s", print
        )
        with pytest.raises(PortInUseError) as caught:
            await listener.open()
        assert caught.value.port == port
        assert str(port) in caught.value.title
        assert describe_owner(port) in caught.value.title
        assert describe_owner(port).startswith("“")
    assert describe_owner(port) == "another program"


async def test_a_port_can_be_used_again_at_once(door: Door) -> None:
    await https_request(door.port, door.good())
    await door.listener.aclose()
    again = LoopbackListener(
        parse_callback(f"https://127.0.0.1:{door.port}"), loopback_certificate(), "s", print
    )
    await again.open()
    await again.aclose()


async def test_closing_twice_and_with_connections_open(door: Door) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", door.port, ssl=careless_tls())
    await door.listener.aclose()
    await door.listener.aclose()
    assert not accepts(door.port)
    writer.transport.abort()


async def test_a_broken_certificate_is_told() -> None:
    broken = LoopbackCertificate(certificate_pem=b"x", key_pem=b"y", fingerprint="")
    port = free_port()
    listener = LoopbackListener(parse_callback(f"https://127.0.0.1:{port}"), broken, "s", print)
    with pytest.raises(CallbackError, match="certificate"):
        await listener.open()
    assert not accepts(port)


def test_states_are_long_and_never_the_same() -> None:
    states = {new_state() for _ in range(1000)}
    assert len(states) == 1000
    assert min(map(len, states)) >= 43
