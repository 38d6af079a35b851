"""A person at the real window: run as a program, it starts BrokerDesk and works through it.

``person.py DATA_DIR PRACTICE_URL SECRETS_FILE PICTURES`` opens the window as the command line
would, then finds what is on the screen by the names that a screen reader would speak, clicks and
types with real events, takes a picture of each page, and at the end writes what the window shows
to standard output as JSON. The browser is somebody else's to click.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels.wizard_state import Page
from brokerdesk.ui.widgets.nav_item import NavItem
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.wizard.window import WizardWindow

STEP_MS = 60
PATIENCE = 60.0
W = TypeVar("W", bound=QWidget)
Script = Generator[Callable[[], bool], None, None]


class Person(QObject):
    """Works through ``script``: each value it yields is a condition to wait for."""

    def __init__(self, script: Script, pictures: Path) -> None:
        super().__init__()
        self._script = script
        self._pictures = pictures
        self._until: Callable[[], bool] = lambda: True
        self._since = time.monotonic()
        self.failure = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(STEP_MS)

    def _look(self) -> None:
        try:
            if not self._until():
                if time.monotonic() - self._since > PATIENCE:
                    raise AssertionError(f"waited in vain; on the screen: {_screen()}")
                return
            self._until = next(self._script)
            self._since = time.monotonic()
        except StopIteration:
            self._timer.stop()
        except BaseException as error:
            self._timer.stop()
            self.failure = f"{type(error).__name__}: {error}"
            picture("failure", self._pictures)
            close_all()


def find(kind: type[W], name: str, *, enabled: bool = True) -> W | None:
    """The visible widget that is spoken or labelled ``name``."""
    for widget in QApplication.allWidgets():
        if not isinstance(widget, kind) or not widget.isVisible():
            continue
        texts = {widget.accessibleName()}
        if isinstance(widget, QPushButton):
            texts.add(widget.text().replace("&&", "&"))
        if name in texts and (widget.isEnabled() or not enabled):
            return widget
    return None


def there(kind: type[W], name: str) -> Callable[[], bool]:
    return lambda: find(kind, name) is not None


def press(name: str) -> Script:
    """Click the button as soon as it can be seen and is not dimmed."""
    yield there(QPushButton, name)
    button = find(QPushButton, name)
    assert button is not None, f"no button {name!r}; on the screen: {_screen()}"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def fill(name: str, text: str) -> None:
    line = find(QLineEdit, name)
    assert line is not None, f"no field {name!r}; on the screen: {_screen()}"
    line.selectAll()
    QTest.keyClicks(line, text)
    assert line.text() == text, f"{name!r} took {line.text()!r}"


def wizard() -> WizardWindow | None:
    windows = QApplication.topLevelWidgets()
    return next((w for w in windows if isinstance(w, WizardWindow) and w.isVisible()), None)


def main_window() -> MainWindow | None:
    windows = QApplication.topLevelWidgets()
    return next((w for w in windows if isinstance(w, MainWindow) and w.isVisible()), None)


def on_page(page: Page) -> Callable[[], bool]:
    def check() -> bool:
        shown = wizard()
        if shown is None:
            return False
        if shown.model.state.page is Page.FAILED and page is not Page.FAILED:
            error = shown.model.state.error
            raise AssertionError(error.sentences() if error else "failed")
        return shown.model.state.page is page

    return check


def picture(name: str, folder: Path) -> None:
    screen = QApplication.primaryScreen()
    screen.grabWindow(0).save(str(folder / f"{name}.png"))


def table_texts(view: Table) -> list[list[str]]:
    model = view.model()
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def _screen() -> str:
    shown = wizard()
    page = shown.model.state.page.value if shown else "no wizard"
    buttons = [
        widget.text()
        for widget in QApplication.allWidgets()
        if isinstance(widget, QPushButton) and widget.isVisible()
    ]
    return f"page {page}, buttons {buttons}"


def close_all() -> None:
    for window in QApplication.topLevelWidgets():
        window.close()


def connecting(secrets: dict[str, str], pictures: Path, shown: dict[str, object]) -> Script:
    """From the empty window to the first figures, as a new user does it."""
    yield there(QPushButton, "Connect a broker")
    picture("1-empty", pictures)
    yield from press("Connect a broker")
    yield on_page(Page.PICK)
    yield there(QPushButton, "Continue with Charles Schwab")
    picture("2-pick", pictures)
    yield from press("Continue with Charles Schwab")
    yield on_page(Page.FORM)
    fill("App key", secrets["app_key"])
    fill("App secret", "mistyped-secret")
    fill("Callback address", secrets["callback_url"])
    picture("3-form", pictures)
    yield from press("Continue")
    yield on_page(Page.NOTICE)
    picture("4-notice", pictures)
    yield from press("Open browser")
    yield on_page(Page.BROWSER)
    picture("5-browser", pictures)
    # The first secret was mistyped: the form comes back with the reason and the key still there.
    yield on_page(Page.FORM)
    picture("6-form-problem", pictures)
    key = find(QLineEdit, "App key")
    secret = find(QLineEdit, "App secret")
    assert key is not None
    assert key.text() == secrets["app_key"]
    assert secret is not None
    assert not secret.text()
    fill("App secret", secrets["app_secret"])
    yield from press("Continue")
    yield on_page(Page.NOTICE)
    yield from press("Open browser")
    yield on_page(Page.BROWSER)
    yield on_page(Page.ACCOUNTS)
    picture("7-accounts", pictures)
    page = wizard()
    assert page is not None
    shown["found"] = len(page.model.state.found)
    yield from press(f"Add {len(page.model.state.found)} accounts")
    yield on_page(Page.SYNC)
    yield there(QPushButton, "Done")
    picture("8-synced", pictures)
    yield from press("Done")
    yield lambda: wizard() is None and main_window() is not None
    tables: dict[str, list[list[str]]] = {}
    yield from read_table("Accounts", tables)
    picture("9-overview", pictures)
    rail = find(NavItem, "Positions")
    assert rail is not None
    QTest.mouseClick(rail, Qt.MouseButton.LeftButton)
    yield from read_table("Positions", tables)
    picture("10-positions", pictures)
    shown["tables"] = tables
    window = main_window()
    assert window is not None
    window.close()


def read_table(name: str, tables: dict[str, list[list[str]]]) -> Script:
    """Wait until the table of this name is seen with rows in it, then note them."""

    def filled() -> bool:
        view = find(Table, name)
        return view is not None and view.model().rowCount() > 0

    yield filled
    view = find(Table, name)
    assert view is not None
    tables[name] = table_texts(view)


def main(data_dir: str, practice_url: str, secrets_file: str, pictures: str) -> int:
    app = QApplication(sys.argv[:1])
    folder = Path(pictures)
    secrets: dict[str, str] = json.loads(Path(secrets_file).read_text())
    shown: dict[str, object] = {}
    person = Person(connecting(secrets, folder, shown), folder)
    options = GuiOptions(
        data_dir=Path(data_dir),
        practice=True,
        theme="light",
        practice_urls={"schwab": practice_url},
    )
    code = run_gui(options)
    sys.stdout.write(json.dumps({"exit": code, "failure": person.failure, **shown}) + "\n")
    sys.stdout.flush()
    del app
    return 1 if person.failure else code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
