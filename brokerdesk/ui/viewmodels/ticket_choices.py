"""What can be chosen in a ticket: each choice with the reason why it cannot be taken. Pure.

The reasons are the account's own (``Offers``), which come out of the broker's rules for drafts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from brokerdesk.domain.draft import Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import OrderSide, TradingSession
from brokerdesk.services.trading_facts import Offers, TicketAccount
from brokerdesk.ui.viewmodels.order_sentence import (
    BUYING,
    SIDE_WORDS,
    instrument_words,
    unit_word,
)
from brokerdesk.ui.viewmodels.ticket_draft import Built, sides_of
from brokerdesk.ui.viewmodels.ticket_fields import (
    KIND_WORDS,
    LASTS_WORDS,
    LINK_WORDS,
    SESSION_WORDS,
    Kind,
    Lasts,
    TicketFields,
    is_option,
)
from brokerdesk.ui.viewmodels.ticket_known import Known
from brokerdesk.ui.viewmodels.ticket_numbers import UnreadableError, read
from brokerdesk.ui.viewmodels.ticket_state import LegRow, Option
from brokerdesk.ui.viewmodels.ticket_words import price_text

_K = TypeVar("_K", bound=StrEnum)
_OPTION_PAIRS = {
    True: (OrderSide.BUY_TO_OPEN, OrderSide.BUY_TO_CLOSE),
    False: (OrderSide.SELL_TO_CLOSE, OrderSide.SELL_TO_OPEN),
}
_SHARE_PAIRS = {
    True: (OrderSide.BUY, OrderSide.BUY_TO_COVER),
    False: (OrderSide.SELL, OrderSide.SELL_SHORT),
}
_WAY_WORDS = {
    OrderSide.BUY: "Buy",
    OrderSide.BUY_TO_COVER: "Cover a short",
    OrderSide.SELL: "Sell",
    OrderSide.SELL_SHORT: "Sell short",
    OrderSide.BUY_TO_OPEN: "To open",
    OrderSide.SELL_TO_OPEN: "To open",
    OrderSide.BUY_TO_CLOSE: "To close",
    OrderSide.SELL_TO_CLOSE: "To close",
}


def typed(text: str) -> Decimal | None:
    try:
        return read(text)
    except UnreadableError:
        return None


def why_off(reasons: Mapping[_K, str] | None, key: _K) -> str:
    return "" if reasons is None else reasons.get(key, "")


def kinds(fields: TicketFields, offers: Offers | None) -> tuple[Option, ...]:
    types = offers.types if offers is not None else None
    found = []
    for kind, words in KIND_WORDS.items():
        if fields.several and kind not in (Kind.MARKET, Kind.LIMIT):
            found.append(Option(key=kind, label=words, why="Several legs: limit or market only."))
            continue
        found.append(
            Option(key=kind, label=words, why=why_off(types, replace(fields, kind=kind).type))
        )
    return tuple(found)


def kind_note(fields: TicketFields, offers: Offers | None) -> str:
    """Above the kinds at the right: ``after hours: limit only``."""
    if fields.several:
        return "several legs: limit or market"
    if offers is None:
        return ""
    all_kinds = kinds(fields, offers)
    off = [one for one in all_kinds if one.why]
    if not off:
        return ""
    can = [one.label.lower() for one in all_kinds if not one.why]
    outside = fields.session is not TradingSession.REGULAR
    if len(can) == 1:
        lead = f"{SESSION_WORDS[fields.session].lower()}: " if outside else ""
        return f"{lead}{can[0]} only"
    return "" if len(off) == 1 else f"{len(off)} not offered here"


def lasts(fields: TicketFields, offers: Offers | None) -> tuple[Option, ...]:
    times = offers.times if offers is not None else None
    types = offers.types if offers is not None else None
    found = []
    for lasts, words in LASTS_WORDS.items():
        other = replace(fields, lasts=lasts)
        why = why_off(times, other.force)
        if not why and lasts in ("open", "close"):
            if fields.kind not in (Kind.MARKET, Kind.LIMIT) or fields.several:
                why = "Auctions take market and limit orders."
            else:
                why = why_off(types, other.type)
        found.append(Option(key=lasts, label=words, why=why))
    if fields.lasts is Lasts.UNSAID:  # gone once the user has chosen
        found.insert(0, Option(key=Lasts.UNSAID, label="Choose…"))
    return tuple(found)


def sessions(offers: Offers | None) -> tuple[Option, ...]:
    sessions = offers.sessions if offers is not None else None
    return tuple(
        Option(key=key, label=words, why=why_off(sessions, key))
        for key, words in SESSION_WORDS.items()
    )


def links(fields: TicketFields, offers: Offers | None) -> tuple[Option, ...]:
    links = offers.links if offers is not None else None
    found = []
    for link, words in LINK_WORDS.items():
        why = why_off(links, link)
        if link is not Link.SINGLE and fields.several:
            why = why or "Not with several legs."
        found.append(Option(key=link, label=words, why=why))
    return tuple(found)


def trail_why(offers: Offers | None) -> tuple[str, str]:
    return ("", "") if offers is None else (offers.trail_amount, offers.trail_percent)


def dollars_why(fields: TicketFields, offers: Offers | None) -> str:
    if fields.options:
        return "Options are counted in contracts."
    return offers.dollars if offers is not None else ""


def offered(fields: TicketFields, offers: Offers | None) -> dict[str, str]:
    """Choices that the account cannot do, by field."""
    if offers is None:
        return {}
    found: dict[str, str] = {}
    chosen = {
        "type": next((one.why for one in kinds(fields, offers) if one.key == fields.kind), ""),
        "time": next((one.why for one in lasts(fields, offers) if one.key == fields.lasts), ""),
        "session": why_off(offers.sessions, fields.session),
        "side": why_off(offers.sides, fields.main_side) if fields.traded else "",
        "link": next((one.why for one in links(fields, offers) if one.key == fields.link), ""),
        "dollars": dollars_why(fields, offers) if fields.dollars else "",
    }
    for name, why in chosen.items():
        if why:
            found[name] = why
    if fields.kind is Kind.TRAILING:
        amount, share = trail_why(offers)
        if why := share if fields.trail_percent else amount:
            found["trail"] = why
    size = typed(fields.quantity)
    fraction = size is not None and size != size.to_integral_value()
    if fraction and not fields.dollars and offers.fractions:
        found["quantity"] = offers.fractions
    if fields.replaces and offers.replaces:
        found["replaces"] = offers.replaces
    return found


# sides and legs


def held_here(account: TicketAccount | None) -> Decimal | None:
    return None if account is None else account.held


def sides(
    fields: TicketFields, account: TicketAccount | None, offers: Offers | None
) -> tuple[Option, ...]:
    buy, sell = sides_of(fields, held_here(account))
    found = []
    for side, words in ((buy, "Buy"), (sell, "Sell")):
        same = (side in BUYING) == (fields.main_side in BUYING)
        key = fields.main_side if same else side
        why = why_off(offers.sides if offers is not None else None, key)
        found.append(Option(key=key, label=words, why=why))
    return tuple(found)


def ways(
    fields: TicketFields, account: TicketAccount | None, offers: Offers | None
) -> tuple[Option, ...]:
    """What the chosen segment can mean; one meaning alone is not worth a choice."""
    if fields.several or not fields.traded:
        return ()
    option = is_option(fields.traded[0])
    buying = fields.main_side in BUYING
    pair = (_OPTION_PAIRS if option else _SHARE_PAIRS)[buying]
    held = held_here(account) or Decimal(0)
    if not option and fields.main_side == pair[0]:
        usual = held >= 0 if buying else held > 0
        if usual:
            return ()
    reasons = offers.sides if offers is not None else None
    return tuple(Option(key=one, label=_WAY_WORDS[one], why=why_off(reasons, one)) for one in pair)


def legs(fields: TicketFields, order: Built, known: Known) -> tuple[LegRow, ...]:
    if not fields.options:
        return ()
    found = []
    for place, leg in enumerate(fields.legs):
        told = known.quotes.get(leg.instrument.key)
        quote = told.quote if told is not None else None
        price = ""
        if quote is not None and (quote.bid is not None or quote.ask is not None):
            price = f"{price_text(quote.bid, option=True)} / {price_text(quote.ask, option=True)}"
        found.append(
            LegRow(
                words=instrument_words(leg.instrument),
                side=leg.side,
                ratio=leg.ratio,
                problem=order.problems.get(f"ratio{place}", ""),
                price=price,
            )
        )
    return tuple(found)


def side_options(offers: Offers | None = None) -> tuple[Option, ...]:
    """The four sides of an option leg."""
    sides = (*_OPTION_PAIRS[True], *reversed(_OPTION_PAIRS[False]))
    return tuple(Option(key=one, label=SIDE_WORDS[one]) for one in sides)


def unit(instrument: Instrument | None) -> str:
    if instrument is None:
        return "Shares"
    return unit_word(instrument, None).capitalize() or "Units"
