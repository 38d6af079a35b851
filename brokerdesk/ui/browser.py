"""Opening the system browser without holding anything up.

Python's ``webbrowser`` honours the BROWSER variable and finds more browsers than ``xdg-open``,
which may be missing. A browser named there may run in the foreground for hours, so it is started
on a thread of its own and believed after a moment's silence.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from brokerdesk.tasks import run_blocking

_log = logging.getLogger(__name__)
SILENCE_SECONDS = 4.0


def may_open(url: str) -> bool:
    """Web addresses only: never a file, a program or another scheme that a system would run."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


async def open_in_browser(url: str) -> bool:
    """Open ``url``. False: no browser could be started, and the user has to copy the link."""
    if not may_open(url):
        return False

    def work() -> bool:
        import webbrowser

        try:
            return webbrowser.open(url, new=2)
        except (OSError, webbrowser.Error):
            return False

    try:
        opened = await run_blocking("browser", work, within=SILENCE_SECONDS)
    except TimeoutError:
        opened = True  # it runs and has not come back: that is what browsers do
    _log.info("the system browser was %s", "asked" if opened else "not found")
    return opened
