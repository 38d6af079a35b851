"""The main window by its former name."""

from __future__ import annotations

from brokerdesk.ui.shell.window import MainWindow

__all__ = ["MainWindow"]
