#!/usr/bin/env python3
"""Turn what Xvfb keeps of its screen (``-fbdir``) into a PNG: ``xwd_to_png.py FILE.xwd FILE.png``.

So that a bare machine can be looked at without one more program installed on it.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtGui import QImage


def picture(data: bytes) -> QImage:
    """The screen of a dump with 32 bits a pixel.

    Raises:
        ValueError: it is another kind of dump.
    """
    head = struct.unpack(">25I", data[:100])
    size, version, width, height, bits, step, colours = (
        *head[:2], head[4], head[5], head[11], head[12], head[19],
    )  # fmt: skip
    if version != 7 or bits != 32 or len(data) < size + colours * 12 + step * height:
        raise ValueError("not a dump of a screen with 32 bits a pixel")
    pixels = data[size + colours * 12 :]
    return QImage(pixels, width, height, step, QImage.Format.Format_RGB32).copy()


if __name__ == "__main__":
    source, target = sys.argv[1:]
    sys.exit(0 if picture(Path(source).read_bytes()).save(target) else 1)
