"""Exit codes. They are part of the program's face and never change their meaning."""

from __future__ import annotations

from brokerdesk.errors import (
    AuthExpiredError,
    BrokerDeskError,
    BrokerUnavailableError,
    InputError,
    SecretDamagedError,
    SecretMissingError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)

OK = 0
ERROR = 1
USAGE = 2
NEEDS_SIGN_IN = 3
UNAVAILABLE = 4
PARTLY = 5
INTERRUPTED = 130
PIPE_CLOSED = 141

_SIGN_IN = (
    AuthExpiredError,
    SecretMissingError,
    SecretDamagedError,
    SecretStoreMissingError,
    SecretStoreLockedError,
)


def exit_code(error: BrokerDeskError) -> int:
    """The exit code of a command that ``error`` ended."""
    if isinstance(error, InputError):
        return USAGE
    if isinstance(error, _SIGN_IN):
        return NEEDS_SIGN_IN
    if isinstance(error, BrokerUnavailableError):
        return UNAVAILABLE
    return ERROR
