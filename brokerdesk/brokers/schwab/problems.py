"""What Schwab's error answers mean.

There are several envelopes, and the token endpoint wraps a second document inside a string whose
quotes are escaped only once, so it cannot be parsed: substrings decide. Schwab's words are shown
only where they say something a user can act on, cleaned and cut; they never decide alone.
"""

from __future__ import annotations

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import BROKER_ID, TITLE, wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
)

_PROBLEM = JsonDecoder(wire.Problem)
_OAUTH = JsonDecoder(wire.OAuthProblem)

_KEPT = "Your figures stay as they were."


class CodeRefusedError(AuthRejectedError):
    """The code from the browser was refused: too old, used, or cut. A new attempt helps."""


class KeysRefusedError(AuthRejectedError):
    """The app key or secret was refused."""


class UnknownHereError(BrokerRefusedError):
    """The address of the request is not, or no longer, known: an account's handle may be new."""


class NotThereError(UnknownHereError):
    """What was asked for is not there, or its address is not known."""


def refusal(answer: Answer) -> BrokerError:
    """The error for a REST answer of 400 to 499 (401 and 429 are dealt with before)."""
    words = said(answer)
    if answer.status in (400, 404):
        kind = NotThereError if answer.status == 404 else UnknownHereError
        return kind(f"{TITLE} refused the request.", words or _KEPT, broker_id=BROKER_ID)
    if answer.status == 403:
        return BrokerRefusedError(
            "Schwab does not allow this to your app.",
            words or _KEPT,
            "Check at developer.schwab.com that it has both products and is “Ready For Use”.",
            broker_id=BROKER_ID,
        )
    return BrokerRefusedError(f"{TITLE} refused the request.", words or _KEPT, broker_id=BROKER_ID)


def said(answer: Answer) -> str:
    """Schwab's own words in an error answer, cleaned; "" when there are none to be found."""
    try:
        problem = _PROBLEM.decode(answer.body)
    except BrokerProtocolError:
        return ""
    parts: list[str] = []
    if problem.message:
        parts.append(problem.message)
    for item in problem.errors or ():
        if isinstance(item, str):
            parts.append(item)
        else:
            parts.extend(part for part in (item.detail or item.title,) if part)
    if problem.fault and problem.fault.faultstring:
        parts.append(problem.fault.faultstring)
    return clean(" · ".join(parts[:5]), MESSAGE_LENGTH)


def token_refusal(answer: Answer, *, refreshing: bool) -> BrokerError:
    """The error for a refused token request: the code, the keys, or the whole login."""
    try:
        problem = _OAUTH.decode(answer.body)
    except BrokerProtocolError:
        problem = wire.OAuthProblem()
    error, text = problem.error or "", problem.error_description or ""
    if refreshing:
        if error in ("unsupported_token_type", "invalid_client", "invalid_grant") or (
            "refresh_token" in text or "refresh token" in text
        ):
            return login_ended()
        return _odd_refusal()
    if "authorization code" in text or "AuthorizationCode" in text or error == "invalid_grant":
        return CodeRefusedError(
            "Schwab did not take the code from your browser.",
            "It is valid for about 30 seconds and for one use only. Nothing was saved.",
            "Start again and come back from the browser right away.",
            broker_id=BROKER_ID,
        )
    if error in ("invalid_client", "unauthorized_client") or answer.status == 401:
        return KeysRefusedError(
            "Schwab does not know this app key and secret.",
            "Nothing was saved.",
            "Copy both again from your app at developer.schwab.com.",
            broker_id=BROKER_ID,
        )
    if error == "invalid_request":
        return AuthRejectedError(
            "Schwab refused the sign-in.",
            "Most often the callback address differs from the registered one. Nothing was saved.",
            "Compare it letter by letter with the one at developer.schwab.com.",
            broker_id=BROKER_ID,
        )
    return _odd_refusal()


def login_ended() -> AuthExpiredError:
    return AuthExpiredError(
        "Your Schwab sign-in has ended.",
        _KEPT,
        "Sign in again: Schwab asks for it every 7 days.",
        broker_id=BROKER_ID,
    )


def _odd_refusal() -> BrokerProtocolError:
    return BrokerProtocolError(
        "Schwab refused the sign-in in a way that BrokerDesk does not know.",
        _KEPT,
        "Try again later. If it stays so, sign in again.",
        broker_id=BROKER_ID,
    )
