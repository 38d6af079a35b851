"""Only real system keychains are used, and none is waited for."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from support.secrets import DroppingKeyring, FakeKeyring, LockedKeyring, hanging

from brokerdesk.errors import (
    SecretStoreError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)
from brokerdesk.secrets.keychain import TIMEOUT_SECONDS, TRUSTED, Keychain, vetted


def disguised(name: str) -> FakeKeyring:
    """A keychain whose class bears that full name."""
    module, _, kind = name.rpartition(".")
    made = type(kind, (FakeKeyring,), {"__module__": module, "__qualname__": kind})()
    assert isinstance(made, FakeKeyring)
    return made


@pytest.fixture
def system_keyring() -> Iterator[None]:
    """Restores whatever the ``keyring`` library had chosen."""
    before = keyring.core._keyring_backend
    yield
    keyring.core._keyring_backend = before


@pytest.mark.parametrize("name", TRUSTED)
def test_system_keychains_are_trusted(name: str) -> None:
    backend = disguised(name)
    assert vetted(backend) == (backend, TRUSTED[name])


@pytest.mark.parametrize(
    "name",
    [
        "keyring.backends.null.Keyring",
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "keyrings.cryptfile.cryptfile.CryptFileKeyring",
        "somebody.elses.Keyring",
        "keyring.backends.SecretService.Keyring2",
        "evil.keyring.backends.SecretService.Keyring",
    ],
)
def test_everything_else_is_refused_by_name(name: str) -> None:
    with pytest.raises(SecretStoreMissingError) as caught:
        vetted(disguised(name))
    assert name in caught.value.message
    assert caught.value.title == "The configured keychain is not a safe place."


def test_the_real_null_and_fail_backends_are_refused() -> None:
    with pytest.raises(SecretStoreMissingError, match="not a safe place"):
        vetted(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(SecretStoreMissingError, match="no system keychain"):
        vetted(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]


def test_a_subclass_of_a_trusted_one_is_not_trusted() -> None:
    kind = type(disguised("keyring.backends.SecretService.Keyring"))
    with pytest.raises(SecretStoreMissingError):
        vetted(type("Mine", (kind,), {})())


class Chain(FakeKeyring):
    __module__ = "keyring.backends.chainer"

    def __init__(self, *links: FakeKeyring) -> None:
        super().__init__()
        self.backends = links

    def _called(self, what: str) -> None:
        raise AssertionError("a chain is never asked itself")


Chain.__qualname__ = "ChainerBackend"


def test_a_chain_is_as_safe_as_its_links_and_the_first_is_used() -> None:
    service = disguised("keyring.backends.SecretService.Keyring")
    wallet = disguised("keyring.backends.kwallet.DBusKeyring")
    plain = disguised("keyrings.alt.file.PlaintextKeyring")
    assert vetted(Chain(wallet, service)) == (wallet, "KWallet")
    for chain in (Chain(plain, service), Chain(service, plain)):
        with pytest.raises(SecretStoreMissingError, match="not a safe place"):
            vetted(chain)
    with pytest.raises(SecretStoreMissingError, match="no system keychain"):
        vetted(Chain())


def test_the_real_chain_backend_bears_the_name_that_is_looked_for() -> None:
    kind = keyring.backends.chainer.ChainerBackend
    assert f"{kind.__module__}.{kind.__qualname__}" == "keyring.backends.chainer.ChainerBackend"


def test_windows_entries_stay_on_this_machine() -> None:
    backend = disguised("keyring.backends.Windows.WinVaultKeyring")
    vetted(backend)
    assert backend.persist == "local machine"  # type: ignore[attr-defined]
    other = disguised("keyring.backends.SecretService.Keyring")
    vetted(other)
    assert not hasattr(other, "persist")


async def test_the_systems_choice_is_vetted(system_keyring: None) -> None:
    keyring.set_keyring(keyring.backends.null.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(SecretStoreMissingError, match="not a safe place"):
        await Keychain().read("u")
    keyring.set_keyring(keyring.backends.fail.Keyring())  # type: ignore[no-untyped-call]
    with pytest.raises(SecretStoreMissingError, match="no system keychain"):
        await Keychain().read("u")


async def test_a_given_keychain_keeps_finds_and_forgets() -> None:
    backend = FakeKeyring()
    keychain = Keychain(backend)
    assert backend.calls == []
    assert keychain.name == ""
    assert await keychain.read("u") is None
    await keychain.write("u", "entry")
    assert await keychain.read("u") == "entry"
    assert backend.entries == {("BrokerDesk", "u"): "entry"}
    await keychain.forget("u")
    await keychain.forget("u")
    assert backend.entries == {}
    assert keychain.name == "FakeKeyring"
    assert threading.get_ident() not in backend.threads, "never on the loop's thread"


@pytest.mark.parametrize("length", [1000, 1001, 1281, 16 * 1024])
async def test_entries_too_long_for_some_system_are_refused_on_every_one(length: int) -> None:
    backend = FakeKeyring()
    keychain = Keychain(backend)
    if length == 1000:
        await keychain.write("u", "x" * length)
        return
    with pytest.raises(SecretStoreError, match="too long"):
        await keychain.write("u", "x" * length)
    assert backend.calls == [], "not even tried"


async def test_a_keychain_that_forgets_at_once_is_noticed() -> None:
    with pytest.raises(SecretStoreLockedError, match="did not keep"):
        await Keychain(DroppingKeyring()).write("u", "entry")


async def test_a_locked_keychain_says_so_and_works_once_unlocked() -> None:
    backend = LockedKeyring()
    keychain = Keychain(backend)
    with pytest.raises(SecretStoreLockedError) as caught:
        await keychain.read("u")
    assert caught.value.title == "The system keychain is locked."
    assert caught.value.message == "Unlock it to sign in. Saved figures can still be read."
    backend.unlock()
    assert await keychain.read("u") is None


FOREIGN = [
    keyring.errors.InitError("Failed to create the collection"),
    keyring.errors.PasswordSetError("xyzzy"),
    OSError(1783, "CredWrite", "The stub received bad data"),
    RuntimeError("from the bus"),
    Exception("a bus library's own kind"),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
async def test_whatever_a_backend_raises_comes_out_in_our_words(error: Exception) -> None:
    class Failing(FakeKeyring):
        def _called(self, what: str) -> None:
            raise error

    with pytest.raises(SecretStoreLockedError) as caught:
        await Keychain(Failing()).read("u")
    assert str(error) not in caught.value.sentences()
    assert caught.value.__cause__ is error


async def test_a_backend_that_finds_no_keyring_means_there_is_none() -> None:
    class Failing(FakeKeyring):
        def _called(self, what: str) -> None:
            raise keyring.errors.NoKeyringError("No recommended backend was available")

    with pytest.raises(SecretStoreMissingError, match="no system keychain"):
        await Keychain(Failing()).read("u")


# -- hanging --------------------------------------------------------------------------------------
def test_three_seconds_is_what_users_wait_at_most() -> None:
    assert TIMEOUT_SECONDS == 3.0


async def test_a_hung_keychain_is_given_up_and_the_loop_stays_free() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.1)
        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(tick())
            begun = time.monotonic()
            with pytest.raises(SecretStoreLockedError) as caught:
                await keychain.read("u")
            took = time.monotonic() - begun
            ticking.cancel()
    assert caught.value.title == "The system keychain does not answer."
    assert "0.1 seconds" in caught.value.message
    assert took < 2.0
    assert ticks >= 10


async def test_while_one_call_hangs_no_further_thread_is_sent_after_it() -> None:
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05)
        for _ in range(5):
            with pytest.raises(SecretStoreLockedError, match="does not answer"):
                await keychain.read("u")
        assert backend.calls == ["get"]


async def test_callers_at_the_same_time_share_the_wait() -> None:
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.2)
        begun = time.monotonic()
        answers = await asyncio.gather(
            *(keychain.read("u") for _ in range(20)), return_exceptions=True
        )
        assert time.monotonic() - begun < 2.0
        assert all(isinstance(answer, SecretStoreLockedError) for answer in answers)


async def test_many_calls_at_once_are_no_sign_of_hanging() -> None:
    class Slow(FakeKeyring):
        def _called(self, what: str) -> None:
            super()._called(what)
            time.sleep(0.01)

    backend = Slow()
    keychain = Keychain(backend, timeout=5.0)
    assert await asyncio.gather(*(keychain.read("u") for _ in range(10))) == [None] * 10
    assert len(backend.calls) == 10


async def test_once_it_answers_again_it_is_used_again() -> None:
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05)
        with pytest.raises(SecretStoreLockedError):
            await keychain.read("u")
        backend.release()
        for _ in range(500):
            assert keychain._out is not None
            if keychain._out.ended.is_set():
                break
            await asyncio.sleep(0.01)
        assert await Keychain(backend).read("u") is None
        assert await keychain.read("u") is None


class Service:
    """Who answers on the bus; a restart gives another address."""

    def __init__(self) -> None:
        self.address: str | None = ":1.5"

    def __call__(self) -> str | None:
        return self.address


async def test_a_service_that_died_is_no_reason_to_wait_for_it() -> None:
    """It was to send a signal and will not: the next call goes to the one that is there now."""
    service = Service()
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05, owner=service)
        for _ in range(2):
            with pytest.raises(SecretStoreLockedError, match="does not answer"):
                await keychain.read("u")
        assert backend.calls == ["get"], "while it lives, none is sent after it"
        service.address = None
        assert not await keychain.settled(60), "nobody will answer"
        service.address = ":1.9"
        backend.release()
        assert await keychain.read("u") is None
        assert backend.calls == ["get", "get"]


async def test_a_call_that_started_the_service_is_known_by_it() -> None:
    service = Service()
    service.address = None
    with hanging() as backend:

        class Starting(FakeKeyring):
            def get_password(self, service_name: str, username: str) -> str | None:
                service.address = ":1.7"
                return backend.get_password(service_name, username)

        keychain = Keychain(Starting(), timeout=0.05, owner=service)
        for _ in range(2):
            with pytest.raises(SecretStoreLockedError, match="does not answer"):
                await keychain.read("u")
        assert backend.calls == ["get"]
        service.address = ":1.8"
        with pytest.raises(SecretStoreLockedError, match="does not answer"):
            await keychain.read("u")
        assert backend.calls == ["get", "get"]


async def test_a_service_that_died_before_anybody_saw_it_is_not_waited_for() -> None:
    """The call that started it waits for it, and nobody knows its address."""
    service = Service()
    service.address = None
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05, owner=service)
        with pytest.raises(SecretStoreLockedError, match="does not answer"):
            await keychain.read("u")
        assert not await keychain.settled(60), "nobody will answer"
        backend.release()
        assert await keychain.read("u") is None
        assert backend.calls == ["get", "get"]


async def test_a_service_that_came_late_is_waited_for() -> None:
    service = Service()
    service.address = None
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05, owner=service)
        with pytest.raises(SecretStoreLockedError, match="does not answer"):
            await keychain.read("u")
        service.address = ":1.7"
        for _ in range(2):
            with pytest.raises(SecretStoreLockedError, match="does not answer"):
                await keychain.read("u")
        assert backend.calls == ["get"]
        service.address = None
        assert not await keychain.settled(60), "it was known by then"


async def test_an_answered_prompt_is_waited_for() -> None:
    with hanging() as backend:
        keychain = Keychain(backend, timeout=0.05, owner=Service())
        assert not await keychain.settled(60), "nothing was asked"
        with pytest.raises(SecretStoreLockedError):
            await keychain.read("u")
        assert not await keychain.settled(0), "its time is up"
        waiting = asyncio.ensure_future(keychain.settled(60))
        await asyncio.sleep(0)
        with pytest.raises(SecretStoreLockedError, match="does not answer"):
            await keychain.read("u")
        assert not waiting.done()
        backend.release()
        assert await waiting


async def test_a_dismissed_prompt_is_no_answer() -> None:
    gate = threading.Event()

    class Dismissed(FakeKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            gate.wait(20)
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")

    keychain = Keychain(Dismissed(), timeout=0.05)
    with pytest.raises(SecretStoreLockedError):
        await keychain.read("u")
    gate.set()
    assert not await keychain.settled(60)


class SecretServiceNotAvailableException(Exception):  # noqa: N818 - the library's own name
    pass


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_service_that_is_gone_is_not_called_locked(wrapped: bool) -> None:
    class Gone(FakeKeyring):
        def _called(self, what: str) -> None:
            gone = SecretServiceNotAvailableException("no such name")
            if wrapped:
                raise keyring.errors.InitError("Failed to create the collection") from gone
            raise gone

    with pytest.raises(SecretStoreLockedError) as caught:
        await Keychain(Gone()).read("u")
    assert caught.value.title == "The system keychain is not running."


def test_a_hung_keychain_does_not_keep_the_interpreter_from_ending() -> None:
    code = (
        "import asyncio, threading\n"
        "from brokerdesk.errors import SecretStoreLockedError\n"
        "from brokerdesk.secrets.keychain import Keychain\n"
        "class Hung:\n"
        "    def get_password(self, s, u): threading.Event().wait()\n"
        "async def main():\n"
        "    try: await Keychain(Hung(), timeout=0.1).read('u')\n"
        "    except SecretStoreLockedError: print('given up', flush=True)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=30, capture_output=True, text=True
    )
    assert done.stdout == "given up\n"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("keyring.backends.null.Keyring", "not a safe place"),
        ("keyring.backends.fail.Keyring", "no system keychain"),
        ("nobody.has.this.Keyring", "not a safe place"),
        ("keyring.backends.null.Nonsense", "not a safe place"),
    ],
)
def test_a_backend_chosen_by_the_environment_is_vetted(setting: str, words: str) -> None:
    code = (
        "import asyncio\n"
        "from brokerdesk.errors import SecretStoreMissingError\n"
        "from brokerdesk.secrets.keychain import Keychain\n"
        "async def main():\n"
        "    try: await Keychain().read('u')\n"
        "    except SecretStoreMissingError as error: print(error.title)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=30,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHON_KEYRING_BACKEND": setting},
    )
    assert words in done.stdout


def test_the_backend_names_are_those_of_the_installed_library() -> None:
    """A renamed class would silently become "unknown"."""
    import importlib.util

    for name in TRUSTED:
        module, _, kind = name.rpartition(".")
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).read_text(encoding="utf-8")
        assert f"class {kind}" in source
