"""Exact sums by number, packed: one for each of very many things, which come as they are counted.

Amounts of at most six decimals are added as whole millionths; the few that have more, or are too
large for that, stay decimals beside them. Nothing is rounded. Pure.
"""

from __future__ import annotations

from array import array
from decimal import Decimal

from brokerdesk.services.amounts import EXACT, ZERO

_DECIMALS = 6
_MOST = 2**62
_PARTS = Decimal(10) ** _DECIMALS


class PackedSums:
    """Sums by number from 0 on; what nothing was added to is zero."""

    __slots__ = ("_beside", "_parts")

    def __init__(self) -> None:
        self._parts = array("q")
        self._beside: dict[int, Decimal] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, number: int) -> Decimal:
        parts = Decimal(self._parts[number]).scaleb(-_DECIMALS, EXACT)
        beside = self._beside.get(number)
        return parts if beside is None else EXACT.add(parts, beside)

    def add(self, number: int, amount: Decimal) -> None:
        while len(self._parts) <= number:
            self._parts.append(0)
        exact = EXACT.multiply(amount, _PARTS)
        if abs(exact) < _MOST and exact == (whole := int(exact)):
            whole += self._parts[number]
            if abs(whole) < _MOST:
                self._parts[number] = whole
                return
        self._beside[number] = EXACT.add(self._beside.get(number, ZERO), amount)

    def move(self, number: int, to: int) -> None:
        """What is under ``number`` goes to another one, where there is something."""
        amount = self[number]
        if amount:
            self._parts[number] = 0
            self._beside.pop(number, None)
            self.add(to, amount)
