"""Run as a program: the real window on a hostile profile; judges every view and says so.

``hostile_walker.py DATA_DIR`` writes one JSON object: by view, how many hostile strings it showed
and which of them would be drawn as more than letters.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QWidget
from support.order_stops import order_stops
from support.richness import rich

from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.ui.tour import Tour, stops

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow


def main(folder: str) -> int:
    found: dict[str, dict[str, object]] = {}

    def conduct(window: MainWindow, life: Life) -> None:
        def look(name: str, widget: QWidget) -> None:
            found[name] = {"met": 0, "faults": ["was not judged to the end"]}
            met, faults = rich(widget)
            for other in QApplication.topLevelWidgets():
                if other is not widget and other.isVisible():
                    more, further = rich(other)
                    met, faults = met + more, faults + further
            found[name] = {"met": met, "faults": faults}

        def ended(_restless: tuple[str, ...]) -> None:
            sys.stdout.write(json.dumps(found) + "\n")
            sys.stdout.flush()
            life.end()

        Tour(window, life, (*stops(), *order_stops()), look, ended).begin()

    return run_gui(GuiOptions(data_dir=Path(folder), offline=True), conduct)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.exit(main(sys.argv[1]))
