"""Profiles to back up, what a profile consists of, and archives made by hand."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from support.clock import FakeClock
from support.db import (
    ACCOUNT,
    NOON,
    add_accounts,
    make_connection,
    make_reading,
    open_database,
    raw_connection,
)

from brokerdesk.db.engine import Database
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.services.backing_up import BackingUpService
from brokerdesk.services.backup_format import DATABASE, MANIFEST, SETTINGS, Manifest, Member
from brokerdesk.settings import Settings, SettingsFile

SECRET = "hunter2-sentinel"
OURS = Settings(
    theme="dark",
    proxy=f"http://me:{SECRET}@proxy.example:80",
    ca_file="/etc/ours.pem",
    backup_folder="/media/ours",
)


def make_profile(
    folder: Path, *, worth: str = "1000.00", settings: Settings = OURS
) -> ProfilePaths:
    """A profile with one signed-in connection, two accounts, a snapshot and planted secrets."""
    paths = profile_at(folder)
    paths.ensure()
    with closing(open_database(folder)) as database:

        def write(work: Any) -> None:
            add_accounts(work)
            row = replace(
                make_connection(), state=ConnectionState.OK, signed_in_at=NOON, sign_in_ends=NOON
            )
            work.connections.update(row)
            work.snapshots.store(make_reading(worth=worth))

        database.run_sync(write)
    SettingsFile(paths.settings_file).save(settings)
    for place in (
        paths.secrets_dir / "fake-00000001.sealed",
        paths.certificate_file,
        paths.log_dir / "brokerdesk.log",
        paths.root / "window.ini",
    ):
        place.write_text(SECRET)
    return paths


def open_profile(paths: ProfilePaths) -> Database:
    return Database.open(paths.portfolio_db, backups=paths.backups, clock=FakeClock(NOON))


async def back_up(paths: ProfilePaths, target: Path, settings: Settings = OURS) -> Manifest:
    database = open_profile(paths)
    try:
        service = BackingUpService(paths=paths, database=database, clock=FakeClock(NOON))
        return await service.back_up(target, settings)
    finally:
        await database.aclose()


def worth(paths: ProfilePaths) -> Decimal | None:
    with closing(open_profile(paths)) as database:
        snapshot = database.read_sync(lambda work: work.snapshots.latest(ACCOUNT))
    assert snapshot is not None
    assert snapshot.reading is not None
    return snapshot.reading.balances[0].net_liquidation


def rows(database: Path) -> str:
    """A digest of every row of every table: what the file says, not how it lies on the disk."""
    whole = hashlib.sha256()
    with closing(raw_connection(database)) as raw:
        tables = raw.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        for name, sql in tables:
            whole.update(f"{name} {sql}".encode())
            if sql and sql.startswith("CREATE TABLE"):
                found = raw.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
                whole.update(repr(sorted(map(repr, found))).encode())
    return whole.hexdigest()


def content(paths: ProfilePaths) -> dict[str, str]:
    """Everything in the profile, by name; the database by its rows."""
    found = {}
    for file in sorted(paths.root.rglob("*")):
        if file.is_file() and not file.name.endswith(("-wal", "-shm")):
            same = rows(file) if file.suffix == ".db" else file.read_bytes().hex()
            found[str(file.relative_to(paths.root))] = same
    return found


def members(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def write_archive(
    path: Path, parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def forge(path: Path, source: Path, *, parts: Mapping[str, bytes] = {}, **fields: Any) -> Path:
    """A copy of ``source`` with other content and a manifest that agrees with it in every way."""
    old = members(source)
    manifest = msgspec.json.decode(old[MANIFEST], type=Manifest)
    new = {name: parts.get(name, old[name]) for name in (DATABASE, SETTINGS)}
    fields["members"] = fields.get("members") or {
        name: Member(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in new.items()
    }
    manifest = msgspec.structs.replace(manifest, **fields)
    manifest = msgspec.structs.replace(manifest, seal=manifest.digest())
    return write_archive(path, {**new, MANIFEST: msgspec.json.encode(manifest)})


def copy_profile(paths: ProfilePaths, folder: Path) -> ProfilePaths:
    shutil.copytree(paths.root, folder)
    return profile_at(folder)
