"""The simulator as a program: its first line, and the ways in which it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from brokerdesk.simulator.main import run
from brokerdesk.simulator.options import SimulatorOptions


def _start(*arguments: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "brokerdesk.simulator", "--json", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    return program, json.loads(program.stdout.readline())


def _end(program: subprocess.Popen[bytes]) -> bytes:
    _, errors = program.communicate(timeout=20)
    return errors


def test_the_first_line_tells_everything_and_it_serves_until_its_input_ends() -> None:
    program, line = _start("--exit-with-stdin", "--seed", "4")
    try:
        schwab = line["brokers"]["schwab"]
        assert schwab["secrets"].keys() == {"app_key", "app_secret", "callback_url"}
        assert schwab["control_url"].startswith(schwab["base_url"] + "/")
        with urllib.request.urlopen(schwab["control_url"] + "/clock", timeout=10) as answer:  # noqa: S310
            assert "now" in json.load(answer)
    finally:
        errors = _end(program)  # closes its input
    assert (program.returncode, errors) == (0, b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_on_signals(number: signal.Signals) -> None:
    program, _ = _start()
    program.send_signal(number)
    errors = _end(program)
    assert (program.returncode, errors) == (0, b"")


def test_a_fault_file_is_in_force_from_the_start(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"kind": "html"}]))
    program, line = _start("--exit-with-stdin", "--faults", str(script))
    try:
        url = line["brokers"]["schwab"]["base_url"] + "/trader/v1/accounts"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            assert b"Hotel WiFi" in answer.read()
    finally:
        _end(program)


@pytest.mark.parametrize("text", ["{}", "nonsense", '[{"kind": "nonsense"}]', None])
def test_a_bad_fault_file_is_told_and_nothing_starts(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "faults.json"
    if text is not None:
        script.write_text(text)
    assert run(SimulatorOptions(faults_file=script)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("The simulator could not start: ")
