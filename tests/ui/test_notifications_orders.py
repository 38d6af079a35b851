"""What is told of orders outside of the page: when, in which words, and never twice or too much."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.desk import FakeDesk, sample_figures
from support.ui import HOSTILE, NOW

from brokerdesk.domain.events import AccountRefreshed, OrderMoved
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.ui.desktop_notices import LONGEST, DesktopNotices, harmless
from brokerdesk.ui.viewmodels.notices_orders import TITLES, OrderNotices

ROOT = Path(__file__).resolve().parents[2]


class Heard:
    """A desktop that only listens."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str, bool]] = []

    def show(self, key: str, title: str, text: str, *, sound: bool = False) -> None:
        self.shown.append((key, title, text, sound))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def desk(qapp: Any) -> FakeDesk:
    return FakeDesk(sample_figures())


@pytest.fixture
def notices(desk: FakeDesk, heard: Heard) -> OrderNotices:
    return OrderNotices(desk, heard)


def moved(what: str = "filled", number: int = 1, **changes: Any) -> OrderMoved:
    values: dict[str, Any] = {
        "connection": ConnectionId("c-Schwab"),
        "account": AccountId("s1"),
        "what": what,
        "text": "Schwab filled the order to buy JPM.",
        "intent": f"i{number}",
        "order": f"{number}",
    }
    return OrderMoved(**{**values, **changes})


def tell(desk: FakeDesk, notices: OrderNotices, *events: Any) -> None:
    for event in events:
        desk.happened.emit(event)
    notices.tell()


def test_a_fill_is_told_on_the_desktop_and_as_good_news(
    desk: FakeDesk, notices: OrderNotices, heard: Heard
) -> None:
    tell(desk, notices, moved())
    assert heard.shown == [
        ("order-i1", "Order filled", "Schwab filled the order to buy JPM.", False)
    ]
    (toast,) = desk.toasts
    assert (toast.title, toast.action, toast.label) == ("Order filled.", "order:i1", "Show")


@pytest.mark.parametrize("what", ["rejected", "unknown"])
def test_bad_news_is_no_toast(
    desk: FakeDesk, notices: OrderNotices, heard: Heard, what: str
) -> None:
    tell(desk, notices, moved(what))
    assert [one[1] for one in heard.shown] == [TITLES[what]]
    assert desk.toasts == []


@pytest.mark.parametrize("what", ["working", "pending", "cancelled", "accepted", "replaced"])
def test_what_the_user_just_did_is_no_news(
    desk: FakeDesk, notices: OrderNotices, heard: Heard, what: str
) -> None:
    tell(desk, notices, moved(what), AccountRefreshed(connection=ConnectionId("c"),
                                                      account=AccountId("s1")))  # fmt: skip
    assert heard.shown == []
    assert not notices._later.isActive()


def test_a_first_reading_finds_no_news(desk: FakeDesk, notices: OrderNotices, heard: Heard) -> None:
    rows = [replace(row, fetched_at=None) if row.key == "s1" else row
            for row in desk.figures.accounts]  # fmt: skip
    desk.show(replace(desk.figures, accounts=tuple(rows)))
    elsewhere = moved(intent="")
    tell(desk, notices, elsewhere, moved(intent="", account=AccountId("never seen")))
    assert heard.shown == []
    tell(desk, notices, moved(number=2))
    assert len(heard.shown) == 1, "what was sent from here is news all the same"
    rows = [replace(row, fetched_at=NOW) for row in rows]
    desk.show(replace(desk.figures, accounts=tuple(rows)))
    tell(desk, notices, moved(intent="", number=3))
    assert len(heard.shown) == 2


def test_a_word_that_nobody_knows_is_no_doubt_about_a_sending(
    desk: FakeDesk, notices: OrderNotices, heard: Heard
) -> None:
    tell(desk, notices, moved("unknown", intent=""))
    assert heard.shown == []


