"""Every failure that BrokerDesk knows by name.

    BrokerDeskError(title, message, hint, code)       known: told to the user in these words
    ├── InputError(field)                             what the user typed cannot be used
    ├── SettingsError                                 a settings file or value cannot be used
    ├── AlreadyRunningError                           the profile is open in another window
    ├── HostError                                     this computer lacks something (a display)
    ├── ReleaseListError                              a list of releases that is not believed
    ├── BrokerError(broker_id, connection_id)
    │   ├── BrokerUnavailableError                    no usable answer: network, 5xx, HTML, time-out
    │   │   └── RateLimitedError(retry_after)
    │   ├── AuthError
    │   │   ├── AuthRejectedError                     wrong key or secret, consent denied
    │   │   └── AuthExpiredError                      the login ended: sign in again
    │   ├── BrokerRefusedError                        a definite "no" to a well-formed request
    │   │   └── OrderRejectedError(reason)
    │   ├── OutcomeUnknownError(client_order_id)      sent, and nothing proves what became of it
    │   ├── NotSupportedError(capability)
    │   └── BrokerProtocolError                       an answer that cannot be understood
    ├── CallbackError                                 the browser step failed on this computer
    │   ├── PortInUseError(port)
    │   └── CallbackTimeoutError
    ├── StorageError
    │   ├── DatabaseTooNewError
    │   ├── DatabaseLockedError
    │   ├── DatabaseDamagedError
    │   ├── DiskFullError
    │   └── MigrationError(backup_path)
    └── SecretStoreError
        ├── SecretStoreMissingError                   no keyring on this computer
        ├── SecretStoreLockedError                    there, but locked, hung or refused
        ├── SecretMissingError                        readable, and the secret is not in it
        └── SecretDamagedError                        the sealed file does not open under its key
    UserCancelled                                     unwinds silently; not an error

Anything else that escapes is a bug and ends in the crash dialog with a redacted report.

A message says what happened, what still holds, and what to do. Foreign exceptions are translated
once, at the border where they enter, with ``raise ... from error``.
"""

from __future__ import annotations

from pathlib import Path


class BrokerDeskError(Exception):
    """A failure with words for the user.

    Args:
        title: what happened, one short sentence, shown in bold.
        message: what it means for the data and the money; plain text.
        hint: what to do next; plain text.

    ``code`` is stable and machine readable; it names the class in logs and JSON answers.
    """

    code = "error"

    def __init__(self, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.message = message
        self.hint = hint

    def sentences(self) -> str:
        """The whole text as one line of plain sentences."""
        return " ".join(part for part in (self.title, self.message, self.hint) if part)


class InputError(BrokerDeskError):
    """What the user typed cannot be used; ``field`` names the form field ("" = the whole form)."""

    code = "input"

    def __init__(self, field: str, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title, message, hint)
        self.field = field


class SettingsError(BrokerDeskError):
    code = "settings"


class AlreadyRunningError(BrokerDeskError):
    code = "already_running"


class HostError(BrokerDeskError):
    """This computer lacks something that the program needs, such as a display."""

    code = "host"


class ReleaseListError(BrokerDeskError):
    """A list of releases was refused; ``reason`` names the rule that it breaks, for the log."""

    code = "release_list"

    def __init__(self, reason: str, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title, message, hint)
        self.reason = reason


class BrokerError(BrokerDeskError):
    """Base of all that can go wrong between this computer and a broker."""

    code = "broker"

    def __init__(
        self,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        broker_id: str = "",
        connection_id: str = "",
    ) -> None:
        super().__init__(title, message, hint)
        self.broker_id = broker_id
        self.connection_id = connection_id


class BrokerUnavailableError(BrokerError):
    """No usable answer came. Cached data stays; asking again later is right."""

    code = "unavailable"


class RateLimitedError(BrokerUnavailableError):
    """The broker asked for a pause. ``retry_after`` is seconds, None when it did not say."""

    code = "rate_limited"

    def __init__(
        self,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        retry_after: float | None = None,
        broker_id: str = "",
        connection_id: str = "",
    ) -> None:
        super().__init__(title, message, hint, broker_id=broker_id, connection_id=connection_id)
        self.retry_after = retry_after


class AuthError(BrokerError):
    code = "auth"


class AuthRejectedError(AuthError):
    """The key, the secret or the consent was refused."""

    code = "auth_rejected"


class AuthExpiredError(AuthError):
    """The login has ended; only a new browser sign-in helps."""

    code = "auth_expired"


class BrokerRefusedError(BrokerError):
    """The broker understood the request and said no."""

    code = "refused"


class OrderRejectedError(BrokerRefusedError):
    """Proof that an order was not taken. ``reason`` holds the broker's own words."""

    code = "order_rejected"

    def __init__(self, title: str, *, reason: str, broker_id: str = "") -> None:
        super().__init__(title, reason, broker_id=broker_id)
        self.reason = reason


class OutcomeUnknownError(BrokerError):
    """An order may or may not have been taken. It is reconciled, never sent again."""

    code = "outcome_unknown"

    def __init__(self, title: str, *, client_order_id: str, broker_id: str = "") -> None:
        super().__init__(title, broker_id=broker_id)
        self.client_order_id = client_order_id


class NotSupportedError(BrokerError):
    """The broker, or this account at it, cannot do what was asked."""

    code = "not_supported"

    def __init__(self, title: str, *, capability: str, broker_id: str = "") -> None:
        super().__init__(title, broker_id=broker_id)
        self.capability = capability


class BrokerProtocolError(BrokerError):
    """An answer arrived that cannot be understood. Cached data stays."""

    code = "protocol"


class CallbackError(BrokerDeskError):
    """The browser step failed on this computer."""

    code = "callback"


class PortInUseError(CallbackError):
    code = "port_in_use"

    def __init__(self, port: int, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title, message, hint)
        self.port = port


class CallbackTimeoutError(CallbackError):
    code = "callback_timeout"


class StorageError(BrokerDeskError):
    code = "storage"


class DatabaseTooNewError(StorageError):
    code = "database_too_new"


class DatabaseLockedError(StorageError):
    code = "database_locked"


class DatabaseDamagedError(StorageError):
    code = "database_damaged"


class DiskFullError(StorageError):
    code = "disk_full"


class MigrationError(StorageError):
    """An upgrade failed and the old file was put back from ``backup_path``."""

    code = "migration"

    def __init__(self, title: str, message: str = "", *, backup_path: Path | None = None) -> None:
        super().__init__(title, message)
        self.backup_path = backup_path


class SecretStoreError(BrokerDeskError):
    code = "secret_store"


class SecretStoreMissingError(SecretStoreError):
    code = "secret_store_missing"


class SecretStoreLockedError(SecretStoreError):
    code = "secret_store_locked"


class SecretMissingError(SecretStoreError):
    code = "secret_missing"


class SecretDamagedError(SecretStoreError):
    code = "secret_damaged"


class UserCancelled(Exception):  # noqa: N818 - a decision, not an error
    """The user stopped it. Unwinds silently and leaves nothing behind."""
