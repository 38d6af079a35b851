"""A person without a mouse: run as a program, it opens BrokerDesk and reaches a broker's sign-in.

``typist.py DATA_DIR PICTURES`` chooses practice data on the welcome screen of a profile for real
accounts. ``typist.py DATA_DIR PRACTICE_URL BROKER SECRETS_FILE PICTURES`` goes from the welcome
screen to the step at which the browser opens (or, where none is needed, to the accounts that were
found), and writes what it met to standard output as JSON. Both press keys and nothing else. Keys go
to the window that has the focus, as the system would send them; whatever the focus cannot be
brought to by Tab is not reached.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from e2e.person import Person, Script, main_window, picture, there, wizard
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QWidget

from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.brokers.flow import FormStep
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Page, WizardState

MOST_TABS = 80
TAB, ENTER, RIGHT = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Right
ENDS = (Page.BROWSER, Page.ACCOUNTS, Page.FAILED)
trail: list[str] = []


def at_focus() -> QWindow:
    window = QGuiApplication.focusWindow()
    assert window is not None, "no window has the focus"
    return window


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(at_focus(), key, modifier)


def focused(window: QWidget) -> Callable[[], bool]:
    """A new window has the focus: given by whoever manages windows, and here there is nobody."""

    def look() -> bool:
        if not window.isActiveWindow():
            window.activateWindow()
        return window.isActiveWindow() and QGuiApplication.focusWindow() is not None

    return look


def spoken(widget: QWidget | None) -> str:
    if widget is None:
        return ""
    words = widget.accessibleName()
    if not words and isinstance(widget, QPushButton):
        words = widget.text().replace("&&", "&")
    return words


def tab_to(name: str) -> QWidget:
    """Press Tab until the focus is on what is spoken so."""
    for _ in range(MOST_TABS):
        at = QApplication.focusWidget()
        if spoken(at) == name:
            assert at is not None
            trail.append(name)
            return at
        press(TAB)
    raise AssertionError(f"Tab does not come to {name!r} in {MOST_TABS} steps")


def type_in(text: str) -> None:
    """Into the field that has the focus, in place of what it holds."""
    press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    for letter in text:
        QTest.keyClick(at_focus(), letter)  # type: ignore[call-overload]


def fill(step: FormStep, secrets: dict[str, str]) -> None:
    """Every field that there is an answer for; the others keep what they offer."""
    for one in step.fields:
        if one.name not in secrets:
            continue
        at = tab_to(one.label)
        if isinstance(at, QComboBox):
            for _ in range(at.count()):
                if at.currentData() == secrets[one.name]:
                    break
                press(Qt.Key.Key_Down)
        else:
            assert isinstance(at, QLineEdit), f"{one.label} is no field"
            type_in(secrets[one.name])
            assert at.text() == secrets[one.name]


def moved_on(model: WizardViewModel, before: WizardState) -> Callable[[], bool]:
    def look() -> bool:
        now = model.state
        return now.page is not Page.BUSY and (
            now.page is not before.page or now.step is not before.step
        )

    return look


def reaching(
    broker: str, secrets: dict[str, str], folder: Path, shown: dict[str, object]
) -> Script:
    yield there(QPushButton, "Connect a broker")
    first = main_window()
    assert first is not None
    yield focused(first)
    picture("welcome", folder)
    tab_to("Connect a broker")
    press(ENTER)
    yield lambda: (one := wizard()) is not None and one.model.state.page is Page.PICK
    window = wizard()
    assert window is not None
    yield focused(window)
    model = window.model
    for _ in model.state.cards:
        if model.state.chosen == broker:
            break
        press(RIGHT)
    assert model.state.chosen == broker, "the arrow keys do not choose it"
    pages: list[str] = []
    while model.state.page not in ENDS:
        state = model.state
        pages.append(state.page.value)
        picture(f"{broker}-{len(pages)}-{state.page.value}", folder)
        if state.page is Page.FORM:
            assert isinstance(state.step, FormStep)
            fill(state.step, secrets)
            if state.step.problems:
                raise AssertionError(f"the form came back: {dict(state.step.problems)}")
        primary = {Page.PICK: f"Continue with {state.card.title if state.card else ''}"}
        names = (primary.get(state.page, ""), "Continue", "Open browser", "Connect", "Go on")
        buttons = [one for one in window.findChildren(QPushButton) if one.isVisible()]
        name = next((one for one in names if any(spoken(b) == one for b in buttons)), "")
        assert name, f"no way on from {state.page}: {[spoken(one) for one in buttons]}"
        tab_to(name)
        press(ENTER)
        yield moved_on(model, state)
    shown["pages"] = [*pages, model.state.page.value]
    shown["trail"] = trail
    error = model.state.error
    shown["error"] = error.sentences() if error is not None else ""
    picture(f"{broker}-{model.state.page.value}", folder)
    opened = folder / "opened.txt"
    if model.state.page is Page.BROWSER:
        yield opened.exists
    press(Qt.Key.Key_Escape)  # leaves the sign-in; nothing has been saved
    yield lambda: wizard() is None
    yield focused(first)
    shown["connections"] = len(first.desk.figures.connections)
    press(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    yield lambda: main_window() is None


def practising(beside: Path, folder: Path) -> Script:
    """From the welcome screen of a profile for real accounts to practice data."""
    yield there(QPushButton, "Try practice data")
    first = main_window()
    assert first is not None
    yield focused(first)
    picture("welcome-live", folder)
    tab_to("Try practice data")
    press(Qt.Key.Key_Space)
    yield (beside / "brokerdesk.lock").exists
    yield focused(first)
    press(Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    yield lambda: main_window() is None


def practise(data_dir: str, pictures: str) -> int:
    app = QApplication(sys.argv[:1])
    beside = Path(f"{data_dir}-practice")
    person = Person(practising(beside, Path(pictures)), Path(pictures))
    code = run_gui(GuiOptions(data_dir=Path(data_dir), theme="light"))
    sys.stdout.write(json.dumps({"exit": code, "failure": person.failure}) + "\n")
    sys.stdout.flush()
    del app
    return 1 if person.failure else code


def main(data_dir: str, practice_url: str, broker: str, secrets_file: str, pictures: str) -> int:
    app = QApplication(sys.argv[:1])
    folder = Path(pictures)
    shown: dict[str, object] = {}
    secrets: dict[str, str] = json.loads(Path(secrets_file).read_text())
    person = Person(reaching(broker, secrets, folder, shown), folder)
    options = GuiOptions(
        data_dir=Path(data_dir), practice=True, theme="light", practice_urls={broker: practice_url}
    )
    code = run_gui(options)
    sys.stdout.write(json.dumps({"exit": code, "failure": person.failure, **shown}) + "\n")
    sys.stdout.flush()
    del app
    return 1 if person.failure else code


if __name__ == "__main__":
    sys.exit(practise(*sys.argv[1:]) if len(sys.argv) == 3 else main(*sys.argv[1:]))
