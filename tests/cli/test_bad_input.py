"""What goes wrong in a terminal has its own sentence and exit code, and loses nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite
from support.cli import BROKER, Market, Program, market


@pytest.fixture(scope="module")
def where() -> Iterator[Market]:
    with market("--seed", "41") as made:
        yield made


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "where" in request.fixturenames:
        request.getfixturevalue("where").control("faults", method="DELETE")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, vault=False)


@pytest.fixture
def keeping(tmp_path: Path) -> Program:
    """One that can keep sign-ins."""
    return Program(tmp_path)


def nothing_is_left(program: Program) -> bool:
    sealed = [path.name for path in (program.profile / "secrets").glob(f"{BROKER}*")]
    return sealed == [] and program.here("connections", "--json").rows() == []


# -- connecting -----------------------------------------------------------------------------------
def test_a_wrong_secret(keeping: Program, where: Market) -> None:
    keys = {**where.secrets, "app_secret": "wrongwrongwrong1"}
    right, where.secrets = where.secrets, keys
    try:
        answer = keeping.connect(where)
    finally:
        where.secrets = right
    assert answer.code == 1
    assert answer.error()["code"] == "auth_rejected"
    assert "wrongwrongwrong1" not in answer.out + answer.err
    assert nothing_is_left(keeping)


def test_a_denied_consent(keeping: Program, where: Market) -> None:
    answer = keeping.connect(where, action="deny")
    assert answer.code == 1
    assert answer.error()["code"] == "auth_rejected"
    assert nothing_is_left(keeping)


def test_no_place_for_secrets_refuses_before_the_browser(program: Program, where: Market) -> None:
    where.control("log", method="DELETE")
    answer = program.connect(where)
    assert answer.code == 3
    assert answer.out == ""
    error = answer.error()
    assert error["code"] == "secret_store_missing"
    assert "brokerdesk vault create" in error["hint"]
    assert where.control("log", method="GET") == [], "nothing was asked of the broker"
    assert nothing_is_left(program)


def test_a_vault_that_nobody_opens(keeping: Program, where: Market) -> None:
    del keeping.environment["BROKERDESK_VAULT_PASSPHRASE_FILE"]
    answer = keeping.connect(where)
    assert answer.code == 3
    assert answer.error()["code"] == "secret_store_locked"
    keeping.environment["BROKERDESK_VAULT_PASSPHRASE_FILE"] = str(keeping.passphrase_file)
    keeping.passphrase_file.write_text("another\n")
    assert keeping.connect(where).code == 3


def test_a_broker_that_is_not_there(keeping: Program, where: Market) -> None:
    gone = Market("--seed", "42")
    gone.kill()
    secrets = keeping.directory / "secrets.json"
    secrets.write_text(json.dumps(where.secrets))
    where.control("faults", [{"kind": "status", "args": {"status": 503}, "path": "/v1/oauth"}])
    answer = keeping.connect(where)
    assert answer.code == 4, answer.err
    assert nothing_is_left(keeping)


def test_a_captive_portal(keeping: Program, where: Market) -> None:
    where.control("faults", [{"kind": "html", "path": "/trader/v1"}])
    answer = keeping.connect(where)
    assert answer.code == 4, answer.err
    assert nothing_is_left(keeping)


@pytest.mark.parametrize(
    "address",
    ["http://example.com:80", "http://192.168.0.1:80", "127.0.0.1:80", "http://127.0.0.1:80/x"],
)
def test_a_practice_address_elsewhere(keeping: Program, where: Market, address: str) -> None:
    secrets = keeping.directory / "secrets.json"
    secrets.write_text(json.dumps(where.secrets))
    answer = keeping.run(
        "connect", BROKER, "--env", "practice", "--practice-url", address, "--secrets", str(secrets)
    )
    assert answer.code == 2
    assert "practice address" in answer.err
    assert nothing_is_left(keeping)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"app_key": 1}', '{"app_key": "x"', "{}"])
def test_secrets_that_are_something_else(keeping: Program, where: Market, text: str) -> None:
    answer = keeping.run(
        *("connect", BROKER, "--env", "practice", "--practice-url", where.base_url),
        *("--secrets", "-", "--json"),
        stdin=text,
    )
    assert answer.code == 2, answer.err
    assert answer.error()["code"] == "input"


@pytest.mark.parametrize(
    "arguments",
    [
        ("connect",),
        ("connect", "nobody", "--secrets", "-"),
        ("connect", BROKER, "--secrets", "/nowhere"),
        ("connect", BROKER, "--change-keys", "--secrets", "-"),
        ("connect", BROKER, "--env", "moon"),
        ("connect", "--connection", f"{BROKER}-00000000"),
        ("refresh", "--as-of", "2026-01-01"),
        ("refresh", "--connection", "nobody"),
        ("refresh", "--account", "nobody"),
        ("positions", "--as-of", "yesterday"),
        ("positions", "--as-of", "2026-02-30"),
        ("positions", "--as-of", "20260101"),
        ("positions", "--account", "nobody"),
        ("positions", "--connection", "nobody"),
        ("simulator", "--brokers", "nobody"),
        ("simulator", "--port", "99999"),
        ("nonsense",),
        ("positions", "--nonsense"),
        ("vault",),
        ("--theme", "purple"),
    ],
)
def test_wrong_usage_is_two_and_has_words(keeping: Program, arguments: tuple[str, ...]) -> None:
    answer = keeping.run(*arguments, stdin="{}")
    assert answer.code == 2, answer.err
    assert answer.err.strip()
    assert "Traceback" not in answer.err


def test_secrets_are_asked_for_only_where_somebody_can_type(keeping: Program) -> None:
    answer = keeping.run("connect", BROKER)
    assert answer.code == 2
    assert "--secrets" in answer.err


def test_connecting_offline(keeping: Program, where: Market) -> None:
    answer = keeping.connect(where, "--offline")
    assert answer.code == 4
    assert "offline" in answer.error()["title"]


# -- refreshing -----------------------------------------------------------------------------------
def test_one_account_that_fails_is_named(keeping: Program, where: Market) -> None:
    assert keeping.connect(where).code == 0
    accounts = keeping.here("accounts", "--json").rows()
    before = keeping.here("positions", "--json").rows()
    fault = {
        "kind": "status",
        "path": "/trader/v1/accounts/[^/]+$",
        "method": "GET",
        "after": 1,
        "times": 1,
        "args": {"status": 400},
    }
    where.control("faults", [fault])
    answer = keeping.run("refresh", "--json")
    assert answer.code == 5, answer.err
    (outcome,) = json.loads(answer.out)
    assert len(outcome["refreshed"]) == len(accounts) - 1
    (left,) = {one["id"] for one in accounts} - set(outcome["refreshed"])
    (named,) = [one for one in accounts if one["id"] == left]
    assert any(named["number_mask"] in text for text in outcome["failed"])
    assert named["number_mask"] in answer.err
    after = keeping.here("positions", "--json", "--account", left).rows()
    assert after == [one for one in before if one["account"] == left]


def test_an_empty_answer_is_held(keeping: Program, where: Market) -> None:
    assert keeping.connect(where).code == 0
    before = keeping.here("positions", "--json").rows()
    empty = {"edit": "value", "field": "positions", "value": []}
    where.control("faults", [{"kind": "edit", "path": "/accounts/[^/]+$", "args": empty}])
    answer = keeping.run("refresh", "--json")
    assert answer.code == 5, answer.err
    (outcome,) = json.loads(answer.out)
    assert outcome["state"] == "suspect"
    assert outcome["held"]
    assert len(keeping.here("positions", "--json").rows()) == len(before)


def test_rate_limits_are_four(keeping: Program, where: Market) -> None:
    assert keeping.connect(where).code == 0
    where.control("faults", [{"kind": "status", "args": {"status": 429, "retry_after": "60"}}])
    answer = keeping.run("refresh", "--json")
    assert answer.code == 4, answer.err
    assert json.loads(answer.out)[0]["state"] == "rate_limited"


def test_a_clock_that_is_off_is_said_and_changes_nothing(keeping: Program, where: Market) -> None:
    assert keeping.connect(where).code == 0
    where.control("faults", [{"kind": "wrong_clock", "args": {"seconds": -86400}}])
    answer = keeping.run("refresh", "--json")
    assert answer.code == 0, answer.err
    assert answer.err.count("clock is off") == 1
    assert "ahead of the broker's" in answer.err
    assert json.loads(answer.out)[0]["state"] == "ok"


def test_a_callback_address_that_no_browser_could_come_back_to(keeping: Program) -> None:
    keys = {"app_key": "k" * 32, "app_secret": "s" * 16, "callback_url": "https://localhost:8182"}
    answer = keeping.run("connect", BROKER, "--secrets", "-", "--json", stdin=json.dumps(keys))
    assert answer.code == 2
    assert "Write 127.0.0.1 instead of localhost" in answer.error()["message"]
    assert nothing_is_left(keeping)


def test_a_callback_port_in_use(keeping: Program, where: Market) -> None:
    port = int(where.secrets["callback_url"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        answer = keeping.connect(where)
    assert answer.code == 1
    assert answer.error()["code"] == "port_in_use"
    assert str(port) in answer.error()["title"]
    assert nothing_is_left(keeping)


@pytest.mark.skipif(os.name == "nt", reason="limits are POSIX")
def test_a_full_disk_while_refreshing(keeping: Program, where: Market) -> None:
    """No file may grow beyond 64 KiB: what was stored stays, the rest is told."""
    assert keeping.connect(where).code == 0
    before = keeping.here("positions", "--json").rows()
    where.control("clock", {"advance": 3600})
    answer = keeping.run("refresh", "--json", file_limit=64 * 1024)
    assert answer.code == 1, answer.out
    assert answer.error()["code"] == "disk_full"
    assert "Free some space" in answer.error()["hint"]
    after = keeping.here("positions", "--json").rows()
    assert [(one["account"], one["symbol"]) for one in after] == [
        (one["account"], one["symbol"]) for one in before
    ]
    assert keeping.run("refresh", "--json").code == 0


def test_refreshing_offline_and_with_nothing(program: Program) -> None:
    empty = program.run("refresh", "--json")
    assert (empty.code, json.loads(empty.out)) == (0, [])


# -- the database ---------------------------------------------------------------------------------
def test_a_corrupted_database_is_told_and_left_alone(program: Program) -> None:
    assert program.here("accounts").code == 0
    file = program.profile / "portfolio.db"
    file.write_bytes(b"This is not a database at all." * 100)
    answer = program.here("accounts", "--json")
    assert answer.code == 1
    assert answer.error()["code"] == "database_damaged"
    assert answer.error()["hint"]
    assert file.read_bytes().startswith(b"This is not")


def test_a_database_of_a_newer_program_is_told_and_left_alone(program: Program) -> None:
    assert program.here("accounts").code == 0
    file = program.profile / "portfolio.db"
    raw = sqlite.connect(str(file))
    raw.execute("PRAGMA user_version = 9999")
    raw.close()
    answer = program.here("positions", "--json")
    assert answer.code == 1
    assert answer.error()["code"] == "database_too_new"
    raw = sqlite.connect(str(file))
    assert raw.execute("PRAGMA user_version").fetchone() == (9999,)
    raw.close()


def test_reading_goes_on_while_another_process_writes(program: Program) -> None:
    assert program.here("accounts").code == 0
    raw = sqlite.connect(str(program.profile / "portfolio.db"), isolation_level=None)
    try:
        raw.execute("BEGIN IMMEDIATE")
        assert program.here("positions", "--json").rows() == []
        raw.execute("ROLLBACK")
    finally:
        raw.close()


def test_a_profile_that_cannot_be_made(tmp_path: Path) -> None:
    program = Program(tmp_path, vault=False)
    program.profile.write_text("a file where the directory should be")
    answer = program.here("accounts", "--json")
    assert answer.code == 1
    assert answer.error()["code"] == "storage"


# -- pipes ----------------------------------------------------------------------------------------
def test_a_reader_that_goes_away_is_no_crash(program: Program) -> None:
    command = [sys.executable, "-m", "brokerdesk", "--data-dir", str(program.profile), "accounts"]
    process = subprocess.Popen(
        [*command, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=program.environment,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 141
    assert err == b""


# -- the vault ------------------------------------------------------------------------------------
def test_a_vault_is_made_once_and_its_passphrase_changed(program: Program) -> None:
    assert program.run("vault", "create", "--json").last()["state"] == "vault"
    twice = program.run("vault", "create", "--json")
    assert twice.code == 1
    new = program.directory / "new"
    new.write_text("another passphrase\n")
    new.chmod(0o600)
    changed = program.run("vault", "change", "--passphrase-file", str(new))
    assert changed.code == 0, changed.err
    old = program.run("vault", "change", "--passphrase-file", str(new), "--json")
    assert old.code == 3
    program.passphrase_file.write_text("another passphrase\n")
    assert program.run("vault", "status").code == 0


def test_vault_without_a_passphrase(program: Program) -> None:
    del program.environment["BROKERDESK_VAULT_PASSPHRASE_FILE"]
    assert program.run("vault", "create").code == 2
    empty = program.directory / "empty"
    empty.write_text("")
    assert program.run("vault", "create", "--passphrase-file", str(empty)).code == 2
    assert program.run("vault", "create", "--passphrase-file", "/nowhere").code == 2
