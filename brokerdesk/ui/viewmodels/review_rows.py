"""A review in words: figures under their source, findings with what to change, every field.

Pure. A broker's figure and ours never share a group; a figure that nobody gave is named as such
and never written as zero.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.brokers.trading import Preview
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.kinds import OrderType, PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.services.order_limits import Finding
from brokerdesk.services.trading_facts import Estimate, Review, ReviewedOrder
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_sentence import (
    BUYING,
    instrument_words,
    sentence_of,
    told,
    unit_word,
)
from brokerdesk.ui.viewmodels.order_sentence import title as order_title
from brokerdesk.ui.viewmodels.review_state import (
    FieldLine,
    FigureGroup,
    FigureLine,
    Note,
    OrderCard,
)

FEEDS = {
    PriceFeed.REAL_TIME: "real-time",
    PriceFeed.DELAYED: "delayed",
    PriceFeed.END_OF_DAY: "end of day",
}
PREVIEW, ESTIMATE = "Broker preview", "Our estimate"
ABOUT = "≈\N{THIN SPACE}"
_AT_A_PRICE = {
    OrderType.LIMIT: "at limit",
    OrderType.STOP_LIMIT: "at limit",
    OrderType.LIMIT_ON_OPEN: "at limit",
    OrderType.LIMIT_ON_CLOSE: "at limit",
    OrderType.STOP: "at stop",
}
CHANGE = {
    "quantity": "Change the quantity in the ticket.",
    "most quantity": "Lower the quantity, or raise the limit in Settings, Trading.",
    "most value": "Lower the quantity, or raise the limit in Settings, Trading.",
    "pace": "Wait a minute, or raise the limit in Settings, Trading.",
    "stale quote": "Refresh the quote in the ticket, or type a limit price.",
    "no price": "Refresh the quote in the ticket; without a price nothing can be checked.",
    "collar": "Move the limit price closer to the market.",
    "limit": "Change the price in the ticket.",
    "stop": "Change the price in the ticket.",
    "trail": "Change the trail in the ticket.",
    "no rate": "Refresh, so that exchange rates are read.",
    "halted": "",
    "unsettled": "Settle the open order in Orders first.",
    "switched off": "",
    "signed out": "",
    "not held": "Lower the quantity, or choose the account that holds it.",
    "not short": "Lower the quantity.",
    "basket value": "Lower the quantities, or raise the limit in Settings, Trading.",
    "basket quantity": "Lower the quantities, or raise the limit in Settings, Trading.",
    "blocked": "Ask the broker, or choose another account.",
    "counted elsewhere": "",
    "closing only": "Choose another account.",
    "journal": "Open the log to see why.",
}
"""What to change about a finding that blocks, by its code; "" where its own words say it."""
ELSE_CHANGE = "Go back and change the order."


def card(order: ReviewedOrder, place: int, of: int, review: Review) -> OrderCard:
    """One order of a review."""
    draft = order.draft
    return OrderCard(
        key=f"{review.id}/{place}",
        place=f"{place} of {of}" if of > 1 else "",
        environment=review.environment.value,
        sentence=sentence_of(draft, tame(order.account_name), now=review.at),
        sells=sells(draft),
        quote=quote_words(order.quote),
        quote_source=quote_source(order),
        quote_at=(order.quote.as_of or order.quote.fetched_at) if order.quote else None,
        groups=groups(order),
        blocking=blocking(order),
        warnings=warnings(order),
        broker=tame(order.broker_title),
        route=_route(len(order.fields)),
        fields=tuple(FieldLine(name=f.name, value=f.value, words=f.words) for f in order.fields),
    )


def _route(fields: int) -> str:
    return f"All {fields} fields that go out" if fields != 1 else "The one field that goes out"


def sells(draft: Draft) -> bool:
    """Whether the order gives something away, by its first leg."""
    legs = draft.legs or draft.children[0].legs
    return legs[0].side not in BUYING


def about(order: ReviewedOrder) -> str:
    """An order in few words: what, and in which account."""
    return f"{order_title(told(order.draft))}, {tame(order.account_name)}"


def quote_words(quote: Quote | None) -> str:
    """Bid, ask and last, as far as the source says them."""
    if quote is None:
        return ""
    named = (("bid", quote.bid), ("ask", quote.ask), ("last", quote.last), ("mark", quote.mark))
    known = [f"{name} {fmt.price(value)}" for name, value in named if value is not None]
    return ", ".join(known[:3]) if known else "no price in it"


def quote_source(order: ReviewedOrder) -> str:
    """Whose price it is."""
    if order.quote is None:
        return "No price could be asked for."
    feed = FEEDS.get(order.quote.feed, "")
    source = tame(order.quote.source) or tame(order.broker_title)
    if source.islower():  # an id: the broker that the order goes to has a title
        source = tame(order.broker_title)
    return f"{source}, {feed}" if feed else source


# figures


def groups(order: ReviewedOrder) -> tuple[FigureGroup, ...]:
    """The broker's figures, then ours."""
    made = []
    if order.preview is not None:
        made.append(_preview(order, order.preview))
    elif order.preview_failure and not _told_otherwise(order):
        made.append(
            FigureGroup(
                ours=False,
                title=PREVIEW,
                by=tame(order.broker_title),
                currency="",
                note=f"No preview: {tame(order.preview_failure)}",
            )
        )
    ours = _estimate(order, order.estimate)
    if ours.lines or order.preview is None:
        made.append(ours)
    return tuple(made)


