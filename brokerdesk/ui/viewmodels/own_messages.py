"""Messages of the window itself: a clock that is off, and the time that is left in any of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.state import LEFT, Action, Message


def counted_down(message: Message, left: timedelta) -> Message:
    """The message with the time that is left in its words."""
    span = fmt.duration(left)
    return replace(
        message, title=message.title.replace(LEFT, span), text=message.text.replace(LEFT, span)
    )


def clock_is_off(seconds: int) -> Message:
    """This computer's clock is so many seconds ahead of a broker's (below 0: behind)."""
    way = "ahead of" if seconds > 0 else "behind"
    by = fmt.duration(timedelta(seconds=abs(seconds)))
    return Message(
        key="clock",
        kind="warn",
        title="This computer’s clock is off.",
        text=f"It is {by} {way} the broker’s. Ages shown here are wrong by as much. Set the clock "
        "in the system settings.",
        actions=(Action(id="dismiss:clock", label="Dismiss"),),
    )
