"""What stands against an order beside its figures: the account, the holding, the broker's word.

Pure. The limits on figures are ``order_limits``; both fail closed, and both say what they found in
one sentence. What a broker said is quoted as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.trading import Preview
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.blocking import meets
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.identity import same_as
from brokerdesk.domain.intent import IntentKind
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.services.amounts import EXACT, ZERO, divided
from brokerdesk.services.estimating import held_units
from brokerdesk.services.order_limits import BUYS, Finding, reference, worst_value
from brokerdesk.services.review_ground import Ground
from brokerdesk.services.routing import CLOSING, COVERING, WORDS, Obstacle
from brokerdesk.services.ticket_accounts import Seat, moneyed, power, reserved

_OPENING = frozenset(
    {OrderSide.BUY, OrderSide.BUY_TO_OPEN, OrderSide.SELL_SHORT, OrderSide.SELL_TO_OPEN}
)
LONGEST_QUOTE = 300
"""Of a broker's words; the rest is left out."""


def no(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=True, words=words)


def warn(code: str, words: str) -> Finding:
    return Finding(code=code, blocks=False, words=words)


def legs_of(draft: Draft) -> Iterable[tuple[DraftLeg, Draft]]:
    """Every leg with the draft that it stands in, linked orders' as well."""
    for leg in draft.legs:
        yield leg, draft
    for child in draft.children:
        yield from legs_of(child)


def of_the_program(ground: Ground) -> list[Finding]:
    """What keeps any order from being sent."""
    if not ground.journal:
        return [no("journal", "The journal of orders cannot be used: nothing can be sent.")]
    if ground.halted:
        return [no("halted", "New orders are halted. Lift the halt in the Trade menu.")]
    return []


def of_the_account(draft: Draft, seat: Seat, ground: Ground, replaces: str = "") -> list[Finding]:
    """Whether the account may send it, and whether it can be paid for or delivered."""
    flags = seat.row.account.flags
    first = next(iter(legs_of(draft)))[0]
    opens = first.side in _OPENING
    checks = (
        (not seat.switched_on, "switched off", WORDS[Obstacle.SWITCHED_OFF]),
        (not seat.signed_in, "signed out", WORDS[Obstacle.SIGNED_OUT]),
        (seat.blocked, "blocked", WORDS[Obstacle.BLOCKED]),
        (bool(seat.against), "no orders", seat.against),
        (seat.row.through is not None, "counted elsewhere", WORDS[Obstacle.COUNTED_ELSEWHERE]),
        (opens and bool(flags.closing_only), "closing only",
         "The broker lets this account close positions only."),
    )  # fmt: skip
    found = [no(code, words) for bad, code, words in checks if bad]
    if _unsettled(draft, seat, replaces):
        words = "An order like this one is not settled yet. A second one could be one too many."
        found.append(no("unsettled", words))
    failure = ground.failures.get(seat.id)
    if failure is not None:
        found.append(warn("old figures", f"{old_figures(seat)} {failure}"))
    return [*found, *_paying(draft, seat, ground, first), *_holding(draft, seat, ground, replaces)]


def old_figures(seat: Seat) -> str:
    """From when the figures of the cache are."""
    at = seat.row.as_of or seat.row.fetched_at
    if at is None:
        return "Nothing was ever read of this account."
    return f"The account's figures are from {_moment(at)}."


def _moment(at: datetime) -> str:
    return f"{at:%B} {at.day}, {at:%H:%M} UTC"


def _unsettled(draft: Draft, seat: Seat, replaces: str) -> bool:
    wanted = {(leg.instrument.symbol, leg.side) for leg, _ in legs_of(draft)}
    for intent in seat.intents:
        if intent.kind is IntentKind.CANCEL:
            continue
        theirs = {(intent.symbol, intent.side)}
        if intent.draft is not None:
            theirs = {(leg.instrument.symbol, leg.side) for leg, _ in legs_of(intent.draft)}
        if wanted & theirs:
            return True
    return any(one.kind is not IntentKind.CANCEL and meets(one, draft) for one in seat.beside)


def _paying(draft: Draft, seat: Seat, ground: Ground, first: DraftLeg) -> list[Finding]:
    if first.side not in BUYS or first.side in COVERING:
        return []
    reading = ground.readings.get(seat.id)
    balances = seat.row.balances if reading is None else reading.balances
    if draft.currency not in moneyed(balances):
        return [warn("currency", f"The account holds no money in {draft.currency}.")]
    if power(balances, draft.currency, seat.row.account.type) is None:
        return [warn("power unknown", "The broker does not say what this account can spend.")]
    return []


