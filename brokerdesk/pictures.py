"""``brokerdesk screenshots``: a picture of every view of a profile.

It opens the real window on the profile, offline unless the practice market is asked for, walks
through it and keeps what is on the screen. Drawn without a display where there is none.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.errors import InputError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from brokerdesk.app import GuiOptions
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureOptions:
    """What to draw: ``scale`` is device pixels per logical one, ``text`` the text scale in %."""

    folder: Path
    themes: tuple[str, ...] = THEMES
    width: int = 1440
    height: int = 900
    scale: float = 1.0
    text: int = 100
    views: tuple[str, ...] = ()
    as_json: bool = False


def size(text: str) -> tuple[int, int]:
    """``1440x900`` as two numbers.

    Raises:
        InputError: it is no size that a window can have.
    """
    wide, _, high = text.lower().partition("x")
    if wide.isdecimal() and high.isdecimal():
        width, height = int(wide), int(high)
        if 1100 <= width <= 8000 and 700 <= height <= 8000:
            return width, height
    raise InputError("size", "A size is given as WIDTHxHEIGHT, from 1100x700 to 8000x8000.")


def scaled(device: float, text: int) -> tuple[float, int]:
    """Both scales, when they can be drawn.

    Raises:
        InputError: one is out of bounds.
    """
    if not 0.5 <= device <= 4:
        raise InputError("scale", "The scale is a number from 0.5 to 4.")
    if not 90 <= text <= 150:
        raise InputError("text", "The text scale is a percentage from 90 to 150.")
    return device, text


def take(options: PictureOptions, gui: GuiOptions) -> int:
    """Draw the pictures; the exit code.

    Raises:
        InputError: a view of this name does not exist, or the folder cannot be made.
    """
    os.environ["QT_SCALE_FACTOR"] = str(options.scale)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from brokerdesk.app import run_gui
    from brokerdesk.ui.tour import stops

    known = [stop.name for stop in stops()]
    if strange := [name for name in options.views if name not in known]:
        raise InputError("view", f"There is no view “{strange[0]}”. Views: {', '.join(known)}.")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("folder", f"{options.folder}: {error.strerror}.") from error
    outcome: list[int] = []
    code = run_gui(gui, conduct=lambda window, life: _walk(window, life, options, outcome))
    return code or (outcome[0] if outcome else 1)


def _walk(window: MainWindow, life: Life, options: PictureOptions, outcome: list[int]) -> None:
    from brokerdesk.ui.theme import theme
    from brokerdesk.ui.tour import Tour, stops

    theme().set_scale(options.text / 100)
    window.resize(options.width, options.height)
    window.activateWindow()
    wanted = [stop for stop in stops() if not options.views or stop.name in options.views]
    left = list(options.themes)
    files: list[Path] = []

    def look(name: str, widget: QWidget) -> None:
        file = options.folder / f"{name}-{theme().name}.png"
        if widget.grab().save(str(file)):
            files.append(file)

    def next_theme(restless: tuple[str, ...] = ()) -> None:
        for name in restless:
            sys.stderr.write(f"{name} was still at work when its picture was taken.\n")
        if not left:
            _tell(files, options)
            outcome.append(0)
            life.end()
            return
        theme().apply(left.pop(0))
        Tour(window, life, wanted, look, next_theme).begin()

    next_theme()


def _tell(files: list[Path], options: PictureOptions) -> None:
    names = [str(file) for file in files]
    text = json.dumps({"pictures": names}) if options.as_json else "\n".join(names)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
