"""One window per profile: the second raises the first, and the dead are not in the way."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from brokerdesk.paths import ProfilePaths
from brokerdesk.ui.single_instance import SingleInstance

OTHER = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from PySide6.QtCore import QCoreApplication
    from brokerdesk.ui.single_instance import SingleInstance
    app = QCoreApplication([])
    single = SingleInstance(sys.argv[1], Path(sys.argv[2]))
    claimed = single.claim()
    print(json.dumps({"claimed": claimed, "raised": not claimed and single.raise_first()}))
    sys.stdout.flush()
    if len(sys.argv) > 3:
        sys.stdin.read()
    """
)


def command(profile: ProfilePaths, *more: str) -> list[str]:
    return [sys.executable, "-c", OTHER, profile.socket_name, str(profile.lock_file), *more]


def test_the_second_raises_the_first(profile: ProfilePaths, qtbot: QtBot) -> None:
    first = SingleInstance(profile.socket_name, profile.lock_file)
    assert first.claim()
    raised: list[None] = []
    first.raise_wanted.connect(lambda: raised.append(None))
    with subprocess.Popen(command(profile), stdout=subprocess.PIPE) as second:
        qtbot.waitUntil(lambda: bool(raised), timeout=20_000)
        output, _ = second.communicate(timeout=20)
    assert json.loads(output) == {"claimed": False, "raised": True}
    first.release()


def test_a_killed_first_is_not_in_the_way(profile: ProfilePaths) -> None:
    with subprocess.Popen(
        command(profile, "stay"), stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as killed:
        assert killed.stdout is not None
        assert json.loads(killed.stdout.readline())["claimed"]
        killed.kill()
    assert profile.lock_file.exists()
    second = SingleInstance(profile.socket_name, profile.lock_file)
    assert second.claim()
    second.release()


def test_two_profiles_are_two_windows(profile: ProfilePaths, tmp_path: object) -> None:
    other = ProfilePaths(profile.root.with_name("other"))
    other.ensure()
    assert other.socket_name != profile.socket_name
    one = SingleInstance(profile.socket_name, profile.lock_file)
    two = SingleInstance(other.socket_name, other.lock_file)
    assert one.claim()
    assert two.claim()
    one.release()
    two.release()


def test_a_released_profile_can_be_claimed_again(profile: ProfilePaths) -> None:
    for _ in range(2):
        single = SingleInstance(profile.socket_name, profile.lock_file)
        assert single.claim()
        single.release()


def test_strangers_on_the_socket_are_not_listened_to(profile: ProfilePaths, qtbot: QtBot) -> None:
    first = SingleInstance(profile.socket_name, profile.lock_file)
    assert first.claim()
    raised: list[None] = []
    first.raise_wanted.connect(lambda: raised.append(None))
    stranger = QLocalSocket()
    stranger.connectToServer(profile.socket_name)
    assert stranger.waitForConnected(2000)
    stranger.write(b"GET / HTTP/1.1\r\n" * 100)
    stranger.flush()
    qtbot.waitUntil(lambda: stranger.state() == QLocalSocket.LocalSocketState.UnconnectedState)
    assert raised == []
    first.release()


def test_a_profile_that_cannot_be_written_still_opens(profile: ProfilePaths) -> None:
    single = SingleInstance(profile.socket_name, profile.root / "none" / "lock")
    assert single.claim()
    single.release()
