"""What a client asks for with message 3: a row of fields whose number depends on what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Leg, Terms
from brokerdesk.simulator.ibkr.contracts import Contract
from brokerdesk.simulator.ibkr.frames import UNSET

KINDS = {
    "MKT": Kind.MARKET,
    "LMT": Kind.LIMIT,
    "STP": Kind.STOP,
    "STP LMT": Kind.STOP_LIMIT,
    "TRAIL": Kind.TRAILING_STOP,
    "MOC": Kind.MARKET,
    "LOC": Kind.LIMIT,
}
LASTS = {
    "": Lasts.DAY,
    "DAY": Lasts.DAY,
    "GTC": Lasts.GTC,
    "GTD": Lasts.GTC,
    "IOC": Lasts.IOC,
    "FOK": Lasts.FOK,
    "OPG": Lasts.OPEN,
}
AT_CLOSE = ("MOC", "LOC")
SCALED = 7


class PlaceError(Exception):
    """It is not taken; ``code`` and the text are what is told."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One order as the client wrote it."""

    order_id: int
    contract: Sequence[str]
    action: str
    quantity: str
    kind: str
    limit: str
    aux: str
    tif: str
    account: str
    ref: str
    transmit: bool
    parent: int
    outside: bool
    trail_percent: str
    what_if: bool
    oca: str = ""
    good_till: str = ""
    cash: str = ""
    override: str = ""
    legs: tuple[tuple[str, str, str], ...] = ()
    """Contract number, ratio and action of each leg of a combination."""


class _Row:
    """The fields, one after the other."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._left = iter(fields)

    def take(self) -> str:
        found = next(self._left, None)
        if found is None:
            raise PlaceError(320, "Error reading request. Message is too short.")
        return found

    def skip(self, count: int) -> None:
        for _ in range(count):
            self.take()

    def rest(self) -> list[str]:
        return list(self._left)


def read(fields: Sequence[str]) -> Asked:
    """Take the row apart, in its order: some fields say how many follow.

    Raises:
        PlaceError: it ends too early, or asks for something that is not simulated.
    """
    row = _Row(fields[1:])
    order_id = int(row.take())
    contract = [row.take() for _ in range(12)]
    row.skip(2)
    action, quantity, kind, limit, aux, tif = (row.take() for _ in range(6))
    oca = row.take()
    account = row.take()
    row.skip(2)
    ref, transmit, parent = row.take(), row.take(), row.take()
    row.skip(4)
    outside = row.take()
    row.skip(1)
    legs = _legs(row) if contract[2] == "BAG" else ()
    row.skip(3)
    good_till = row.take()
    # Up to the volatility: advisor's groups, model, shorts, prices.
    row.skip(3 + 22)
    if row.take():
        row.skip(9)
    else:
        row.skip(1)
    row.skip(3)
    trail_percent = row.take()
    row.skip(2)
    if _number(row.take()):
        row.skip(SCALED)
    row.skip(3)
    if row.take():
        row.skip(1)
    row.skip(4)
    if row.take() == "1":
        row.skip(3)
    if row.take():
        row.skip(2 * int(row.take() or "0"))
    row.skip(1)
    what_if = row.take() == "1"
    cash, override = _last(row)
    return Asked(
        order_id=order_id,
        contract=contract,
        action=action,
        quantity=quantity,
        kind=kind,
        limit=limit,
        aux=aux,
        tif=tif,
        account=account,
        ref=ref,
        transmit=transmit != "0",
        parent=int(parent or "0"),
        outside=outside == "1",
        trail_percent=trail_percent,
        what_if=what_if,
        oca=oca,
        good_till=good_till,
        cash=cash,
        override=override,
        legs=legs,
    )


def _legs(row: _Row) -> tuple[tuple[str, str, str], ...]:
    """What a combination consists of; prices and routes of single legs are left out."""
    found = []
    for _ in range(int(row.take() or "0")):
        number, ratio, action = row.take(), row.take(), row.take()
        row.skip(5)
        found.append((number, ratio, action))
    row.skip(int(row.take() or "0"))
    row.skip(2 * int(row.take() or "0"))
    return tuple(found)


def _last(row: _Row) -> tuple[str, str]:
    """The amount of money, and the user's answer to what TWS asked."""
    row.skip(4)
    if int(row.take() or "0"):
        raise PlaceError(321, "Error validating request.-conditions are not simulated")
    row.skip(10)
    cash = row.take()
    row.skip(8)
    rest = row.rest()
    return cash, rest[3] if len(rest) >= 4 else ""


def is_what_if(fields: Sequence[str]) -> bool:
    """Whether it only asks."""
    try:
        return read(fields).what_if
    except (PlaceError, ValueError):
        return False


def ref_of(fields: Sequence[str]) -> str:
    """The client's own label."""
    try:
        return read(fields).ref
    except (PlaceError, ValueError):
        return ""


def terms_of(asked: Asked, found: Sequence[Contract], client: int) -> Terms:
    """The terms of an order for a contract that is known, or for those of its legs.

    Raises:
        PlaceError: there is no such order.
    """
    if asked.kind not in KINDS or asked.tif not in LASTS or asked.action not in ("BUY", "SELL"):
        raise PlaceError(321, "Error validating request.-'bW' : cause - Invalid order type")
    quantity, cash = _number(asked.quantity), _number(asked.cash)
    if cash:
        if found[0].sec_type != "CRYPTO" or quantity:
            raise PlaceError(10244, "Cash Quantity cannot be used for this order")
        quantity = None
    elif not quantity or quantity < 0:
        raise PlaceError(434, "The order size cannot be zero.")
    kind = KINDS[asked.kind]
    limit = _number(asked.limit) if kind in (Kind.LIMIT, Kind.STOP_LIMIT) else None
    aux = _number(asked.aux)
    percent = _number(asked.trail_percent) if kind is Kind.TRAILING_STOP else None
    return Terms(
        legs=_terms_legs(asked, found),
        kind=kind,
        lasts=Lasts.CLOSE if asked.kind in AT_CLOSE else LASTS[asked.tif],
        hours=Hours.ALL if asked.outside else Hours.REGULAR,
        quantity=quantity,
        notional=cash or None,
        limit=-limit if limit is not None and asked.legs and asked.action == "SELL" else limit,
        stop=aux if kind in (Kind.STOP, Kind.STOP_LIMIT) else None,
        trail=aux if kind is Kind.TRAILING_STOP and percent is None else None,
        trail_percent=percent,
        words={
            "order_id": asked.order_id,
            "client": client,
            "ref": asked.ref,
            "type": asked.kind,
            "tif": asked.tif or "DAY",
            "parent": asked.parent,
            "outside": asked.outside,
            "oca": asked.oca,
            "good_till": asked.good_till,
            "cash": asked.cash,
            "action": asked.action,
            "legs": [list(one) for one in asked.legs],
        },
    )


def _terms_legs(asked: Asked, found: Sequence[Contract]) -> tuple[Leg, ...]:
    buys = asked.action == "BUY"
    if not asked.legs:
        return (Leg(symbol=found[0].source, buys=buys),)
    return tuple(
        Leg(symbol=one.source, buys=(action == "BUY") == buys, ratio=_number(ratio) or Decimal(1))
        for one, (_, ratio, action) in zip(found, asked.legs, strict=True)
    )


def _number(text: str) -> Decimal | None:
    if text in ("", UNSET):
        return None
    try:
        found = Decimal(text)
    except InvalidOperation as error:
        raise PlaceError(320, "Error reading request. Unable to parse data.") from error
    if not found.is_finite():
        raise PlaceError(320, "Error reading request. Unable to parse data.")
    return found
