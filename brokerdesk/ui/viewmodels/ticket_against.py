"""What stands against a review: the note above the fields, and the sentence of the button. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from brokerdesk.domain.draft import Link
from brokerdesk.domain.quote import Quote
from brokerdesk.services.order_limits import AT_ONCE
from brokerdesk.services.routing import Obstacle
from brokerdesk.ui.viewmodels.order_sentence import Told
from brokerdesk.ui.viewmodels.ticket_draft import Built
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields
from brokerdesk.ui.viewmodels.ticket_known import Around, Known, Target
from brokerdesk.ui.viewmodels.ticket_state import Note
from brokerdesk.ui.viewmodels.ticket_words import (
    is_old,
    no_account,
    off_note,
    old_price,
    switched_off,
)


def main(told: Told) -> Told:
    """The order itself, or the first of two that cancel each other."""
    return told.children[0] if told.link is Link.EITHER and told.children else told


Against = tuple[Note | None, str, str]
GONE = Note(
    kind="warn",
    title="The chosen account is not there any more.",
    text="Nobody takes its place unasked: choose another one.",
)


def stands_against(
    fields: TicketFields,
    known: Known,
    around: Around,
    order: Built,
    target: Target,
    quote: Quote | None,
    problems: Mapping[str, str],
) -> Against:
    """The note above the fields, why Review is off, and the field that this is about."""
    off = off_note(past=around.past, offline=around.offline, trading=known.trading)
    if off is not None:
        return off, f"{off.title} {off.text.split('. ')[0].rstrip('.')}.", ""
    if known.trading is None:
        return None, "The order journal is not open yet.", ""
    nobody = _nobody(fields, known, target)
    if nobody is not None:
        return nobody, f"{nobody.title} {nobody.text}", "account"
    note = _doubt(fields, order, quote, around)
    for name, words in problems.items():
        return note, words, name
    if order.missing:
        name, words = order.missing[0]
        return note, words, name
    if not target.accounts:
        words = known.route_failure or "Looking for an account."
        return note, words, "account"
    if target.first is not None and target.first.obstacle is not None:
        return note, target.first.why or "This account cannot take the order.", "account"
    if note is not None:
        return note, f"{note.title} {note.text}", "quote"
    return None, "", ""


def _nobody(fields: TicketFields, known: Known, target: Target) -> Note | None:
    routed = known.routed
    if routed is None:
        return None
    if target.chosen and not target.accounts and not known.routing:
        return GONE
    one = target.first or (target.leaning if not target.accounts else None)
    if one is not None and one.obstacle is Obstacle.SWITCHED_OFF:
        return switched_off(one.broker_title, str(one.connection))
    if target.accounts or (fields.instrument is None and routed.accounts):
        return None
    return no_account(fields.environment, routed.route.reason)


def _doubt(fields: TicketFields, order: Built, quote: Quote | None, around: Around) -> Note | None:
    """A market order by an old price: design, state 20."""
    told = main(order.told)
    if not told.legs or told.type not in AT_ONCE or fields.several:
        return None
    old = is_old(quote, around.now, around.oldest_price)
    return old_price(quote, around.now) if old else None
