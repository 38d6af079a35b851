"""Backups that were damaged, mixed up or made by somebody else: refused, and nothing is touched."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlcipher3.dbapi2 as sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.backups import (
    back_up,
    content,
    copy_profile,
    forge,
    make_profile,
    members,
    rows,
    worth,
    write_archive,
)
from support.clock import FakeClock
from support.db import NOON, execute_raw, raw_connection

from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseTooNewError,
    DiskFullError,
    StorageError,
)
from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.services import backup_format
from brokerdesk.services.backing_up import look_into, restore
from brokerdesk.services.backup_format import DATABASE, MANIFEST, SETTINGS, Manifest, Member
from brokerdesk.services.watched import Stage, Watch

CLOCK = FakeClock(NOON)
PARTS = (DATABASE, SETTINGS, MANIFEST)


@pytest.fixture
def paths(tmp_path: Path) -> ProfilePaths:
    """The profile that must stay as it is."""
    return make_profile(tmp_path / "present", worth="7")


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    target = tmp_path / "good.brokerdesk-backup"
    await back_up(make_profile(tmp_path / "source"), target)
    return target


async def refused(
    paths: ProfilePaths, file: Path, kind: type[StorageError] = StorageError
) -> StorageError:
    before = content(paths)
    with pytest.raises(kind) as told:
        await restore(paths, file, CLOCK)
    assert content(paths) == before
    assert told.value.message
    return told.value


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("how", ["flipped", "shorter", "longer", "gone", "twice", "empty"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_every_member_is_watched(
    paths: ProfilePaths, file: Path, tmp_path: Path, name: str, how: str
) -> None:
    """The archive itself is sound each time: its own checksums would not tell."""
    parts = members(file)
    whole = parts[name]
    middle = len(whole) // 2
    changed = {
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "shorter": whole[:-1],
        "longer": whole + b" ",
        "empty": b"",
    }.get(how)
    bad = tmp_path / "bad"
    if changed is not None:
        write_archive(bad, {**parts, name: changed})
    elif how == "gone":
        write_archive(bad, {key: data for key, data in parts.items() if key != name})
    else:
        write_archive(bad, parts)
        with zipfile.ZipFile(bad, "a") as archive:
            archive.writestr(name, whole)
    if name == MANIFEST and how == "longer":
        # Blanks after the end say nothing else.
        assert await look_into(bad) == await look_into(file)
        return
    await refused(paths, bad)


@pytest.mark.parametrize(
    "change",
    [
        {"program": "0.1.1"},
        {"created_at": NOON - timedelta(days=1)},
        {"schema": 0},
        {"accounts": 3},
        {"environments": ()},
        {"seal": "0" * 64},
    ],
    ids=str,
)
async def test_every_word_of_the_manifest_is_watched(
    paths: ProfilePaths, file: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    parts = members(file)
    manifest = msgspec.json.decode(parts[MANIFEST], type=Manifest)
    parts[MANIFEST] = msgspec.json.encode(msgspec.structs.replace(manifest, **change))
    await refused(paths, write_archive(tmp_path / "bad", parts), DatabaseDamagedError)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"format": 1, "version": 1}',
        b'{"format": "brokerdesk-backup", "version": 1}',
        b'{"format": "brokerdesk-backup", "version": "1"}',
        b'{"format": "another", "version": 1}',
        b"[" * 60000,
        b"\xff\xfe",
    ],
    ids=lambda text: str(text[:50]),
)
async def test_manifests_that_make_no_sense(
    paths: ProfilePaths, file: Path, tmp_path: Path, text: bytes
) -> None:
    parts = members(file) | {MANIFEST: text}
    error = await refused(paths, write_archive(tmp_path / "bad", parts))
    assert error.title in ("This file is not a BrokerDesk backup.", "The backup is damaged.")


async def test_flipped_bytes_and_cut_ends(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    """Whatever byte is flipped, the file is refused or says exactly the same."""
    good, bad = file.read_bytes(), tmp_path / "bad"  # noqa: ASYNC240
    wanted, manifest = members(file), await look_into(file)
    dice = random.Random(7)
    places = {*range(40), *range(len(good) - 300, len(good))}
    places |= {dice.randrange(len(good)) for _ in range(300)}
    told = 0
    for place in sorted(places):
        write(
            bad, good[:place] + bytes([good[place] ^ (1 << dice.randrange(8))]) + good[place + 1 :]
        )
        told += not same(bad, wanted, manifest)
    assert told > len(places) // 2
    for end in sorted({dice.randrange(len(good)) for _ in range(100)}):
        write(bad, good[:end])
        assert not same(bad, wanted, manifest)


def write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def same(path: Path, wanted: dict[str, bytes], manifest: Manifest) -> bool:
    """False: refused. A backup that is taken must say what the good one said."""
    found = {}
    try:
        with backup_format.opened(path) as archive:
            for name in (DATABASE, SETTINGS):
                sink = io.BytesIO()
                archive.extract(name, sink.write, Watch(), Stage.UNPACKING)
                found[name] = sink.getvalue()
            assert archive.manifest == manifest
    except StorageError:
        return False
    assert found == {name: wanted[name] for name in found}
    return True


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=600) | st.binary(max_size=200).map(lambda tail: b"PK\x05\x06" + tail)
)
def test_any_bytes_at_all(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(data)
    with pytest.raises(StorageError), backup_format.opened(path):
        pass


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "secrets/vault.json", "x", "PORTFOLIO.DB"]
)
async def test_no_member_of_another_name(
    paths: ProfilePaths, file: Path, tmp_path: Path, name: str
) -> None:
    await refused(paths, write_archive(tmp_path / "bad", members(file) | {name: b"evil"}))
    sneaky = {**members(file), name: b"evil"}
    bad = forge(
        tmp_path / "worse",
        write_archive(tmp_path / "bad", sneaky),
        members={name: Member(size=4, sha256="0" * 64)},
    )
    await refused(paths, bad)
    assert not (tmp_path / "evil").exists()


async def test_things_that_are_no_backup(paths: ProfilePaths, tmp_path: Path) -> None:
    for name in ("missing", "folder", "text", "a\x00b"):
        if name == "folder":
            (tmp_path / name).mkdir()
        if name == "text":
            write(tmp_path / name, b"hello")
        await refused(paths, tmp_path / name)
    await refused(paths, paths.portfolio_db)


# -- bombs


def bomb(size: int) -> bytes:
    return bytes(size)


async def test_a_settings_bomb(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    await refused(
        paths, forge(tmp_path / "bad", file, parts={SETTINGS: bomb(2 << 20)}), DatabaseDamagedError
    )


async def test_a_database_bomb(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    error = await refused(
        paths, forge(tmp_path / "bad", file, parts={DATABASE: bomb(65 << 20)}), DatabaseDamagedError
    )
    assert "packed" in error.message


async def test_a_manifest_bomb(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    await refused(
        paths,
        write_archive(tmp_path / "bad", members(file) | {MANIFEST: b" " * (1 << 17)}),
        DatabaseDamagedError,
    )


async def test_a_size_that_lies_is_stopped_at_what_was_said(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    """Central directory and manifest say 100 bytes; the stream goes on for 64 MB."""
    said = Member(size=100, sha256="0" * 64)
    settings_said = Member(size=len(members(file)[SETTINGS]), sha256="0" * 64)
    bad = forge(
        tmp_path / "bad",
        file,
        parts={DATABASE: bomb(64 << 20)},
        members={DATABASE: said, SETTINGS: settings_said},
    )
    data = bytearray(bad.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark)
        while at >= 0:
            if struct.unpack_from("<I", data, at + offset)[0] == 64 << 20:
                struct.pack_into("<I", data, at + offset, 100)
            at = data.find(mark, at + 4)
    write(bad, bytes(data))
    taken: list[int] = []
    with backup_format.opened(bad) as archive, pytest.raises(DatabaseDamagedError):
        archive.extract(
            DATABASE,
            lambda chunk: taken.append(len(chunk)),
            Watch(),
            Stage.UNPACKING,
        )
    assert sum(taken) <= 100
    await refused(paths, bad, DatabaseDamagedError)


async def test_a_disk_without_room(
    paths: ProfilePaths, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    await refused(paths, file, DiskFullError)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
async def test_packed_in_another_way(
    paths: ProfilePaths, file: Path, tmp_path: Path, method: int
) -> None:
    await refused(paths, write_archive(tmp_path / "bad", members(file), method))


async def test_stored_without_packing_is_fine(file: Path, tmp_path: Path) -> None:
    plain = write_archive(tmp_path / "plain", members(file), zipfile.ZIP_STORED)
    done = await restore(profile_at(tmp_path / "new"), plain, CLOCK)
    assert done.connections == 1


# -- newer programs, and databases that agree with their manifest and are still not ours


async def test_a_newer_form_of_backup(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    parts = {MANIFEST: b'{"format":"brokerdesk-backup","version":2,"program":"9.0","x":[]}'}
    error = await refused(paths, write_archive(tmp_path / "bad", parts), DatabaseTooNewError)
    assert "BrokerDesk 9.0" in error.message
    rude = {MANIFEST: parts[MANIFEST].replace(b"9.0", "\u202e<b>".encode())}
    error = await refused(paths, write_archive(tmp_path / "bad", rude), DatabaseTooNewError)
    assert "<b>" not in error.message


def altered(file: Path, tmp_path: Path, *statements: str) -> bytes:
    database = tmp_path / "altered.db"
    database.write_bytes(members(file)[DATABASE])
    execute_raw(database, *statements)
    return database.read_bytes()


async def test_a_newer_database(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    newer = altered(file, tmp_path, "PRAGMA user_version = 999")
    bad = forge(tmp_path / "bad", file, parts={DATABASE: newer}, schema=999)
    error = await refused(paths, bad, DatabaseTooNewError)
    assert "newer BrokerDesk" in error.title


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON connections BEGIN DELETE FROM failures; END",
        "CREATE VIEW evil AS SELECT * FROM accounts",
        "CREATE TABLE evil (x)",
        "DROP TABLE quotes",
        "DROP INDEX snapshots_frame",
        "PRAGMA user_version = 0",
    ],
)
async def test_a_database_that_is_not_quite_ours(
    paths: ProfilePaths, file: Path, tmp_path: Path, statement: str
) -> None:
    other = altered(file, tmp_path, statement)
    await refused(
        paths, forge(tmp_path / "bad", file, parts={DATABASE: other}), DatabaseDamagedError
    )


async def test_a_view_in_the_place_of_a_table(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    other = altered(
        file, tmp_path, "ALTER TABLE quotes RENAME TO q", "CREATE VIEW quotes AS SELECT * FROM q"
    )
    await refused(
        paths, forge(tmp_path / "bad", file, parts={DATABASE: other}), DatabaseDamagedError
    )


async def test_pages_that_do_not_fit_together(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    whole = members(file)[DATABASE]
    told = 0
    for page in range(1, len(whole) // 4096):
        broken = whole[: page * 4096] + b"\xff" * 4096 + whole[(page + 1) * 4096 :]
        bad = forge(tmp_path / "bad", file, parts={DATABASE: broken})
        other = copy_profile(paths, tmp_path / f"copy{page}")
        before = content(other)
        with pytest.raises(StorageError):
            await restore(other, bad, CLOCK)
        assert content(other) == before
        told += 1
        if told == 12:
            break
    assert told == 12


async def test_another_schema_than_was_said(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    await refused(paths, forge(tmp_path / "bad", file, schema=7), DatabaseDamagedError)


async def test_somebody_elses_database(paths: ProfilePaths, file: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with closing(sqlite.connect(str(foreign))) as raw:
        raw.execute("CREATE TABLE x (y)")
        raw.commit()
    bad = forge(tmp_path / "bad", file, parts={DATABASE: foreign.read_bytes()})
    await refused(paths, bad, DatabaseDamagedError)


async def test_settings_that_are_none_become_the_defaults(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    odd = forge(tmp_path / "odd", file, parts={SETTINGS: b'{"theme": "pink"}'})
    done = await restore(paths, odd, CLOCK)
    assert "theme" in done.notes[0]
    assert worth(paths) == 1000
    assert rows(paths.portfolio_db)
    with closing(raw_connection(paths.portfolio_db)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
