"""Profile directories and private files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokerdesk import paths
from brokerdesk.paths import (
    default_profile,
    open_private,
    practice_profile,
    private_umask,
    profile_at,
    resource,
    sweep_temporaries,
    write_private,
)

posix = pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["000", "022", "077"])
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_name_lies_below_the_root(tmp_path: Path) -> None:
    profile = profile_at(tmp_path / "p")
    inside = [
        profile.settings_file,
        profile.portfolio_db,
        profile.journal_db,
        profile.backups,
        profile.secrets_dir,
        profile.log_dir,
        profile.lock_file,
        profile.certificate_file,
    ]
    assert len(set(inside)) == len(inside)
    assert all(path.parent == tmp_path / "p" for path in inside)
    assert not profile.root.exists(), "asking for names makes nothing"


@posix
def test_directories_are_private_whatever_the_umask(tmp_path: Path, any_umask: int) -> None:
    profile = profile_at(tmp_path / "p")
    profile.ensure()
    for directory in (profile.root, profile.backups, profile.secrets_dir, profile.log_dir):
        assert mode(directory) == 0o700


@posix
def test_a_directory_that_was_open_to_others_is_narrowed(tmp_path: Path) -> None:
    profile = profile_at(tmp_path / "p")
    profile.secrets_dir.mkdir(parents=True)
    profile.root.chmod(0o755)
    profile.secrets_dir.chmod(0o777)
    profile.ensure()
    assert mode(profile.root) == mode(profile.secrets_dir) == 0o700


@posix
def test_files_are_private_whatever_the_umask(tmp_path: Path, any_umask: int) -> None:
    write_private(tmp_path / "f", b"one")
    assert mode(tmp_path / "f") == 0o600


@posix
def test_replacing_a_public_file_makes_it_private(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.write_bytes(b"old")
    target.chmod(0o666)
    write_private(target, b"new")
    assert target.read_bytes() == b"new"
    assert mode(target) == 0o600


@posix
def test_opening_a_file_that_was_open_to_others_narrows_it(tmp_path: Path) -> None:
    target = tmp_path / "old.log"
    target.write_bytes(b"line")
    target.chmod(0o644)
    os.close(open_private(target, os.O_WRONLY | os.O_APPEND))
    assert mode(target) == 0o600
    assert target.read_bytes() == b"line"


@posix
def test_private_umask_covers_files_that_libraries_make(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert private_umask() == 0o022
        (tmp_path / "db-wal").touch()
    finally:
        os.umask(before)
    assert mode(tmp_path / "db-wal") == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = tmp_path / "f"
    write_private(target, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif step == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(os, "fdopen", fail)
    with pytest.raises(OSError, match="No space left"):
        write_private(target, b"new")
    monkeypatch.undo()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_bytes_and_name_are_durable_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        kind = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("sync directory" if kind else "sync file")
        real_fsync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        steps.append("replace")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_private(tmp_path / "f", b"x")
    expected = ["sync file", "replace"] + (["sync directory"] if os.name != "nt" else [])
    assert steps == expected


def test_sweeping_takes_old_leftovers_only(tmp_path: Path) -> None:
    old, fresh, other = tmp_path / ".a.1.tmp", tmp_path / ".b.2.tmp", tmp_path / "c.tmp"
    for path in (old, fresh, other):
        path.touch()
    os.utime(old, (1000, 1000))
    os.utime(fresh, (9000, 9000))
    os.utime(other, (1000, 1000))
    assert sweep_temporaries(tmp_path, before=5000) == 1
    assert not old.exists()
    assert fresh.exists()
    assert other.exists()


def test_sweeping_where_nothing_is_finds_nothing(tmp_path: Path) -> None:
    assert sweep_temporaries(tmp_path / "absent", before=5000) == 0


def test_practice_lies_beside_the_users_own_profile() -> None:
    assert practice_profile().root.parent == default_profile().root.parent
    assert practice_profile().root != default_profile().root


def test_socket_names_are_stable_short_and_one_per_profile(tmp_path: Path) -> None:
    one, two = profile_at(tmp_path / "a"), profile_at(tmp_path / "b")
    (tmp_path / "a").mkdir()
    assert one.socket_name == profile_at(tmp_path / "b" / ".." / "a").socket_name
    assert one.socket_name != two.socket_name
    assert len(profile_at(tmp_path / ("x" * 200)).socket_name) < 40


@posix
def test_a_link_to_a_profile_is_that_profile(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert profile_at(tmp_path / "link").socket_name == profile_at(tmp_path / "real").socket_name


def test_a_named_directory_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert profile_at(Path("here")).root == tmp_path / "here"


@pytest.mark.parametrize("place", ["source", "wheel", "bundle", "bundle-package"])
def test_resources_are_found_in_every_kind_of_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    where = {
        "source": tmp_path / "resources",
        "wheel": tmp_path / "brokerdesk" / "_resources",
        "bundle": tmp_path / "resources",
        "bundle-package": tmp_path / "brokerdesk" / "_resources",
    }[place]
    (where / "icons").mkdir(parents=True)
    (where / "icons" / "x.svg").touch()
    (tmp_path / "brokerdesk").mkdir(exist_ok=True)
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "brokerdesk" / "paths.py"))
    if place.startswith("bundle"):
        monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("icons/x.svg").samefile(where / "icons" / "x.svg")
    with pytest.raises(FileNotFoundError, match="not part of this installation"):
        resource("icons/y.svg")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../pyproject.toml", "icons/../../x"])
def test_resource_names_cannot_climb_out(name: str) -> None:
    with pytest.raises(ValueError, match="not a resource name"):
        resource(name)
