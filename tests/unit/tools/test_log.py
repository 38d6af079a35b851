"""The log is private, rotates, and repeats nothing that it should not."""

from __future__ import annotations

import base64
import faulthandler
import logging
import os
import stat
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from brokerdesk import log
from brokerdesk.log import LogHandle, log_http, register_account, register_secret, start_log

posix = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")


@pytest.fixture(autouse=True)
def fault_handler_as_before() -> Iterator[None]:
    enabled = faulthandler.is_enabled()
    yield
    if enabled:
        faulthandler.enable(sys.__stderr__ or 2)


@pytest.fixture
def opened(tmp_path: Path, fault_handler_as_before: None) -> Iterator[LogHandle]:
    handle = start_log(tmp_path / "logs")
    yield handle
    handle.close()


def text_of(handle: LogHandle) -> str:
    for handler in handle.handlers:
        handler.flush()
    return handle.file.read_text(encoding="utf-8")


def test_requests_are_logged_by_what_is_harmless(opened: LogHandle) -> None:
    log_http("GET", "api.example", "/trader/v1/accounts/{hash}?fields=positions", 200, 41.6)
    log_http("POST", "api.example", "/v1/oauth/token", "timeout", 20_000)
    text = text_of(opened)
    assert "GET api.example/trader/v1/accounts/{hash} -> 200 in 42 ms" in text
    assert "POST api.example/v1/oauth/token -> timeout in 20000 ms" in text
    assert "fields" not in text


@pytest.mark.allow_warnings("brokerdesk.test|somelib")
def test_planted_secrets_do_not_come_through(opened: LogHandle) -> None:
    secret, account = "pl4nted/S3cret+value=", "987654321"
    register_secret(secret)
    register_account(account)
    ours, foreign = logging.getLogger("brokerdesk.test"), logging.getLogger("somelib")
    ours.info("plain %s", secret)
    ours.info("quoted %s", urllib.parse.quote(secret, safe=""))
    ours.info("basic %s", base64.b64encode(f"key:{secret}".encode()).decode())
    ours.info({"mapping": secret})
    ours.info("account %s", account)
    foreign.warning("body %r", {"t": secret})
    try:
        raise ValueError(f"with {secret}")
    except ValueError:
        ours.exception("failed")
    ours.info("stack", stack_info=True)
    text = text_of(opened)
    for shape in (
        secret,
        urllib.parse.quote(secret, safe=""),
        base64.b64encode(f"key:{secret}".encode()).decode(),
        account,
    ):
        assert shape not in text
    assert text.count("[secret]") >= 6
    assert "…4321" in text
    assert "ValueError" in text, "the traceback itself is kept"


@pytest.mark.allow_warnings("httpx: refused")
def test_libraries_are_heard_from_warning_on_only(opened: LogHandle) -> None:
    for name in ("httpx", "httpcore.http11", "aiohttp.access", "asyncio", "some.new.library"):
        logging.getLogger(name).info("GET https://api.example/x?token=1")
        logging.getLogger(name).debug("body")
    logging.getLogger("httpx").warning("refused https://api.example/x?token=1")
    logging.getLogger("brokerdesk.a").debug("not without --debug")
    logging.getLogger("brokerdesk.a").info("ours")
    lines = text_of(opened).splitlines()
    assert len(lines) == 2
    assert "token" not in lines[0]
    assert lines[1].endswith("brokerdesk.a: ours")


def test_debug_opens_our_own_modules_and_nobody_elses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = start_log(tmp_path, debug=True, to_stderr=True, name="cli")
    try:
        logging.getLogger("brokerdesk.a").debug("ours")
        logging.getLogger("httpx").info("theirs")
        text = text_of(handle)
    finally:
        handle.close()
    assert "ours" in text
    assert "theirs" not in text
    assert "ours" in capsys.readouterr().err
    assert handle.file.name == "cli.log"


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_files_and_rotated_files_are_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int
) -> None:
    monkeypatch.setattr(log, "_MAX_BYTES", 500)
    before = os.umask(mask)
    try:
        handle = start_log(tmp_path / "logs")
        for number in range(60):
            logging.getLogger("brokerdesk.test").info("line %d", number)
        handle.close()
    finally:
        os.umask(before)
    found = list((tmp_path / "logs").iterdir())
    assert len(found) == 6, "five logs and the faults"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700


@pytest.mark.parametrize("broken", ["full disk", "bad arguments"])
def test_a_line_that_cannot_be_written_is_not_printed_past_the_redactor(
    opened: LogHandle,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    (handler,) = opened.handlers
    form = "x %s" if broken == "full disk" else "x %d"
    record = logging.LogRecord("x", logging.INFO, "f", 1, form, ("pl4nted-s3cret",), None)

    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        if broken == "full disk":
            patched.setattr(handler, "stream", SimpleNamespace(write=full, flush=lambda: None))
            patched.setattr(handler, "shouldRollover", lambda _: False)
        handler.handle(record)
    assert "pl4nted" not in "".join(capsys.readouterr())


def test_closing_restores_what_was_before(tmp_path: Path) -> None:
    root, ours = logging.getLogger(), logging.getLogger("brokerdesk")
    before = (list(root.handlers), root.level, ours.level)
    handle = start_log(tmp_path, debug=True)
    handle.close()
    assert (list(root.handlers), root.level, ours.level) == before
    handle.close()


@posix
def test_a_crash_leaves_a_private_trace_and_no_core(tmp_path: Path) -> None:
    code = (
        "import faulthandler, sys\n"
        "from pathlib import Path\n"
        "from brokerdesk.log import start_log, forbid_core_dumps\n"
        "assert forbid_core_dumps()\n"
        "start_log(Path(sys.argv[1]))\n"
        "sentinel = 'pl4nted-s3cret-in-a-local'\n"
        "faulthandler._sigabrt()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "logs")], cwd=tmp_path, check=False, timeout=30
    )
    assert done.returncode == -6
    faults = tmp_path / "logs" / "brokerdesk-faults.log"
    text = faults.read_text(encoding="utf-8")
    assert "Fatal Python error: Aborted" in text
    assert "pl4nted" not in text
    assert stat.S_IMODE(faults.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("core*"))


@posix
def test_core_dumps_are_off_for_children_too() -> None:
    code = (
        "import resource\n"
        "from brokerdesk.log import forbid_core_dumps\n"
        "assert forbid_core_dumps() and forbid_core_dumps()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
