"""Randomness that repeats: keyed hashes and integer-made normal numbers.

Only integer generators whose streams are fixed by their specification are used, so that a seed
means the same market on every computer and with every version of the libraries.
"""

from __future__ import annotations

import hashlib
import random

import numpy as np
import numpy.typing as npt

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
_MEAN = 4 * 65535 / 2
_DEVIATION = (4 * (65536**2 - 1) / 12) ** 0.5


def key(*parts: object) -> int:
    """A 64-bit number that depends on every part."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def unit(stream: int, place: int) -> float:
    """A number in [0, 1) for a place of a stream (splitmix64)."""
    z = (stream + (place + 1) * GOLDEN) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) * (1.0 / (1 << 53))


def normals(stream: int, count: int) -> npt.NDArray[np.float64]:
    """``count`` nearly normal numbers of mean 0 and deviation 1, no further out than 3.5."""
    raw = np.asarray(np.random.PCG64(stream).random_raw(count), dtype=np.uint64)
    summed = raw.view(np.uint16).reshape(count, 4).sum(axis=1, dtype=np.int64)
    found: npt.NDArray[np.float64] = (summed - _MEAN) / _DEVIATION
    return found


def generator(*parts: object) -> random.Random:
    """A generator of its own for one purpose."""
    return random.Random(key(*parts))
