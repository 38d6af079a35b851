"""What became of each order, in words: accepted, refused, not sent, unknown, found.

Pure. Nothing here offers to send again: the ways on are to edit, to look, or to check.
"""

from __future__ import annotations

from datetime import datetime

from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.services.trading_facts import LedgerRow, ReviewedOrder, Sent
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_sentence import SIDE_WORDS, instrument_words
from brokerdesk.ui.viewmodels.review_rows import about
from brokerdesk.ui.viewmodels.review_state import Outcome, Question
from brokerdesk.ui.viewmodels.state import Action

_S = IntentState
NOTHING = "Nothing was placed."
EDIT, BACK, SHOW, CHECK, SITE, CHECKED = "edit", "back", "show", "check", "site", "checked"
"""What the buttons of an outcome do; those of one order carry its intent behind a colon."""
WHOSE = "Say whose it is…"
ENOUGH = "It takes five full checks over two minutes that find nothing."
_STATUS = {
    OrderStatus.PENDING: "on its way to the market",
    OrderStatus.WORKING: "working",
    OrderStatus.CANCEL_PENDING: "being canceled",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.REPLACE_PENDING: "being changed",
    OrderStatus.REPLACED: "changed",
    OrderStatus.REJECTED: "refused",
    OrderStatus.EXPIRED: "expired",
}


def outcome(
    order: ReviewedOrder, sent: Sent | None, row: LedgerRow | None, now: datetime
) -> Outcome:
    """One order's. ``sent`` None: the one before it was not accepted, so this never left."""
    what = about(order)
    if sent is None:
        text = f"The order before it was not accepted. {NOTHING}"
        return Outcome(key="", kind="not_sent", title="Not sent.", text=text, about=what)
    intent = row.intent if row is not None and row.intent is not None else sent.intent
    if intent is None:
        return Outcome(
            key="",
            kind="not_sent",
            title="Not sent.",
            text=_and_nothing(sent.failure),
            about=what,
            actions=(Action(id=BACK, label="Back to ticket"),),
        )
    if sent.asked is not None and intent.state in (_S.COMMITTED, _S.SENDING):
        text = f"{tame(order.broker_title)} waits for your answer to its question."
        return Outcome(key=intent.id, kind="waiting", title="Asked.", text=text, about=what)
    return _of(order, intent, row, now, what)


def _of(
    order: ReviewedOrder, intent: Intent, row: LedgerRow | None, now: datetime, what: str
) -> Outcome:
    broker = tame(order.broker_title)
    title, text, kind = "", "", ""
    actions: tuple[Action, ...] = ()
    match intent.state:
        case _S.ACCEPTED:
            kind, title = "good", "Accepted."
            text = _at_broker(broker, intent, row)
            actions = (Action(id=f"{SHOW}:{intent.id}", label="Show in Orders"),)
        case _S.FOUND:
            kind, title = "good", "Found."
            text = f"{_at_broker(broker, intent, row)} Nothing was sent twice."
            actions = (Action(id=f"{SHOW}:{intent.id}", label="Show in Orders"),)
        case _S.REJECTED:
            kind, title = "bad", f"{broker} refused this order."
            said = f"“{tame(intent.words)}”" if intent.words else "It gave no reason."
            text = f"{said} {NOTHING}"
            actions = (Action(id=EDIT, label="Edit order"),)
        case _S.NOT_SENT:
            kind, title, text = "not_sent", "Not sent.", _and_nothing(intent.words)
            actions = (Action(id=BACK, label="Back to ticket"),)
        case _S.UNKNOWN:
            return unknown(order, intent, row, now, what)
        case _S.ABSENT if row is not None and row.search is not None:
            return turned_up(intent, row, broker, what)
        case _S.ABSENT:
            kind, title = "not_sent", "Closed as not placed."
            text = f"You looked at {broker} and found no such order."
            actions = (Action(id=BACK, label="Back to ticket"),)
        case _S.ANSWERED:
            kind, title = "waiting", "Answered."
            text = f"{broker} named an order, which is being read back."
        case _:
            kind, title, text = "waiting", "Sending…", f"Waiting for {broker}."
    return Outcome(key=intent.id, kind=kind, title=title, text=text, about=what, actions=actions)


def unknown(
    order: ReviewedOrder, intent: Intent, row: LedgerRow | None, now: datetime, what: str
) -> Outcome:
    """States 26 and 28: it is looked for, and never sent again."""
    broker, search = tame(order.broker_title), row.search if row is not None else None
    parts = ["The order may be live."]
    open_ones = [] if search is None else [o for o in search.candidates if o.id not in search.aside]
    absent = search is not None and search.can_be_absent and not open_ones
    proposed = search.proposed if search is not None else None
    title = f"Outcome unknown. Checking with {broker}; BrokerDesk will not resend."
    if absent:
        title = f"Not found at {broker}."
        parts = [
            "Five full checks found no such order.",
            f"Look at {broker} yourself before you close this.",
        ]
    elif search is not None:
        if proposed is not None:
            title = f"Is an order at {broker} yours?"
            parts = [_proposal(proposed, broker)]
        elif open_ones:
            one = len(open_ones) == 1
            parts.append(
                f"{fmt.count(len(open_ones), 'order')} there could be it: "
                f"{'look whether it is' if one else 'say which it is'}."
            )
        if search.failure:
            parts.append(f"The last check failed: {tame(search.failure)}")
        if proposed is None and search.next_at is not None and search.next_at > now:
            left = fmt.duration(search.next_at - now)
            parts.append(f"Next check in {left} (check {search.checks + 1}).")
    parts.append(_blocked(order, intent))
    checked = "I looked: it was not placed" if absent else "I have checked myself…"
    checked = checked if proposed is None else WHOSE
    actions = [Action(id=f"{CHECK}:{intent.id}", label="Check now")]
    if row is not None and row.orders_url:
        actions.append(Action(id=f"{SITE}:{intent.id}", label=f"Open {broker} orders"))
    actions.append(Action(id=f"{CHECKED}:{intent.id}", label=checked))
    return Outcome(
        key=intent.id,
        kind="unknown",
        title=title,
        text=" ".join(parts),
        about=what,
        actions=tuple(actions),
        next_at=search.next_at if search is not None else None,
    )


