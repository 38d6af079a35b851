"""A real Secret Service: gnome-keyring on a session bus of its own, started by each test."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import support.secrets

pytestmark = [pytest.mark.keyring, pytest.mark.timeout(120)]

SCRIPT = Path(support.secrets.__file__).parent / "scripts" / "secret_service.py"
ROOT = SCRIPT.parents[3]
SERVICE = "keyring.backends.SecretService.Keyring"
UNLOCKED = (
    "printf pw | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null; "
    "for i in $(seq 100); do test -S $XDG_RUNTIME_DIR/keyring/control && break; sleep .05; done; "
)
PATIENT = 20.0


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    missing = [
        name
        for name in ("dbus-run-session", "gnome-keyring-daemon")
        if sys.platform != "linux" or shutil.which(name) is None
    ]
    if not missing:
        return
    said = f"no Secret Service here ({', '.join(missing)} missing): the keychain is NOT tested"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


class Session:
    """A user's home: the keychain's files outlive each login, the bus does not."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.profile = home / "profile"
        self._logins = 0

    def environment(self) -> dict[str, str]:
        self._logins += 1
        runtime = self.home / f"run-{self._logins}"
        runtime.mkdir(mode=0o700)
        kept = {"PATH", "LANG", "LC_ALL", "TMPDIR"}
        # No display, and no bus of whoever runs the tests.
        return {
            **{name: value for name, value in os.environ.items() if name in kept},
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_RUNTIME_DIR": str(runtime),
            "PYTHONPATH": str(ROOT),
        }

    def program(self, *actions: str, seconds: float = PATIENT) -> str:
        return shlex.join([sys.executable, str(SCRIPT), str(self.profile), str(seconds), *actions])

    def login(self, commands: str) -> list[list[dict[str, Any]]]:
        """Run shell commands in a new session; what each program printed."""
        done = subprocess.run(
            ["dbus-run-session", "--", "bash", "-c", commands],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]

    def sealed(self) -> list[str]:
        return sorted(path.name for path in (self.profile / "secrets").glob("*.sealed"))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "data").mkdir()
    yield Session(tmp_path)
    left = leftovers(tmp_path)
    assert left == [], "a keychain outlived its bus"


def leftovers(home: Path) -> list[str]:
    """Daemons that still run for this test's home."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environ = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f"HOME={home}\0".encode() in environ and b"gnome-keyring" in command:
            found.append(entry.name)
    return found


def answers(outcomes: list[dict[str, Any]]) -> list[Any]:
    return [outcome.get("answer", outcome.get("title")) for outcome in outcomes]


def test_sign_ins_survive_the_program_and_the_login(session: Session) -> None:
    first, second = session.login(
        UNLOCKED
        + session.program("backend", "ready", "save", "read", "describe")
        + "; "
        + session.program("read")
    )
    assert answers(first) == [
        SERVICE,
        "keyring",
        None,
        True,
        "Sign-ins are kept on this computer, sealed under a key in the Secret Service.",
    ]
    assert answers(second) == [True]
    (third,) = session.login(UNLOCKED + session.program("read", "delete", "read"))
    assert answers(third) == [True, None, "There is no saved sign-in for this connection."]
    assert session.sealed() == []


def test_nothing_secret_lies_in_the_profile(session: Session) -> None:
    session.login(UNLOCKED + session.program("save"))
    assert session.sealed() == ["schwab-0a1b2c3d.sealed"]
    for path in session.profile.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"0123456789abcdef" not in data
            assert b"bd1:" not in data
            assert path.stat().st_mode & 0o077 == 0


def test_a_keychain_locked_meanwhile_says_so_and_keeps_everything(session: Session) -> None:
    session.login(UNLOCKED + session.program("save"))
    _, locked = session.login(
        UNLOCKED + session.program("lock-keyring") + "; " + session.program("read", "ready", "save")
    )
    assert answers(locked) == ["The system keychain is locked."] * 3
    assert {outcome["error"] for outcome in locked} == {"SecretStoreLockedError"}
    assert session.sealed() == ["schwab-0a1b2c3d.sealed"]
    (again,) = session.login(UNLOCKED + session.program("read"))
    assert answers(again) == [True]


def test_a_keychain_that_nobody_unlocked_at_login_is_locked_not_missing(session: Session) -> None:
    session.login(UNLOCKED + session.program("save"))
    # Nothing is started here: the bus starts the service itself, locked, at the first call.
    (outcomes,) = session.login(session.program("read", "describe"))
    assert answers(outcomes)[0] == "The system keychain is locked."
    assert "Unlock it to sign in." in answers(outcomes)[1]


def test_a_stopped_keychain_is_given_up_in_time_and_the_program_ends(session: Session) -> None:
    session.login(UNLOCKED + session.program("save"))
    stop = "daemon=$(cat $XDG_RUNTIME_DIR/pid); kill -STOP $daemon; "
    started = (
        "printf pw | gnome-keyring-daemon --unlock --components=secrets --foreground >/dev/null & "
        "echo $! > $XDG_RUNTIME_DIR/pid; "
        "for i in $(seq 100); do test -S $XDG_RUNTIME_DIR/keyring/control && break; sleep .05; "
        "done; "
    )
    resume = "; kill -CONT $daemon; "
    warm, hung, after = session.login(
        started
        + session.program("read")
        + "; "
        + stop
        + session.program("read", "read", seconds=0.5)
        + resume
        + session.program("read")
        + "; kill $daemon"
    )
    assert answers(warm) == [True]
    assert answers(hung) == ["The system keychain does not answer."] * 2
    assert sum(outcome["seconds"] for outcome in hung) < 2.0, "the second did not wait again"
    assert answers(after) == [True]


def test_the_key_can_move_into_a_vault(session: Session) -> None:
    (outcomes,) = session.login(UNLOCKED + session.program("save", "vault", "read"))
    assert answers(outcomes) == [None, None, True]
    (later,) = session.login(UNLOCKED + session.program("read"))
    assert answers(later) == ["The passphrase vault is locked."]


def test_without_a_bus_there_is_no_keychain_and_it_says_how_to_go_on(session: Session) -> None:
    done = subprocess.run(
        shlex.split(session.program("backend", "ready", "save", "read", "describe")),
        env=session.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    outcomes = answers(json.loads(done.stdout))
    assert outcomes[:4] == ["keyring.backends.fail.Keyring", "session_only", None, True]
    assert "brokerdesk vault create" in outcomes[4]
    assert session.sealed() == []


def test_when_the_keychain_is_gone_the_sealed_sign_in_stays(session: Session) -> None:
    session.login(UNLOCKED + session.program("save"))
    done = subprocess.run(
        shlex.split(session.program("read")),
        env=session.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (outcome,) = json.loads(done.stdout)
    assert outcome["error"] == "SecretStoreMissingError"
    assert session.sealed() == ["schwab-0a1b2c3d.sealed"]
