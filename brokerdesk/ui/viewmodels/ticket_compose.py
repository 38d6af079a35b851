"""From the fields and what is known around them to what the ticket shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from brokerdesk.domain.kinds import OrderType
from brokerdesk.domain.quote import Quote
from brokerdesk.services.amounts import EXACT
from brokerdesk.services.trading_facts import TicketAccount, TicketQuote
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.mode_words import spoken_mode
from brokerdesk.ui.viewmodels.order_sentence import BUYING, Told, instrument_words, sentence
from brokerdesk.ui.viewmodels.ticket_accounts import (
    account_why,
    accounts,
    held,
    names,
    routing,
    short,
    where,
)
from brokerdesk.ui.viewmodels.ticket_against import main, stands_against
from brokerdesk.ui.viewmodels.ticket_choices import (
    dollars_why,
    kind_note,
    kinds,
    lasts,
    legs,
    links,
    offered,
    sessions,
    sides,
    trail_why,
    typed,
    unit,
    ways,
)
from brokerdesk.ui.viewmodels.ticket_draft import built
from brokerdesk.ui.viewmodels.ticket_fields import MOST_LEGS, TicketFields, optionable
from brokerdesk.ui.viewmodels.ticket_known import Around, Known, target_of
from brokerdesk.ui.viewmodels.ticket_numbers import on_grid, tick_of
from brokerdesk.ui.viewmodels.ticket_state import CostLine, Option, PriceBox, TicketState
from brokerdesk.ui.viewmodels.ticket_words import (
    Prices,
    each_price,
    helpers,
    price_box,
    value_of,
    worth_words,
)

_ENVIRONMENTS = {"live": "Live", "paper": "Paper", "practice": "Practice"}


def compose(fields: TicketFields, known: Known, around: Around) -> TicketState:
    """Everything that the ticket shows."""
    order = built(fields)
    target = target_of(fields, known.routed)
    quote, net = prices_of(fields, known)
    shown = quote.quote if quote is not None else None
    pair = net if fields.several else _pair(shown)
    tick = known.offers.tick if known.offers is not None else None
    price, at, exact = each_price(main(order.told), shown, net)
    account = target.looked_at
    problems = {**known.refused, **offered(fields, known.offers), **order.problems}
    note, why, field_ = stands_against(fields, known, around, order, target, shown, problems)
    trading = fields.traded[0] if fields.traded else fields.instrument
    told = _with_trigger(order.told, price, tick)
    return TicketState(
        fields=fields,
        locked=around.locked,
        band=short(account),
        spoken=spoken_mode(fields.environment.value),
        environments=tuple(
            Option(key=one.value, label=_ENVIRONMENTS[one.value]) for one in known.environments
        ),
        name=fields.instrument.name if fields.instrument is not None else "",
        quote=_box(fields, quote, net, around, asking=known.asking, tick=tick),
        can_option="" if optionable(fields.instrument) else "There are options of shares only.",
        legs=legs(fields, order, known),
        legs_full=len(fields.legs) >= MOST_LEGS,
        sides=sides(fields, account, known.offers),
        ways=ways(fields, account, known.offers),
        unit=unit(trading),
        dollars_why=dollars_why(fields, known.offers),
        held=held(account, None if fields.several else trading, target),
        worth=worth_words(main(order.told), price, at, exact=exact),
        kinds=kinds(fields, known.offers),
        kind_note=kind_note(fields, known.offers),
        trail_why=trail_why(known.offers),
        helpers=helpers(pair, typed(fields.limit), _money(fields)),
        stop_helpers=helpers(_pair(shown), typed(fields.stop), _money(fields)),
        lasts=lasts(fields, known.offers),
        sessions=sessions(known.offers),
        links=links(fields, known.offers),
        accounts=accounts(known.routed, fields),
        account="" if fields.account is None else str(fields.account),
        where_names=names(target),
        account_why=account_why(target),
        routing=routing(fields, known, target),
        can_default=target.chosen and target.first is not None and not target.first.is_default,
        sentence=sentence(told, where(target), now=around.now),
        sells=bool(main(order.told).legs) and not main(order.told).buys,
        costs=_costs(main(order.told), price, account, exact=exact),
        problems=problems,
        note=note,
        review="In review" if around.locked else _review_words(fields),
        why_not="In review." if around.locked else why,
        where=field_,
        undo=around.undo,
    )  # fmt: skip


def _review_words(fields: TicketFields) -> str:
    return "Review change" if fields.replaces else "Review order"


def _money(fields: TicketFields) -> str:
    return fields.instrument.currency if fields.instrument is not None else "USD"


# prices


def _pair(quote: Quote | None) -> Prices:
    return (None, None) if quote is None else (quote.bid, quote.ask)


def prices_of(fields: TicketFields, known: Known) -> tuple[TicketQuote | None, Prices]:
    """The quote of what is traded (of several legs: of the underlying), and the net prices."""
    quotes = known.quotes
    if fields.options and len(fields.legs) == 1:
        return quotes.get(fields.legs[0].instrument.key), (None, None)
    quote = quotes.get(fields.instrument.key) if fields.instrument is not None else None
    return quote, net_prices(fields, quotes) if fields.several else (None, None)


def net_prices(fields: TicketFields, quotes: Mapping[tuple[str, str, str], TicketQuote]) -> Prices:
    """The best and the worst net price of several legs, as this ticket counts: a debit is paid, a
    credit received.
    """
    best = worst = Decimal(0)
    for leg in fields.legs:
        told = quotes.get(leg.instrument.key)
        quote = told.quote if told is not None else None
        ratio = typed(leg.ratio)
        if quote is None or quote.bid is None or quote.ask is None or ratio is None:
            return None, None
        paid = leg.side in BUYING
        low, high = (quote.bid, quote.ask) if paid else (-quote.ask, -quote.bid)
        best = EXACT.add(best, EXACT.multiply(ratio, low))
        worst = EXACT.add(worst, EXACT.multiply(ratio, high))
    return (-worst, -best) if fields.credit else (best, worst)


def _box(
    fields: TicketFields,
    quote: TicketQuote | None,
    net: Prices,
    around: Around,
    *,
    asking: bool,
    tick: Decimal | None,
) -> PriceBox:
    if fields.instrument is None:
        return PriceBox()
    alone = fields.options and len(fields.legs) == 1
    box = price_box(
        quote, around.now, asking=asking, tick=tick, oldest=around.oldest_price, option=alone
    )
    if not fields.options:
        return box
    if len(fields.legs) == 1:
        return replace(box, of=instrument_words(fields.legs[0].instrument))
    box = replace(box, of=fields.instrument.symbol)
    bid, ask = net
    if fields.several and bid is not None and ask is not None:
        credit = fields.credit
        if ask < 0:  # what would be paid is received, or the other way round
            credit, bid, ask = not credit, -ask, -bid
        words = "net credit" if credit else "net debit"
        line = f"{words} {fmt.price(bid)} to {fmt.price(ask)} · {box.line}"
        return replace(box, line=line)
    return box


def _with_trigger(told: Told, price: Decimal | None, tick: Decimal | None) -> Told:
    """Where a trailing stop would begin, as far as there is a price."""
    if told.type is not OrderType.TRAILING_STOP or price is None:
        return told
    step = tick_of(price, tick)
    if told.trail_percent is not None:
        away = EXACT.multiply(price, told.trail_percent).scaleb(-2)
    elif told.trail_amount is not None:
        away = told.trail_amount
    else:
        return told
    start = price + away if told.buys else price - away
    if start <= 0:
        return told
    return replace(told, trigger=on_grid(start, step, up=not told.buys))


# costs


def _costs(
    told: Told, price: Decimal | None, account: TicketAccount | None, *, exact: bool
) -> tuple[CostLine, ...]:
    value = value_of(told, price)
    if value is None or not told.legs:
        return ()
    sure = exact or told.notional is not None
    lead = "" if sure else "≈ "
    credit = told.type is OrderType.NET_CREDIT
    takes = told.buys if len(told.legs) == 1 else not credit
    found = [
        CostLine(label="Order value" if takes else "Proceeds", value=f"{lead}{fmt.amount(value)}")
    ]
    if account is None:
        return tuple(found)
    if takes and account.power is not None and account.currency == told.currency:
        after = EXACT.subtract(account.power, value)
        found.append(
            CostLine(label="Buying power after", value=f"≈ {fmt.amount(after)}", secret=True)
        )
    elif not takes and told.quantity is not None and account.held > 0 and len(told.legs) == 1:
        after = EXACT.subtract(account.held, told.quantity)
        found.append(CostLine(label="Held after", value=fmt.quantity(after), secret=True))
    return tuple(found)
