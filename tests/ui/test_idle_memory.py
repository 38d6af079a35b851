"""A window that shows figures and refreshes holds nothing of what was not opened in it.

Whatever is imported stays for the program's life: what writes and sends an order, the wizard and
the sheets are imported with the first wish for them. Seen in a process of its own, on practice data
that the simulated brokers answered for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

UNOPENED = (
    *("ui.tickets", "ui.views.ticket", "ui.viewmodels.ticket_", "ui.gateways.ticket"),
    *("ui.views.review", "ui.viewmodels.review", "ui.gateways.review"),
    *("ui.viewmodels.order_sentence", "ui.views.trading"),
    *("ui.wizard", "ui.viewmodels.wizard", "ui.gateways.connecting", "ui.broker_cards"),
    *("ui.care", "ui.views.backup", "ui.viewmodels.backup", "ui.gateways.backup"),
    *("ui.charts", "ui.views.chart_window", "ui.viewmodels.chart_window"),
    "ui.models.chart_columns",
    *("ui.comparisons", "ui.views.past", "ui.viewmodels.comparison", "ui.sources"),
    *("ui.views.same_account", "ui.views.about", "ui.views.unlock", "ui.views.updates"),
    *("services.tickets", "services.ticket_", "services.offering", "services.finding"),
    *("services.reviewing", "services.review_", "services.estimating", "services.ledger."),
    *("services.comparing", "services.same_accounts", "services.days"),
    *("services.backing_up", "services.restoring", "services.connection_care"),
    "services.reaching",
)
"""How their names begin, below ``brokerdesk``."""
MADE_IN_VAIN = {"QWizard", "QMdiArea", "QLCDNumber", "QGraphicsView", "QUndoView", "QFontDialog"}
"""Widgets of which there is none here: they are made only by a look through all of them."""
CODE = """
import json, sys
from pathlib import Path
from brokerdesk.app import GuiOptions, run_gui

def classes(base):
    for one in type.__subclasses__(base):
        yield one.__name__
        yield from classes(one)

def conduct(window, life):
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QWidget

    rests = []

    def look():
        rests.append(not life.busy() and bool(window.desk.figures.held))
        if not all(rests[-10:]) or len(rests) < 10:
            return
        timer.stop()
        answer = {"modules": sorted(sys.modules), "widgets": sorted(set(classes(QWidget)))}
        window.desk.wish("ticket:new")
        answer["later"] = sorted(sys.modules)
        answer["shown"] = life.tickets.pane is not None and life.tickets.pane.isVisible()
        print(json.dumps(answer), flush=True)
        life.end()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(300)

options = GuiOptions(data_dir=Path(sys.argv[1]), practice=True)
sys.exit(run_gui(options, conduct))
"""


def unopened(modules: list[str]) -> set[str]:
    names = {f"{name}." for name in modules if name.startswith("brokerdesk.")}
    begins = tuple(f"brokerdesk.{name}" for name in UNOPENED)
    return {name.rstrip(".") for name in names if name.startswith(begins)}


@pytest.mark.timeout(300)
def test_a_window_at_rest_holds_nothing_that_was_not_opened(tmp_path: Path) -> None:
    place = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "profile")],
        env={**place, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert unopened(answer["modules"]) <= {"brokerdesk.ui.viewmodels.ticket_trades"}
    assert "pyqtgraph" not in answer["modules"]
    assert not MADE_IN_VAIN & set(answer["widgets"])
    assert answer["shown"], "the first wish for a ticket opens it at once"
    opened = {"brokerdesk.ui.tickets", "brokerdesk.ui.views.ticket.pane"}
    assert opened <= unopened(answer["later"]), "what is looked for here has these names"