def turned_up(intent: Intent, row: LedgerRow, broker: str, what: str) -> Outcome:
    """The user said that it is not there, and now something could be it."""
    search = row.search
    proposed = search.proposed if search is not None else None
    text = (
        _proposal(proposed, broker)
        if proposed is not None
        else f"Orders at {broker} could be it: say which it is, or that none of them is."
    )
    return Outcome(
        key=intent.id,
        kind="unknown",
        title="You said that it is not there. Since then, something turned up.",
        text=text,
        about=what,
        actions=(
            Action(id=f"{CHECK}:{intent.id}", label="Check now"),
            Action(id=f"{CHECKED}:{intent.id}", label=WHOSE),
        ),
    )


def _proposal(order: Order, broker: str) -> str:
    """The one order that is exactly what was asked for. Whose it is only the user can say."""
    at = f", entered {fmt.time_of_day(order.entered_at)}" if order.entered_at else ""
    when = "entered while yours was on its way" if at else "and was not there before"
    return (
        f"One order at {broker} is exactly what you asked for, {when}: {tame(order.id)}{at}, "
        f"{progress(order)}. BrokerDesk cannot tell it from one that another program sent. "
        "Is it yours?"
    )


def _blocked(order: ReviewedOrder, intent: Intent) -> str:
    side = SIDE_WORDS[intent.side].split(" ")[0].lower()
    symbol = tame(intent.symbol.replace("|", ", "))
    return f"New {symbol} {side}s in {tame(order.account_name)} are blocked until this is settled."


def _at_broker(broker: str, intent: Intent, row: LedgerRow | None) -> str:
    order = row.order if row is not None else None
    if order is None:
        return f"{broker} has this order: {tame(intent.order_id)}."
    return f"{broker} has this order: {tame(order.id)}, {progress(order)}."


def progress(order: Order) -> str:
    """How far it is: working, filled 5 of 5 at 268.42."""
    filled, asked = order.filled_quantity, order.quantity
    price = f" at {fmt.price(order.average_price)}" if order.average_price is not None else ""
    if order.status is OrderStatus.FILLED:
        of = f" {fmt.quantity(filled)} of {fmt.quantity(asked)}" if filled and asked else ""
        return f"filled{of}{price}"
    words = _STATUS.get(order.status) or f"“{tame(order.raw_status)}”"
    if filled:
        return f"{words}, partly filled {fmt.quantity(filled)} of {fmt.quantity(asked)}{price}"
    return words


def failed(error: BaseException) -> tuple[Outcome, ...]:
    """Sending ended with an error. One of ours says that nothing left; any other proves nothing,
    nor does a file that failed: it may have been before the first byte or after it.
    """
    if isinstance(error, BrokerDeskError) and not isinstance(error, StorageError):
        text = _and_nothing(error.sentences())
        back = (Action(id=BACK, label="Back to ticket"),)
        return (Outcome(key="", kind="not_sent", title="Not sent.", text=text, actions=back),)
    text = (
        "BrokerDesk or its order journal failed while it was sending. What left this computer "
        "stands in the order journal; open orders are looked for, and nothing is sent again."
    )
    show = (Action(id=SHOW, label="Look in Orders"),)
    return (Outcome(key="", kind="unknown", title="Outcome unknown.", text=text, actions=show),)


def answered(known: tuple[Sent, ...], intent: str, sent: Sent) -> tuple[Sent, ...]:
    """How the orders stand after an answer. One that tells of no order proves nothing of any."""
    if sent.intent is None:
        return known
    mine = [one.intent is not None and one.intent.id == intent for one in known]
    return tuple(sent if is_ else one for is_, one in zip(mine, known, strict=True))


def question(order: ReviewedOrder, sent: Sent) -> Question | None:
    """The broker's questions, word for word."""
    if sent.asked is None or sent.intent is None:
        return None
    return Question(
        intent=sent.intent.id,
        broker=tame(order.broker_title),
        about=about(order),
        questions=tuple(tame(one) for one in sent.asked.questions),
    )


def choices(row: LedgerRow) -> tuple[tuple[str, str], ...]:
    """The broker's orders that could be it: their ids, and what they are."""
    found = []
    for order in row.search.candidates if row.search is not None else ():
        leg = order.legs[0] if order.legs else None
        what = f"{SIDE_WORDS[leg.side]} {instrument_words(leg.instrument)}" if leg else "Order"
        at = f", entered {fmt.time_of_day(order.entered_at)}" if order.entered_at else ""
        aside = row.search is not None and order.id in row.search.aside
        no = " (not yours, you said)" if aside else ""
        words = f"{tame(order.id)}: {what}, {progress(order)}{at}{no}"
        found.append((order.id, words))
    return tuple(found)


def tells_of(row: LedgerRow, order: str) -> bool:
    """Whether a row is of this order of the broker's."""
    return row.order is not None and row.order.id == order


def _and_nothing(why: str) -> str:
    why = tame(why) or "The connection failed before the order left this computer."
    return why if NOTHING in why or "Nothing was sent" in why else f"{why} {NOTHING}"
