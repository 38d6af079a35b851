"""The library that draws charts to explore: loaded when the first of their windows is opened.

It takes half a second and some 40 MiB with all that it brings along, so nobody else waits for it
and it is loaded beside the window's thread.
"""

from __future__ import annotations

import importlib
import os
import sys

_BINDING = "PYQTGRAPH_QT_LIB"
PLOT = "brokerdesk.ui.views.chart_window.plot"
_whole: set[str] = set()
"""What was imported to its end: a module stands in ``sys.modules`` from its first line on."""


def is_loaded() -> bool:
    """Whether a plot can be made without waiting."""
    return PLOT in _whole


def name() -> str:
    """What was loaded, for who asks whether it works."""
    return f"pyqtgraph {sys.modules['pyqtgraph'].__version__}"


def load() -> None:
    """Load it, over the binding that the program itself uses; makes no object of Qt."""
    os.environ[_BINDING] = "PySide6"
    library = importlib.import_module("pyqtgraph")
    library.setConfigOptions(antialias=True, useOpenGL=False, useNumba=False, useCupy=False)
    importlib.import_module(PLOT)
    _whole.add(PLOT)
