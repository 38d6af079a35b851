"""From an empty profile to figures that outlive their broker, all in a terminal."""

from __future__ import annotations

import http.client
import json
import signal
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.cli import Market, Program, market

ACCOUNT_KEYS = [
    "id",
    "connection",
    "broker",
    "environment",
    "name",
    "number_mask",
    "type",
    "currency",
    "counted_through",
    "closed_at",
]
POSITION_KEYS = [
    "account",
    "symbol",
    "asset_type",
    "quantity",
    "average_cost",
    "cost_basis",
    "mark",
    "market_value",
    "currency",
    "as_of",
    "fetched_at",
]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.mark.parametrize("by", ["paste", "callback"])
def test_connect_refresh_read_and_read_again_without_the_broker(program: Program, by: str) -> None:
    with market("--seed", "21") as where:
        connected = program.connect(where, "--name", "Practice desk", by=by)
        assert connected.code == 0, connected.err
        first, last = (json.loads(line) for line in connected.out.strip().splitlines())
        assert first["step"] == "browser"
        assert first["url"].startswith(where.base_url)
        assert last["name"] == "Practice desk"
        assert last["state"] == "ok"
        for secret in (where.secrets["app_key"], where.secrets["app_secret"]):
            assert secret not in connected.err.replace(first["url"], "")

        refreshed = program.run("refresh", "--json")
        (outcome,) = refreshed.rows()
        accounts = program.here("accounts", "--json").rows()
        assert [list(one) for one in accounts] == [ACCOUNT_KEYS] * len(accounts)
        assert len(accounts) >= 3
        assert outcome["refreshed"] == [one["id"] for one in accounts]
        assert {one["environment"] for one in accounts} == {"practice"}
        assert {one["connection"] for one in accounts} == {last["connection"]}

        positions = program.here("positions", "--json").rows()
        assert positions
        assert all(list(one) == POSITION_KEYS for one in positions)
        for one in positions:
            assert isinstance(one["quantity"], str)
            Decimal(one["quantity"])
            assert datetime.fromisoformat(one["fetched_at"]).tzinfo is not None
        balances = program.here("balances", "--json").rows()
        assert {one["account"] for one in balances} == {one["id"] for one in accounts}
        assert all(Decimal(one["net_liquidation"]) > 0 for one in balances)
        assert program.here("transactions", "--json").rows()
        assert program.here("orders", "--json").rows()
        where.kill()

    for options in ([], ["--offline"]):
        assert program.here(*options, "positions", "--json").rows() == positions
        assert program.here(*options, "balances", "--json").rows() == balances
        assert program.here(*options, "accounts", "--json").rows() == accounts

    down = program.run("refresh", "--json")
    assert down.code == 4
    assert json.loads(down.out)[0]["state"] == "unavailable"
    assert "stay" in down.err
    assert program.here("positions", "--json").rows() == positions

    today = datetime.now(UTC).date()
    yesterday = program.here("positions", "--json", "--as-of", str(today - timedelta(days=2)))
    assert yesterday.rows() == [], "nothing was stored then"
    tomorrow = program.here("positions", "--json", "--as-of", str(today + timedelta(days=1)))
    assert tomorrow.rows() == positions


def test_files_of_the_profile_are_private_and_hold_no_secret(program: Program) -> None:
    with market("--seed", "22") as where:
        assert program.connect(where).code == 0
        words = [where.secrets["app_secret"].encode(), where.secrets["app_key"].encode()]
        numbers = {one["account_number"].encode() for one in history(where)}
    for path in program.profile.rglob("*"):
        mode = path.stat().st_mode & 0o777
        assert mode == (0o700 if path.is_dir() else 0o600), path
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in words if word in data], path
            assert not [number for number in numbers if number in data], path


def history(where: Market) -> list[dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=30)
    try:
        connection.request("GET", f"{urlsplit(where.control_url).path}/history?days=1")
        return [json.loads(line) for line in connection.getresponse().read().splitlines()]
    finally:
        connection.close()


def test_signing_in_again_from_the_terminal(program: Program) -> None:
    with market("--seed", "23") as where:
        first = program.connect(where).last()
        where.control("tokens/expire", {"kind": "refresh"})
        where.control("tokens/expire", {"kind": "access"})
        ended = program.run("refresh", "--json")
        assert ended.code == 3, ended.err
        assert program.here("connections", "--json").rows()[0]["state"] == "needs_sign_in"
        positions = program.here("positions", "--json").rows()
        assert positions

        again = program.connect(where)
        assert again.code == 1
        assert "already connected" in again.error()["title"]
        renewed = program.converse(
            ["connect", "--connection", first["connection"], "--json"], where
        )
        assert renewed.code == 0, renewed.err
        assert renewed.last()["connection"] == first["connection"]
        assert program.run("refresh").code == 0
        assert len(program.here("connections", "--json").rows()) == 1


def test_a_reader_and_a_refresher_run_side_by_side(program: Program) -> None:
    with market("--seed", "24") as where:
        assert program.connect(where).code == 0
        whole = len(program.here("positions", "--json").rows())
        refreshing = [program.start("refresh", "--json") for _ in range(3)]
        try:
            while any(one.poll() is None for one in refreshing):
                assert len(program.here("positions", "--json").rows()) == whole
        finally:
            for one in refreshing:
                _, err = one.communicate(timeout=60)
                assert one.returncode == 0, err


def test_an_interrupted_refresh_ends_quietly_and_keeps_everything(program: Program) -> None:
    with market("--seed", "25") as where:
        assert program.connect(where).code == 0
        positions = program.here("positions", "--json").rows()
        slow = {"kind": "delay", "path": "/trader/v1", "args": {"seconds": 20}}
        where.control("faults", [slow])
        process = program.start("refresh", "--json")
        try:
            while not where.control("log", method="GET")[-1]["path"].startswith("/trader"):
                time.sleep(0.02)
            where.control("log", method="DELETE")
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)  # as long as a starved machine may need
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        assert (process.returncode, out, err) == (130, "", "")
    assert program.here("positions", "--json").rows() == positions
