"""What tests and control may set about the user's own orders, the same at every broker."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class OrderKnobs:
    """Seconds are the simulator's own."""

    fill_after: float = 0.4
    """From arrival to the first look at the market."""
    cancel_after: float = 0.3
    """From a cancel's arrival until it holds: an order may fill in between."""
    replace_after: float = 0.3
    depth: str = ""
    """Units that can be traded in one second; empty: as the market has it."""
    halted: list[str] = field(default_factory=list)
    """Symbols in which nothing trades; new orders in them are refused."""
    listed_after: float = 0.0
    """Before that a new order is in no list."""
    found_after: float = 0.0
    """Before that a new order cannot be read by its id either."""
    order_clock_off: float = 0.0
    """How far the order system's clock is off: added to every time that an own order tells."""
