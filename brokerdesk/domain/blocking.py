"""What an order of unknown fate stands in the way of: its like, leg by leg.

In its own account that is the same symbol and side. The same account may be reached through another
connection as well, where a thing and a side have other names: there it is the same thing, bought or
sold.
"""

from __future__ import annotations

from collections.abc import Iterator

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.identity import family, same_thing
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.kinds import OrderSide

Leg = tuple[Instrument, OrderSide]


def legs_of(draft: Draft) -> Iterator[Leg]:
    """What is traded and on which side, linked orders' as well."""
    for leg in draft.legs:
        yield leg.instrument, leg.side
    for child in draft.children:
        yield from legs_of(child)


def blocked(intent: Intent) -> frozenset[tuple[str, OrderSide]]:
    """The symbols and sides that an unsettled intent blocks."""
    if intent.draft is None:
        return frozenset({(intent.symbol, intent.side)})
    return frozenset((what.symbol, side) for what, side in legs_of(intent.draft))


def meet(one: Intent, other: Intent) -> bool:
    """Whether two intents of one account, through different connections, are about one thing."""
    if one.draft is None or other.draft is None:
        mine = {(symbol.upper(), buys(side)) for symbol, side in blocked(one)}
        return not mine.isdisjoint((symbol.upper(), buys(side)) for symbol, side in blocked(other))
    return meets(other, one.draft)


def meets(intent: Intent, draft: Draft) -> bool:
    """As ``meet``, for a draft that is no intent yet."""
    if intent.draft is None:
        theirs = (intent.symbol.upper(), buys(intent.side))
        return theirs in {(what.symbol.upper(), buys(side)) for what, side in legs_of(draft)}
    return any(
        buys(side) is buys(its) and _alike(what, thing)
        for what, side in legs_of(draft)
        for thing, its in legs_of(intent.draft)
    )


def _alike(one: Instrument, other: Instrument) -> bool:
    """One broker's fund is another one's share: the letters are enough to be careful."""
    letters = one.symbol.upper() == other.symbol.upper() and family(one) == family(other)
    return letters or same_thing(one, other)


def buys(side: OrderSide) -> bool:
    return side.value.startswith("buy")
