"""Option chains out of broker's answers: figures that may be missing, and rows by strike.

Brokers write a figure that they do not have in many ways: left out, null, -999, "NaN". None of them
is a number here, and none of them costs the contract that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from brokerdesk.brokers.finding import ChainQuote, ChainRow
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

UNKNOWN = Decimal(-999)
_LONGEST = 40


def figure(raw: msgspec.Raw | None) -> Decimal | None:
    """A number, or one in a text; None for anything else."""
    text = b"" if raw is None else bytes(raw).strip().strip(b'"')
    if not text or len(text) > _LONGEST:
        return None
    try:
        found = exact(Decimal(text.decode("ascii")))
    except (ValueError, InvalidOperation):
        return None
    return None if found == UNKNOWN else found


def price(raw: msgspec.Raw | None) -> Decimal | None:
    """A price; 0 stands for none."""
    found = figure(raw)
    return found if found is not None and found > 0 else None


def bid(raw: msgspec.Raw | None) -> Decimal | None:
    """A bid, which may well be 0."""
    found = figure(raw)
    return found if found is not None and found >= 0 else None


def delta(raw: msgspec.Raw | None) -> Decimal | None:
    """Between -1 and 1."""
    found = figure(raw)
    return found if found is not None and abs(found) <= 1 else None


def count(raw: msgspec.Raw | None) -> int | None:
    """A whole number of contracts."""
    found = figure(raw)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def occ_symbol(root: str, expiry: date, right: OptionRight, strike: Decimal) -> str:
    """The 21 characters by which options go everywhere here."""
    letter = "C" if right is OptionRight.CALL else "P"
    return f"{root:<6}{expiry:%y%m%d}{letter}{int(strike * 1000):08d}"


def plain(contract: Instrument, underlying: str, expiry: date) -> bool:
    """Whether it is an ordinary contract of this chain: 100 units, the day and the strike told."""
    return (
        contract.asset_type is AssetType.OPTION
        and contract.multiplier == 100
        and contract.expiry == expiry
        and contract.right is not None
        and contract.strike is not None
        and contract.strike > 0
        and contract.underlying == underlying
    )


def rows(quotes: Iterable[ChainQuote]) -> tuple[tuple[ChainRow, ...], int]:
    """Both sides of each strike, the lowest first; and how many stood in a place that was taken."""
    calls: dict[Decimal, ChainQuote] = {}
    puts: dict[Decimal, ChainQuote] = {}
    twice = 0
    for one in quotes:
        strike = one.contract.strike
        assert strike is not None
        side = calls if one.contract.right is OptionRight.CALL else puts
        if strike in side:
            twice += 1
        else:
            side[strike] = one
    strikes = sorted(calls.keys() | puts.keys())
    found = (
        ChainRow(strike=strike, call=calls.get(strike), put=puts.get(strike)) for strike in strikes
    )
    return tuple(found), twice
