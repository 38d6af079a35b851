"""Where a profile lives on disk, and the only way private files are written.

It exists so that file names, modes and the write-then-rename ritual are decided once. It must not
know what any file contains. Importable before the first paint: standard library only, platformdirs
inside the functions that need it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from functools import lru_cache
from pathlib import Path

from brokerdesk.facts import dataclass

APP_NAME = "BrokerDesk"
_PRACTICE_NAME = "BrokerDesk Practice"
RESTORING_PREFIX = ".restoring-"
"""How the working folder of a restore begins."""
_TEMP_SUFFIX = ".tmp"
_REPLACE_TRIES = 20
_REPLACE_PAUSE = 0.025


@dataclass(frozen=True, slots=True)
class ProfilePaths:
    """All names under one profile's directory. Nothing exists until ``ensure``."""

    root: Path

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def portfolio_db(self) -> Path:
        return self.root / "portfolio.db"

    @property
    def journal_db(self) -> Path:
        return self.root / "journal.db"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def secrets_dir(self) -> Path:
        return self.root / "secrets"

    @property
    def rates_dir(self) -> Path:
        """Where the requests of the last minute are counted, for all processes of the profile."""
        return self.root / "rates"

    @property
    def practice_orders(self) -> Path:
        """What was ordered at the simulated brokers."""
        return self.root / "practice-orders.json"

    @property
    def log_dir(self) -> Path:
        return self.root / "logs"

    @property
    def lock_file(self) -> Path:
        return self.root / "brokerdesk.lock"

    @property
    def certificate_file(self) -> Path:
        return self.root / "loopback-cert.pem"

    @property
    def socket_name(self) -> str:
        """A name for the single-instance socket: short, stable, per user and profile.

        Local socket paths are limited to about 100 bytes, so the directory itself cannot be used.
        """
        user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
        place = os.path.normcase(os.path.realpath(self.root))
        import hashlib

        digest = hashlib.sha256(f"{user}\x00{place}".encode(errors="surrogatepass")).hexdigest()
        return f"brokerdesk-{digest[:16]}"

    def restore_was_killed(self) -> bool:
        """Whether a restore was cut short here and is to be finished before the database opens."""
        with contextlib.suppress(OSError):
            return any(self.root.glob(f"{RESTORING_PREFIX}*"))
        return False

    def ensure(self) -> None:
        """Make the directories, readable by this user alone, whatever the umask.

        A directory that exists with wider rights is narrowed. Its parents are left as they are.

        Raises:
            OSError: the place cannot be written.
        """
        for directory in (self.root, self.backups, self.secrets_dir, self.log_dir):
            private_directory(directory)


def default_profile() -> ProfilePaths:
    """The user's own profile, where this system keeps application data."""
    return ProfilePaths(_data_home() / APP_NAME)


def practice_profile() -> ProfilePaths:
    """The profile for simulated accounts: beside the user's own, never inside it."""
    return ProfilePaths(_data_home() / _PRACTICE_NAME)


def profile_at(directory: Path) -> ProfilePaths:
    """A profile in a directory that the user named."""
    return ProfilePaths(Path(os.path.abspath(directory.expanduser())))  # noqa: PTH100 - keep links


def _data_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path(appname=None, appauthor=False)


def resource(name: str) -> Path:
    """The path of a file or directory under ``resources/``.

    The files lie outside the package in the source tree, at ``brokerdesk/_resources`` in an
    installed wheel, and beside the program in a frozen bundle.

    Raises:
        ValueError: ``name`` is absolute or climbs out.
        FileNotFoundError: there is no such resource, which means a damaged installation.
    """
    relative = Path(name)
    if relative.is_absolute() or ".." in relative.parts or not name:
        raise ValueError(f"not a resource name: {name!r}")
    for base in _resource_roots():
        candidate = base / relative
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"resource {name!r} is not part of this installation")


@lru_cache(maxsize=2)
def _folder_of(file: str) -> Path:
    """Where a module lies; asked for by every icon."""
    return Path(file).resolve().parent


def _resource_roots() -> tuple[Path, ...]:
    package = _folder_of(__file__)
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return (Path(bundle) / "resources", Path(bundle) / "brokerdesk" / "_resources")
    # The wheel's place first: a stray "resources" next to an installed package is not ours.
    return (package / "_resources", package.parent / "resources")


def private_umask() -> int:
    """Make every file that this process creates from now on private. Returns the old umask.

    Needed for files that libraries create, such as SQLite's -wal and -shm.
    """
    return os.umask(0o077)


def forbid_core_dumps() -> bool:
    """Keep memory, and the secrets in it, from being written out when the process crashes.

    Returns False where the system has no such limit (Windows). Crash collectors that take the dump
    through a pipe honour a limit of zero too.
    """
    try:
        import resource
    except ImportError:
        return False
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def private_directory(directory: Path) -> None:
    """Make ``directory`` with mode 0700, or narrow an existing one to it."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name != "nt":
        directory.chmod(0o700)


def open_private(path: Path, flags: int) -> int:
    """``os.open`` that leaves the file with mode 0600 whatever the umask and its former mode."""
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
    if os.name != "nt":
        os.fchmod(descriptor, 0o600)
    return descriptor


def write_private(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` in one step that survives a crash at any instant.

    A new file of mode 0600 beside it takes the bytes and is made durable, then takes its name. A
    reader sees the whole old or the whole new content, never a mixture, and after the return the
    new content is what a restart finds.

    Raises:
        OSError: nothing was changed.
    """
    import secrets

    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_TEMP_SUFFIX}")
    exclusive = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        descriptor = open_private(temporary, exclusive)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(path.parent)


def _replace(source: Path, target: Path) -> None:
    for attempt in range(_REPLACE_TRIES):
        try:
            source.replace(target)
        except PermissionError:
            # Windows refuses while another process reads the target; elsewhere it is final.
            if os.name != "nt" or attempt == _REPLACE_TRIES - 1:
                raise
            time.sleep(_REPLACE_PAUSE)
        else:
            return


def sync_directory(directory: Path) -> None:
    """Make renames and removals in ``directory`` durable where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_temporaries(directory: Path, *, before: float) -> int:
    """Remove what crashed writers left: temporaries last touched before ``before`` (epoch seconds).

    Returns how many went. The age keeps a write that another process is making just now.
    """
    swept = 0
    for leftover in directory.glob(f".*{_TEMP_SUFFIX}"):
        with contextlib.suppress(OSError):
            if leftover.stat().st_mtime < before:
                leftover.unlink()
                swept += 1
    return swept
