"""The parser, the output and the light commands."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cli import BROKER, Program

from brokerdesk.cli import output
from brokerdesk.cli.codes import exit_code
from brokerdesk.cli.parser import parse
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerDeskError,
    BrokerUnavailableError,
    DiskFullError,
    InputError,
    RateLimitedError,
    SecretStoreMissingError,
)


def test_options_may_stand_before_or_after_the_command() -> None:
    for line in (
        ["--json", "--data-dir", "d", "--offline", "accounts"],
        ["accounts", "--json", "--data-dir", "d", "--offline"],
        ["--json", "accounts", "--offline", "--data-dir", "d"],
    ):
        options = parse(line)
        assert (options.json, options.data_dir, options.offline) == (True, Path("d"), True)
        assert not options.practice


def test_without_a_command_it_is_the_window() -> None:
    options = parse(["--practice", "--theme", "dark", "--quit-after-paint", "--json"])
    assert options.command is None
    assert (options.practice, options.theme, options.quit_after_paint) == (True, "dark", True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BrokerDeskError("x"), 1),
        (DiskFullError("x"), 1),
        (AuthRejectedError("x"), 1),
        (InputError("f", "x"), 2),
        (AuthExpiredError("x"), 3),
        (SecretStoreMissingError("x"), 3),
        (BrokerUnavailableError("x"), 4),
        (RateLimitedError("x"), 4),
    ],
)
def test_exit_codes(error: BrokerDeskError, code: int) -> None:
    assert exit_code(error) == code


def test_the_way_to_the_window_loads_nothing_heavy() -> None:
    heavy = "asyncio httpx sqlalchemy alembic keyring numpy pyqtgraph cryptography qasync aiohttp"
    code = (
        "import sys; from brokerdesk.cli import dispatch; from brokerdesk.cli.parser import parse; "
        "parse(['--practice']); import brokerdesk.cli; "
        f"print([name for name in {heavy!r}.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@given(st.text())
def test_nothing_from_a_broker_steers_the_terminal(text: str) -> None:
    shown = output.plain(text)
    assert not any(ord(one) < 32 or 127 <= ord(one) < 160 for one in shown)
    assert "‮" not in shown


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_amounts_are_plain_and_exact(value: Decimal) -> None:
    text = output.amount(value)
    assert text is not None
    assert "E" not in text.upper()
    assert Decimal(text) == value
    assert output.amount(None) is None


def test_a_table_aligns_figures_right_and_shows_the_unknown() -> None:
    rows: list[dict[str, str | None]] = [
        {"name": "Ann\x1b[31m", "value": "5.00"},
        {"name": "", "value": None},
        {"name": "Bo", "value": "-1234.5"},
    ]
    assert output.table(rows, ["name", "value"]) == [
        "NAME        VALUE",
        "Ann�[31m     5.00",
        "—               —",
        "Bo        -1234.5",
    ]


def test_times_in_tables_are_short() -> None:
    rows = [{"at": "2026-01-05T21:00:03.123456+00:00"}]
    assert output.table(rows, ["at"])[1] == "2026-01-05 21:00 UTC"


def test_version_and_help(tmp_path: Path) -> None:
    program = Program(tmp_path, vault=False)
    version = program.here("--version")
    assert version.code == 0
    assert version.out.startswith("BrokerDesk ")
    words = program.here("--help")
    for command in ("self-test", "simulator", "connect", "refresh", "positions", "vault"):
        assert command in words.out
    assert "5 partly done" in " ".join(words.out.split())


def test_an_empty_profile_answers_every_command(tmp_path: Path) -> None:
    program = Program(tmp_path, vault=False)
    for command in ("connections", "accounts", "balances", "positions", "orders", "transactions"):
        assert program.here(command, "--json").rows() == []
        for_people = program.here(command)
        assert (for_people.code, for_people.out) == (0, "")
        assert for_people.err.strip()


def test_reading_asks_neither_network_nor_keychain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the keychain was asked")

    monkeypatch.setattr("brokerdesk.secrets.keychain.Keychain._ask", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    program = Program(tmp_path, vault=False)
    assert program.here("positions", "--json").rows() == []


def test_self_test_passes_and_names_what_it_found(tmp_path: Path) -> None:
    program = Program(tmp_path, vault=False)
    answer = program.run("self-test", "--json", timeout=110)
    found = json.loads(answer.out)
    assert found["ok"] is True, found
    assert answer.code == 0
    details = {check["name"]: check["detail"] for check in found["checks"]}
    assert all(set(check) == {"name", "ok", "detail"} for check in found["checks"])
    assert details["sqlite"].startswith("SQLite 3.")
    assert details["brokers"].split(", ")[0] == BROKER
    assert "vault" in details["keychain"]
    assert "painted" in details["window"]
    assert "drawn (pyqtgraph" in details["charts"]


def test_self_test_fails_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from brokerdesk.cli import self_test

    def broken() -> str:
        raise ImportError("no such driver")

    monkeypatch.setattr(self_test, "CHECKS", (("good", lambda: "fine"), ("bad", broken)))
    answer = Program(tmp_path, vault=False).here("self-test", "--json")
    assert answer.code == 1
    assert json.loads(answer.out) == {
        "ok": False,
        "checks": [
            {"name": "good", "ok": True, "detail": "fine"},
            {"name": "bad", "ok": False, "detail": "ImportError: no such driver"},
        ],
    }


@pytest.mark.parametrize(
    "line",
    [
        "", "--practice", "--offline --debug", "--json --quit-after-paint", "--theme dark",
        "--data-dir /some/where --theme light --practice",
    ],
)  # fmt: skip
def test_the_quick_way_to_the_window_reads_as_the_parser_does(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.cli import parser

    quick = parser._window(line.split())
    assert quick is not None
    read = vars(parser.parse(line.split()))
    monkeypatch.setattr(parser, "_window", lambda _: None)
    assert read == vars(parser.parse(line.split()))


@pytest.mark.parametrize(
    "line", ["accounts", "--json accounts", "--theme pink", "--data-dir", "--theme", "--help", "x"]
)
def test_anything_else_is_left_to_the_parser(line: str) -> None:
    from brokerdesk.cli import parser

    assert parser._window(line.split()) is None
