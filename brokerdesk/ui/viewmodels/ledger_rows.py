"""Rows of the ledger: what BrokerDesk wrote down and what brokers report, as one list. Pure.

Where both are known to be the same order the broker's words on it count, but for one: an outcome
that is unknown stays unknown until it is proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.intent import OPEN, Intent, IntentKind, IntentState
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.order_rows import (
    OrderRow,
    lasts_words,
    row_of,
    trail_words,
    type_words,
)
from brokerdesk.ui.viewmodels.order_sentence import BUYING, SIDE_WORDS

if TYPE_CHECKING:
    from brokerdesk.services.trading_facts import LedgerRow

_S = IntentState
_WORDS = {
    _S.COMMITTED: "Journaled, not sent yet",
    _S.SENDING: "Being sent",
    _S.ANSWERED: "Sent, being verified",
    _S.ACCEPTED: "Accepted",
    _S.REJECTED: "Rejected",
    _S.NOT_SENT: "Not sent",
    _S.UNKNOWN: "Outcome unknown",
    _S.FOUND: "Found",
    _S.ABSENT: "Confirmed absent",
}
_CHANGES = {IntentKind.CANCEL: "Cancel", IntentKind.REPLACE: "Change"}
_OURS = (_S.UNKNOWN, _S.SENDING, _S.COMMITTED)
"""What our own knowledge says before the broker's: nothing is proven yet."""


def ledger_row(
    row: LedgerRow, titles: Mapping[str, str], brokers: Mapping[str, str] | None = None
) -> OrderRow:
    """One row of the ledger; ``brokers`` are titles by the part of an account's id before ":"."""
    title = titles.get(row.account) or row.account_name
    broker = (brokers or {}).get(row.account.partition(":")[0], "")
    blank = OrderRow(key="", account="", title="", number="")
    made = blank if row.order is None else row_of(row.order, titles)
    made = replace(
        made,
        key=row.key,
        account=row.account,
        title=title,
        broker=broker or (title.split(" ")[0] if title else "the broker"),
        mode=row.environment.value,
        connection=row.connection or "",
        moments=row.moments,
        search=row.search,
        asked=row.asked,
        cannot_cancel=row.cannot_cancel,
        cannot_replace=row.cannot_replace,
        url=row.orders_url,
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        children=tuple(replace(one, mode=row.environment.value) for one in made.children),
    )
    if row.intent is not None:
        made = _with_intent(made, row.intent, ours=row.order is None)
    if made.turned_up:
        made = replace(made, live=True)  # it waits for the user
    return made if row.cancel is None else _with_cancel(made, row.cancel)


def _with_cancel(row: OrderRow, cancel: Intent) -> OrderRow:
    row = replace(row, cancel=cancel.id, cancel_state=cancel.state.value)
    if cancel.state is _S.UNKNOWN and row.intent_state != _S.UNKNOWN.value:
        return replace(row, status=f"{row.status}, cancel unconfirmed", state="unknown", live=True)
    if not row.live:
        return replace(row, status="Canceled by you") if row.state == "cancelled" else row
    if cancel.state in (_S.COMMITTED, _S.SENDING):
        return replace(row, status=f"{row.status}, cancel being sent")
    if cancel.state in (_S.ANSWERED, _S.ACCEPTED, _S.FOUND) and row.state in ("working", "pending"):
        return replace(row, status="Cancel asked for")
    return row


def _with_intent(row: OrderRow, intent: Intent, *, ours: bool) -> OrderRow:
    row = replace(
        row,
        intent=intent.id,
        intent_state=intent.state.value,
        intent_words=intent.words,
        client_id=row.client_id or intent.client_order_id,
        time=intent.created_at if intent.kind is not IntentKind.CANCEL or ours else row.time,
        number=row.number or intent.order_id,
    )
    if ours:
        row = _of_draft(row, intent)
    about = _CHANGES.get(intent.kind, "")
    if ours or (intent.state in _OURS and not about):
        words = _WORDS[intent.state]
        if about:
            words = f"{about}: {words[:1].lower()}{words[1:]}"
        row = replace(
            row,
            status=words,
            state=intent.state.value,
            status_text=intent.words if intent.state is _S.REJECTED else row.status_text,
            live=intent.state in OPEN or intent.state in (_S.ACCEPTED, _S.FOUND),
        )
    elif intent.state is _S.UNKNOWN:  # of a cancel or a change: the order itself is known
        row = replace(row, status=f"{row.status}, {about.lower()} unconfirmed", state="unknown")
    if intent.state in OPEN:
        row = replace(row, live=True)
    return row


def _of_draft(row: OrderRow, intent: Intent) -> OrderRow:
    """What was asked for, while no broker tells of an order."""
    draft = intent.draft
    side = SIDE_WORDS.get(intent.side, "")
    way = "buy" if intent.side in BUYING else "sell"
    row = replace(row, side=side, way=way, symbol=intent.symbol)
    if draft is None:
        return row
    lasts, session = lasts_words(draft.time_in_force, draft.session)
    if draft.good_till is not None:
        lasts = f"{lasts}, {fmt.day(draft.good_till)}"
    several = len(draft.legs) > 1
    return replace(
        row,
        side=fmt.count(len(draft.legs), "leg") if several else side,
        way="" if several else way,
        name=draft.legs[0].instrument.name if len(draft.legs) == 1 else "",
        quantity=draft.quantity,
        notional=draft.notional,
        filled=Decimal(0) if draft.quantity is not None else None,
        type=type_words(draft.type),
        limit=draft.limit_price,
        stop=draft.stop_price,
        trail=trail_words(draft),
        lasts=lasts,
        session=session,
        currency=draft.currency,
    )
