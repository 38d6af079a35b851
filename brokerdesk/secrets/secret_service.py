"""Who answers for the Secret Service on the session bus: still the one that was asked, or another.

A call that waits behind the service's prompt waits for a signal; when the service dies, nobody
sends it. The library that speaks to the bus is the keyring's own, and reached through it.
"""

from __future__ import annotations

import contextlib
from typing import Any

BACKEND = "keyring.backends.SecretService.Keyring"
_NAME = "org.freedesktop.secrets"
_ANSWER_SECONDS = 2.0
_UNAVAILABLE = "SecretServiceNotAvailableException"


def owner() -> str | None:
    """The service's own address on the bus, another one after each start. None: nobody is there.

    Blocks for two seconds at most.
    """
    from keyring.backends import SecretService

    library: Any = SecretService.secretstorage  # type: ignore[attr-defined]
    failures = (library.exceptions.SecretStorageException, library.util.DBusErrorResponse, OSError)
    with contextlib.suppress(*failures), contextlib.closing(library.dbus_init()) as bus:
        proxy = library.Proxy(library.message_bus, bus, timeout=_ANSWER_SECONDS)
        return str(proxy.GetNameOwner(_NAME)[0])
    return None


def is_gone(error: BaseException | None) -> bool:
    """Whether a backend's exception says that there is no service (any more)."""
    while error is not None:
        if type(error).__name__ == _UNAVAILABLE or isinstance(error, ConnectionError):
            return True
        error = error.__cause__
    return False
