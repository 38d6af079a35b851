"""The operating system's keychain: which one, whether it may be trusted, and never waiting for it.

Backends of the ``keyring`` library can be null, plain text or anything that a configuration file
names, and any of them can hang behind a prompt that nobody sees. It must not know what is kept.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from brokerdesk.errors import BrokerDeskError
from brokerdesk.secrets import secret_service, words
from brokerdesk.tasks import run_blocking

T = TypeVar("T")

SERVICE = "BrokerDesk"
TIMEOUT_SECONDS = 3.0
LOOK_SECONDS = 2.0
"""How often it is looked whether the one who is to answer still lives."""
DECLINED_SECONDS = 60.0
"""For so long after its window was closed only what the user wants brings that window back."""
MAX_ENTRY_CHARACTERS = 1000
"""Windows holds 2,560 bytes of UTF-16, that is 1,280 characters, and fails without words above."""

TRUSTED = {
    "keyring.backends.SecretService.Keyring": "the Secret Service",
    "keyring.backends.libsecret.Keyring": "the Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet 4",
    "keyring.backends.macOS.Keyring": "the macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager",
}
_ABSENT = frozenset({"keyring.backends.fail.Keyring"})
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_WINDOWS = "keyring.backends.Windows.WinVaultKeyring"


class Backend(Protocol):
    """The part of a ``keyring`` backend that is used."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def vetted(backend: Backend) -> tuple[Backend, str]:
    """The backend to use and the name of its place, if it is a system keychain.

    A chain is only as safe as its weakest link: every one must be trusted. The first is then used
    directly, because a chain would read from one place what it wrote to another.

    Raises:
        SecretStoreMissingError: there is no keychain, or this one is not trusted.
    """
    name = _class_name(backend)
    if name == _CHAINER:
        links = list(getattr(backend, "backends", ()))
        if not links:
            raise words.no_keychain()
        every = [vetted(link) for link in links]
        return every[0]
    if name in _ABSENT:
        raise words.no_keychain()
    if name not in TRUSTED:
        raise words.unsafe_keychain(name)
    if name == _WINDOWS:
        # The default, "enterprise", roams to other computers of a domain.
        backend.persist = "local machine"  # type: ignore[attr-defined]
    return backend, TRUSTED[name]


@dataclass(slots=True, eq=False)
class _Call:
    """A question in a thread of its own. ``asked``: who was to answer, as far as it is known;
    ``declined``: when the answer was that it stays locked.
    """

    ended: threading.Event = field(default_factory=threading.Event)
    answered: bool = False
    asked: str | None = None
    declined: float | None = None


