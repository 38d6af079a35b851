"""``PlacesPort`` over the computer's files; looking may take time, so it runs on the I/O thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.ui.viewmodels.desk import Desk

if TYPE_CHECKING:
    from brokerdesk.services.container import Services


class PlacesGateway:
    """Looks for files and folders, and says where the profile lies."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look_for(self, path: str, folder: bool, done: Callable[[str], object]) -> None:
        from brokerdesk.tasks import run_blocking

        async def look(_services: Services) -> str:
            return await run_blocking("brokerdesk-look-for", lambda: problem_of(path, folder))

        self._desk.run("settings:look-for", look, done)

    def profile(self, done: Callable[[str], object]) -> None:
        """The profile's folder."""

        async def root(services: Services) -> str:
            return str(services.paths.root)

        self._desk.run("settings:profile", root, done)


def problem_of(path: str, folder: bool) -> str:
    """Why this cannot be used as a file to read or a folder to write into; "" when it can."""
    place = Path(path).expanduser()
    if not place.is_absolute():
        return "Give the whole path, from the root on."
    try:
        if folder:
            if not place.is_dir():
                return "There is no such folder."
            return "" if os.access(place, os.W_OK | os.X_OK) else "You may not write there."
        if not place.is_file():
            return "There is no such file."
        return "" if os.access(place, os.R_OK) else "You may not read this file."
    except (OSError, ValueError):
        return "This path cannot be used."
