"""The window's birth: its first picture, then the window itself.

The picture is drawn from what the last reading left (``ui/first``); the window's parts are imported
and built after it, in the same frame. What the picture cannot show truly is built first. Imported
before the first paint.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QSettings

from brokerdesk.clock import SystemClock
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.ui.locale_qt import use_figures
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell.memory import WindowMemory
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.start import first_figures
from brokerdesk.ui.start_look import read_look
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel

if TYPE_CHECKING:
    from brokerdesk.paths import ProfilePaths
    from brokerdesk.settings import Settings
    from brokerdesk.ui.first.view import FirstPicture
    from brokerdesk.ui.start_look import Look


class Wanted(Protocol):
    """What the command line says about the first picture."""

    @property
    def practice(self) -> bool: ...
    @property
    def offline(self) -> bool: ...
    @property
    def theme(self) -> str | None: ...


class Opening:
    """One window from nothing to furnished."""

    def __init__(
        self, paths: ProfilePaths, wanted: Wanted, trouble: BrokerDeskError | None
    ) -> None:
        """The window with the last figures in it, or with the page that says what is wrong."""
        look, problem = _look(paths.settings_file)
        use_figures(look.figures)
        theme().set_scale(look.text_scale / 100)
        theme().set_compact(look.compact_rows)
        theme().set_colour_vision(look.colour_vision)
        theme().set_motion(not look.reduced_motion)
        privacy().set(look.hide_amounts_at_start)
        clock = SystemClock()
        self._choice = wanted.theme or look.theme
        self.model = PortfolioViewModel(clock.now, practice=wanted.practice, offline=wanted.offline)
        memory = QSettings(str(paths.root / "window.ini"), QSettings.Format.IniFormat)
        try:  # before the window, which is then built and laid out with its figures once
            if trouble is None:
                scope = WindowMemory(memory).words("scope")
                self.model.show(
                    first_figures(paths.portfolio_db, clock.now(), look.base_currency, scope)
                )
        except StorageError as error:
            trouble = error
        self.model.note(problem)
        self.window = MainWindow(self.model, memory, later=True)
        self.window.trouble = trouble
        self._picture = None if trouble is not None else self._draw(memory)
        if self._picture is None:
            self.furnish()

    def _draw(self, memory: QSettings) -> FirstPicture | None:
        """The picture alone in the window; None when it would not be the window's."""
        from brokerdesk.ui.first.view import first_picture

        theme().begin(self._choice)
        window = self.window
        picture = first_picture(self.model.state, memory, window.width(), window.height())
        if picture is not None:
            window.setCentralWidget(picture)
        return picture

    def furnish(self) -> None:
        """Build the window, in the look that the system asks for now."""
        if self.window.furnished:
            return
        if self._picture is not None:
            self._picture.add_icons()
        theme().apply(self._choice)
        self.window.furnish()
        self._picture = None
        if self.window.trouble is not None:
            from brokerdesk.ui.views.pages import trouble_page

            self.window.show_page(trouble_page(self.window.trouble, ()))

    def report(self, *, as_json: bool) -> None:
        """``rows`` are accounts and positions whose figures are in the picture; ``shown`` those
        that stand in a table of their own; ``made`` is how: drawn, or built of the window's parts.
        """
        import json

        from brokerdesk.ui.process_age import process_age

        took, figures = process_age() * 1000, self.model.state.figures
        rows = len(figures.accounts) + figures.held
        drawn = self._picture
        if as_json:
            answer = {
                "ms": round(took, 1),
                "rows": rows,
                "shown": self.window.rows_shown if drawn is None else drawn.rows_shown,
                "made": "built" if drawn is None else "drawn",
                "modules": sorted({name.partition(".")[0] for name in sys.modules}),
            }
            text = json.dumps(answer)
        else:
            text = f"painted the figures of {rows} rows {took:.0f} ms after the start"
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _look(file: Path) -> tuple[Look | Settings, str]:
    """The settings that are seen at once, and what is wrong with the file, in words."""
    look = read_look(file)
    if look is not None:
        return look, ""
    from brokerdesk.settings import SettingsFile

    settings, problem = SettingsFile(file).load_or_default()
    return settings, problem.sentences() if problem else ""
