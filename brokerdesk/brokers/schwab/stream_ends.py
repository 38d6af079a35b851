"""Reading the streamer's messages, and what those mean that end a line."""

from __future__ import annotations

import msgspec

from brokerdesk.brokers.decode import JsonDecoder, check_depth, check_keys
from brokerdesk.brokers.schwab import BROKER_ID, TITLE
from brokerdesk.brokers.schwab.stream_wire import (
    LOGIN_DENIED,
    NO_LINE,
    STOPPED,
    TOO_MANY_LINES,
    Frame,
    Notice,
)
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailableError,
    RateLimitedError,
)

REST = 600.0
"""Seconds for which a line that another program took is left to it."""

_FRAME = JsonDecoder(Frame)
_NOTICE = JsonDecoder(Notice)


class LineTakenError(RateLimitedError):
    """Another program streams with this login; Schwab allows one line. Connecting again at once
    would only take it away from the other one, hence the pause.
    """


def decoded(message: str | bytes) -> Frame:
    """A message's record.

    Raises:
        BrokerProtocolError: it is none.
    """
    raw = message.encode() if isinstance(message, str) else message
    try:
        check_depth(raw)
        check_keys(raw)
        return _FRAME.decode_checked(raw)
    except BrokerProtocolError as error:
        raise not_understood() from error


def not_understood() -> BrokerProtocolError:
    return BrokerProtocolError(
        f"What came on {TITLE}'s line could not be understood.",
        "Nothing was changed. BrokerDesk will connect again.",
        broker_id=BROKER_ID,
    )


def code_of(notice: msgspec.Raw) -> int:
    """The code in a notice; 0 for a heartbeat and whatever else has none."""
    try:
        return _NOTICE.decode_checked(notice).content.code
    except BrokerProtocolError:
        return 0


def taken(seconds: float) -> LineTakenError:
    """The line is another program's for so long at least."""
    return LineTakenError(
        f"Another program streams from {TITLE} with your login.",
        "Schwab allows one at a time. Prices are asked for from time to time instead.",
        "Close the other program to have them stream here.",
        retry_after=seconds,
        broker_id=BROKER_ID,
    )


def raise_if_over(code: int) -> None:
    """Raise what a code means that ends the line; every other code passes."""
    error: BrokerError
    if code == LOGIN_DENIED:
        error = AuthExpiredError(
            f"{TITLE}'s streamer does not take this sign-in.",
            "Your figures stay as they were.",
            "Sign in again.",
            broker_id=BROKER_ID,
        )
    elif code == TOO_MANY_LINES:
        error = taken(REST)
    elif code in (NO_LINE, STOPPED):
        error = BrokerUnavailableError(
            f"{TITLE} has ended the line.",
            "BrokerDesk will connect again.",
            broker_id=BROKER_ID,
        )
    else:
        return
    raise error
