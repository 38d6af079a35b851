"""The binding, loaded without two detours that cost half as much as a bare window.

PySide6 compiles some 3,000 lines of its own Python at every start, because they come out of an
archive inside its library. Their code is kept beside this package's own compiled modules, under
the very source it was made of, and anything else is compiled as ever.

It also takes the place of ``import`` itself, to look through the source of every module imported
later for a wish to rename Qt's methods (``__feature__``). Nobody here has that wish, so the usual
``import`` is put back. Imported before the first paint, before anything of PySide6.
"""

from __future__ import annotations

import builtins
import contextlib
import marshal
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

_ARCHIVE = "shibokensupport/"
_Kept = dict[str, tuple[bytes, CodeType]]


def load_binding() -> None:
    """Import PySide6, as every later import of it then finds it."""
    if "PySide6" in sys.modules:
        return
    with _remembering(_place()):
        import PySide6.QtCore  # noqa: F401
    usual = getattr(builtins, "__orig_import__", None)
    if usual is not None:
        builtins.__import__ = usual


def _place() -> Path:
    """Where the code is kept: beside our own, for this interpreter alone."""
    cache = Path(__file__).parent / "__pycache__"
    return cache / f"binding-archive.{sys.implementation.cache_tag}.bin"


@contextlib.contextmanager
def _remembering(place: Path) -> Iterator[None]:
    """While this lasts, the archive's modules are compiled only when their source is a new one."""
    kept = _read(place)
    before = len(kept)
    found: _Kept = {}
    usual = builtins.compile

    def compile_once(source: Any, filename: Any, mode: str, *more: Any, **options: Any) -> Any:
        plain = mode == "exec" and not more and not options and type(source) is bytes
        if not plain or not isinstance(filename, str) or not filename.startswith(_ARCHIVE):
            return usual(source, filename, mode, *more, **options)
        known = kept.get(filename)
        if known is None or known[0] != source:
            known = (source, usual(source, filename, mode))
            found[filename] = known
        return known[1]

    builtins.compile = compile_once
    try:
        yield
    finally:
        builtins.compile = usual
        if found and not sys.dont_write_bytecode:
            _write(place, kept | found if before else found)


def _read(place: Path) -> _Kept:
    """What an earlier start kept. A file of this package, as much to be trusted as its modules."""
    try:
        kept = marshal.loads(place.read_bytes())  # noqa: S302 - written here, as .pyc files are
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(place: Path, kept: _Kept) -> None:
    """Keep it in one step; a place that cannot be written costs the time as before."""
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        temporary.write_bytes(marshal.dumps(kept))
        temporary.replace(place)
