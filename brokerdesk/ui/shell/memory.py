"""What the window remembers from one time to the next, in the profile's window.ini."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QSettings, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

START = (1440, 900)
LEAST = (1100, 700)
GRIP = 120
"""So much of the title must lie on a screen that the window can be taken hold of."""


class WindowMemory:
    """Reads and writes under ``shell/``. Without settings it remembers nothing."""

    def __init__(self, settings: QSettings | None) -> None:
        self._settings = settings

    def text(self, key: str, default: str = "") -> str:
        """A remembered word."""
        if self._settings is None:
            return default
        kept = self._settings.value(f"shell/{key}")
        return kept if isinstance(kept, str) else default

    def words(self, key: str) -> tuple[str, ...]:
        """A remembered list."""
        if self._settings is None:
            return ()
        kept = self._settings.value(f"shell/{key}")
        if isinstance(kept, str):
            return (kept,) if kept else ()
        return tuple(one for one in kept if isinstance(one, str)) if isinstance(kept, list) else ()

    def keep(self, key: str, value: object) -> None:
        if self._settings is not None:
            self._settings.setValue(f"shell/{key}", value)

    def keep_geometry(self, window: QMainWindow) -> None:
        self.keep("geometry", window.saveGeometry())

    def save(self) -> None:
        if self._settings is not None:
            self._settings.sync()

    def restore_geometry(self, window: QMainWindow) -> None:
        """Put the window where it was, on a screen that is there and no larger than it."""
        least = least_size()
        window.setMinimumSize(least)
        window.resize(QSize(*START).boundedTo(_room()).expandedTo(least))
        if self._settings is None:
            return
        kept = self._settings.value("shell/geometry")
        if isinstance(kept, QByteArray) and not kept.isEmpty():
            window.restoreGeometry(kept)
            keep_on_screen(window)


def least_size() -> QSize:
    """1100 by 700, or less where the screen is smaller."""
    return QSize(*LEAST).boundedTo(_room())


def _room() -> QSize:
    screens = QGuiApplication.screens()
    return screens[0].availableGeometry().size() if screens else QSize(*START)


def keep_on_screen(window: QMainWindow) -> None:
    """Move the window to the first screen when its title could not be reached."""
    if window.isMaximized() or window.isFullScreen():
        return
    frame = window.geometry()
    title = QRect(frame.x(), frame.y(), frame.width(), 40)
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(title)
        if seen.width() >= GRIP and seen.height() >= 20:
            return
    if not QGuiApplication.screens():
        return
    room = QGuiApplication.screens()[0].availableGeometry()
    size = frame.size().boundedTo(room.size())
    window.resize(size)
    window.move(
        room.x() + (room.width() - size.width()) // 2,
        room.y() + (room.height() - size.height()) // 2,
    )
