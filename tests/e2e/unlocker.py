"""Somebody whose keychain is locked: run as a program, in a desktop session.

``unlocker.py DATA_DIR PICTURES begin`` makes a practice profile. Without ``begin`` it opens the
window on one whose sign-ins are under a keychain that is locked. It writes what it has come to as a
line, and goes on when it reads one; meanwhile others answer, dismiss or kill what asks for the
password. Pictures are of the whole screen. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from e2e import person
from e2e.person import Person, Script, find, picture
from PySide6.QtCore import QSocketNotifier
from PySide6.QtWidgets import QApplication, QPushButton
from support.ui_widgets import shown_text

from brokerdesk.app import GuiOptions, run_gui

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

LOCKED = "The system keychain is locked."
ASKS = "Its own window asks for the password."


class Unlocker:
    """Hands at the window."""

    def __init__(self, window: MainWindow, life: Life, pictures: Path) -> None:
        self.window, self.life, self.pictures = window, life, pictures
        self.shown: dict[str, str] = {}
        self._said = 0

    def listen(self) -> None:
        listener = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self.window)
        listener.activated.connect(self._on_line)

    def _on_line(self) -> None:
        if not sys.stdin.readline():
            self.life.end()
        self._said += 1

    def come_to(self, name: str, ready: Callable[[], bool] = lambda: True) -> Script:
        before = self._said
        sys.stdout.write(name + "\n")
        sys.stdout.flush()
        yield lambda: ready() and self._said > before
        self.shown[name] = shown_text(self.window)
        picture(name, self.pictures)
        sys.stdout.write("pictured\n")
        sys.stdout.flush()

    def says(self, words: str) -> Callable[[], bool]:
        return lambda: words in shown_text(self.window)

    def can_unlock(self) -> bool:
        text = shown_text(self.window)
        waits = self.life._io.supervisor.running("window:keychain")
        return LOCKED in text and ASKS not in text and not waits

    def asks(self) -> bool:
        """Unlock is clicked as often as it is offered: after a kill once, or not at all.

        Whoever needed the keychain next has made the bus start another one, which asks by itself.
        """
        if ASKS not in shown_text(self.window) and find(QPushButton, "Unlock") is not None:
            self.unlock()
        return ASKS in shown_text(self.window)

    def all_read(self) -> bool:
        """The keychain is open, and whatever was not read because of it has been read."""
        text = shown_text(self.window)
        return "The system keychain" not in text and "Live · updated" in text

    def begin(self) -> Script:
        """The first start, with the keychain open: sign-ins are kept under it."""
        yield lambda: bool(self.window.desk.figures.positions) and not self.life.busy()
        self.window.close()

    def unlock(self) -> None:
        """The banner and the page each have such a button."""
        button = find(QPushButton, "Unlock")
        assert button is not None
        button.click()

    def play(self) -> Script:
        self.listen()
        yield self.says(LOCKED)
        yield from self.come_to("started")  # the keychain asks by itself; it is dismissed
        yield self.can_unlock
        yield from self.come_to("dismissed")
        self.unlock()
        yield self.says(ASKS)
        yield from self.come_to("killed")  # it is killed while it asks
        yield from self.come_to("asked", self.asks)  # the password is given to the next one
        yield self.all_read
        yield from self.come_to("open")
        self.window.close()


def main(data_dir: str, pictures: str, *rest: str) -> int:
    person.PATIENCE = 240.0  # busy computers start a market slowly
    people: list[Person] = []
    unlockers: list[Unlocker] = []

    def conduct(window: MainWindow, life: Life) -> None:
        unlockers.append(Unlocker(window, life, Path(pictures)))
        script = unlockers[0].begin() if "begin" in rest else unlockers[0].play()
        people.append(Person(script, Path(pictures)))

    code = run_gui(GuiOptions(data_dir=Path(data_dir), practice=True, theme="light"), conduct)
    told = {"exit": code, "failure": people[0].failure, "shown": unlockers[0].shown}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    return 1 if people[0].failure else code


if __name__ == "__main__":
    app = QApplication(sys.argv[:1])
    sys.exit(main(*sys.argv[1:]))
