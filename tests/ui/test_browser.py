"""Opening the system browser: web addresses only, and without holding anything up."""

from __future__ import annotations

import asyncio
import threading
import webbrowser

import pytest

from brokerdesk.ui import browser
from brokerdesk.ui.browser import may_open, open_in_browser


def opened(url: str) -> bool:
    """Run it on a loop of its own thread, as the program does."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(asyncio.run(open_in_browser(url))))
    thread.start()
    thread.join()
    return results[0]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://broker.example.com/authorize?state=a", True),
        ("http://127.0.0.1:4321/v1", True),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("https://", False),
        ("calc.exe", False),
        ("", False),
    ],
)
def test_web_addresses_only(url: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(address: str, new: int = 0) -> bool:
        asked.append(address)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    assert may_open(url) is allowed
    assert opened(url) is allowed
    assert asked == ([url] if allowed else [])


def test_no_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url, new=0: False)
    assert not opened("https://example.com")

    def broken(_url: str, new: int = 0) -> bool:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "open", broken)
    assert not opened("https://example.com")


def test_a_browser_in_the_foreground_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = threading.Event()
    monkeypatch.setattr(webbrowser, "open", lambda _url, new=0: closed.wait(30))
    monkeypatch.setattr(browser, "SILENCE_SECONDS", 0.05)
    assert opened("https://example.com")
    closed.set()
