"""The store on a keychain: what is kept comes back, and nothing is lost without a word."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import FakeClock
from support.secrets import (
    DroppingKeyring,
    FakeKeyring,
    LockedKeyring,
    files_under,
    hanging,
    profile,
    store_with,
)

from brokerdesk import log, paths
from brokerdesk.brokers.base import CredentialPort
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import (
    SecretDamagedError,
    SecretMissingError,
    SecretStoreError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import SecretStore, Store, StoreState, files, open_store, words
from brokerdesk.secrets.keychain import DECLINED_SECONDS
from brokerdesk.secrets.sealing import seal

ONE = ConnectionId("schwab-0a1b2c3d")
TWO = ConnectionId("schwab-4e5f6a7b")
CREDENTIALS = {
    "app_key": "key-0123456789abcdef",
    "app_secret": "sec-fedcba9876543210",
    "callback_url": "https://127.0.0.1:8182",
    "refresh_token": "r€fresh-tökén-value",
}


@pytest.fixture
def place(tmp_path: Path) -> ProfilePaths:
    return profile(tmp_path)


@pytest.fixture
def backend() -> FakeKeyring:
    return FakeKeyring()


@pytest.fixture
def store(place: ProfilePaths, backend: FakeKeyring) -> Store:
    return store_with(place, backend)


def state_of(store: Store) -> StoreState:
    """The state anew: a type checker takes it for the one that was asserted before."""
    return store.state


async def test_what_is_saved_is_read_by_this_and_the_next_start(
    place: ProfilePaths, backend: FakeKeyring, store: Store
) -> None:
    assert store.state is StoreState.UNOPENED
    await store.save(ONE, CREDENTIALS)
    assert dict(await store.credentials(ONE).read()) == CREDENTIALS
    assert state_of(store) is StoreState.KEYRING
    again = store_with(place, backend)
    assert dict(await again.credentials(ONE).read()) == CREDENTIALS
    assert len(backend.entries) == 1, "one data key, whatever is kept"
    (entry,) = backend.entries.values()
    assert len(entry) == 48


async def test_the_store_fits_the_shapes_that_others_expect(store: Store) -> None:
    as_store: SecretStore = store
    port: CredentialPort = as_store.credentials(ONE)
    async with port.lock():
        await as_store.save(ONE, CREDENTIALS)
        await port.replace({"app_key": "another-key"})
    assert dict(await port.read()) == {"app_key": "another-key"}


async def test_nothing_secret_lies_on_disk(place: ProfilePaths, store: Store) -> None:
    await store.save(ONE, CREDENTIALS)
    everything = b"".join(files_under(place.root).values())
    for value in CREDENTIALS.values():
        assert value.encode() not in everything
        assert value.encode("utf-16-le") not in everything


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
async def test_files_are_private_whatever_the_umask(
    tmp_path: Path, backend: FakeKeyring, mask: int
) -> None:
    before = os.umask(mask)
    try:
        where = profile(tmp_path)
        store = store_with(where, backend)
        await store.save(ONE, CREDENTIALS)
        async with store.credentials(ONE).lock():
            await store.credentials(ONE).replace(CREDENTIALS)
    finally:
        os.umask(before)
    found = list(where.root.rglob("*"))
    assert {path.name for path in found} >= {"profile.json", f"{ONE}.sealed", f"{ONE}.lock"}
    for path in found:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path.name


def test_opening_asks_nobody_and_loads_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from brokerdesk.clock import SystemClock\n"
        "from brokerdesk.paths import profile_at\n"
        "from brokerdesk.secrets import open_store, CertificateKeeper\n"
        "where = profile_at(Path(sys.argv[1]))\n"
        "store = open_store(where, clock=SystemClock())\n"
        "CertificateKeeper(store, where, SystemClock())\n"
        "store.describe(); store.credentials('schwab-1'); store.state\n"
        "heavy = {'keyring', 'argon2', 'cryptography', 'filelock', 'secretstorage'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert not list(Path(sys.argv[1]).iterdir())\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=30)


def test_the_package_itself_is_light() -> None:
    code = (
        "import sys, brokerdesk.secrets\n"
        "assert not {'asyncio', 'json', 'cryptography'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


async def test_listing_and_existence_ask_no_keychain(place: ProfilePaths, store: Store) -> None:
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, CREDENTIALS)
    await store.write_item("loopback-key", b"x")
    silent = LockedKeyring()
    other = store_with(place, silent)
    assert await other.exists(ONE)
    assert not await other.exists(ConnectionId("schwab-00000000"))
    assert await other.stored() == (ONE, TWO)
    assert silent.calls == []


async def test_a_connection_that_has_nothing_says_so_without_asking(store: Store) -> None:
    with pytest.raises(SecretMissingError, match="no saved sign-in"):
        await store.credentials(ONE).read()
    assert store.state is StoreState.UNOPENED


async def test_deleting_leaves_nothing_of_that_connection(
    place: ProfilePaths, store: Store
) -> None:
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, CREDENTIALS)
    async with store.credentials(ONE).lock():
        pass
    await store.delete(ONE)
    await store.delete(ONE)
    assert not [name for name in files_under(place.root) if ONE in name]
    assert not await store.exists(ONE)
    assert dict(await store.credentials(TWO).read()) == CREDENTIALS


async def test_a_deleted_sign_in_is_not_brought_back_by_a_late_refresh(
    place: ProfilePaths, store: Store
) -> None:
    await store.save(ONE, CREDENTIALS)
    port = store.credentials(ONE)
    order: list[str] = []
    begun = asyncio.Event()

    async def refresh() -> None:
        async with port.lock():
            order.append("refreshing")
            begun.set()
            await asyncio.sleep(0.05)
            await port.replace({"refresh_token": "newer-token"})
            order.append("replaced")

    async def delete() -> None:
        await begun.wait()
        await store.delete(ONE)
        order.append("deleted")

    await asyncio.gather(refresh(), delete())
    assert order == ["refreshing", "replaced", "deleted"]
    assert not await store.exists(ONE)
    with pytest.raises(SecretMissingError):
        await port.replace({"refresh_token": "too-late-token"})
    assert not await store.exists(ONE)


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "A-1", "x" * 200, ".hidden", "profile", "vault", "loopback-key"]
)
async def test_names_that_are_not_ours_are_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        await store.save(ConnectionId(name), CREDENTIALS)
    with pytest.raises(ValueError, match="not a"):
        await store.delete(ConnectionId(name))


async def test_credentials_must_be_texts(store: Store) -> None:
    with pytest.raises(TypeError):
        await store.save(ONE, {"n": 1})  # type: ignore[dict-item]
    assert not await store.exists(ONE)


async def test_a_closed_store_forgets_and_refuses(store: Store) -> None:
    await store.save(ONE, CREDENTIALS)
    port = store.credentials(ONE)
    await store.aclose()
    await store.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await port.read()
    with pytest.raises(RuntimeError, match="closed"):
        await store.save(ONE, CREDENTIALS)
    assert store._keys._key is None


@settings(deadline=None, max_examples=40)
@given(
    credentials=st.dictionaries(
        st.text(max_size=20), st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
    )
)
async def test_any_texts_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, credentials: dict[str, str]
) -> None:
    store = store_with(profile(tmp_path_factory.mktemp("p")), FakeKeyring())
    await store.save(ONE, credentials)
    assert dict(await store.read(ONE)) == credentials


async def test_sixteen_kibibytes_pass_a_keychain_of_windows_size(
    place: ProfilePaths, backend: FakeKeyring, store: Store
) -> None:
    for turn in range(10):
        token = f"{turn:02}" * 8192
        await store.save(ONE, {"refresh_token": token})
        assert (await store_with(place, backend).read(ONE))["refresh_token"] == token


# -- what is shown --------------------------------------------------------------------------------
async def test_no_repr_shows_a_secret(store: Store) -> None:
    await store.save(ONE, CREDENTIALS)
    port = store.credentials(ONE)
    read = await port.read()
    shown = " ".join(
        [repr(store), repr(port), repr(read), str(read), f"{read}", repr(store._keys), repr([read])]
    )
    for name, value in CREDENTIALS.items():
        assert value not in shown
        assert name in repr(read)
    assert read == CREDENTIALS
    assert len(read) == len(CREDENTIALS)


async def test_credentials_are_known_to_the_log(
    place: ProfilePaths, backend: FakeKeyring, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "only-ever-seen-by-the-store-81723"
    await store_with(place, backend).save(ONE, {"app_secret": secret, "signed_in_at": "2026-11-20"})
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s 2026-11-20", (secret,), None)
    line = log.RedactingFormatter("%(message)s").format(record)
    assert line == "[secret] 2026-11-20"
    assert secret not in caplog.text
    (entry,) = backend.entries.values()
    assert log.redactor.redact(entry) == "[secret]"


async def test_where_a_gateway_listens_is_no_secret(place: ProfilePaths) -> None:
    """Hiding its host would blind every line of the log that names this computer."""
    given = {"host": "127.0.0.1", "port": "7497", "app_secret": "ten-letters-of-it-5512"}
    await store_with(place, FakeKeyring()).save(ONE, given)
    text = "GET 127.0.0.1/v1/accounts/{id} -> 200 in 7497 ms ten-letters-of-it-5512"
    assert log.redactor.redact(text) == "GET 127.0.0.1/v1/accounts/{id} -> 200 in 7497 ms [secret]"


# -- keychains that do not work -------------------------------------------------------------------
async def test_a_locked_keychain_keeps_everything_and_works_once_unlocked(
    place: ProfilePaths, store: Store, backend: FakeKeyring
) -> None:
    await store.save(ONE, CREDENTIALS)
    before = files_under(place.root)
    locked = LockedKeyring()
    locked.entries = backend.entries
    later = store_with(place, locked)
    for use in (
        later.credentials(ONE).read,
        lambda: later.save(ONE, {"app_key": "another-key"}),
        lambda: later.save(TWO, CREDENTIALS),
        later.ready,
    ):
        with pytest.raises(SecretStoreLockedError) as caught:
            await use()
        assert caught.value.title == "The system keychain is locked."
    assert later.state is StoreState.LOCKED
    assert "Unlock it to sign in" in later.describe()
    after = {name: data for name, data in files_under(place.root).items() if ".lock" not in name}
    assert after == {name: data for name, data in before.items() if ".lock" not in name}
    locked.unlock()
    assert await later.unlock_keychain(1) is StoreState.KEYRING
    assert dict(await later.credentials(ONE).read()) == CREDENTIALS
    assert state_of(later) is StoreState.KEYRING


async def test_a_keychain_whose_window_was_closed_is_asked_for_the_user_alone(
    place: ProfilePaths, store: Store, backend: FakeKeyring
) -> None:
    """Many tasks read sign-ins by themselves, and each would open that window again."""
    await store.save(ONE, CREDENTIALS)
    locked, clock = LockedKeyring(), FakeClock()
    locked.entries = backend.entries
    later = store_with(place, locked, clock=clock)
    for _ in range(5):
        with pytest.raises(SecretStoreLockedError, match="The system keychain is locked"):
            await later.read(ONE)
    assert locked.calls == ["get"]
    with pytest.raises(SecretStoreLockedError):
        await later.unlock_keychain(1)
    assert locked.calls == ["get", "get"], "the user wants it"
    locked.unlock()
    with pytest.raises(SecretStoreLockedError):
        await later.read(ONE)
    await clock.advance(DECLINED_SECONDS)
    assert dict(await later.read(ONE)) == CREDENTIALS, "unlocked elsewhere: it is noticed"


async def test_a_hung_keychain_is_not_taken_for_a_missing_one(place: ProfilePaths) -> None:
    with hanging() as hung:
        store = store_with(place, hung, keyring_timeout=0.05)
        with pytest.raises(SecretStoreLockedError, match="does not answer"):
            await store.save(ONE, CREDENTIALS)
        assert store.state is StoreState.LOCKED
        assert not await store.exists(ONE)


async def test_the_user_may_go_on_without_a_keychain_that_hangs(place: ProfilePaths) -> None:
    with hanging() as hung:
        store = store_with(place, hung, keyring_timeout=0.05)
        with pytest.raises(SecretStoreLockedError):
            await store.ready()
        await store.use_session_only()
        await store.save(ONE, CREDENTIALS)
        assert dict(await store.read(ONE)) == CREDENTIALS
        assert store.state is StoreState.SESSION_ONLY
        assert "only until the program ends" in store.describe()
    assert not [name for name in files_under(place.root) if name.endswith(".sealed")]


async def test_a_keychain_that_keeps_nothing_fails_before_anything_is_sealed(
    place: ProfilePaths,
) -> None:
    store = store_with(place, DroppingKeyring())
    with pytest.raises(SecretStoreLockedError, match="did not keep"):
        await store.save(ONE, CREDENTIALS)
    assert not await store.exists(ONE)


@pytest.fixture
def system_keyring() -> Iterator[None]:
    before = keyring.core._keyring_backend
    yield
    keyring.core._keyring_backend = before


@pytest.mark.parametrize("kind", ["fail", "null"])
async def test_without_a_keychain_secrets_live_in_memory_and_it_says_so(
    place: ProfilePaths, system_keyring: None, kind: str
) -> None:
    chosen = keyring.backends.fail if kind == "fail" else keyring.backends.null
    keyring.set_keyring(chosen.Keyring())
    store = store_with(place, None)
    assert await store.ready() is StoreState.SESSION_ONLY
    words = store.describe()
    assert "only until the program ends" in words
    assert "brokerdesk vault create" in words
    await store.save(ONE, CREDENTIALS)
    await store.credentials(ONE).replace({**CREDENTIALS, "access_token": "access-token-1"})
    assert (await store.credentials(ONE).read())["access_token"] == "access-token-1"
    assert await store.exists(ONE)
    assert await store.stored() == (ONE,)
    assert not [name for name in files_under(place.root) if not name.endswith(".lock")]
    await store.delete(ONE)
    assert not await store.exists(ONE)
    await store.save(ONE, CREDENTIALS)
    await store.aclose()
    assert not await store_with(place, None).exists(ONE)


async def test_a_keychain_that_is_gone_loses_nothing_and_names_what_it_was(
    place: ProfilePaths, store: Store, backend: FakeKeyring, system_keyring: None
) -> None:
    await store.save(ONE, CREDENTIALS)
    before = files_under(place.root)
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    later = store_with(place, None)
    with pytest.raises(SecretStoreMissingError) as caught:
        await later.credentials(ONE).read()
    assert "FakeKeyring" in caught.value.message
    assert "nothing was removed" in caught.value.message
    assert files_under(place.root) == before
    # A new sign-in works for this session and leaves the sealed one alone.
    await later.save(ONE, {"app_key": "session-key"})
    assert dict(await later.read(ONE)) == {"app_key": "session-key"}
    assert dict(await store_with(place, backend).read(ONE)) == CREDENTIALS


class OtherKeyring(FakeKeyring):
    """A second keychain, as KWallet is to a GNOME user."""


async def test_a_changed_keychain_is_noticed_and_the_way_back_works(
    place: ProfilePaths, store: Store, backend: FakeKeyring
) -> None:
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, CREDENTIALS)
    before = files_under(place.root)
    other = OtherKeyring()
    later = store_with(place, other)
    with pytest.raises(SecretMissingError) as caught:
        await later.credentials(ONE).read()
    assert "FakeKeyring" in caught.value.message
    assert "OtherKeyring" in caught.value.message
    assert "Sign in again" in caught.value.hint
    assert files_under(place.root) == before, "reading changes nothing"
    assert other.entries == {}
    # Signing in again makes a key in the other keychain; the rest stays as it is.
    await later.save(ONE, {"app_key": "new-key-value"})
    assert dict(await later.read(ONE)) == {"app_key": "new-key-value"}
    with pytest.raises(SecretMissingError, match="cannot be opened here"):
        await later.read(TWO)
    back = store_with(place, backend)
    assert dict(await back.read(TWO)) == CREDENTIALS
    with pytest.raises(SecretMissingError) as caught:
        await back.read(ONE)
    assert "OtherKeyring" in caught.value.message


async def test_a_key_that_was_removed_from_the_keychain_is_told(
    place: ProfilePaths, store: Store, backend: FakeKeyring
) -> None:
    await store.save(ONE, CREDENTIALS)
    backend.entries.clear()
    later = store_with(place, backend)
    with pytest.raises(SecretMissingError, match="no longer in the keychain"):
        await later.read(ONE)
    assert backend.entries == {}
    await later.save(ONE, CREDENTIALS)
    assert dict(await store_with(place, backend).read(ONE)) == CREDENTIALS


async def test_an_entry_that_is_no_key_is_damage_until_the_next_sign_in(
    place: ProfilePaths, store: Store, backend: FakeKeyring
) -> None:
    await store.save(ONE, CREDENTIALS)
    (user,) = backend.entries
    backend.entries[user] = "scribble"
    later = store_with(place, backend)
    with pytest.raises(SecretDamagedError):
        await later.read(ONE)
    await later.save(ONE, CREDENTIALS)
    assert dict(await store_with(place, backend).read(ONE)) == CREDENTIALS


# -- damaged and stolen files ---------------------------------------------------------------------
def sealed(place: ProfilePaths, connection: ConnectionId) -> Path:
    return place.secrets_dir / f"{connection}.sealed"


async def test_another_connections_file_renamed_over_this_one_is_refused(
    place: ProfilePaths, store: Store
) -> None:
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, {"app_key": "the-other-key"})
    sealed(place, TWO).replace(sealed(place, ONE))
    with pytest.raises(SecretDamagedError):
        await store.read(ONE)
    assert sealed(place, ONE).exists(), "never wiped"


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "zeros", "append", "text"])
async def test_a_damaged_file_is_told_kept_and_replaced_by_a_new_sign_in(
    place: ProfilePaths, store: Store, damage: str
) -> None:
    await store.save(ONE, CREDENTIALS)
    path = sealed(place, ONE)
    data = path.read_bytes()
    broken = {
        "flip": data[:-1] + bytes([data[-1] ^ 1]),
        "truncate": data[: len(data) // 2],
        "empty": b"",
        "zeros": bytes(len(data)),
        "append": data + b"x",
        "text": b"{}",
    }[damage]
    path.write_bytes(broken)
    with pytest.raises(SecretDamagedError) as caught:
        await store.read(ONE)
    assert "Sign in again" in caught.value.hint
    assert path.read_bytes() == broken
    await store.save(ONE, CREDENTIALS)
    assert dict(await store.read(ONE)) == CREDENTIALS


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 9}', '{"version": 1}'])
async def test_a_damaged_key_list_is_told_and_kept_aside_at_the_next_sign_in(
    place: ProfilePaths, store: Store, backend: FakeKeyring, text: str
) -> None:
    await store.save(ONE, CREDENTIALS)
    listed = place.secrets_dir / "profile.json"
    listed.write_text(text, encoding="utf-8")
    later = store_with(place, backend)
    with pytest.raises(SecretDamagedError):
        await later.read(ONE)
    assert listed.read_text(encoding="utf-8") == text
    await later.save(TWO, CREDENTIALS)
    assert (place.secrets_dir / "profile.json.damaged-1").read_text(encoding="utf-8") == text
    assert dict(await store_with(place, backend).read(TWO)) == CREDENTIALS
    with pytest.raises(SecretMissingError):
        await later.read(ONE)
    assert sealed(place, ONE).exists()


async def test_a_sealed_file_that_cannot_be_read_is_told(place: ProfilePaths, store: Store) -> None:
    sealed(place, ONE).mkdir()
    with pytest.raises(SecretStoreError, match="could not be read or written"):
        await store.read(ONE)


# -- crashes --------------------------------------------------------------------------------------
class KilledError(BaseException):
    """Stands for the process ending at this very instruction."""


@pytest.mark.parametrize("step", ["open", "write", "fsync", "before replace", "after replace"])
async def test_a_crash_at_any_step_leaves_the_old_or_the_new_token_whole(
    place: ProfilePaths,
    backend: FakeKeyring,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """After the crash there is one file and one answer, and once the new token was in place no
    older one can come back."""
    await store.save(ONE, {"refresh_token": "older-token"})
    real_open, real_replace = paths.open_private, Path.replace

    def dying_write(path: Path, data: bytes) -> None:
        # write_private without its clean-up, which a killed process does not run either.
        temporary = path.with_name(f".{path.name}.0123456789ab.tmp")
        if step == "open":
            raise KilledError
        descriptor = real_open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(descriptor, data[: len(data) // 2] if step == "write" else data)
        os.close(descriptor)
        if step in ("write", "fsync", "before replace"):
            raise KilledError
        real_replace(temporary, path)
        raise KilledError

    monkeypatch.setattr(files, "write_private", dying_write)
    blob = sealed(place, ONE)
    key = await store._keys.key(make=True)
    assert key is not None
    newer = seal(key, ONE, b'{"refresh_token": "newer-token"}')
    # Straight into the file room: no thread has to carry the simulated end of the process.
    with pytest.raises(KilledError):
        store._files.write_sealed(ONE, newer)
    monkeypatch.undo()
    expected = "newer-token" if step == "after replace" else "older-token"
    clock = FakeClock()
    later = store_with(place, backend, clock=clock)
    assert (await later.read(ONE))["refresh_token"] == expected
    await later.save(ONE, {"refresh_token": "newest-token"})
    assert (await store_with(place, backend).read(ONE))["refresh_token"] == "newest-token"
    assert blob.exists()


async def test_what_crashed_writers_left_is_swept_an_hour_later(
    place: ProfilePaths, backend: FakeKeyring
) -> None:
    clock = FakeClock()
    now = clock.now().timestamp()
    old, fresh = place.secrets_dir / ".a.sealed.1.tmp", place.secrets_dir / ".b.sealed.2.tmp"
    for path, age in ((old, 3700), (fresh, 60)):
        path.touch()
        os.utime(path, (now - age, now - age))
    await store_with(place, backend, clock=clock).ready()
    assert not old.exists()
    assert fresh.exists()


@pytest.mark.parametrize("number", [28, 5, 13])
async def test_a_disk_that_fails_changes_nothing_and_is_told(
    place: ProfilePaths, store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    await store.save(ONE, CREDENTIALS)

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SecretStoreError) as caught:
        await store.credentials(ONE).replace({"app_key": "another-key"})
    monkeypatch.undo()
    assert (caught.value.title == "The disk is full.") == (number == 28)
    assert "Nothing was changed" in caught.value.message
    assert dict(await store.read(ONE)) == CREDENTIALS
    assert not list(place.secrets_dir.glob(".*"))


async def test_a_full_disk_on_first_use_leaves_a_store_that_works_later(
    place: ProfilePaths, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretStoreError, match="disk is full"):
        await store.save(ONE, CREDENTIALS)
    monkeypatch.undo()
    await store.save(ONE, CREDENTIALS)
    assert dict(await store.read(ONE)) == CREDENTIALS


def test_every_error_has_title_message_and_hint() -> None:
    made = [
        words.silent(3.0),
        words.refused(),
        words.not_kept("X"),
        words.no_keychain(),
        words.unsafe_keychain("X"),
        words.gone_with_keychain("X"),
        words.key_elsewhere("X", "Y"),
        words.key_lost("X"),
        words.nothing_saved(),
        words.damaged("It."),
        words.vault_damaged(),
        words.vault_locked(),
        words.wrong_passphrase(),
        words.vault_exists(),
        words.busy(60),
        words.empty_passphrase(),
        words.passphrase_file_unusable("X"),
        words.disk(OSError(28, "No space left on device")),
        words.disk(OSError(13, "Permission denied")),
    ]
    for error in made:
        assert error.title.endswith(".")
        assert error.message.endswith(".")
        assert error.hint.endswith(".")
    assert words.locked().sentences() == (
        "The system keychain is locked. Unlock it to sign in. Saved figures can still be read."
    )


async def test_opening_needs_no_directory(tmp_path: Path) -> None:
    where = paths.profile_at(tmp_path / "absent")
    store = open_store(where, clock=FakeClock(), backend=FakeKeyring())
    assert not await store.exists(ONE)
    assert await store.ready() is StoreState.KEYRING
    await store.save(ONE, CREDENTIALS)
    assert dict(await store.read(ONE)) == CREDENTIALS
