"""The levers: approving, time, history, switches, the log; and who may pull them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from support.sim import SimClient, sim_client

from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as found:
        yield found


async def _history(client: SimClient, days: int) -> list[dict[str, Any]]:
    url = client.sim.origin("schwab").control_url + f"/history?days={days}"
    answer = await client.send("GET", url)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.body.splitlines()]


async def test_history_has_one_line_per_account_and_finished_trading_day(client: SimClient) -> None:
    lines = await _history(client, 30)
    assert len(lines) == 30 * 4
    moments = [datetime.fromisoformat(line["at"]) for line in lines]
    assert moments == sorted(moments)
    days = sorted({calendar.new_york_day(moment) for moment in moments})
    assert days == list(calendar.trading_days(days[0], days[-1]))
    assert calendar.new_york_day(client.clock.now()) not in days  # the session is not over
    numbers = {line["account_number"] for line in lines}
    assert numbers == set(await client.hashes())
    for line in lines:
        assert line["answer"]["securitiesAccount"]["accountNumber"] == line["account_number"]


async def test_history_at_now_equals_the_live_answer(client: SimClient) -> None:
    closes = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    await client.control(
        "POST", "clock", {"advance": (closes - client.clock.now()).total_seconds()}
    )
    await client.sign_in()
    lines = {line["account_number"]: line for line in (await _history(client, 1))}
    assert len(lines) == 4
    for number, hashed in (await client.hashes()).items():
        live = await client.get(f"/trader/v1/accounts/{hashed}", fields="positions")
        assert datetime.fromisoformat(lines[number]["at"]) == closes
        assert lines[number]["answer"] == live.json()


async def test_history_is_the_same_whenever_it_is_asked_for(client: SimClient) -> None:
    before = await _history(client, 10)
    await client.control("POST", "clock", {"advance": 30 * 86400})
    after = await _history(client, 40)
    assert [line for line in after if line in before] == before


async def test_five_years_are_there(client: SimClient) -> None:
    lines = await _history(client, 1260)
    assert len(lines) == 1260 * 4
    assert lines[0]["at"] < "2021-12-01"


@pytest.mark.parametrize("days", ["-1", "many", "1.5"])
async def test_bad_history_requests(client: SimClient, days: str) -> None:
    url = client.sim.origin("schwab").control_url + f"/history?days={days}"
    assert (await client.send("GET", url)).status == 400


async def test_the_clock_moves_the_market_and_the_accounts(client: SimClient) -> None:
    hashed = next(iter((await client.hashes()).values()))
    path = f"/trader/v1/accounts/{hashed}"
    before = (await client.get(path)).body
    assert (await client.get(path)).body == before
    told = await client.control("POST", "clock", {"advance": 60})
    assert told == {"now": "2026-11-20T15:01:00+00:00"} == await client.control("GET", "clock")
    assert (await client.get(path)).body != before


@pytest.mark.parametrize("body", [{}, {"advance": "1"}, {"advance": -1}, {"advance": True}])
async def test_the_clock_goes_forward_only(client: SimClient, body: dict[str, Any]) -> None:
    url = client.sim.origin("schwab").control_url + "/clock"
    answer = await client.send("POST", url, json=body)
    assert answer.status == 400
    assert "advance" in answer.json()["error"]


async def test_approving_needs_a_url_that_the_page_would_take(client: SimClient) -> None:
    url = client.sim.origin("schwab").control_url + "/approve"
    for bad in (
        {"url": client.authorize_url(redirect_uri="https://127.0.0.1:1")},
        {"url": ""},
        {"url": client.authorize_url(), "action": "perhaps"},
    ):
        assert (await client.send("POST", url, json=bad)).status == 400
    denied = await client.approve(action="deny")
    assert "error=access_denied" in denied
    assert "state=a-state" in denied


async def test_switches_are_named_exactly(client: SimClient) -> None:
    switches = await client.control("GET", "switches")
    assert switches["rotate_refresh_tokens"] is False
    url = client.sim.origin("schwab").control_url + "/switches"
    answer = await client.send("POST", url, json={"rotate": True})
    assert answer.status == 400
    changed = await client.control(
        "POST", "switches", {"callback_urls": ["https://127.0.0.1:9443/done"]}
    )
    assert changed["callback_urls"] == ["https://127.0.0.1:9443/done"]
    assert (await client.approve()).startswith("https://127.0.0.1:9443/done?code=")


async def test_the_log_tells_what_was_asked_and_holds_no_secret(client: SimClient) -> None:
    await client.control("DELETE", "log")
    await client.hashes()
    await client.get("/trader/v1/accounts/123", fields="positions")
    log = await client.control("GET", "log")
    assert [(entry["method"], entry["path"], entry["status"]) for entry in log] == [
        ("GET", "/trader/v1/accounts/accountNumbers", 200),
        ("GET", "/trader/v1/accounts/123", 400),
    ]
    assert client.tokens["access_token"] not in json.dumps(log)


async def test_control_is_only_under_its_own_prefix(client: SimClient) -> None:
    for path in ("/approve", "/clock", "/x/clock", "/trader/v1/clock"):
        answer = await client.send("POST", path, json={"advance": 1})
        assert answer.status in (401, 404, 405)
    control = client.sim.origin("schwab").control_url
    assert len(control.rsplit("/", 1)[1]) >= 32
    async with sim_client(signed_in=False) as other:
        assert other.sim.origin("schwab").control_url.rsplit("/", 1)[1] not in control


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"3"])
async def test_a_body_that_is_no_object_is_refused(client: SimClient, body: bytes) -> None:
    url = client.sim.origin("schwab").control_url + "/clock"
    assert (await client.send("POST", url, data=body)).status == 400


def test_only_brokers_that_exist() -> None:
    with pytest.raises(ValueError, match="no such simulated broker"):
        SimulatorServer(SimulatorOptions(brokers=("acme",)))


async def test_it_listens_on_loopback_and_nowhere_else(client: SimClient) -> None:
    assert client.base.startswith("http://127.0.0.1:")
    listener = client.sim._listener
    assert listener is not None
    assert {sock.getsockname()[0] for sock in listener.sockets} == {"127.0.0.1"}
