"""Which account an order goes to, and why, in one sentence. Pure.

A sale goes where the symbol is held, a purchase where money and habit are. An account that cannot
take it is never chosen; it is listed with what stands against it and, where there is one, what
would make it possible. The user may always choose another that can.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT

ZERO = Decimal(0)
CLOSING = frozenset({OrderSide.SELL, OrderSide.SELL_TO_CLOSE})
COVERING = frozenset({OrderSide.BUY_TO_COVER, OrderSide.BUY_TO_CLOSE})


class Obstacle(StrEnum):
    """Why an account cannot take an order. The words are ``WORDS``."""

    ENVIRONMENT = "environment"
    READ_ONLY = "read_only"
    SWITCHED_OFF = "switched_off"
    SIGNED_OUT = "signed_out"
    BLOCKED = "blocked"
    CURRENCY = "currency"
    STALE = "stale"
    COUNTED_ELSEWHERE = "counted_elsewhere"
    NOT_HELD = "not_held"
    NOT_ENOUGH = "not_enough"
    LESS_SHORT = "less_short"
    NO_POWER = "no_power"
    KIND = "kind"


WORDS = {
    Obstacle.ENVIRONMENT: "It is not an account of this environment.",
    Obstacle.READ_ONLY: "This connection can only read.",
    Obstacle.SWITCHED_OFF: "Trading is off for this connection. Turn it on in Connections.",
    Obstacle.SIGNED_OUT: "Sign in again in Connections.",
    Obstacle.BLOCKED: "The broker has blocked trading in this account.",
    Obstacle.CURRENCY: "It holds no money in the currency of this symbol.",
    Obstacle.STALE: "Its figures are too old. Refresh first.",
    Obstacle.COUNTED_ELSEWHERE: "It is counted through another connection: use that one.",
    Obstacle.NOT_HELD: "It does not hold this symbol.",
    Obstacle.NOT_ENOUGH: "It holds less than that.",
    Obstacle.LESS_SHORT: "It is short of less than that.",
    Obstacle.NO_POWER: "It does not have the buying power.",
    Obstacle.KIND: "It cannot hold such a thing.",
}
_NOBODY = {
    Obstacle.READ_ONLY: "Your connections can only read.",
    Obstacle.SWITCHED_OFF: (
        "Trading is off for the accounts that could take it. Turn it on in Connections."
    ),
    Obstacle.SIGNED_OUT: "Sign in again in Connections.",
    Obstacle.CURRENCY: "No account holds money in the currency of this symbol.",
    Obstacle.STALE: "The figures of the accounts are too old. Refresh first.",
    Obstacle.NO_POWER: "No account has the buying power.",
}
"""The nearest obstacle, said of all accounts at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One account as routing sees it.

    ``held`` is what it holds of the symbol, short below zero; ``reserved`` what working sales have
    claimed of it. ``power`` None: the broker does not say, which never counts as enough.
    """

    account: AccountId
    name: str
    environment: Environment
    currencies: frozenset[str]
    trades: bool
    switched_on: bool
    signed_in: bool = True
    blocked: bool = False
    stale: bool = False
    counted: bool = True
    takes_kind: bool = True
    held: Decimal = ZERO
    reserved: Decimal = ZERO
    power: Decimal | None = None
    is_default: bool = False

    @property
    def sellable(self) -> Decimal:
        return max(ZERO, EXACT.subtract(self.held, self.reserved))

    @property
    def short(self) -> Decimal:
        """How much of it is owed, and can be bought back."""
        return max(ZERO, -self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be traded; ``quantity`` or ``value`` None: not known yet."""

    symbol: str
    side: OrderSide
    environment: Environment
    currency: str
    quantity: Decimal | None = None
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    account: AccountId
    quantity: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``parts`` is empty when no account can take it, one for an order, several for a basket.

    ``against`` are the obstacles of every account that was not chosen for one.
    """

    parts: tuple[Part, ...]
    reason: str
    against: tuple[tuple[AccountId, Obstacle], ...] = ()


def route(wish: Wish, candidates: Sequence[Candidate]) -> Route:
    """Choose, and say why."""
    against: list[tuple[AccountId, Obstacle]] = []
    able = []
    for one in candidates:
        obstacle = obstacle_of(wish, one)
        if obstacle is None:
            able.append(one)
        else:
            against.append((one.account, obstacle))
    if wish.side in CLOSING:
        found = _sale(wish, able)
    elif wish.side in COVERING:
        found = _cover(wish, able)
    else:
        found = _purchase(wish, able)
    chosen = {part.account for part in found.parts}
    against += [
        (one.account, _lacking(wish, one)) for one in able
        if one.account not in chosen and not _could(wish, one)
    ]  # fmt: skip
    if found.parts:
        return Route(parts=found.parts, reason=found.reason, against=tuple(against))
    return Route(parts=(), reason=_nowhere(wish, against), against=tuple(against))


def obstacle_of(wish: Wish, one: Candidate) -> Obstacle | None:
    """What keeps an account from taking any such order; None: nothing does."""
    checks = (
        (one.environment is not wish.environment, Obstacle.ENVIRONMENT),
        (not one.trades, Obstacle.READ_ONLY),
        (not one.counted, Obstacle.COUNTED_ELSEWHERE),
        (not one.switched_on, Obstacle.SWITCHED_OFF),
        (not one.signed_in, Obstacle.SIGNED_OUT),
        (one.blocked, Obstacle.BLOCKED),
        (not one.takes_kind, Obstacle.KIND),
        (wish.currency not in one.currencies, Obstacle.CURRENCY),
        (one.stale, Obstacle.STALE),
    )
    return next((obstacle for fails, obstacle in checks if fails), None)


def _could(wish: Wish, one: Candidate) -> bool:
    """Whether an account that is able could take this very order alone."""
    if wish.side in CLOSING:
        return one.sellable > ZERO and (wish.quantity is None or one.sellable >= wish.quantity)
    if wish.side in COVERING:
        return one.short > ZERO and (wish.quantity is None or one.short >= wish.quantity)
    return one.power is not None and (wish.value is None or one.power >= wish.value)


def _lacking(wish: Wish, one: Candidate) -> Obstacle:
    if wish.side in CLOSING:
        return Obstacle.NOT_ENOUGH if one.sellable > ZERO else Obstacle.NOT_HELD
    if wish.side in COVERING:
        return Obstacle.LESS_SHORT if one.short > ZERO else Obstacle.NOT_HELD
    return Obstacle.NO_POWER


def _sale(wish: Wish, able: Sequence[Candidate]) -> Route:
    holding = sorted(
        (one for one in able if one.sellable > ZERO),
        key=lambda one: (-one.sellable, not one.is_default, one.name, one.account),
    )
    if not holding:
        return Route(parts=(), reason="")
    whole = [one for one in holding if _could(wish, one)]
    if whole:
        first = whole[0]
        why = "holds it" if len(holding) == 1 else "holds the most of it"
        part = Part(account=first.account, quantity=wish.quantity)
        return Route(parts=(part,), reason=f"{first.name} {why}.")
    parts = _shared(wish, [(one, one.sellable) for one in holding])
    return Route(parts=parts, reason=f"No account holds enough: {len(parts)} accounts together do.")


def _shared(wish: Wish, able: Sequence[tuple[Candidate, Decimal]]) -> tuple[Part, ...]:
    """Each account takes what it can, the first ones first; none where that is not enough."""
    assert wish.quantity is not None
    parts, left = [], wish.quantity
    for one, most in able:
        share = min(left, most)
        parts.append(Part(account=one.account, quantity=share))
        left = EXACT.subtract(left, share)
        if left <= ZERO:
            return tuple(parts)
    return ()


def _cover(wish: Wish, able: Sequence[Candidate]) -> Route:
    short = sorted(
        (one for one in able if one.held < ZERO), key=lambda one: (one.held, one.name, one.account)
    )
    if not short:
        return Route(parts=(), reason="")
    whole = [one for one in short if _could(wish, one)]
    if whole:
        part = Part(account=whole[0].account, quantity=wish.quantity)
        return Route(parts=(part,), reason=f"{whole[0].name} is short of it.")
    parts = _shared(wish, [(one, one.short) for one in short])
    reason = f"No account is short of so much: {len(parts)} accounts together are."
    return Route(parts=parts, reason=reason)


def _purchase(wish: Wish, able: Sequence[Candidate]) -> Route:
    paying = [one for one in able if _could(wish, one)]
    if not paying:
        return Route(parts=(), reason="")

    def rank(one: Candidate) -> tuple[bool, bool, Decimal, str, str]:
        assert one.power is not None
        return (not one.is_default, one.held <= ZERO, -one.power, one.name, one.account)

    first = min(paying, key=rank)
    if first.is_default:
        why = "is your default account"
    elif first.held > ZERO:
        why = "holds it already"
    elif len(paying) == 1:
        why = "is the only account that can pay for it"
    else:
        why = "has the most buying power"
    part = Part(account=first.account, quantity=wish.quantity)
    return Route(parts=(part,), reason=f"{first.name} {why}.")


def _nowhere(wish: Wish, against: Sequence[tuple[AccountId, Obstacle]]) -> str:
    """Why there is none, and what would make it possible: by the obstacle nearest to a solution."""
    kinds = [obstacle for _, obstacle in against if obstacle is not Obstacle.ENVIRONMENT]
    if not kinds:
        return f"There is no {wish.environment.value} account."
    if wish.side in CLOSING and Obstacle.NOT_ENOUGH in kinds:
        return f"Your accounts together hold less {wish.symbol} than that."
    if wish.side in COVERING and Obstacle.LESS_SHORT in kinds:
        return f"Your accounts together are short of less {wish.symbol} than that."
    nearest = (
        *(Obstacle.SWITCHED_OFF, Obstacle.SIGNED_OUT, Obstacle.STALE, Obstacle.NO_POWER),
        *(Obstacle.CURRENCY, Obstacle.BLOCKED, Obstacle.NOT_HELD, Obstacle.KIND),
        *(Obstacle.COUNTED_ELSEWHERE, Obstacle.READ_ONLY),
    )
    first = next(one for one in nearest if one in kinds)
    if first is Obstacle.NOT_HELD:
        return f"No account that can trade holds {wish.symbol}."
    return _NOBODY.get(first, WORDS[first])
