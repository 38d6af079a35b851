"""Market data as ticks: snapshots, and what a subscription is told.

Without a subscription TWS gives prices that are a quarter of an hour old, under tick types of
their own, to whoever said that delayed ones will do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.simulator.ibkr.contracts import Contract
from brokerdesk.simulator.ibkr.frames import Message, double, message
from brokerdesk.simulator.market.candles import average_volume
from brokerdesk.simulator.market.market import Market, phase

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
DELAY = timedelta(minutes=15)
_TICKS = {False: (1, 2, 4, 9, 45), True: (66, 67, 68, 75, 88)}
"""Bid, ask, last, close of the day before, time of the last trade; live and delayed."""
SPREAD = Decimal("0.0002")
CENT = Decimal("0.01")


LOT = 100
"""Volumes of US shares are told in hundreds."""
MISCELLANEOUS = "165"
"""The generic tick that brings the average volume."""


def snapshot(
    request: str, found: Contract, market: Market, moment: datetime, kind: int, *, halted: bool
) -> list[Message]:
    """What answers a snapshot request, its end included."""
    told = ticks(request, found, market, moment, kind, halted=halted)
    return [*told, message(57, 1, request)]


def statistics(request: str, found: Contract, market: Market, generic: str) -> list[Message]:
    """What a line is told besides because it asked for more."""
    listing = market.listing(found.source) if found.sec_type == "STK" else None
    if MISCELLANEOUS not in generic.split(",") or listing is None:
        return []
    return [message(2, 6, request, 21, average_volume(market, listing) // LOT)]


def ticks(
    request: str, found: Contract, market: Market, moment: datetime, kind: int, *, halted: bool
) -> list[Message]:
    """All ticks of a moment."""
    delayed = kind in (DELAYED, DELAYED_FROZEN)
    at = moment - DELAY if delayed else moment
    last = market.price(found.source, at)
    half = max(CENT / 2, (last * SPREAD).quantize(CENT) / 2)
    bid_type, ask_type, last_type, close_type, time_type = _TICKS[delayed]
    close = market.close(found.source, market.day_before(moment))
    stamp = int(min(at, phase(at).traded_at).timestamp())

    def tick(number: int, price: Decimal, size: str) -> Message:
        return message(1, 6, request, number, double(price), size, 0)

    return [
        message(58, 1, request, kind),
        message(81, request, Decimal("0.01"), "9c0001", 3),
        tick(bid_type, (last - half).quantize(CENT), "3"),
        tick(ask_type, (last + half).quantize(CENT), "4"),
        tick(last_type, last, "1"),
        tick(close_type, close, "0"),
        message(46, 6, request, time_type, stamp),
        message(45, 6, request, 49, int(halted)),
    ]
