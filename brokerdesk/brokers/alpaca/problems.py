"""What Alpaca's error answers mean.

One envelope, ``{"code", "message"}``, in which the code is optional and overloaded: the status and
the words decide together. Bad keys come as 401 or as 403 "forbidden".
"""

from __future__ import annotations

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, wire
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
)

_PROBLEM = JsonDecoder(wire.Problem)
_KEPT = "Your figures stay as they were."
_BAD_KEYS = 40110000


class KeysRefusedError(AuthRejectedError):
    """The key, or the app's id and secret, were refused."""


class CodeRefusedError(AuthRejectedError):
    """The code from the browser was refused. A new attempt helps."""


class UnknownHereError(BrokerRefusedError):
    """What was asked for is not there."""


class NotSubscribedError(BrokerRefusedError):
    """The data needs a subscription that the account does not have."""


def refusal(answer: Answer) -> BrokerError:
    """The error for a REST answer of 400 to 499 (401 and 429 are dealt with before)."""
    words, code = _said(answer)
    lowered = words.lower()
    if answer.status == 403:
        if code == _BAD_KEYS or lowered.startswith(("forbidden", "unauthorized")):
            return login_ended()
        if "subscription" in lowered:
            return NotSubscribedError(
                "Alpaca does not give these prices to your account.",
                words,
                "They need a market data subscription.",
                broker_id=BROKER_ID,
            )
        return BrokerRefusedError(
            "Alpaca does not allow this to your sign-in.",
            words or _KEPT,
            "Sign in again and allow market data, or use an API key.",
            broker_id=BROKER_ID,
        )
    if answer.status == 404:
        return UnknownHereError(f"{TITLE} does not know this.", words or _KEPT, broker_id=BROKER_ID)
    return BrokerRefusedError(f"{TITLE} refused the request.", words or _KEPT, broker_id=BROKER_ID)


def token_refusal(answer: Answer) -> BrokerError:
    """The error for a refused exchange: the app's keys or the code."""
    words, _ = _said(answer)
    lowered = words.lower()
    if answer.status in (401, 403) or "client" in lowered:
        return keys_refused()
    if "code" in lowered or "grant" in lowered:
        return CodeRefusedError(
            "Alpaca did not take the code from your browser.",
            "It is valid for a short time and for one use only. Nothing was saved.",
            "Start again.",
            broker_id=BROKER_ID,
        )
    if "redirect" in lowered:
        return AuthRejectedError(
            "Alpaca refused the sign-in.",
            "The callback address differs from the registered one. Nothing was saved.",
            "Compare it letter by letter with your app's.",
            broker_id=BROKER_ID,
        )
    return BrokerProtocolError(
        "Alpaca refused the sign-in in a way that BrokerDesk does not know.",
        "Nothing was saved.",
        "Try again later.",
        broker_id=BROKER_ID,
    )


def keys_refused() -> KeysRefusedError:
    return KeysRefusedError(
        "Alpaca does not know these keys.",
        "Nothing was saved.",
        "Copy both again, and check that live or paper is chosen as they were made for.",
        broker_id=BROKER_ID,
    )


def login_ended() -> AuthExpiredError:
    return AuthExpiredError(
        "Alpaca no longer accepts this sign-in.",
        f"The key or the app's access was taken back at Alpaca. {_KEPT}",
        "Sign in again, with a new key if the old one was deleted.",
        broker_id=BROKER_ID,
    )


def _said(answer: Answer) -> tuple[str, int | None]:
    """Alpaca's own words, cleaned, and its code; "" and None when there are none to be found."""
    try:
        problem = _PROBLEM.decode(answer.body)
    except BrokerProtocolError:
        return "", None
    words = problem.message or problem.error_description or problem.error
    return clean(words, MESSAGE_LENGTH), problem.code
