"""What Plaid's error answers mean.

The code decides, then the type, never the message. Codes are open: one that nobody has seen is told
in Plaid's own words. Which status a code travels under is not relied on.
"""

from __future__ import annotations

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.plaid import BROKER_ID, TITLE, wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.transport import FinalUnavailableError
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)

_PROBLEM = JsonDecoder(wire.Problem)
_KEPT = "Your figures stay as they were."

LOGIN_CODES = frozenset(
    {
        "ITEM_LOGIN_REQUIRED",
        "ACCESS_NOT_GRANTED",
        "ADDITIONAL_CONSENT_REQUIRED",
        "INVALID_CREDENTIALS",
        "INVALID_MFA",
        "INVALID_UPDATED_USERNAME",
        "INSUFFICIENT_CREDENTIALS",
        "ITEM_LOCKED",
        "PASSWORD_RESET_REQUIRED",
        "USER_PERMISSION_REVOKED",
        "USER_SETUP_REQUIRED",
        "INSTITUTION_NO_LONGER_SUPPORTED",
    }
)
"""Only the person can help, on Plaid's page. The last one often means "sign in another way now"."""

GONE_CODES = frozenset({"ITEM_NOT_FOUND", "INVALID_ACCESS_TOKEN"})
KEY_CODES = frozenset(
    {"INVALID_API_KEYS", "UNAUTHORIZED_ENVIRONMENT", "MISSING_API_KEYS", "PLAID_ACCOUNT_CLOSED"}
)
_WITHOUT_INVESTMENTS = frozenset(
    {
        "PRODUCTS_NOT_SUPPORTED",
        "PRODUCT_NOT_SUPPORTED",
        "PRODUCT_NOT_ENABLED",
        "NO_INVESTMENT_ACCOUNTS",
        "NO_ACCOUNTS",
    }
)


class KeysRefusedError(AuthRejectedError):
    """Client id or secret are refused."""


class ItemGoneError(AuthExpiredError):
    """The login is not known at Plaid (any more): only a new one helps."""


def explain(answer: Answer) -> BrokerError | None:
    """The error for an answer of 400 or more; None for what all brokers word alike."""
    try:
        problem = _PROBLEM.decode(answer.body)
    except BrokerProtocolError:
        problem = wire.Problem()
    if answer.status == 429:
        return None
    known = of_code(problem)
    if known is not None:
        return known
    if answer.status >= 500 or answer.status in (408, 425):
        return None
    if answer.status == 401:
        return keys_refused()
    words = clean(problem.display_message or problem.error_message, MESSAGE_LENGTH)
    return BrokerRefusedError(f"{TITLE} refused the request.", words or _KEPT, broker_id=BROKER_ID)


def of_code(problem: wire.Problem, institution: str = "") -> BrokerError | None:
    """The error that a code stands for; None for a code that says nothing special."""
    code, kind = problem.error_code or "", problem.error_type or ""
    if code in LOGIN_CODES:
        return sign_in_again(institution)
    if code in GONE_CODES:
        return ItemGoneError(
            "Plaid no longer knows this login.",
            f"It may have been removed at Plaid or at the institution. {_KEPT}",
            "Sign in again.",
            broker_id=BROKER_ID,
        )
    if code in KEY_CODES:
        return keys_refused()
    if code == "PRODUCT_NOT_READY":
        return FinalUnavailableError(
            "Plaid is still collecting this data.",
            f"After a first sign-in that takes some minutes. {_KEPT}",
            "BrokerDesk will ask again later.",
            broker_id=BROKER_ID,
        )
    if code in _WITHOUT_INVESTMENTS:
        return BrokerRefusedError(
            "This login has no investment accounts that Plaid can read.",
            _KEPT,
            "Sign in again and choose an investment account, if there is one.",
            broker_id=BROKER_ID,
        )
    if kind == "RATE_LIMIT_EXCEEDED":
        return RateLimitedError(
            f"{TITLE} asks for a pause.",
            _KEPT,
            "BrokerDesk will ask again later.",
            broker_id=BROKER_ID,
        )
    if kind == "INSTITUTION_ERROR":
        return FinalUnavailableError(
            "The institution does not answer Plaid.",
            _KEPT,
            "BrokerDesk will ask again later.",
            broker_id=BROKER_ID,
        )
    if kind == "API_ERROR":
        return BrokerUnavailableError(
            f"{TITLE} has a problem on its side.",
            _KEPT,
            "BrokerDesk will ask again later.",
            broker_id=BROKER_ID,
        )
    return None


def of_item(item: wire.Item | None) -> BrokerError | None:
    """What an Item says about itself beside figures that may be old."""
    if item is None or item.error is None:
        return None
    return of_code(item.error, clean(item.institution_name))


def sign_in_again(institution: str = "") -> AuthExpiredError:
    return AuthExpiredError(
        f"{institution or 'The institution'} wants you to sign in again.",
        _KEPT,
        "Sign in again: Plaid's page asks for what is missing.",
        broker_id=BROKER_ID,
    )


def keys_refused() -> KeysRefusedError:
    return KeysRefusedError(
        "Plaid does not know this client ID and secret.",
        _KEPT,
        "Copy both again from dashboard.plaid.com; each environment has a secret of its own.",
        broker_id=BROKER_ID,
    )
