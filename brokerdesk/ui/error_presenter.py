"""How failures reach the user: known ones in their own words, bugs with a report to copy.

Nothing here ends the program: after a bug the rest goes on. Everything that is shown or copied
passes the redactor first. This is one of the few places that may catch everything.
"""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from brokerdesk import __version__
from brokerdesk.errors import BrokerDeskError, UserCancelled
from brokerdesk.log import redactor
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.widgets.basics import Paragraph, button, fit_height

_log = logging.getLogger(__name__)
LOG_LINES = 120
_MOST_OPEN = 3


def report(error: BaseException | None = None, *, where: str = "", log: Path | None = None) -> str:
    """What helps to find a defect, with nothing private in it."""
    lines = [
        f"BrokerDesk {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {platform.platform()}",
        f"Display {QGuiApplication.platformName() or 'none'}",
    ]
    if error is not None:
        lines += ["", f"In {where or 'the program'}:"]
        lines += "".join(traceback.format_exception(error)).splitlines()
    if log is not None and (tail := _tail(log)):
        lines += ["", "Last lines of the log:", *tail]
    return redactor.redact("\n".join(lines))


def _tail(log: Path) -> list[str]:
    try:
        return log.read_text("utf-8", "replace").splitlines()[-LOG_LINES:]
    except OSError:
        return []


class _Dialog(QDialog):
    """A title, sentences, maybe a report; never modal, gone when closed."""

    def __init__(
        self, title: str, sentences: tuple[str, ...], *, details: str = "", parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("BrokerDesk")
        self.setModal(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(8)
        heading = PlainLabel(tame(title), "pane", wrap=True)
        column.addWidget(heading)
        for sentence in sentences:
            if sentence:
                column.addWidget(Paragraph(tame(sentence), "body", "text2"))
        if details:
            box = QPlainTextEdit(details)
            box.setReadOnly(True)
            box.setAccessibleName("Report")
            box.setMinimumHeight(220)
            box.setTabChangesFocus(True)
            column.addWidget(box, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 8, 0, 0)
        row.addStretch(1)
        if details:
            row.addWidget(button("Copy report", lambda: _copy(details), picture="copy"))
        self.close_button = button("Close", self.close, kind="primary")
        row.addWidget(self.close_button)
        column.addLayout(row)
        self.setAccessibleName(tame(title))
        fit_height(self, 640 if details else 480)
        self.close_button.setFocus()


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)


class ErrorPresenter(QObject):
    """The one place where failures end.

    Signals:
        shown: title and text of what was shown (tests record it).
    """

    shown = Signal(str, str)
    _caught = Signal(str, object)

    def __init__(self, parent: QWidget | None = None, *, log: Path | None = None) -> None:
        super().__init__()
        self._parent, self._log = parent, log
        self._open: list[QDialog] = []
        self._hooks: list[Callable[[], None]] = []
        self._last: BaseException | None = None
        # Bugs are found on any thread; dialogs belong to this one.
        self._caught.connect(self._on_caught, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Catch what nobody else does: slots, threads, destructors."""
        before = sys.excepthook, threading.excepthook

        def hook(
            _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
        ) -> None:
            self.on_bug("a slot", error)

        def thread_hook(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                self.on_bug(args.thread.name if args.thread else "a thread", args.exc_value)

        sys.excepthook, threading.excepthook = hook, thread_hook

        def restore() -> None:
            sys.excepthook, threading.excepthook = before

        self._hooks.append(restore)

    def close(self) -> None:
        """Give the hooks back and close what is open."""
        while self._hooks:
            self._hooks.pop()()
        for dialog in self._open:
            if isValid(dialog):
                dialog.close()

    def on_bug(self, where: str, error: BaseException) -> None:
        """Take an unexpected exception, from any thread. One that comes by twice is told once."""
        if isinstance(error, KeyboardInterrupt) or error is self._last:
            return
        self._last = error
        _log.error("a bug in %s", where, exc_info=error)
        self._caught.emit(where, error)

    def show(self, error: BaseException) -> None:
        """Show a failure, on the GUI thread. A cancelled one is silent."""
        if isinstance(error, UserCancelled):
            return
        if not isinstance(error, BrokerDeskError):
            self.on_bug("the window", error)
            return
        self._put(error.title, (error.message, error.hint))

    def copy_report(self) -> None:
        """Put a report without any failure on the clipboard."""
        _copy(report(log=self._log))

    def _on_caught(self, where: str, error: BaseException) -> None:
        try:
            text = report(error, where=where, log=self._log)
        except Exception:
            text = f"BrokerDesk {__version__}: {type(error).__name__} in {where}"
        self._put(
            "Something in BrokerDesk went wrong.",
            (
                "This is a defect. Your figures are stored and nothing was sent to a broker "
                "because of it. The rest of the program goes on.",
                "The report below names no account, key or amount.",
            ),
            details=text,
        )

    def _put(self, title: str, sentences: tuple[str, ...], *, details: str = "") -> None:
        self._open = [each for each in self._open if isValid(each) and each.isVisible()]
        self.shown.emit(title, " ".join(part for part in sentences if part))
        if len(self._open) >= _MOST_OPEN:
            return  # one cause repeated must not bury the window
        dialog = _Dialog(title, sentences, details=details, parent=self._parent)
        self._open.append(dialog)
        dialog.show()
