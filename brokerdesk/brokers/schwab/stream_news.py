"""What the streamer says of accounts: taken as a reason to read them, and as nothing more.

The data of a message is a second document inside a text: JSON today, XML in the older form. No
figure is taken out of it; the type of the message and, for executions, one word inside decide.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import BROKER_ID
from brokerdesk.brokers.schwab.stream_wire import Activity
from brokerdesk.brokers.streaming import AccountMoved
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment
from brokerdesk.log import register_account

_ACTIVITY = JsonDecoder(Activity)
_SAYS_NOTHING = frozenset({"SUBSCRIBED", "ERROR"})
_FILL_WORD = re.compile(r"ExecutionTransType\W{1,8}Fill\b", re.ASCII)
_ACCOUNT_NUMBER = re.compile(r"\d{4,20}", re.ASCII)


class News:
    """The account messages of one line."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._newest: int | None = None

    def taken(self, raw: msgspec.Raw, now: datetime) -> list[AccountMoved]:
        """What a message means.

        A number that came before is a repeat and means nothing; a number left out means that
        something was said which did not arrive.

        Raises:
            BrokerProtocolError: it is no such message.
        """
        given = _ACTIVITY.decode_checked(raw)
        found: list[AccountMoved] = []
        if given.seq is not None and self._newest is not None:
            if given.seq <= self._newest:
                return []
            if given.seq > self._newest + 1:
                found.append(AccountMoved(account=None, at=now, recovered=True))
        self._newest = given.seq if given.seq is not None else self._newest
        if (given.kind or "") not in _SAYS_NOTHING:
            found.append(self._moved(given, now))
        return found

    def _moved(self, given: Activity, now: datetime) -> AccountMoved:
        number = str(given.account or "")
        account = None
        if _ACCOUNT_NUMBER.fullmatch(number):
            register_account(number)
            account = account_id(BROKER_ID, self._environment.value, number)
        return AccountMoved(account=account, at=now, filled=_is_fill(given))


def _is_fill(given: Activity) -> bool:
    """``OrderFillCompleted``, the older ``OrderFill`` and ``OrderPartialFill``, executions."""
    kind = given.kind or ""
    if kind == "ExecutionCreated":
        return _FILL_WORD.search(given.text or "") is not None
    return "Fill" in kind
