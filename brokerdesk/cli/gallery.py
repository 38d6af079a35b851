"""``brokerdesk gallery``: every component in every state, on the screen or in a file.

For whoever builds or checks the look; it reads no profile and needs no account.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from brokerdesk.errors import InputError

SCALES = (0.9, 1.5)


def run(options: argparse.Namespace) -> int:
    """Show the gallery until it is closed, or save it."""
    scale = float(options.scale)
    if not SCALES[0] <= scale <= SCALES[1]:
        raise InputError("scale", "The text scale is between 0.9 and 1.5.")
    save: Path | None = options.save
    if save is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # no display is needed for a file
    from brokerdesk.app import run_gallery

    saved = run_gallery(options.theme or "system", scale, save)
    if not saved:
        raise InputError("save", f"{save} cannot be written.")
    return 0
