"""What can be done to an order, why not, how it is asked, and what became of it. Pure.

Nothing here sends: the page asks the user, and the port does it once for each click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from brokerdesk.domain.intent import IntentKind, IntentState
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.order_columns import order_words, type_words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_rows import CHILD, LEG, OrderRow

if TYPE_CHECKING:
    from brokerdesk.services.trading_facts import Sent
    from brokerdesk.ui.viewmodels.order_detail import Fill, Request
    from brokerdesk.ui.viewmodels.orders import OrdersFound

CANCEL, CHANGE, AGAIN, SITE = "cancel", "change", "again", "site"
ABSENT_READS, ABSENT_MINUTES = 5, 2
PAST = "A past day is shown. Return to now to change orders."
OFFLINE = "You are offline. Orders are off until a broker answers."
BUSY = "A cancel of this order is being sent."
_S = IntentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one thing that was sent stands. ``kind``: good, warn or error."""

    intent: str = ""
    account: str = ""
    order: str = ""
    kind: str = "good"
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A button or a line of the menu; ``why`` says why it cannot be done now."""

    id: str
    label: str
    why: str = ""
    key: str = ""


class DeedsPort(Protocol):
    """Where orders are changed. Each of these is told once and never repeated."""

    def attend(self, on: bool) -> None: ...
    def working(
        self, accounts: tuple[tuple[str, str], ...], done: Callable[[OrdersFound], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def fills(
        self, account: str, number: str, done: Callable[[tuple[Fill, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def request(
        self, intent: str, done: Callable[[Request], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def cancel(
        self, account: str, number: str, click: str, done: Callable[[Outcome], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def cancel_all(
        self, account: str, way: str, click: str, done: Callable[[tuple[Outcome, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def check(
        self, intent: str, done: Callable[[None], object], failed: Callable[[BaseException], object]
    ) -> None: ...
    def absent(
        self, intent: str, done: Callable[[None], object], failed: Callable[[BaseException], object]
    ) -> None: ...
    def choose(
        self, intent: str, number: str, done: Callable[[None], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def set_aside(
        self, intent: str, numbers: tuple[str, ...], done: Callable[[None], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def answer(
        self, intent: str, agreed: bool, done: Callable[[Outcome], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def open_site(
        self, url: str, done: Callable[[bool], object], failed: Callable[[BaseException], object]
    ) -> None: ...


def deeds_of(
    row: OrderRow | None, *, past: bool = False, offline: bool = False, busy: bool = False
) -> tuple[Deed, ...]:
    """Everything that can be done to an order, each with the reason why not."""
    cancel = change = again = site = "Choose an order first."
    broker = row.broker if row is not None else "the broker"
    if row is not None:
        off = PAST if past else OFFLINE if offline else ""
        if row.part == LEG:
            off = off or "A leg goes with its order. Choose the order itself."
        gone = "" if row.live else f"This order is {_gone(row)}."
        asked = "It waits for your answer to the broker’s question." if row.asked else ""
        cancel = off or (BUSY if busy else "") or row.cannot_cancel or gone or asked
        if not row.number:
            cancel = cancel or "The broker has not named this order yet."
        change = off or (BUSY if busy else "") or row.cannot_replace or gone or asked
        if row.part == CHILD:
            change = change or "A tied order is changed with the order that it belongs to."
        again = off if past or row.part else ""
        site = "" if row.url else f"BrokerDesk knows no page of orders of {broker}."
    return (
        Deed(id=CANCEL, label="Cancel order…", why=tame(cancel), key="Ctrl+Shift+X"),
        Deed(id=CHANGE, label="Change…", why=tame(change)),
        Deed(id=AGAIN, label="Duplicate as new draft", why=tame(again)),
        Deed(id=SITE, label=tame(f"Open {broker} orders"), why=tame(site)),
    )


def _gone(row: OrderRow) -> str:
    return {"cancelled": "canceled", "not_sent": "not sent"}.get(
        row.state, row.state.replace("_", " ")
    )


def whole_words(row: OrderRow, *, private: bool) -> str:
    """The order in a few words, with its price and its account."""
    price = type_words(row)
    price = f" ({price[:1].lower()}{price[1:]})" if price else ""
    return tame(f"{order_words(row, private=private)}{price}, in {row.title}")


def choice_words(row: OrderRow, *, private: bool) -> str:
    """One of several orders of the same account, to tell it from the others."""
    price = type_words(row)
    price = f" ({price[:1].lower()}{price[1:]})" if price else ""
    return tame(f"{order_words(row, private=private)}{price}, {row.status.lower()}")


def cancel_question(row: OrderRow, *, private: bool) -> tuple[str, str, str, str]:
    """Title, text, yes and no of the question before a cancel."""
    mode = {"live": "Live, real money. ", "paper": "Paper. ", "practice": "Practice. "}
    text = f"{whole_words(row, private=private)}. {mode.get(row.mode, '')}"
    rest = "What is filled before the cancel arrives stays filled."
    if row.unknown:
        rest = "The last outcome is not known yet. " + rest
    return "Cancel this order?", f"{text}{rest}", "Cancel order", "Keep it"


def outcome_of(sent: Sent) -> Outcome:
    """What was proven, in a title and a sentence."""
    intent = sent.intent
    if intent is None:
        failure = sent.failure or "The broker was not asked."
        return Outcome(
            account=sent.account or "",
            order=sent.order,
            kind="error",
            title="Not sent.",
            text=tame(failure),
        )
    cancel = intent.kind is IntentKind.CANCEL
    what = "cancel" if cancel else "change" if intent.kind is IntentKind.REPLACE else "order"
    kind, title, text = "good", "", ""
    if sent.asked is not None:
        kind, title, text = "warn", "The broker asks first.", " ".join(sent.asked.questions)
    elif intent.state in (_S.ANSWERED, _S.ACCEPTED, _S.FOUND):
        title = "Cancel asked for." if cancel else f"The {what} was accepted."
        if cancel:
            text = "The order is canceled once the broker says so."
    elif intent.state is _S.REJECTED:
        kind, title = "error", f"The broker refused the {what}."
        text = f"“{intent.words}” Nothing was changed." if intent.words else "Nothing was changed."
    elif intent.state is _S.NOT_SENT:
        kind, title = "error", "Not sent."
        text = f"{sent.failure or intent.words} Nothing was changed.".strip()
    elif intent.state is _S.UNKNOWN:
        kind, title = "warn", f"Outcome of the {what} unknown."
        text = "BrokerDesk is checking and will not resend."
    else:
        kind, title = "warn", f"The {what} is being sent."
    return Outcome(
        intent=intent.id,
        account=intent.account,
        order=sent.order or intent.order_id,
        kind=kind,
        title=tame(title),
        text=tame(text),
    )


# cancel all


def cancellable(rows: Iterable[OrderRow], account: str = "", way: str = "") -> tuple[OrderRow, ...]:
    """Orders that a cancel of all would ask to be cancelled. ``way``: buy, sell or "" for both."""
    return tuple(
        row
        for row in rows
        if row.live
        and not row.cannot_cancel
        and row.number
        and (not account or row.account == account)
        and (not way or row.way == way)
    )


def all_words(rows: tuple[OrderRow, ...]) -> str:
    """How many of which mode: 2 live orders and 1 practice order will be canceled."""
    if not rows:
        return "No working order fits. Nothing will be canceled."
    counts = {mode: sum(row.mode == mode for row in rows) for mode in ("live", "paper", "practice")}
    parts = [fmt.count(number, f"{mode} order") for mode, number in counts.items() if number]
    rest = len(rows) - sum(counts.values())
    if rest:
        parts.append(fmt.count(rest, "order"))
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"{listed} will be canceled."
