"""The binding, loaded without two detours that cost half as much as a bare window.

PySide6 compiles some 3,000 lines of its own Python at every start, because they come out of an
archive inside its library. Here they are also laid down as files beside this package's own compiled
modules, so that Python keeps their code as it keeps any module's; what cannot be laid down is
compiled as ever.

It also takes the place of ``import`` itself, to look through the source of every module imported
later for a wish to rename Qt's methods (``__feature__``). Nobody here has that wish, so the usual
``import`` is put back. Imported before the first paint, before anything of PySide6.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any
from zlib import crc32

_ARCHIVE = "shibokensupport/"


def load_binding() -> None:
    """Import PySide6, as every later import of it then finds it."""
    if "PySide6" in sys.modules:
        return
    with _remembering(Path(__file__).parent / "__pycache__" / "binding"):
        import PySide6.QtCore  # noqa: F401
    usual = getattr(builtins, "__orig_import__", None)
    if usual is not None:
        builtins.__import__ = usual


@contextlib.contextmanager
def _remembering(place: Path) -> Iterator[None]:
    """While this lasts, the archive's modules are compiled only when their source is a new one."""
    usual = builtins.compile

    def compile_once(source: Any, filename: Any, mode: str, *more: Any, **options: Any) -> Any:
        plain = mode == "exec" and not more and not options and type(source) is bytes
        if plain and isinstance(filename, str) and filename.startswith(_ARCHIVE):
            known = _kept(place, source, filename)
            if known is not None:
                return known
        return usual(source, filename, mode, *more, **options)

    builtins.compile = compile_once
    try:
        yield
    finally:
        builtins.compile = usual


def _kept(place: Path, source: bytes, filename: str) -> Any:
    """The code of ``source`` as Python keeps it for the file laid down; None: there is none."""
    name = f"{filename[:-3].replace('/', '_')}_{crc32(source):08x}"
    file = place / f"{name}.txt"  # no module of ours
    try:
        if not file.exists():
            if sys.dont_write_bytecode:
                return None
            _lay_down(file, source)
        elif file.read_bytes() != source:
            return None
        return SourceFileLoader(name, str(file)).get_code(name)
    except (OSError, ImportError, EOFError, ValueError):
        return None


def _lay_down(file: Path, source: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    temporary.write_bytes(source)
    temporary.replace(file)
