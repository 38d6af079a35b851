"""Run as a program: the real window on a profile, which goes from view to view at a reader's pace.

``walker.py DATA_DIR [practice]`` writes the name of each view it has reached as a line and goes on
when it reads a line; meanwhile the accessibility bus answers whoever asks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QWidget
from support.order_stops import order_stops

from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.ui.tour import Tour, stops

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow


def main(folder: str, *rest: str) -> int:
    def conduct(window: MainWindow, life: Life) -> None:
        def look(name: str, _widget: QWidget) -> None:
            tour.held = True
            sys.stdout.write(name + "\n")
            sys.stdout.flush()

        def go_on() -> None:
            if not sys.stdin.readline():
                life.end()
            tour.held = False

        listener = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)
        listener.activated.connect(go_on)
        tour = Tour(window, life, (*stops(), *order_stops()), look, lambda _restless: life.end())
        tour.begin()

    practice = "practice" in rest
    options = GuiOptions(data_dir=Path(folder), practice=practice, offline=True)
    return run_gui(options, conduct)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
