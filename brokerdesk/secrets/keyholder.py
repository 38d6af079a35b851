"""Where this profile's data key comes from: its vault, the system keychain, or nowhere.

It finds, makes and moves the key, and remembers why there is none. A key that cannot be found is
never replaced behind the user's back: only a save, which follows a new sign-in, makes another, and
what was sealed under the old one stays on disk. It must not know what is sealed.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from brokerdesk.clock import Clock
from brokerdesk.errors import (
    SecretDamagedError,
    SecretStoreError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)
from brokerdesk.log import register_secret
from brokerdesk.secrets import vault, words
from brokerdesk.secrets.files import KeyRecord, Profile, SecretFiles
from brokerdesk.secrets.keychain import Keychain
from brokerdesk.secrets.locks import Locks
from brokerdesk.secrets.sealing import DataKey
from brokerdesk.tasks import run_blocking

T = TypeVar("T")
_log = logging.getLogger(__name__)
_PROFILE_LOCK = "profile"
_LEFTOVER_SECONDS = 3600


class StoreState(StrEnum):
    """Where secrets are kept, as far as it is known."""

    UNOPENED = "unopened"
    """Nothing has been asked yet."""
    KEYRING = "keyring"
    VAULT = "vault"
    SESSION_ONLY = "session_only"
    """In memory: gone when the program ends."""
    LOCKED = "locked"
    """There is a keychain or vault and it does not open. Asked again at each use, but by the user
    alone soon after its window was closed.
    """


class KeyHolder:
    """Not safe for overlapping calls: ``Store`` makes them one at a time."""

    def __init__(
        self,
        files: SecretFiles,
        keychain: Keychain,
        locks: Locks,
        *,
        clock: Clock,
        passphrase_file: Path | None = None,
    ) -> None:
        self.state = StoreState.UNOPENED
        self.keychain = keychain
        self.why_session: SecretStoreError | None = None
        self._files = files
        self._locks = locks
        self._clock = clock
        self._passphrase_file = passphrase_file
        self._key: DataKey | None = None
        self._swept = False

    async def key(self, *, make: bool, by_user: bool = True) -> DataKey | None:
        """The key. None: session only, or (without ``make``) a keychain that has none.

        Without ``by_user`` a keychain whose window was closed just now is not asked again.

        Raises:
            SecretStoreLockedError: keychain or vault is there and does not open.
            SecretDamagedError: the vault or the key list is damaged.
        """
        if self._key is not None or self.state is StoreState.SESSION_ONLY:
            return self._key
        await self._sweep()
        try:
            if await disk(self._files.has_vault):
                return await self._from_vault()
            return await self._from_keychain(make=make, by_user=by_user)
        except SecretStoreLockedError:
            self.state = StoreState.LOCKED
            raise
        except SecretStoreMissingError as reason:
            self.stay_in_memory(reason)
            return None

    def stay_in_memory(self, reason: SecretStoreError | None = None) -> None:
        """From now on keep secrets in memory only."""
        self.state = StoreState.SESSION_ONLY
        self.why_session = reason
        self._key = None

    async def unlock(self, passphrase: str) -> None:
        """Open the vault.

        Raises:
            SecretStoreLockedError: the passphrase is another one.
            SecretStoreMissingError: there is no vault.
        """
        self._key = await self._unwrapped(passphrase)
        self.state = StoreState.VAULT

    async def make_vault(self, passphrase: str, cost: vault.Cost) -> DataKey:
        """Make a vault around the present key, or a new one, and take that key out of the keychain.

        Raises:
            InputError: the passphrase cannot be used.
            SecretStoreError: there is a vault already, or the present key cannot be read.
        """
        vault.usable(passphrase)
        async with self._locks.hold(_PROFILE_LOCK):
            if await disk(self._files.has_vault):
                raise words.vault_exists()
            profile = await self._readable_profile()
            key = self._key
            if key is None and profile.keys and self.state is not StoreState.SESSION_ONLY:
                with contextlib.suppress(SecretStoreMissingError):
                    key = await self._entry(profile.id)
            was_in_keychain = key is not None
            key = key or DataKey.random()
            wrapped = await disk(lambda: vault.make(passphrase, key, cost))
            record = KeyRecord(key.id, vault.PLACE)
            await disk(lambda: self._files.write_profile(profile.with_key(record)))
            await disk(lambda: self._files.write_vault(wrapped))
            self._key, self.state = key, StoreState.VAULT
            self.why_session = None
        if was_in_keychain:
            try:
                await self.keychain.forget(profile.id)
            except SecretStoreError as error:
                _log.info("the keychain kept its copy of the key: %s", error.title)
        return key

    async def change_passphrase(self, old: str, new: str, cost: vault.Cost) -> None:
        """Wrap the same key under another passphrase. What is sealed stays as it is.

        Raises:
            InputError: the new passphrase cannot be used.
            SecretStoreLockedError: the old one is not the vault's.
            SecretStoreMissingError: there is no vault.
        """
        vault.usable(new)
        async with self._locks.hold(_PROFILE_LOCK):
            key = await self._unwrapped(old)
            wrapped = await disk(lambda: vault.make(new, key, cost))
            await disk(lambda: self._files.write_vault(wrapped))
            self._key, self.state = key, StoreState.VAULT

    def vault_exists(self) -> bool:
        """A look at the disk alone."""
        return self._files.has_vault()

    async def lost(self) -> SecretStoreError:
        """Why there is no key, for whoever wants to open something sealed."""
        place = (await self._readable_profile()).last_place
        if self.state is StoreState.SESSION_ONLY:
            return words.gone_with_keychain(place)
        now = self.keychain.name
        return words.key_lost(place) if place in ("", now) else words.key_elsewhere(place, now)

    async def elsewhere(self, key_id: str) -> SecretStoreError:
        """Why something sealed under the key ``key_id`` does not open here."""
        place = (await self._readable_profile()).place_of(key_id)
        now = vault.PLACE if self.state is StoreState.VAULT else self.keychain.name
        return words.key_elsewhere(place, now)

    def forget(self) -> None:
        """Drop the key. The passphrase was never kept."""
        self._key = None

    async def _from_vault(self) -> DataKey:
        if self._passphrase_file is None:
            raise words.vault_locked()
        passphrase = await disk(self._passphrase_in_file)
        self._key = await self._unwrapped(passphrase)
        self.state = StoreState.VAULT
        return self._key

    async def _unwrapped(self, passphrase: str) -> DataKey:
        data = await disk(self._files.read_vault)
        if data is None:
            raise words.no_vault()
        register_secret(passphrase)
        return await disk(lambda: vault.unwrap(data, passphrase))

    def _passphrase_in_file(self) -> str:
        path = self._passphrase_file
        assert path is not None
        try:
            with path.open("rb") as stream:
                text = stream.read(4 * vault.MAX_PASSPHRASE).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise words.passphrase_file_unusable(path.name) from error
        lines = text.splitlines()
        if not lines or not lines[0].strip() or len(lines[0]) > vault.MAX_PASSPHRASE:
            raise words.passphrase_file_unusable(path.name)
        return lines[0]

    async def _from_keychain(self, *, make: bool, by_user: bool) -> DataKey | None:
        profile = await disk(self._files.read_profile) if not make else None
        if not make:
            # Without a profile there is no entry: asking tells whether the keychain can be used.
            key = await self._entry(profile.id if profile else "unused", by_user=by_user)
        else:
            key = await self._entry_or_new()
        self._key = key
        self.state = StoreState.KEYRING
        return key

    async def _entry(self, profile_id: str, *, by_user: bool = True) -> DataKey | None:
        text = await self.keychain.read(profile_id, by_user=by_user)
        if text is None:
            return None
        try:
            key = DataKey.from_text(text)
        except ValueError as error:
            raise words.damaged("The keychain's entry for it is not a key.") from error
        register_secret(text)
        return key

    async def _entry_or_new(self) -> DataKey:
        async with self._locks.hold(_PROFILE_LOCK):
            profile = await self._readable_profile(set_aside=True)
            key = None
            # An entry that is no key protects nothing: what follows a new sign-in replaces it.
            with contextlib.suppress(SecretDamagedError):
                key = await self._entry(profile.id)
            made = key is None
            key = key or DataKey.random()
            record = KeyRecord(key.id, self.keychain.name)
            if record not in profile.keys:
                await disk(lambda: self._files.write_profile(profile.with_key(record)))
            if made:
                register_secret(key.text())
                await self.keychain.write(profile.id, key.text())
        return key

    async def _readable_profile(self, *, set_aside: bool = False) -> Profile:
        try:
            found = await disk(self._files.read_profile)
        except SecretDamagedError:
            if set_aside:
                _log.info("the key list was damaged and is kept under another name")
                await disk(self._files.set_profile_aside)
            return Profile.new()
        return found or Profile.new()

    async def _sweep(self) -> None:
        if not self._swept:
            self._swept = True
            before = self._clock.now().timestamp() - _LEFTOVER_SECONDS
            await disk(lambda: self._files.sweep(before))


async def disk(work: Callable[[], T]) -> T:
    """Run file work or key derivation off the loop, and never leave it half watched."""
    return await run_blocking("brokerdesk-secrets", work, to_the_end=True)
