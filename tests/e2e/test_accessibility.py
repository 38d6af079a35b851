"""A screen reader meets every view: nothing to act on is without a name, nothing is rich text.

The real window on a real X server, its tree read over the real accessibility bus. The profile is
the one at its worst, so every string a broker could send is on the screen somewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.atspi import Reader, Seen
from support.desktop import Desktop
from support.order_stops import order_stops
from support.profiles import extreme

from brokerdesk.ui.tour import stops

pytestmark = pytest.mark.timeout(420)
WALKER = Path(__file__).with_name("walker.py")
HERE = Path(__file__).resolve().parents[2]
CELLS = ("cell", "table cell", "tree item")
VIEWS = {one.name for one in (*stops(), *order_stops())}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Seen]]:
    """What a screen reader gets of each view."""
    missing = Desktop.missing()
    assert not missing, f"needed for this check: {missing}"
    folder = tmp_path_factory.mktemp("walk")
    paths = extreme(folder / "profile")
    with Desktop(folder / "desktop") as desktop:
        environment = desktop.environment(
            QT_LINUX_ACCESSIBILITY_ALWAYS_ON="1", QT_QPA_PLATFORM="xcb",
            PYTHONPATH=f"{HERE}{os.pathsep}{HERE / 'tests'}",
        )  # fmt: skip
        # Asking for its address starts the accessibility bus, which the program then finds.
        reader = Reader(environment["DBUS_SESSION_BUS_ADDRESS"])
        walker = subprocess.Popen(
            [sys.executable, str(WALKER), str(paths.root)],
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert walker.stdin is not None
        assert walker.stdout is not None
        found: dict[str, list[Seen]] = {}
        try:
            for line in walker.stdout:
                found[line.strip()] = list(reader.walk())
                walker.stdin.write("\n")
                walker.stdin.flush()
            assert walker.wait(30) == 0
        finally:
            walker.kill()
            walker.wait()
            reader.close()
            for pipe in (walker.stdin, walker.stdout):
                pipe.close()
    _tell(found, folder)
    return found


def _tell(found: dict[str, list[Seen]], folder: Path) -> None:
    counts = {
        view: {
            "objects": len(seen),
            "interactive": sum(one.interactive for one in seen),
            "nameless": sum(_nameless(one) for one in seen),
        }
        for view, seen in found.items()
    }
    target = os.environ.get("BROKERDESK_A11Y_REPORT")
    if target:
        Path(target).write_text(json.dumps(counts, indent=1), "utf-8")


def _nameless(seen: Seen) -> bool:
    return seen.interactive and not seen.name.strip()


def test_every_view_was_met(walked: dict[str, list[Seen]]) -> None:
    assert set(walked) == VIEWS
    for view, seen in walked.items():
        assert sum(one.interactive for one in seen) >= 10, f"{view} offers hardly anything"


def test_nothing_to_act_on_is_without_a_name(walked: dict[str, list[Seen]]) -> None:
    nameless = [
        f"{view}: {one.role} in {' > '.join(one.path[-4:])}"
        for view, seen in walked.items()
        for one in seen
        if _nameless(one)
    ]
    assert not nameless, "\n".join(nameless)


def test_cells_speak_their_column(walked: dict[str, list[Seen]]) -> None:
    for view in ("overview", "positions", "orders", "activity"):
        cells = [one for one in walked[view] if one.role in CELLS]
        assert cells, f"{view} has no cells"
        speechless = [one.name for one in cells if "," not in one.name]
        assert not speechless, f"{view}: {speechless[:5]}"


def test_hidden_amounts_are_not_spoken(walked: dict[str, list[Seen]]) -> None:
    told = [
        f"{one.role}: {one.name} {one.description}"
        for one in walked["privacy"]
        if "9,876,543,210" in one.name + one.description
        or "1,234,567,890" in one.name + one.description
    ]
    assert not told, "\n".join(told)
    assert any("hidden" in one.name for one in walked["privacy"])
