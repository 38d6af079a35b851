"""An offline window that is open and at rest has loaded nothing that only the network needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from support.db import add_accounts, make_position, make_reading, opened

from brokerdesk.paths import ProfilePaths

NETWORK = {"httpx", "httpcore", "h11", "websockets", "aiohttp", "ib_async", "truststore"}
HEAVY = {"numpy", "pyqtgraph", "sqlalchemy", "alembic"}
CODE = """
import json, sys
from pathlib import Path
from brokerdesk.app import GuiOptions, run_gui

def conduct(window, life):
    from PySide6.QtCore import QTimer

    rests = []

    def look():
        state = window.desk.state
        rests.append(state.ready and not window.desk.portfolio.loading)
        if not all(rests[-10:]) or len(rests) < 10:
            return
        timer.stop()
        names = sorted({name.partition(".")[0] for name in sys.modules})
        found = state.figures
        answer = {"modules": names, "accounts": len(found.accounts), "held": found.held}
        print(json.dumps(answer), flush=True)
        window.close()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(300)

sys.exit(run_gui(GuiOptions(data_dir=Path(sys.argv[1]), offline=True), conduct))
"""


def test_an_offline_window_loads_no_network_and_no_mathematics(profile: ProfilePaths) -> None:
    with opened(profile.root) as database:
        database.run_sync(lambda uow: add_accounts(uow, 2))
        held = tuple(make_position(f"S{number:03}") for number in range(20))
        database.run_sync(lambda uow: uow.snapshots.store(make_reading(positions=held)))
    place = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(profile.root)],
        env={**place, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["accounts"], answer["held"]) == (2, 20), "the services have shown what they read"
    assert not set(answer["modules"]) & (NETWORK | HEAVY)
