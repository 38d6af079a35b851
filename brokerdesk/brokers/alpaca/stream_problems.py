"""The error codes of Alpaca's sockets, in our words."""

from __future__ import annotations

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE
from brokerdesk.brokers.transport import Refusals
from brokerdesk.errors import BrokerError, BrokerRefusedError, RateLimitedError

BAD_REQUEST, NOT_SIGNED_IN, BAD_LOGIN, SIGNED_IN_ALREADY, TOO_LATE = 400, 401, 402, 403, 404
LIMIT, OTHER_LINE, TOO_SLOW, NOT_ENABLED, NOT_SUBSCRIBED, BROKEN = 405, 406, 407, 408, 409, 500
NOT_HERE, PACKED_ONLY, NO_STARS = 410, 412, 413
AFTER_OTHER_LINE = 90.0
"""A socket that died without a word blocks its place for about so long."""

BUSY = "Alpaca tells no more symbols on one line. They are asked for from time to time instead."
UNKNOWN = "Alpaca knows no such symbol."
NOT_TOLD = "Alpaca does not tell this on a line. It is asked for from time to time instead."
NOT_GIVEN = "Alpaca does not give these prices to your account on a line."
ELSEWHERE = "Another program has Alpaca's only line for these prices."
NOT_YOURS = frozenset({NOT_ENABLED, NOT_SUBSCRIBED})
REFUSED = {
    BAD_REQUEST: NOT_TOLD,
    LIMIT: BUSY,
    NOT_ENABLED: NOT_GIVEN,
    NOT_SUBSCRIBED: NOT_GIVEN,
    NOT_HERE: NOT_TOLD,
    PACKED_ONLY: NOT_TOLD,
    NO_STARS: NOT_TOLD,
}
"""What a request for symbols may be refused with, the line standing on."""


class PlaceRefusedError(BrokerRefusedError):
    """One place is not for this login, or is taken."""

    def __init__(self, code: int) -> None:
        super().__init__(
            "Alpaca does not open this line to your account.",
            "Your figures stay as they were.",
            "Prices are asked for from time to time instead.",
            broker_id=BROKER_ID,
        )
        self.why = ELSEWHERE if code == OTHER_LINE else NOT_GIVEN
        self.taken = code == OTHER_LINE


class LoginDoubtedError(BrokerRefusedError):
    """A socket refused the login, which alone does not prove that it has ended."""


def fatal(code: int, words: str) -> BrokerError:
    """What ends the line. The broker's words are not shown: they say nothing more."""
    refusals = Refusals(BROKER_ID, TITLE)
    if code in (NOT_SIGNED_IN, BAD_LOGIN):
        return doubted()
    if code == OTHER_LINE or code in NOT_YOURS:
        return PlaceRefusedError(code)
    if code == BROKEN:
        return refusals.failing(code)
    if code == TOO_LATE:
        return refusals.too_slow()
    return refusals.line_lost()


def doubted() -> LoginDoubtedError:
    return LoginDoubtedError(
        "Alpaca does not open a line to this sign-in.",
        "Your figures stay as they were.",
        "Sign in again and allow market data, or use an API key.",
        broker_id=BROKER_ID,
    )


def taken() -> RateLimitedError:
    """Every line that was wanted is taken."""
    return RateLimitedError(
        "Another program has Alpaca's only line.",
        "Your figures stay as they were.",
        "End the other program, or wait: BrokerDesk will try again.",
        retry_after=AFTER_OTHER_LINE,
        broker_id=BROKER_ID,
    )
