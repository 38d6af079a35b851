"""What follows from a tax lot as its broker reports it: price and gain. Pure."""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.domain.position import Lot, Position
from brokerdesk.services.amounts import EXACT, divided


def lot_price(position: Position, lot: Lot) -> Decimal | None:
    """What one unit cost; None when the lot's cost is not known."""
    units = EXACT.multiply(lot.quantity, position.instrument.multiplier)
    price = divided(lot.cost, units)
    return None if price is None else abs(price)


def lot_gain(position: Position, lot: Lot) -> Decimal | None:
    """The lot's share of the position's value less its cost.

    By share, because it holds for whatever a price is quoted per (contracts, hundreds of face
    value).
    """
    if position.market_value is None or lot.cost is None or not position.quantity:
        return None
    worth = divided(EXACT.multiply(position.market_value, lot.quantity), position.quantity)
    return None if worth is None else EXACT.subtract(worth, lot.cost)
