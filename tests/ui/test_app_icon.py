"""The program's icon: there in every size, in the colours of the design."""

from __future__ import annotations

import json
import re

import pytest

from brokerdesk.paths import resource
from brokerdesk.ui.widgets.app_icon import SIDES, app_icon


@pytest.mark.usefixtures("qapp")
def test_it_is_drawn_in_every_size() -> None:
    icon = app_icon()
    assert {size.width() for size in icon.availableSizes()} == set(SIDES)
    accent = json.loads(resource("tokens.json").read_text("utf-8"))["light"]["accent"]
    for side in SIDES:
        image = icon.pixmap(side).toImage()
        assert image.pixelColor(0, 0).alpha() < 128  # round corners
        assert image.pixelColor(side // 2, round(side * 0.08)).name().upper() == accent


def test_its_colours_are_the_design_s() -> None:
    tokens = json.loads(resource("tokens.json").read_text("utf-8"))
    drawn = set(re.findall(r'fill="(#[0-9A-F]{6})"', resource("icons/app/app.svg").read_text()))
    assert drawn == {
        tokens["light"]["accent"],
        tokens["light"]["onAccent"],
        tokens["dark"]["accentHover"],
    }