class Keychain:
    """The keychain behind a time limit. Nothing happens before the first call.

    Args:
        backend: use this one, unvetted: the caller vouches for it. None: the system's.
        timeout: seconds that any one call may take.
        owner: who answers on the bus now, None for nobody. Looked at for a Secret Service only,
            unless it is given.
        now: seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        backend: Backend | None = None,
        *,
        timeout: float = TIMEOUT_SECONDS,
        owner: Callable[[], str | None] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = backend
        self._now = now
        self._timeout = timeout
        self._owner = owner
        self._found: tuple[Backend, str] | None = None
        self._out: _Call | None = None
        self._turn = asyncio.Lock()

    @property
    def name(self) -> str:
        """The place, in words; "" before the first successful call."""
        return self._found[1] if self._found else ""

    async def read(self, user: str, *, by_user: bool = True) -> str | None:
        """The entry, None when the keychain can be read and has none.

        Without ``by_user`` a keychain whose window was closed just now is not asked again.

        Raises:
            SecretStoreMissingError: no keychain, or one that is not trusted.
            SecretStoreLockedError: locked, hung or refused.
        """
        return await self._ask(
            lambda backend, _: backend.get_password(SERVICE, user), by_user=by_user
        )

    async def write(self, user: str, entry: str) -> None:
        """Keep ``entry`` and read it back, since some backends drop what they cannot hold.

        Raises:
            SecretStoreError: as for ``read``, or too long, or not kept.
        """
        if len(entry) > MAX_ENTRY_CHARACTERS:
            raise words.entry_too_long(len(entry), MAX_ENTRY_CHARACTERS)

        def keep(backend: Backend, name: str) -> None:
            backend.set_password(SERVICE, user, entry)
            if backend.get_password(SERVICE, user) != entry:
                raise words.not_kept(name)

        await self._ask(keep)

    async def forget(self, user: str) -> None:
        """Remove the entry if there is one.

        Raises:
            SecretStoreError: as for ``read``.
        """

        def remove(backend: Backend, _: str) -> None:
            if backend.get_password(SERVICE, user) is not None:
                backend.delete_password(SERVICE, user)

        await self._ask(remove)

    async def settled(self, within: float) -> bool:
        """Wait until a call that was given up has ended, as one does whose prompt is answered.

        Returns: True when it was answered. False: it was dismissed, nobody is there any more who
        could answer, or ``within`` seconds have passed.
        """
        call, left = self._out, within
        while call is not None and not call.ended.is_set():
            if left <= 0 or await self._lost(call):
                break
            step = min(left, LOOK_SECONDS)
            await run_blocking("brokerdesk-keychain-wait", lambda: call.ended.wait(step))  # noqa: B023
            left -= step
        return call is not None and call.ended.is_set() and call.answered

    async def _ask(self, question: Callable[[Backend, str], T], *, by_user: bool = True) -> T:
        async with self._turn:
            out = self._out
            if out is not None and not out.ended.is_set() and not await self._lost(out):
                # The last call still waits, probably behind a prompt: another would queue up.
                raise words.silent(self._timeout)
            if not by_user and self._declined():
                raise words.locked()
            self._out = _Call()
            return await self._ask_now(question, self._out)

    def _declined(self) -> bool:
        """Whether the last question was answered so, lately: its window was closed, or cannot open.

        Whoever asks by itself, as a refresh or a line does, would open it anew, and many do.
        """
        at = self._out.declined if self._out is not None else None
        return at is not None and self._now() - at < DECLINED_SECONDS

    async def _ask_now(self, question: Callable[[Backend, str], T], call: _Call) -> T:

        def work() -> T:
            import keyring.errors

            try:
                if self._found is None:
                    self._found = self._find()
                call.asked = self._who()
                answer = question(*self._found)
            except keyring.errors.KeyringLocked:
                call.declined = self._now()
                raise
            else:
                call.answered = True
                return answer
            finally:
                call.ended.set()

        try:
            return await run_blocking(
                "brokerdesk-keychain", work, within=self._timeout, translate=_translated
            )
        except TimeoutError as error:
            if call.asked is None and self._found is not None:
                # It is the call that started the service, unless there is none.
                call.asked = await self._who_now(None)
            raise words.silent(self._timeout) from error

    async def _lost(self, call: _Call) -> bool:
        """Whether nobody is there who will end this call; its thread is left to itself."""
        if not self._known_on_the_bus():
            return False
        now = await self._who_now(call.asked or "")
        if call.asked is None and now is not None:
            # It had started the service, which was not seen then: it is this one.
            call.asked = now or None
            return False
        return now != call.asked or now is None or call.ended.is_set()

    async def _who_now(self, unknown: str | None) -> str | None:
        """Who answers now; ``unknown`` when not even that can be found out in time."""
        try:
            return await run_blocking("brokerdesk-keychain-owner", self._who, within=self._timeout)
        except TimeoutError:
            return unknown

    def _who(self) -> str | None:
        if self._owner is not None:
            return self._owner()
        return secret_service.owner() if self._known_on_the_bus() else None

    def _known_on_the_bus(self) -> bool:
        """Whether it can be told who answers. Nothing is known before it is found."""
        found = self._found
        if self._owner is not None or found is None:
            return found is not None
        return _class_name(found[0]) == secret_service.BACKEND

    def _find(self) -> tuple[Backend, str]:
        if self._given is not None:
            return self._given, TRUSTED.get(_class_name(self._given), type(self._given).__name__)
        import keyring

        return vetted(keyring.get_keyring())


def _class_name(backend: object) -> str:
    kind = type(backend)
    return f"{kind.__module__}.{kind.__qualname__}"


def _translated(error: Exception) -> BaseException:
    """A backend's exception in our words. Backends raise whatever their bus or system does."""
    import keyring.errors

    if isinstance(error, BrokerDeskError):
        return error
    if isinstance(error, keyring.errors.NoKeyringError):
        return words.no_keychain()
    if secret_service.is_gone(error):
        return words.ended()
    if isinstance(error, keyring.errors.KeyringLocked | keyring.errors.InitError):
        return words.locked()
    if isinstance(error, ImportError | AttributeError):
        # A configuration that names a backend which is not there.
        return words.unsafe_keychain(getattr(error, "name", None) or "unknown")
    return words.refused()
