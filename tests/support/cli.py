"""The program as a person in a terminal meets it: real processes, a real profile, a real market."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from support.brokers import free_port

PASSPHRASE = "correct horse battery"
BROKER = "schwab"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """The JSON list of a command that worked."""
        assert self.code == 0, self.err
        found = json.loads(self.out)
        assert isinstance(found, list)
        return found

    def last(self) -> dict[str, Any]:
        """The JSON object on the last line."""
        found = json.loads(self.out.strip().splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def error(self) -> dict[str, str]:
        """The JSON error on the last line of standard error."""
        found = json.loads(self.err.strip().splitlines()[-1])["error"]
        assert isinstance(found, dict)
        return found


class Market:
    """``brokerdesk simulator`` as a child, with a callback port of its own."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "brokerdesk",
                "simulator",
                "--json",
                "--exit-with-stdin",
                *arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.first_line = self._process.stdout.readline()
        described = json.loads(self.first_line)["brokers"][BROKER]
        self.base_url: str = described["base_url"]
        self.control_url: str = described["control_url"]
        self.secrets: dict[str, str] = dict(described["secrets"])
        callback = f"https://127.0.0.1:{free_port()}"
        self.control("switches", {"callback_urls": [callback], "throttle_per_minute": None})
        self.secrets["callback_url"] = callback

    @property
    def port(self) -> int:
        port = urlsplit(self.base_url).port
        assert port is not None
        return port

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        parts = urlsplit(self.control_url)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(
                method,
                f"{parts.path}/{path}",
                None if body is None else json.dumps(body),
                {"Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return json.loads(text)
        finally:
            connection.close()

    def approve(self, url: str, action: str = "allow") -> str:
        """Decide at the consent page as the person would; the address the browser ends on."""
        return str(self.control("approve", {"url": url, "action": action})["redirect"])

    def kill(self) -> None:
        self._process.kill()
        self.close()

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def market(*arguments: str) -> Iterator[Market]:
    made = Market(*arguments)
    try:
        yield made
    finally:
        made.close()


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """``brokerdesk`` on one profile directory."""

    def __init__(self, directory: Path, *, vault: bool = True) -> None:
        self.directory = directory
        self.profile = directory / "profile"
        self.passphrase_file = directory / "passphrase"
        self.passphrase_file.write_text(PASSPHRASE + "\n")
        self.passphrase_file.chmod(0o600)
        self.environment = {
            **os.environ,
            "BROKERDESK_VAULT_PASSPHRASE_FILE": str(self.passphrase_file),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONWARNINGS": "error",
        }
        if vault:
            made = self.run("vault", "create")
            assert made.code == 0, made.err

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [
            sys.executable,
            "-m",
            "brokerdesk",
            "--data-dir",
            str(self.profile),
            *arguments,
        ]

    def run(
        self, *arguments: str, stdin: str = "", timeout: float = 60, file_limit: int | None = None
    ) -> Answer:
        """A process of its own. ``file_limit``: no file of it may grow beyond so many bytes."""
        command = self._command(arguments)
        if file_limit is not None:
            command = ["sh", "-c", f'ulimit -f {file_limit // 512} && exec "$@"', "sh", *command]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=timeout,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            # A shell starts background work with interrupts ignored, and children inherit that.
            preexec_fn=_interruptible,
        )

    def here(self, *arguments: str) -> Answer:
        """The same in this process, for commands that only read: much faster."""
        from brokerdesk.cli import main

        out, err = io.StringIO(), io.StringIO()
        before = os.umask(0o022)
        os.umask(before)
        code: object
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, self.environment),
        ):
            try:
                code = main(["--data-dir", str(self.profile), *arguments])
            except SystemExit as ended:
                code = ended.code
            finally:
                os.umask(before)
        assert isinstance(code, int)
        return Answer(code, out.getvalue(), err.getvalue())

    def connect(
        self, where: Market, *more: str, action: str = "allow", by: str = "paste"
    ) -> Answer:
        """Connect with the browser's part played: the address pasted, or called back over TLS."""
        secrets = self.directory / "secrets.json"
        secrets.write_text(json.dumps(where.secrets))
        arguments = [
            "connect",
            BROKER,
            "--env",
            "practice",
            "--practice-url",
            where.base_url,
            "--secrets",
            str(secrets),
            "--json",
            *more,
        ]
        return self.converse(arguments, where, action=action, by=by)

    def converse(
        self, arguments: list[str], where: Market, *, action: str = "allow", by: str = "paste"
    ) -> Answer:
        process = self.start(*arguments)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                out, err = process.communicate(timeout=60)
                return Answer(process.returncode, out, err)
            address = where.approve(json.loads(line)["url"], action)
            if by == "callback":
                assert call_back(address) == 200
                out, err = process.communicate(timeout=60)
            else:
                out, err = process.communicate(address + "\n", timeout=60)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return Answer(process.returncode, line + out, err)


def call_back(address: str) -> int:
    """Follow the redirect as a browser whose user went past the certificate warning."""
    parts = urlsplit(address)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=context, timeout=20)
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        while answer.status in (302, 303):  # the answer page without the code in its address
            connection.close()
            connection.request("GET", str(answer.getheader("Location")))
            answer = connection.getresponse()
            answer.read()
        return answer.status
    finally:
        connection.close()
