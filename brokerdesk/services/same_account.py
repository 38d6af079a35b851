"""Whether two accounts of different connections are one account. A pure rule that only says so.

What speaks for it: one institution, the same last digits of the number, the same holdings in the
same quantity, values that lie close. Other digits, another environment or another tax status speak
against it whatever else there is, and two accounts of one list are never one. A certain pair has
all three of institution, digits and holdings; what is only likely leaves one of them open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.account import Account
from brokerdesk.domain.identity import Identities
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AccountType, AssetType, TaxStatus
from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.institutions import Same, compare, institution

FEWEST_DIGITS = 3
"""A mask of fewer digits says nothing."""
_DIGITS = 4
_MONEY = frozenset({AssetType.CASH_EQUIVALENT, AssetType.CURRENCY})
_NEARLY = Decimal("0.0001")
"""Quantities are the same up to this share: sources cut decimals at different places."""
_MOST, _HALF, _LITTLE = Decimal("0.9"), Decimal("0.5"), Decimal("0.1")
_CLOSE, _NEAR = Decimal("0.02"), Decimal("0.1")
_TELLING = 3
"""So many equal holdings are no chance, even where neither name nor number is known."""
APART = timedelta(days=7)
"""Figures further apart than this say little of each other."""


class Likeness(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One account with its newest figures. ``worth`` is in the account's currency."""

    account: Account
    connection: ConnectionId
    positions: tuple[Position, ...] = ()
    worth: Decimal | None = None
    at: datetime | None = None

    @property
    def id(self) -> AccountId:
        return self.account.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """``common`` of ``all`` different holdings are in both, in the same quantity.

    ``share`` is their part of the value of all, 0 to 1; None when neither side holds anything.
    """

    common: int
    all: int
    share: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rule says. ``reasons`` are sentences for the user, without amounts."""

    likeness: Likeness
    reasons: tuple[str, ...] = ()
    overlap: Overlap = Overlap(common=0, all=0, share=None)


_NO = Verdict(likeness=Likeness.NO)


def may_be_one(one: Account, other: Account) -> bool:
    """Whether it is worth comparing what two accounts hold: nothing in their lists forbids it."""
    return (
        one.id != other.id
        and one.environment is other.environment
        and _digits(one, other) is not Same.NO
        and not _conflict(one.tax_status, other.tax_status, TaxStatus.UNKNOWN)
        and (
            compare(one.institution, other.institution) is not Same.NO
            or _digits(one, other) is Same.YES
        )
    )


def judge(one: Side, other: Side) -> Verdict:
    """Whether two accounts are one, with the reasons."""
    if one.connection == other.connection or not may_be_one(one.account, other.account):
        return _NO
    place = compare(one.account.institution, other.account.institution)
    digits = _digits(one.account, other.account)
    overlap = overlap_of(one.positions, other.positions)
    gap = abs(one.at - other.at) if one.at is not None and other.at is not None else None
    spread = _spread(one, other)
    likeness = _likeness(place, digits, overlap, spread, gap)
    if likeness is Likeness.CERTAIN and _unlike_kind(one.account, other.account):
        likeness = Likeness.LIKELY
    if likeness is Likeness.NO:
        return _NO
    reasons = _reasons(one.account, other.account, place, digits, overlap, spread, gap)
    return Verdict(likeness=likeness, reasons=reasons, overlap=overlap)


def _likeness(
    place: Same, digits: Same, overlap: Overlap, spread: Decimal | None, gap: timedelta | None
) -> Likeness:
    share, old = overlap.share, gap is not None and gap > APART
    empty = share is None
    close = spread is not None and spread <= _CLOSE
    same = share is not None and share >= _MOST
    half = share is not None and share >= _HALF
    foreign = share is not None and share < _LITTLE and not old
    if place is Same.YES and digits is Same.YES:
        if foreign:
            near = spread is not None and spread <= _NEAR
            return Likeness.LIKELY if near else Likeness.NO
        return Likeness.CERTAIN if same or (empty and close) else Likeness.LIKELY
    if digits is Same.YES:  # the institution is not known, or named otherwise
        told = half or (empty and close and bool(spread == 0))
        return Likeness.LIKELY if told and (place is not Same.NO or same) else Likeness.NO
    if place is Same.YES:  # a number is not known
        return Likeness.LIKELY if same and (close or overlap.common >= _TELLING) else Likeness.NO
    return Likeness.LIKELY if same and close and overlap.common >= _TELLING else Likeness.NO


def overlap_of(one: Iterable[Position], other: Iterable[Position]) -> Overlap:
    """What two accounts hold in common, money aside."""
    known = Identities()
    mine, theirs = _held(known, one), _held(known, other)
    everything = {known.root(number) for number in (*mine, *theirs)}
    first, second = _rooted(known, mine), _rooted(known, theirs)
    common, shared, total = 0, ZERO, ZERO
    for number in everything:
        left, right = first.get(number), second.get(number)
        worth = max(left[1] if left else ZERO, right[1] if right else ZERO)
        total = EXACT.add(total, worth)
        if left and right and _equal(left[0], right[0]):
            common += 1
            shared = EXACT.add(shared, worth)
    count = len(everything)
    if not count:
        return Overlap(common=0, all=0, share=None)
    share = shared / total if total else Decimal(common) / count
    return Overlap(common=common, all=count, share=share)


_Held = dict[int, tuple[Decimal, Decimal]]


def _held(known: Identities, positions: Iterable[Position]) -> _Held:
    """Quantity and size of the value by number of the thing."""
    found: _Held = {}
    for one in positions:
        if one.instrument.asset_type in _MONEY or not one.quantity:
            continue
        number = known.number(one.instrument)
        quantity, worth = found.get(number, (ZERO, ZERO))
        more = abs(one.market_value) if one.market_value is not None else ZERO
        found[number] = (EXACT.add(quantity, one.quantity), EXACT.add(worth, more))
    return found


def _rooted(known: Identities, held: _Held) -> _Held:
    found: _Held = {}
    for number, (quantity, worth) in held.items():
        root = known.root(number)
        before = found.get(root, (ZERO, ZERO))
        found[root] = (EXACT.add(before[0], quantity), EXACT.add(before[1], worth))
    return found


def _equal(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other)) * _NEARLY


def _spread(one: Side, other: Side) -> Decimal | None:
    """By which part of the larger one the values differ; None when they cannot be compared."""
    if one.worth is None or other.worth is None or one.account.currency != other.account.currency:
        return None
    larger = max(abs(one.worth), abs(other.worth))
    return abs(one.worth - other.worth) / larger if larger else ZERO


def _digits(one: Account, other: Account) -> Same:
    """Whether the last digits that both numbers show are the same."""
    first, second = mask_digits(one.number_mask), mask_digits(other.number_mask)
    length = min(len(first), len(second), _DIGITS)
    if length < FEWEST_DIGITS:
        return Same.UNKNOWN
    return Same.YES if first[-length:] == second[-length:] else Same.NO


def mask_digits(mask: str) -> str:
    """What a mask shows of the number."""
    return re.sub(r"[\W_]", "", mask).upper()


def _unlike_kind(one: Account, other: Account) -> bool:
    return one.currency != other.currency or _conflict(one.type, other.type, AccountType.UNKNOWN)


def _conflict(one: StrEnum, other: StrEnum, unknown: StrEnum) -> bool:
    return unknown not in (one, other) and one is not other


def _reasons(
    one: Account,
    other: Account,
    place: Same,
    digits: Same,
    overlap: Overlap,
    spread: Decimal | None,
    gap: timedelta | None,
) -> tuple[str, ...]:
    return tuple(
        text
        for text in (
            _place_words(one, other, place),
            _digit_words(one, other, digits),
            _overlap_words(overlap),
            _spread_words(spread),
            _kind_words(one, other),
            _gap_words(gap),
        )
        if text
    )


def _place_words(one: Account, other: Account, place: Same) -> str:
    if place is Same.YES:
        title = institution(one.institution)
        return f"Both are at {title if title[:1].isupper() else one.institution}."
    if place is Same.NO:
        return f"They name their institution differently: {one.institution}, {other.institution}."
    return "One of them does not say exactly where it is held."


def _digit_words(one: Account, other: Account, digits: Same) -> str:
    if digits is Same.YES:
        first, second = mask_digits(one.number_mask), mask_digits(other.number_mask)
        return f"Both numbers end in {first[-min(len(first), len(second), _DIGITS) :]}."
    return "The number of one of them is not known."


def _overlap_words(overlap: Overlap) -> str:
    if not overlap.all:
        return "Neither holds anything but cash."
    if overlap.common == overlap.all:
        if overlap.all == 1:
            return "Their one holding is the same, in the same quantity."
        return f"All {overlap.all} holdings are the same, in the same quantity."
    what = "holding is" if overlap.all == 1 else "holdings are"
    return f"{overlap.common} of {overlap.all} {what} the same, in the same quantity."


def _spread_words(spread: Decimal | None) -> str:
    if spread is None:
        return ""
    if not spread:
        return "Their values are equal."
    percent = (spread * 100).quantize(Decimal("0.1"))
    return f"Their values differ by {percent if percent else 'less than 0.1'} %."


def _kind_words(one: Account, other: Account) -> str:
    if one.currency != other.currency:
        return f"They count in different currencies: {one.currency} and {other.currency}."
    if _conflict(one.type, other.type, AccountType.UNKNOWN):
        return "One is called a cash account, the other a margin account."
    return ""


def _gap_words(gap: timedelta | None) -> str:
    if gap is None or gap < timedelta(hours=1):
        return ""
    hours = int(gap.total_seconds() // 3600)
    far = f"{hours // 24} days" if hours >= 48 else f"{hours} hour{'s' * (hours != 1)}"
    return f"Their figures are {far} apart."
