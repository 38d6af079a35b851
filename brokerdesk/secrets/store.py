"""The secret store: what the rest of the product sees of keychain, vault and sealed files.

One random data key seals every secret; the key is kept by the keychain or a vault, the sealed
bytes in one file per connection. One file, replaced in one step: there is no second copy that could
be older or newer. It must not know brokers, and asks nobody anything before its first use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from brokerdesk.clock import Clock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import SecretStoreLockedError
from brokerdesk.log import register_secret
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import words
from brokerdesk.secrets.credentials import ConnectionCredentials, SecretMapping, packed, unpacked
from brokerdesk.secrets.files import SecretFiles
from brokerdesk.secrets.keychain import TIMEOUT_SECONDS, Backend, Keychain
from brokerdesk.secrets.keyholder import KeyHolder, StoreState, disk
from brokerdesk.secrets.locks import LIMIT_SECONDS, Locks
from brokerdesk.secrets.sealing import key_id_of, open_sealed, seal
from brokerdesk.secrets.vault import Cost

PASSPHRASE_FILE_VARIABLE = "BROKERDESK_VAULT_PASSPHRASE_FILE"  # noqa: S105 - a name
RESERVED = frozenset({"loopback-key"})


class Store:
    """The one implementation of ``shape.SecretStore``; it also holds named items, such as a key."""

    def __init__(self, files: SecretFiles, keys: KeyHolder, locks: Locks) -> None:
        self._files = files
        self._keys = keys
        self._locks = locks
        self._memory: dict[str, bytes] = {}
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def state(self) -> StoreState:
        return self._keys.state

    def describe(self) -> str:
        match self.state:
            case StoreState.SESSION_ONLY:
                return self._session_words()
            case StoreState.KEYRING:
                place = self._keys.keychain.name
                return f"Sign-ins are kept on this computer, sealed under a key in {place}."
            case StoreState.VAULT:
                return "Sign-ins are kept on this computer, sealed in a passphrase vault."
            case StoreState.LOCKED if self._keys.vault_exists():
                return words.vault_locked().sentences()
            case StoreState.LOCKED:
                return words.locked().sentences()
            case _ if self._keys.vault_exists():
                return "Sign-ins are kept in a passphrase vault, which has not been opened yet."
            case _:
                return "Sign-ins are kept under the system keychain, which was not needed yet."

    async def ready(self) -> StoreState:
        async with self._opening:
            self._must_be_open()
            await self._keys.key(make=False)
        return self.state

    async def unlock_keychain(self, within: float) -> StoreState:
        """Let the keychain ask for its password, and wait for the user's answer.

        Whoever needs a secret meanwhile is told at once that it is locked.

        Raises:
            SecretStoreError: it was not given, or not within that many seconds.
        """
        try:
            return await self.ready()
        except SecretStoreLockedError:
            if not await self.keychain_answered(within):
                raise
        return await self.ready()

    async def keychain_answered(self, within: float) -> bool:
        """Wait for the answer to a question that the keychain asks the user now.

        Returns: False at once when it asks none; else whether it was answered within that time.
        """
        return await self._keys.keychain.settled(within)

    def credentials(self, connection: ConnectionId) -> ConnectionCredentials:
        return ConnectionCredentials(self, connection)

    async def save(self, connection: ConnectionId, credentials: Mapping[str, str]) -> None:
        await self.write_item(_item(connection), packed(credentials))

    async def replace(self, connection: ConnectionId, credentials: Mapping[str, str]) -> None:
        """As ``save``, for a connection that has credentials: a deleted one stays deleted.

        Raises:
            SecretMissingError: there are none. Nothing was changed.
        """
        if not await self.exists(connection):
            raise words.nothing_saved()
        await self.save(connection, credentials)

    async def read(self, connection: ConnectionId) -> SecretMapping:
        """The connection's credentials.

        Raises:
            SecretStoreError: missing, locked or damaged.
        """
        data = await self.read_item(_item(connection))
        if data is None:
            raise words.nothing_saved()
        return unpacked(data)

    async def delete(self, connection: ConnectionId) -> None:
        await self.remove_item(_item(connection))

    async def exists(self, connection: ConnectionId) -> bool:
        name = _item(connection)
        self._must_be_open()
        return name in self._memory or name in await disk(self._files.names)

    async def stored(self) -> tuple[ConnectionId, ...]:
        """Every connection that something is kept for, sorted. Asks neither keychain nor vault."""
        self._must_be_open()
        names = {*self._memory, *await disk(self._files.names)} - RESERVED
        return tuple(ConnectionId(name) for name in sorted(names))

    def lock(self, name: str) -> AbstractAsyncContextManager[None]:
        """Exclude other tasks and processes from that name."""
        self._files.sealed(name)
        return self._locks.hold(name)

    async def read_item(self, name: str) -> bytes | None:
        """What is kept under that name, None when nothing is.

        Raises:
            SecretStoreError: something is, and cannot be read.
        """
        self._must_be_open()
        if name in self._memory:
            return self._memory[name]
        blob = await disk(lambda: self._files.read_sealed(name))
        if blob is None:
            return None
        async with self._opening:
            key = await self._keys.key(make=False, by_user=False)
            if key is None:
                raise await self._keys.lost()
            if key_id_of(blob) != key.id:
                raise await self._keys.elsewhere(key_id_of(blob))
        return open_sealed(key, name, blob)

    async def write_item(self, name: str, data: bytes) -> None:
        """Keep ``data`` under that name: sealed, or in memory when session only.

        Raises:
            SecretStoreError: nothing was changed.
        """
        self._must_be_open()
        self._files.sealed(name)
        async with self._opening:
            key = await self._keys.key(make=True)
        if key is None:
            self._memory[name] = data
            return
        blob = seal(key, name, data)
        await disk(lambda: self._files.write_sealed(name, blob))
        self._memory.pop(name, None)

    async def remove_item(self, name: str) -> None:
        self._must_be_open()
        self._files.sealed(name)
        async with self._locks.hold(name, last=True):
            await disk(lambda: self._files.remove_sealed(name))
            self._memory.pop(name, None)

    async def unlock(self, passphrase: str) -> None:
        """Open the vault with a passphrase that the user typed.

        Raises:
            SecretStoreLockedError: it is another one.
            SecretStoreMissingError: there is no vault.
        """
        async with self._opening:
            self._must_be_open()
            await self._keys.unlock(passphrase)

    async def make_vault(self, passphrase: str, *, cost: Cost | None = None) -> None:
        """Make a passphrase vault and move everything into it, what is in memory included.

        Raises:
            InputError: the passphrase cannot be used.
            SecretStoreError: there is a vault already, or the present key cannot be read.
        """
        register_secret(passphrase)
        async with self._opening:
            self._must_be_open()
            key = await self._keys.make_vault(passphrase, cost or Cost())
            for name, data in list(self._memory.items()):
                blob = seal(key, name, data)
                await disk(partial(self._files.write_sealed, name, blob))
                self._memory.pop(name, None)

    async def change_passphrase(self, old: str, new: str, *, cost: Cost | None = None) -> None:
        """Give the vault another passphrase.

        Raises:
            InputError: the new one cannot be used.
            SecretStoreError: the old one is not the vault's, or there is no vault.
        """
        register_secret(new)
        async with self._opening:
            self._must_be_open()
            await self._keys.change_passphrase(old, new, cost or Cost())

    async def use_session_only(self) -> None:
        """The user's choice to go on without a keychain that does not open, until the end."""
        async with self._opening:
            self._must_be_open()
            self._keys.stay_in_memory()

    async def aclose(self) -> None:
        self._closed = True
        self._memory.clear()
        self._keys.forget()

    def _must_be_open(self) -> None:
        if self._closed:
            raise RuntimeError("the secret store is closed")

    def _session_words(self) -> str:
        reason = self._keys.why_session
        if reason is not None:
            return reason.sentences()
        return (
            "Sign-ins last only until the program ends. Nothing secret is written to disk. "
            + words.HOW_TO_MAKE_A_VAULT
        )

    def __repr__(self) -> str:
        return f"<Store {self.state.value}>"


