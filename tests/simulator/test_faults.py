"""Every fault once, seen with a raw client; and scripts that make no sense."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from support.sim import SimClient, sim_client

PATH = "/trader/v1/accounts/accountNumbers"
ACCOUNTS = "/trader/v1/accounts"


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as found:
        yield found


async def _fault(client: SimClient, kind: str, **rule: Any) -> None:
    await client.control("POST", "faults", {"kind": kind, "path": "^/trader/", **rule})


async def _bytes(client: SimClient, path: str = PATH, most: int = 10_000_000) -> bytes:
    """Everything that comes back on a connection of its own, head and body."""
    host, port = client.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    token = client.tokens["access_token"]
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    writer.write((head + "Connection: close\r\n\r\n").encode())
    try:
        return await reader.read(most) if most < 10_000_000 else await _all(reader)
    finally:
        writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while piece := await reader.read(65536):
        found += piece
    return found


async def test_reset_before_and_after_the_handler(client: SimClient) -> None:
    for kind in ("reset_before", "reset_after"):
        await _fault(client, kind, times=1)
        with pytest.raises(ConnectionError):
            await _bytes(client)
        assert (await client.get(PATH)).status == 200


async def test_reset_after_has_done_its_work(client: SimClient) -> None:
    url = await client.approve()
    await client.control("POST", "faults", {"kind": "reset_after", "path": "token", "times": 1})
    with pytest.raises(aiohttp.ClientError):
        await client.exchange(url)
    assert (await client.exchange(url)).status == 400  # the code was used up


async def test_reset_in_the_middle_of_the_body(client: SimClient) -> None:
    await _fault(client, "reset_mid_body")
    with pytest.raises(aiohttp.ClientError):
        await client.get(PATH)


async def test_truncated_bodies_end_too_soon(client: SimClient) -> None:
    whole = (await client.get(PATH)).body
    await _fault(client, "truncate", times=2)
    head, _, body = (await _bytes(client)).partition(b"\r\n\r\n")
    assert body == whole
    assert f"Content-Length: {len(whole) + 1000}".encode() in head
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.get(PATH)


async def test_garbage_is_not_http(client: SimClient) -> None:
    await _fault(client, "garbage", times=2)
    assert not (await _bytes(client)).startswith(b"HTTP/")
    with pytest.raises(aiohttp.ClientError):
        await client.get(PATH)


async def test_refused_connections_and_a_closed_listener(client: SimClient) -> None:
    await client.control("POST", "faults", {"kind": "refuse", "times": 2})
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await _bytes(client)
    assert (await _bytes(client)).startswith(b"HTTP/1.1 200")
    await client.sim.close_listener()
    with pytest.raises(ConnectionRefusedError):
        await _bytes(client)
    await client.sim.open_listener()
    assert (await _bytes(client)).startswith(b"HTTP/1.1 200")


async def test_delay_waits_on_the_injected_clock(client: SimClient) -> None:
    await _fault(client, "delay", args={"seconds": 120}, times=1)
    asked = asyncio.ensure_future(client.get(PATH))
    while not client.clock.sleepers:  # noqa: ASYNC110 - the fake clock announces nothing
        await asyncio.sleep(0.01)
    assert not asked.done()
    await client.clock.advance(119)
    assert not asked.done()
    await client.clock.advance(1)
    assert (await asked).status == 200


async def test_drip_comes_byte_by_byte(client: SimClient) -> None:
    whole = (await client.get(PATH)).body
    client.clock.auto = True
    started = client.clock.monotonic()
    await _fault(client, "drip", args={"bytes_per_second": 2})
    assert (await client.get(PATH)).body == whole
    assert client.clock.monotonic() - started >= len(whole) / 2


async def test_html_where_json_was_meant(client: SimClient) -> None:
    await _fault(client, "html", times=1)
    portal = await client.get(PATH)
    assert (portal.status, portal.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"Hotel WiFi" in portal.body
    await _fault(client, "html", args={"page": "edge"})
    edge = await client.get(PATH)
    assert (edge.status, b"Access Denied" in edge.body) == (403, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("to", "start"),
    [
        ("same", "http://127.0.0.1:"),
        ("other", "https://login.example.invalid/"),
        ("downgrade", "http://api.schwabapi.com/"),
    ],
)
async def test_redirects(client: SimClient, status: int, to: str, start: str) -> None:
    await _fault(client, "redirect", args={"status": status, "to": to})
    answer = await client.get(PATH)
    assert answer.status == status
    assert answer.headers["Location"].startswith(start)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422, 500, 502, 503, 504])
async def test_statuses_with_the_broker_s_envelope(client: SimClient, status: int) -> None:
    rule = {"kind": "status", "args": {"status": status}}
    await client.control("POST", "faults", rule)
    assert (await client.get(PATH)).status == status
    assert "message" in (await client.get(PATH)).json()
    assert "errors" in (await client.get("/marketdata/v1/markets")).json()


@pytest.mark.parametrize(
    "wait", ["5", "Fri, 20 Nov 2026 15:05:00 GMT", "absurd", "-3", "soon", None]
)
async def test_too_many_requests_and_every_way_to_say_when(
    client: SimClient, wait: str | None
) -> None:
    args = {"status": 429} | ({"retry_after": wait} if wait is not None else {})
    await _fault(client, "status", args=args)
    answer = await client.get(PATH)
    assert answer.status == 429
    told = answer.headers.get("Retry-After")
    assert told == ("9" * 20 if wait == "absurd" else wait)


@pytest.mark.parametrize(
    ("name", "body"),
    [("empty_list", b"[]"), ("empty_object", b"{}"), ("empty", b""), ("null", b"null")],
)
async def test_bodies_with_nothing_in_them(client: SimClient, name: str, body: bytes) -> None:
    await _fault(client, "body", args={"is": name})
    answer = await client.get(PATH)
    assert (answer.status, answer.body) == (200, body)


async def test_the_wrong_content_type(client: SimClient) -> None:
    whole = (await client.get(PATH)).body
    await _fault(client, "body", args={"content_type": "text/plain"})
    answer = await client.get(PATH)
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.body == whole


async def _edited(client: SimClient, edit: str, **args: Any) -> bytes:
    await client.control("DELETE", "faults")
    await _fault(client, "edit", args={"edit": edit, **args})
    return (await client.get(ACCOUNTS, fields="positions")).body


async def test_edits_change_one_thing_and_keep_every_other_byte(client: SimClient) -> None:
    whole = (await client.get(ACCOUNTS, fields="positions")).body
    field = {"field": "marketValue", "first": True}
    for edit, needle in (
        ("nan", b'"marketValue":NaN'),
        ("infinity", b'"marketValue":Infinity'),
        ("big_number", b'"marketValue":1e400'),
        ("null", b'"marketValue":null'),
    ):
        spoiled = await _edited(client, edit, **field)
        place = spoiled.index(needle)
        assert spoiled[:place] == whole[:place]
        tail = spoiled[place + len(needle) :]
        assert whole.endswith(tail)


async def test_every_field_edit(client: SimClient) -> None:
    def of(body: bytes) -> Any:
        return json.loads(body)[0]["securitiesAccount"]

    assert of(await _edited(client, "bad_enum", field="type"))["type"] == "SOMETHING_NEW"
    first = of(await _edited(client, "missing_field", field="marketValue"))["positions"]
    assert all("marketValue" not in position for position in first)
    extra = of(await _edited(client, "extra_fields", field="marketValue"))["positions"][0]
    assert "newField" in extra
    wrong = of(await _edited(client, "wrong_type", field="longQuantity"))["positions"][0]
    assert wrong["longQuantity"] == {"unexpected": []}
    value = of(await _edited(client, "value", field="symbol", value="<b>X</b>"))["positions"][0]
    assert value["instrument"]["symbol"] == "<b>X</b>"


async def test_a_doubled_key_is_really_there_twice(client: SimClient) -> None:
    body = await _edited(client, "duplicate_key", field="liquidationValue", first=True)
    counts: list[int] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts.append([key for key, _ in pairs].count("liquidationValue"))
        return dict(pairs)

    json.loads(body, object_pairs_hook=keep)
    assert max(counts) == 2


async def test_one_bad_record_among_good_ones(client: SimClient) -> None:
    good = json.loads((await client.get(ACCOUNTS)).body)
    bad = json.loads(await _edited(client, "bad_record"))
    assert bad[0] == {"nonsense": True}
    assert len(bad) == len(good)
    await client.control("DELETE", "faults")
    hashed = next(iter((await client.hashes()).values()))
    await _fault(client, "edit", args={"edit": "bad_record"})
    answer = await client.get(f"{ACCOUNTS}/{hashed}", fields="positions")
    positions = answer.json()["securitiesAccount"]["positions"]
    assert positions[0] == {"nonsense": True}
    assert "marketValue" in positions[1]


async def test_broken_shapes(client: SimClient) -> None:
    deep = await _edited(client, "deep")
    assert deep.count(b"[") == 5000
    with pytest.raises(json.JSONDecodeError):
        json.loads(await _edited(client, "half"))
    with pytest.raises(UnicodeDecodeError):
        (await _edited(client, "latin1")).decode()


async def test_huge_bodies_are_made_while_they_are_read(client: SimClient) -> None:
    await _fault(client, "huge", args={"bytes": 3_000_000}, times=1)
    body = (await client.get(PATH)).body
    assert 3_000_000 <= len(body) < 3_200_000
    json.loads(body)
    await _fault(client, "huge")  # a GiB, of which some is read
    assert len(await _bytes(client, most=100_000)) > 10_000


async def test_a_gzip_bomb_unpacks_to_a_thousand_times_its_size(client: SimClient) -> None:
    await _fault(client, "gzip_bomb", args={"bytes": 20_000_000})
    raw = await _bytes(client)
    assert len(raw) < 60_000
    assert b"Content-Encoding: gzip" in raw
    answer = await client.get(PATH)
    assert len(answer.body) > 20_000_000


def test_the_bomb_is_valid_gzip() -> None:
    from brokerdesk.simulator.faults.bodies import gzip_bomb

    packed = b"".join(gzip_bomb(5_000_000))
    assert len(zlib.decompress(packed, 31)) > len(packed) * 500


async def test_a_wrong_clock_is_in_the_date_header(client: SimClient) -> None:
    await _fault(client, "wrong_clock", args={"seconds": -3600}, times=1)
    answer = await client.get(PATH)
    told = parsedate_to_datetime(answer.headers["Date"])
    assert (client.clock.now() - told).total_seconds() == 3600
    assert answer.status == 200


async def test_rules_count_match_and_give_way(client: SimClient) -> None:
    await _fault(client, "status", args={"status": 500}, after=1, times=2)
    assert [(await client.get(PATH)).status for _ in range(5)] == [200, 500, 500, 200, 200]
    await client.control("POST", "faults", [{"kind": "html", "method": "POST"}])
    assert (await client.get(PATH)).status == 200
    assert (await client.get("/marketdata/v1/markets", markets="equity")).status == 200
    told = await client.control("GET", "faults")
    assert [rule["struck"] for rule in told["rules"]] == [2, 0]
    log = await client.control("GET", "log")
    assert [entry["fault"] for entry in log if "fault" in entry] == ["status", "status"]
    assert await client.control("DELETE", "faults") == {"rules": []}


async def test_control_is_never_hit_by_a_fault(client: SimClient) -> None:
    await client.control("POST", "faults", {"kind": "reset_before"})
    assert (await client.control("GET", "faults"))["rules"]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "nonsense"},
        {"kind": "status", "path": "("},
        {"kind": "status", "times": -1},
        {"kind": "status", "when": "now"},
        {"kind": "refuse"},
        {"kind": "status", "args": 3},
        [{"kind": "html"}, {"kind": "nonsense"}],
        ["html"],
    ],
)
async def test_scripts_that_make_no_sense_change_nothing(client: SimClient, rule: Any) -> None:
    url = client.sim.origin("schwab").control_url + "/faults"
    answer = await client.send("POST", url, json=rule)
    assert answer.status == 400
    assert answer.json()["error"]
    assert client.sim.faults.rules == []
