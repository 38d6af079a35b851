"""Who holds the practice accounts: the cast that every dialect shows.

The default set covers what a portfolio app must show: margin with shorts, options, fractions and
a fund; a retirement account; cash with a sweep and bonds; and a margin loan. Other sizes repeat
the cast with more holdings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.calendar import third_friday
from brokerdesk.simulator.market.listings import Kind, Listing, of_kind
from brokerdesk.simulator.market.options import option_symbol

START = date(2021, 6, 1)
FAR_EXPIRATION = third_friday(2036, 1)
BEST_KNOWN = 4
BORROWER = 3
MOST_REINVESTED = 8
COLOURS = ("Green", "Blue", "Orange", "Purple", "Red")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One account's nature and what it means to hold."""

    number: str
    nickname: str
    margin: bool
    retirement: bool
    opening: Decimal
    monthly: Decimal
    picks: tuple[str, ...]
    reinvested: frozenset[str] = frozenset()
    shorts: tuple[str, ...] = ()
    option_on: str = ""
    sweep: str = ""
    guests: tuple[str, ...] = ()
    borrows: bool = False
    fractional: bool = False
    """Whether shares are bought in thousandths."""
    option_fee: Decimal = Decimal("0.65")


@dataclass(frozen=True, slots=True)
class Character:
    nickname: str
    margin: bool
    retirement: bool
    opening: int
    monthly: int
    equities: int
    etfs: int
    funds: int
    bonds: int = 0


CAST = (
    Character("Individual", True, False, 240_000, 1_500, 15, 4, 1),
    Character("Roth IRA", False, True, 60_000, 580, 6, 4, 2),
    Character("House fund", False, False, 90_000, 2_000, 0, 3, 0, bonds=3),
    Character("Trading", True, False, 130_000, 0, 9, 3, 1),
)


def _best_known(seed: int) -> list[Listing]:
    sectors: dict[str, list[Listing]] = {}
    for listing in of_kind(Kind.EQUITY):
        sectors.setdefault(listing.sector, []).append(listing)
    pool = [listing for group in sectors.values() for listing in group[:BEST_KNOWN]]
    noise.generator(seed, "best known").shuffle(pool)
    return pool


def _more(seed: int, number: str, taken: set[str]) -> Iterator[str]:
    """Further holdings: everything listed, then option series without end to speak of."""
    pool = [x for kind in (Kind.EQUITY, Kind.ETF, Kind.MUTUAL_FUND) for x in of_kind(kind)]
    noise.generator(seed, "more", number).shuffle(pool)
    yield from (listing.symbol for listing in pool if listing.symbol not in taken)
    for step in range(1, 200):
        for listing in of_kind(Kind.ETF):
            strike = Decimal(5 * step)
            yield option_symbol(listing.symbol, FAR_EXPIRATION, call=True, strike=strike)


def make_profiles(seed: int, accounts: int | None, positions: int | None) -> tuple[Profile, ...]:
    """The cast for a seed; ``accounts`` and ``positions`` (per account) change its size."""
    count = len(CAST) if accounts is None else accounts
    return tuple(_profile(seed, place, positions) for place in range(count))


def _profile(seed: int, place: int, positions: int | None) -> Profile:
    character = CAST[place % len(CAST)]
    number = str(10_000_000 + noise.key(seed, "account", place) % 89_999_999)
    best = _best_known(noise.key(seed, place % len(CAST)))
    etfs = [x for x in of_kind(Kind.ETF) if x.sector != "Bonds"]
    draw = noise.generator(seed, "profile", place)
    picks = [listing.symbol for listing in best[: character.equities]]
    picks += [listing.symbol for listing in draw.sample(etfs[:24], character.etfs)]
    picks += [x.symbol for x in draw.sample(of_kind(Kind.MUTUAL_FUND), character.funds)]
    picks += [listing.symbol for listing in of_kind(Kind.BOND)[: character.bonds]]
    if character.bonds:
        picks.append("SGOV")
    lead = place % len(CAST) == 0
    if positions is not None:
        wanted = max(0, positions - (3 if lead else 0) - (1 if character.bonds else 0))
        picks = picks[:wanted]
        taken = {*picks, *_shorts(best)}
        for symbol in _more(seed, number, taken):
            if len(picks) >= wanted:
                break
            picks.append(symbol)
    copy = place // len(CAST)
    scale = max(1, len(picks) // 20)
    return Profile(
        number=number,
        nickname=character.nickname + (f" {copy + 1}" if copy else ""),
        margin=character.margin,
        retirement=character.retirement,
        opening=Decimal(character.opening * scale),
        monthly=Decimal(character.monthly),
        picks=tuple(picks),
        reinvested=frozenset(_reinvested(picks, place % len(CAST))),
        shorts=_shorts(best) if lead else (),
        option_on="SPY" if lead else "",
        sweep="SWGXX" if character.bonds else "",
        guests=tuple(x.symbol for x in best[-6:-3]) if positions is None else (),
        borrows=place % len(CAST) == BORROWER,
    )


def _shorts(best: list[Listing]) -> tuple[str, ...]:
    return tuple(listing.symbol for listing in best[-3:])


def _reinvested(picks: list[str], role: int) -> list[str]:
    """Whose dividends buy more of the same; a margin loan is never paid back from dividends."""
    if role == BORROWER:
        return picks[: 2 * MOST_REINVESTED]
    return picks[: min(MOST_REINVESTED, 2 * len(picks) // 5)] if role in (0, 1) else []
