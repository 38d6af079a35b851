"""What brokers write is letters in every view: no tag, no link, no swallowed ampersand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from support.order_stops import order_stops
from support.profiles import HOSTILE, extreme
from support.richness import rich

WALKER = Path(__file__).with_name("hostile_walker.py")
SHOWING = {"overview", "positions", "accounts", "orders", "activity", "connections", "past"}
"""Views that show strings of brokers."""
ORDERS = {stop.name for stop in order_stops()}


def test_no_view_draws_a_string_of_others_as_more_than_letters(tmp_path: Path) -> None:
    paths = extreme(tmp_path / "profile")
    here = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(WALKER), str(paths.root)],
        env={**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{here / 'tests'}"},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    faults = {view: each["faults"] for view, each in found.items() if each["faults"]}
    assert not faults, json.dumps(faults, indent=1)
    assert set(found) >= ORDERS
    for view in SHOWING | ORDERS:
        assert found[view]["met"] > 5, f"{view} shows hardly any hostile string: {found[view]}"


def test_the_judge_sees_what_it_is_there_for(qtbot: QtBot) -> None:
    """A label that guesses, a tip that guesses and a button that eats an ampersand are faults."""
    root = QWidget()
    qtbot.addWidget(root)
    QLabel(HOSTILE[0], root)
    button = QPushButton(HOSTILE[2], root)
    button.setToolTip(HOSTILE[6])
    met, faults = rich(root)
    assert met == 3
    assert len(faults) == 3