def test_the_same_news_is_told_once(
    desk: FakeDesk, notices: OrderNotices, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        tell(desk, notices, moved())
    assert len(heard.shown) == 1
    tell(desk, notices, moved("unknown"), moved("found"))
    assert [one[1] for one in heard.shown[1:]] == ["Order found"], "what came last counts"
    monkeypatch.setattr(desk, "clock", lambda: NOW + timedelta(minutes=11))
    tell(desk, notices, moved())
    assert len(heard.shown) == 3


def test_each_part_of_a_fill_is_news(desk: FakeDesk, notices: OrderNotices, heard: Heard) -> None:
    tell(desk, notices, moved("partly_filled"))
    tell(desk, notices, moved("partly_filled"))
    assert len(heard.shown) == 2
    assert len({one[0] for one in heard.shown}) == 1, "the later takes the earlier one's place"


def test_many_at_once_are_one_notice(desk: FakeDesk, notices: OrderNotices, heard: Heard) -> None:
    events = [moved("filled", n) for n in range(5)] + [moved("rejected", 9)]
    tell(desk, notices, *events)
    assert heard.shown == [("orders", "6 orders moved", "5 filled, 1 refused.", False)]
    assert desk.toasts == [], "not all of it is good"
    tell(desk, notices, *(moved("filled", n) for n in range(20, 24)))
    assert [toast.title for toast in desk.toasts] == ["4 orders moved."]


def test_the_two_settings(desk: FakeDesk, notices: OrderNotices, heard: Heard) -> None:
    assert desk.settings is not None
    assert (desk.settings.order_notices, desk.settings.order_sound) == (True, False)
    desk.change_settings({"order_sound": True})
    tell(desk, notices, moved(), moved("unknown", 2), moved("rejected", 3))
    assert [one[3] for one in heard.shown] == [True, True, False]
    desk.change_settings({"order_notices": False})
    tell(desk, notices, moved(number=7))
    assert len(heard.shown) == 3


def test_thousands_of_orders_are_not_kept_for_ever(desk: FakeDesk, notices: OrderNotices) -> None:
    for number in range(1200):
        desk.happened.emit(moved(number=number))
    assert len(notices._told) <= 500


@pytest.mark.parametrize("text", HOSTILE)
def test_a_notice_is_harmless_for_servers_that_read_markup(text: str) -> None:
    made = harmless(f"Schwab filled the order to buy {text}.")
    assert not set(made) & set("<>&\n\u202e\x00")
    assert len(made) <= LONGEST


def test_without_a_desktop_nothing_happens(qapp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr(DesktopNotices, "_show_in_tray", lambda *words: shown.append(words))
    DesktopNotices().show("k", "Order filled", "x")
    assert shown == [], "an offscreen window has no desktop"


_PROGRAM = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
app = QApplication([])
from brokerdesk.ui.desktop_notices import DesktopNotices, harmless
notices = DesktopNotices()
assert notices.call_portal("order-1", harmless("Order filled"), harmless("A&B <i>"))
look = QTimer()
look.timeout.connect(lambda: notices._calls or app.quit())
look.start(20)
app.exec()
print("portal" if notices._portal else "no portal")
"""


@pytest.mark.skipif(
    not all(map(shutil.which, ("dbus-run-session", "dbus-monitor", "bash"))), reason="no D-Bus here"
)
def test_the_portal_is_asked_in_its_own_types(tmp_path: Path) -> None:
    """On a bus of its own, where nobody answers: the call is as it has to be, and quietly lost."""
    monitor = tmp_path / "monitor"
    script = (
        f'dbus-monitor --session "type=method_call" > {monitor} 2>/dev/null & M=$!; '
        f"for n in $(seq 50); do [ -s {monitor} ] && break; sleep 0.1; done; "
        f'"$0" -c "$1"; kill $M'
    )
    run = ["dbus-run-session", "--", "bash", "-c", script, sys.executable, _PROGRAM]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        run, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "no portal" in done.stdout, done.stderr
    heard = monitor.read_text()
    assert "member=AddNotification" in heard
    call = heard[heard.index("member=AddNotification") :]
    assert 'string "order-1"' in call
    assert 'variant             string "A＆B ‹i›"' in call
