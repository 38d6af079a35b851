"""Numbers by hash, packed: a dictionary of very many hashes in a twentieth of its memory.

A dictionary keeps two objects for each entry, and small objects that come in tens of thousands and
go again leave their memory behind in pieces that the system does not get back. Pure.
"""

from __future__ import annotations

from array import array

_FEW = 64
NOTHING = -1


class PackedNumbers:
    """Numbers from 0 on, each by the hash it was set under. Nothing is ever taken out."""

    __slots__ = ("_count", "_keys", "_mask", "_numbers")

    def __init__(self) -> None:
        self._count = 0
        self._make(_FEW)

    def __len__(self) -> int:
        return self._count

    def get(self, key: int) -> int:
        """The number, ``NOTHING`` where none was set."""
        return self._numbers[self._place(key)]

    def setdefault(self, key: int, number: int) -> int:
        """The number that is there already, else this one from now on."""
        place = self._place(key)
        known = self._numbers[place]
        if known != NOTHING:
            return known
        self._keys[place], self._numbers[place] = key, number
        self._count += 1
        if 3 * self._count > 2 * len(self._keys):
            self._grow()
        return number

    def _place(self, key: int) -> int:
        """Where it is, else the free place where it belongs."""
        keys, numbers, mask = self._keys, self._numbers, self._mask
        place = key & mask
        while numbers[place] != NOTHING and keys[place] != key:
            place = (place + 1) & mask
        return place

    def _make(self, size: int) -> None:
        self._mask = size - 1
        self._keys = array("q", bytes(8 * size))
        self._numbers = array("i", [NOTHING]) * size

    def _grow(self) -> None:
        before = zip(self._keys, self._numbers, strict=True)
        self._make(2 * len(self._keys))
        for key, number in before:
            if number != NOTHING:
                place = self._place(key)
                self._keys[place], self._numbers[place] = key, number
