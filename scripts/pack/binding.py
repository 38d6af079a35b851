#!/usr/bin/env python3
"""Lay down, compiled, what the binding would compile at every start of a bundled program.

A bundled program cannot keep it itself: it is installed where its user may not write, or it is
signed as it stands (see ``brokerdesk/ui/binding.py``). The compiled files carry no time and no
place, so that they hold wherever they are put and two builds are alike.
"""

from __future__ import annotations

import os
import py_compile
import shutil
import sys
from importlib.util import cache_from_source
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def lay_down(place: Path) -> list[Path]:
    """Fill ``place`` as the binding would; the source files in it, each with its compiled twin."""
    from brokerdesk.ui import binding

    shutil.rmtree(place, ignore_errors=True)
    sys.dont_write_bytecode = False
    with binding._remembering(place):
        import PySide6.QtCore  # noqa: F401
    shutil.rmtree(place / "__pycache__", ignore_errors=True)
    found = sorted(place.glob("*.txt"))
    for file in found:
        py_compile.compile(
            str(file),
            cfile=cache_from_source(str(file)),
            dfile=f"shibokensupport/{file.stem}.py",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    return found


def main(arguments: list[str]) -> int:
    if "PySide6" in sys.modules or not lay_down(Path(arguments[0])):
        sys.stderr.write("Nothing was laid down: the binding was loaded in another way.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