def _told_otherwise(order: ReviewedOrder) -> bool:
    """Whether why there is no preview is among what has to be read."""
    return any(one.code in ("no preview", "broker refuses") for one in order.findings)


def _preview(order: ReviewedOrder, preview: Preview) -> FigureGroup:
    """``None`` is what the broker did not say: named in the note, never a zero."""
    total = "Total proceeds" if sells(order.draft) else "Total cost"
    wanted = (
        ("Commission", preview.commission, False),
        ("Fees", preview.fees, False),
        (total, preview.total, True),
        ("Buying power after", preview.buying_power_after, False),
        ("Change of margin", preview.margin_change, False),
    )
    lines = tuple(
        FigureLine(label=label, value=fmt.amount(value), strong=strong)
        for label, value, strong in wanted
        if value is not None
    )
    silent = [
        label.lower() for label, value, _ in wanted if value is None and label != "Change of margin"
    ]
    broker = tame(order.broker_title)
    note = f"{broker} does not say: {', '.join(silent)}." if silent else ""
    return FigureGroup(
        ours=False,
        title=PREVIEW,
        by=f"{broker} · {fmt.time_of_day(preview.at)}",
        currency=order.draft.currency,
        lines=lines,
        note=note,
    )


def _estimate(order: ReviewedOrder, estimate: Estimate) -> FigureGroup:
    """Ours: led by ≈ while it leans on a price that may move."""
    draft = order.draft
    approximate = "" if estimate.exact else ABOUT
    at = _AT_A_PRICE.get(draft.type, "")
    lines: list[FigureLine] = []

    def money(label: str, value: Decimal | None, *, strong: bool = False, sure: str) -> None:
        if value is not None:
            lines.append(FigureLine(label=label, value=f"{sure}{fmt.amount(value)}", strong=strong))

    label = f"Order value, {at}" if at and estimate.exact else "Order value"
    money(label, estimate.value, strong=True, sure=approximate)
    money("Buying power before", estimate.power_before, sure="")
    money("Buying power after", estimate.power_after, sure=approximate)
    if estimate.power_if_open_fill != estimate.power_after:
        words = "Buying power if open orders fill"
        money(words, estimate.power_if_open_fill, sure=approximate)
    if estimate.held_after is not None and draft.legs:
        instrument = draft.legs[0].instrument
        unit = unit_word(instrument, estimate.held_after)
        value = f"{fmt.quantity(estimate.held_after)} {unit}".rstrip()
        if estimate.weight_after is not None:
            value += f" · {approximate}{fmt.weight(estimate.weight_after)}"
        words = f"{instrument_words(instrument)} after, all accounts"
        lines.append(FigureLine(label=words, value=value))
    return FigureGroup(
        ours=True,
        title=ESTIMATE,
        by="",
        currency=estimate.currency,
        lines=tuple(lines),
        note="" if lines else "Nothing can be reckoned without a price.",
    )


# findings


def blocking(order: ReviewedOrder) -> tuple[Note, ...]:
    """What forbids sending: the broker's refusals in its words, and ours with what to change."""
    refused = order.preview.refusals if order.preview is not None else ()
    broker = tame(order.broker_title)
    theirs = [
        Note(
            code=f"refusal:{place}",
            title=f"{broker} refuses this order.",
            text=f"“{tame(words)}” {ELSE_CHANGE}",
            theirs=True,
        )
        for place, words in enumerate(refused)
        if not _told(words, order)
    ]
    ours = [_note(one, CHANGE.get(one.code, ELSE_CHANGE)) for one in order.findings if one.blocks]
    return (*theirs, *ours)


def warnings(order: ReviewedOrder) -> tuple[Note, ...]:
    """What has to be read: ours, and what the broker itself warns of, word for word."""
    found = [_note(one) for one in order.findings if not one.blocks]
    told_by = order.preview.warnings if order.preview is not None else ()
    found += [
        Note(
            code=f"broker:{place}",
            title=f"{tame(order.broker_title)} warns",
            text=f"“{tame(words)}”",
            theirs=True,
        )
        for place, words in enumerate(told_by)
        if not _told(words, order)
    ]
    return tuple(found)


def _told(words: str, order: ReviewedOrder) -> bool:
    """Whether a broker's words stand whole in one of our findings."""
    return any(" ".join(words.split()) in one.words for one in order.findings)


def _note(finding: Finding, advice: str = "") -> Note:
    """Its first sentence, or who says it, stands in bold; what to change comes last."""
    who, says, quoted = tame(finding.words).partition(": “")
    if says:
        text = f"“{quoted} {advice}".strip()
        return Note(code=finding.code, title=who, text=text, theirs=True)
    first, stop, rest = tame(finding.words).partition(". ")
    title = f"{first}." if stop else first
    text = " ".join(part for part in (rest, advice) if part)
    return Note(code=finding.code, title=title, text=text)


# around


def where_words(review: Review) -> str:
    """What stands in the band beside the mode: the account, or how many."""
    names = list(dict.fromkeys(tame(one.account_name) for one in review.orders))
    return names[0] if len(names) == 1 else fmt.count(len(names), "account")


def send_words(environment: str, orders: int, *, replaces: bool = False) -> str:
    """What the button says: the mode stands in it."""
    if replaces:
        return f"Send {environment} change"
    if orders == 1:
        return f"Send {environment} order"
    return f"Send {orders} {environment} orders"


def read_words(warnings: int) -> str:
    """What is ticked."""
    if warnings == 1:
        return "I have read the warning"
    return f"I have read the {warnings} warnings"
