"""Large pictures of the portfolio are kept out of the search for cyclic garbage.

The search holds up every thread, the window's too: some 90 ms for 25,000 positions, again and
again. Rows are frozen and refer to no one that refers to them, so counting frees them at once when
the next picture takes their place, and nothing is lost by not looking at them.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

THAW_EVERY = 200
"""Pictures after which everything is looked through once, for cycles that were alive by chance."""

_building = 0
_made = 0


@contextlib.contextmanager
def building() -> Iterator[None]:
    """While this lasts nothing is searched; what it made is left out of later searches."""
    global _building, _made
    _building += 1
    gc.disable()
    try:
        yield
    finally:
        _building -= 1
        if not _building:
            _made += 1
            if _made % THAW_EVERY == 0:
                gc.unfreeze()
            else:
                gc.freeze()
            gc.enable()
