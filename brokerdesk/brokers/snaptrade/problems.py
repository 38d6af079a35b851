"""What SnapTrade's error answers mean.

The status decides first, SnapTrade's own code second; its words are shown only where they say
something, cleaned and cut, and never decide alone.
"""

from __future__ import annotations

import re

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE, wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.transport import FinalUnavailableError
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
    NotSupportedError,
)

_PROBLEM = JsonDecoder(wire.Problem)
_WAIT = re.compile(r"available in (\d{1,6}) second", re.ASCII)
_KEPT = "Your figures stay as they were."


class KeysRefusedError(AuthExpiredError):
    """The key, the user or the time of the request was refused."""


class GoneError(BrokerRefusedError):
    """This route is not, or no longer, offered to this key: another one may be."""


class NotHereError(BrokerRefusedError):
    """There is no such thing, or the key may not see it."""


class DisabledError(BrokerRefusedError):
    """The brokerage connection wants a new sign-in."""


class NotAllowedError(NotSupportedError):
    """The key, the plan or the brokerage does not include this."""


def told(answer: Answer) -> tuple[str, str]:
    """SnapTrade's code and words, "" where there are none."""
    try:
        given = _PROBLEM.decode(answer.body)
    except BrokerProtocolError:
        return "", ""
    code = given.code if given.code is not None else given.default_code
    words = given.detail or given.default_detail or given.error
    return clean(str(code), 16) if code is not None else "", clean(words, MESSAGE_LENGTH)


def seconds_to_wait(answer: Answer) -> float | None:
    """What the words of a 429 ask for."""
    found = _WAIT.search(told(answer)[1])
    return float(found[1]) if found else None


def refusal(answer: Answer) -> BrokerError | None:
    """The error for a JSON answer of 400 or more; None where the common words will do."""
    code, words = told(answer)
    if answer.status == 401:
        return keys_refused(code)
    if answer.status == 402:
        return disabled()
    if answer.status == 403:
        return not_allowed(code, words)
    if answer.status == 404:
        return NotHereError(f"{TITLE} does not know this.", words or _KEPT, broker_id=BROKER_ID)
    if answer.status == 410:
        return gone()
    if answer.status == 425:
        return first_sync()
    if answer.status == 501:
        return NotAllowedError(
            "This brokerage does not offer that through SnapTrade.",
            capability="reads",
            broker_id=BROKER_ID,
        )
    if answer.status < 429 and answer.status != 408:
        return BrokerRefusedError(
            f"{TITLE} refused the request.", words or _KEPT, broker_id=BROKER_ID
        )
    return None


def first_sync() -> FinalUnavailableError:
    return FinalUnavailableError(
        "The first figures are still on their way.",
        f"{TITLE} is reading this account from its brokerage for the first time.",
        "This can take some minutes. BrokerDesk will ask again later.",
        broker_id=BROKER_ID,
    )


def keys_refused(code: str) -> KeysRefusedError:
    if code == "1083":
        return KeysRefusedError(
            f"{TITLE} does not know this user or its secret.",
            _KEPT,
            "If the secret was renewed elsewhere, enter the new one.",
            broker_id=BROKER_ID,
        )
    return KeysRefusedError(
        f"{TITLE} does not accept this key.",
        f"It may have been renewed or withdrawn, or this computer's clock is wrong. {_KEPT}",
        "Copy the client ID and the consumer key again from dashboard.snaptrade.com.",
        broker_id=BROKER_ID,
    )


def disabled(institution: str = "") -> DisabledError:
    return DisabledError(
        f"{institution or 'The brokerage'} wants a new sign-in.",
        f"Until then it gives {TITLE} nothing new. {_KEPT}",
        "Sign in again from this connection.",
        broker_id=BROKER_ID,
    )


def not_allowed(code: str, words: str) -> NotAllowedError:
    error = NotAllowedError(
        "This is not part of your SnapTrade plan."
        if code == "1141"
        else f"{TITLE} does not allow this to your key.",
        capability="reads",
        broker_id=BROKER_ID,
    )
    error.message = words
    return error


def gone() -> GoneError:
    return GoneError(
        f"{TITLE} no longer offers this to your key.",
        _KEPT,
        "A newer version of BrokerDesk may know the new way.",
        broker_id=BROKER_ID,
    )


def other_account() -> BrokerProtocolError:
    return BrokerProtocolError(
        f"{TITLE} answered for another account than the one asked for.",
        "The answer was thrown away. Your figures stay as they were.",
        broker_id=BROKER_ID,
    )