def _holding(draft: Draft, seat: Seat, ground: Ground, replaces: str) -> list[Finding]:
    """A sale of more than is held would sell short, and a cover of more would buy."""
    reading = ground.readings.get(seat.id)
    positions = seat.positions if reading is None else reading.positions
    buys = bool(draft.legs) and draft.legs[0].side in BUYS
    exits = [
        one for one in draft.children if draft.legs and one.legs
        and (one.legs[0].side in BUYS) != buys
    ]  # fmt: skip
    sold: dict[str, Decimal] = {}
    found: list[Finding] = []
    for leg, order in legs_of(draft):
        if any(order is one for one in exits):
            continue  # an exit sells what its entry bought
        units = _units(order, leg, ground)
        if units is None:
            continue
        if leg.side in CLOSING and draft.legs:  # one after the other, not one or the other
            units = EXACT.add(units, sold.get(leg.instrument.symbol, ZERO))
            sold[leg.instrument.symbol] = units
        if leg.side in CLOSING:
            found += _sale(leg, units, seat, positions, reading is not None, replaces)
        elif leg.side in COVERING:
            short = -_held(leg, positions)
            if units > short:
                words = f"The account is short of {_plain(max(short, ZERO))} only."
                found.append(_proven("not short", words, fresh=reading is not None))
    return found


def _units(order: Draft, leg: DraftLeg, ground: Ground) -> Decimal | None:
    """How many units an order is for; of one for an amount of money, by the price of now."""
    if order.quantity is not None:
        return EXACT.multiply(order.quantity, leg.ratio)
    quote = ground.quotes_of(order.account).get(leg.instrument.symbol)
    price = None if quote is None else reference(order, quote, leg)
    return divided(order.notional, price)


def _sale(
    leg: DraftLeg,
    units: Decimal,
    seat: Seat,
    positions: Sequence[Position],
    fresh: bool,
    replaces: str,
) -> list[Finding]:
    held = _held(leg, positions)
    what = leg.instrument
    if units > held:
        words = f"The account holds {_plain(max(held, ZERO))} of {what.symbol} only."
        return [_proven("not held", words, fresh=fresh)]
    claimed = reserved(seat, same_as(what), leaving_out=replaces)
    if units > EXACT.subtract(held, claimed):
        words = f"Working sales have claimed {_plain(claimed)} of {what.symbol} already."
        return [warn("claimed", words)]
    return []


def _proven(code: str, words: str, *, fresh: bool) -> Finding:
    return no(code, words) if fresh else warn(code, words)


def _held(leg: DraftLeg, positions: Iterable[Position]) -> Decimal:
    return held_units(leg.instrument, ((one.instrument, one.quantity) for one in positions))


def of_the_preview(title: str, preview: Preview | None, failure: str) -> list[Finding]:
    """The broker's own word, quoted: what it refuses blocks."""
    found = []
    if failure:
        found.append(warn("no preview", f"{title}'s own preview is missing. {failure}"))
    if preview is not None:
        refusals = dict.fromkeys(preview.refusals)
        warnings = dict.fromkeys(preview.warnings)
        found += [
            no(_numbered("broker refuses", number), quoted(title, words))
            for number, words in enumerate(refusals, 1)
        ]
        found += [
            warn(_numbered("broker warns", number), quoted(title, words))
            for number, words in enumerate(warnings, 1)
        ]
    return found


def _numbered(code: str, number: int) -> str:
    return code if number == 1 else f"{code} {number}"


def quoted(title: str, words: str) -> str:
    text = " ".join(words.split())
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE].rstrip() + "…"
    return f"{title} says: “{text}”"


def day_trade_words(flags: AccountFlags) -> str:
    """What the broker reports on day trades and margin, "" when nothing."""
    said = []
    if flags.in_call:
        said.append("The account has a margin call.")
    if flags.day_trader:
        said.append("The broker counts it as a day trader's.")
    elif flags.day_trades:
        many = "day trade" if flags.day_trades == 1 else "day trades"
        said.append(f"The broker counts {flags.day_trades} {many} in five days.")
    return " ".join(said)


def of_the_sum(
    drafts: Sequence[Draft], ground: Ground, most_value: Decimal, most_quantity: Decimal
) -> list[Finding]:
    """The limits over all orders of a basket together, ``most_value`` in the base currency."""
    if len(drafts) < 2:
        return []
    total, units = ZERO, dict[str, Decimal]()
    for draft in drafts:
        quotes = ground.quotes_of(draft.account)
        rate = ground.money.rates.get((draft.account, draft.currency))
        value = worst_of(draft, quotes)
        if value is None or rate is None:
            return [no("basket value", "What the orders are worth together cannot be told.")]
        total = EXACT.add(total, EXACT.multiply(value, rate))
        symbol = next(iter(legs_of(draft)))[0].instrument.symbol
        units[symbol] = EXACT.add(units.get(symbol, ZERO), draft.quantity or ZERO)
    found = []
    if not total <= most_value:
        limit = f"{most_value:,.2f} {ground.money.base}"
        found.append(no("basket value", f"Together worth more than your limit of {limit}."))
    if any(not one <= most_quantity for one in units.values()):
        found.append(no("basket quantity", f"Together more than {most_quantity} units."))
    return found


def worst_of(draft: Draft, quotes: dict[str, Quote]) -> Decimal | None:
    """The most that a draft could be worth; of two that cancel each other the larger."""
    if not draft.legs:
        values = [worst_of(one, quotes) for one in draft.children]
        known = [one for one in values if one is not None]
        return max(known) if known and len(known) == len(values) else None
    prices = []
    for leg in draft.legs:
        quote = quotes.get(leg.instrument.symbol)
        prices.append(None if quote is None else reference(draft, quote, leg))
    return worst_value(draft, prices)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