def open_store(
    paths: ProfilePaths,
    *,
    clock: Clock,
    passphrase_file: Path | None = None,
    backend: Backend | None = None,
    keyring_timeout: float = TIMEOUT_SECONDS,
    lock_timeout: float = LIMIT_SECONDS,
) -> Store:
    """A store for the profile. Neither keychain nor vault is asked before its first use.

    Args:
        passphrase_file: opens the vault without a prompt; its first line is the passphrase.
        backend: a keychain that the caller vouches for. None: the system's, if it is trusted.
        keyring_timeout: seconds that one call to the keychain may take.
        lock_timeout: seconds to wait for another task or process at most.
    """
    files = SecretFiles(paths.secrets_dir)
    locks = Locks(paths.secrets_dir, limit=lock_timeout)
    keychain = Keychain(backend, timeout=keyring_timeout, now=clock.monotonic)
    keys = KeyHolder(files, keychain, locks, clock=clock, passphrase_file=passphrase_file)
    return Store(files, keys, locks)


async def create_vault(
    paths: ProfilePaths,
    passphrase: str,
    *,
    clock: Clock,
    backend: Backend | None = None,
    cost: Cost | None = None,
) -> Store:
    """Make a passphrase vault for the profile and open it.

    Raises:
        InputError: the passphrase is empty or cannot be used.
        SecretStoreError: there is a vault already, or the keychain's key cannot be moved into it.
    """
    store = open_store(paths, clock=clock, backend=backend)
    await store.make_vault(passphrase, cost=cost)
    return store


async def open_vault(paths: ProfilePaths, passphrase: str, *, clock: Clock) -> Store:
    """The profile's store, its vault opened.

    Raises:
        SecretStoreLockedError: the passphrase is another one.
        SecretStoreMissingError: there is no vault.
    """
    store = open_store(paths, clock=clock)
    await store.unlock(passphrase)
    return store


def _item(connection: ConnectionId) -> str:
    if connection in RESERVED:
        raise ValueError("not a connection")
    return connection
