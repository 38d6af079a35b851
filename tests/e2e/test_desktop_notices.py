"""What becomes of an order is told on a real desktop, in letters; a click leads to the order.

The notification service is dunst, on a session bus and an X server of their own; the click is one
of the X server. What it was asked to show, it writes down.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest
from support.desktop import Desktop

pytestmark = [pytest.mark.timeout(400)]

T = TypeVar("T")
TRADER = Path(__file__).with_name("trader.py")
HELPERS = str(Path(__file__).parents[1])
ROOT = str(Path(__file__).parents[2])
DUNSTRC = """[global]
    width = 420
    origin = top-right
    offset = 20x20
    markup = full
    format = "<b>%s</b>\\n%b"
    icon_position = off
    mouse_left_click = do_action, close_current
"""
TOLD = {
    "markup": ("Order refused", "refused the order."),
    "filled": ("Order filled", "Alpaca filled the order to buy AAPL."),
    "refused": ("Order refused", "Alpaca refused the order to buy AAPL."),
    "unknown": ("Outcome of an order unknown", "What became of the order to buy AAPL at Alpaca"),
}
LETTERS = (
    "A&amp;B &lt;b&gt;sold&lt;/b&gt; &lt;a href='https: //x.invalid'&gt;all&lt;/a&gt; "
    "&amp;lt;i&amp;gt; refused the order."
)
"""What the service has to be given so that it draws the broker's marks as letters."""


class Popups:
    """The notification service of a desktop, and a finger."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self._desktop, self.heard = desktop, folder / "heard"
        (folder / "dunstrc").write_text(DUNSTRC)
        with self.heard.open("w") as heard:
            self.processes = [
                subprocess.Popen(["openbox"], env=desktop.environment(), stderr=subprocess.DEVNULL),
                subprocess.Popen(
                    ["dunst", "-config", str(folder / "dunstrc"), "-print"],
                    env=desktop.environment(), stdout=heard, stderr=subprocess.STDOUT,
                ),
            ]  # fmt: skip

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(20)

    def told(self) -> list[tuple[str, str]]:
        """Title and text of each notice, as the service was given them."""
        text = self.heard.read_text("utf-8")
        return re.findall(r"\tsummary: '(.*)'\n\tbody: '(.*)'\n", text)

    def windows(self) -> list[str]:
        done = self._desktop.run(
            ["xdotool", "search", "--onlyvisible", "--class", "Dunst"], check=False
        )
        return done.stdout.split()

    def click(self) -> None:
        (window,) = until(self.windows)
        self._desktop.run(["xdotool", "mousemove", "--window", window, "60", "30", "click", "1"])


@pytest.fixture
def popups(tmp_path: Path) -> Iterator[tuple[Desktop, Popups]]:
    needed = [*Desktop.missing(), *(n for n in ("dunst", "openbox", "xdotool") if not on_path(n))]
    if needed:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needed and not installed: {', '.join(needed)}")
        pytest.skip(f"not installed: {', '.join(needed)}")
    with Desktop(tmp_path / "desktop") as desktop:
        service = Popups(desktop, tmp_path)
        try:
            yield desktop, service
        finally:
            service.end()


def test_orders_are_told_and_a_click_opens_them(
    popups: tuple[Desktop, Popups], tmp_path: Path
) -> None:
    desktop, service = popups
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    with (tmp_path / "errors").open("w") as errors:
        trader = subprocess.Popen(
            [sys.executable, str(TRADER), str(tmp_path / "profile"), str(pictures)],
            env=desktop.environment(PYTHONPATH=f"{HELPERS}{os.pathsep}{ROOT}"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
        )  # fmt: skip
    assert trader.stdin is not None
    assert trader.stdout is not None
    try:
        shown = watched(trader.stdin, trader.stdout, service)
    finally:
        trader.kill()
        trader.communicate()
    assert (shown["failure"], shown["exit"]) == ("", 0), (tmp_path / "errors").read_text()
    scenes = shown["scenes"]
    assert list(scenes) == list(TOLD)
    assert "Alpaca filled the order to buy AAPL." in scenes["filled"]["text"]
    for scene, state in {"filled": "Filled", "refused": "asset AAPL is halted"}.items():
        text = scenes[scene]["text"]
        assert "Buy •••••• AAPL, market\nAlpaca" in text, "the order that was told of is open"
        assert state in text
    told = service.told()
    assert (TOLD["markup"][0], LETTERS) in told
    for title, text in told:
        assert not re.search(r"[<>]", title + text), "markup that the program did not write"
        if text != LETTERS:
            assert not re.search(r"\d", text), "no amount, price or number"
    assert {path.name for path in pictures.iterdir()} >= {f"{name}-told.png" for name in TOLD}


def watched(to: IO[str], of: IO[str], service: Popups) -> dict[str, Any]:
    """Follow the trader: see each notice, let it be pictured, click it."""
    for line in of:
        name = line.strip()
        if line.startswith("{"):
            return dict(json.loads(line))
        if name in TOLD:
            title, text = TOLD[name]
            until(lambda: any(t == title and text in b for t, b in service.told()))  # noqa: B023
            until(service.windows)
            to.write("seen\n")
            to.flush()
            assert of.readline() == "pictured\n"
            service.click()
            to.write("clicked\n")
            to.flush()
    raise AssertionError("the program ended early")


def on_path(name: str) -> bool:
    return shutil.which(name) is not None


def until(look: Callable[[], T], seconds: float = 90) -> T:
    """What ``look`` says as soon as it says anything."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found
