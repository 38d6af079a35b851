"""What is told of orders outside of the page: when, in which words, and never twice or too much."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from support.desk import FakeDesk, sample_figures
from support.ui import HOSTILE, NOW

from brokerdesk.domain.events import AccountRefreshed, OrderMoved
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.ui.desktop_bus import Notice
from brokerdesk.ui.desktop_notices import LONGEST, DesktopNotices, harmless, plain
from brokerdesk.ui.viewmodels.notices_orders import TITLES, OrderNotices

ROOT = Path(__file__).resolve().parents[2]


class Heard:
    """A desktop that only listens."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str, bool]] = []
        self.actions: list[str] = []

    def show(
        self, key: str, title: str, text: str, *, action: str = "", sound: bool = False
    ) -> None:
        self.shown.append((key, title, text, sound))
        self.actions.append(action)


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
    assert heard.actions == ["order:i1"], "a click on it asks for the same"


@pytest.mark.parametrize("what", ["rejected", "unknown"])
def test_bad_news_is_no_toast(
    desk: FakeDesk, notices: OrderNotices, heard: Heard, what: str
) -> None:
    tell(desk, notices, moved(what))
    assert [one[1] for one in heard.shown] == [TITLES[what]]
    assert desk.toasts == []


def test_where_the_desktop_shows_nothing_the_window_tells_bad_news_too(
    desk: FakeDesk, notices: OrderNotices
) -> None:
    tell(desk, notices, moved("rejected", text="Schwab refused it."))
    assert desk.toasts == []
    notices.unseen(Notice("order-i1", "Order refused", "Schwab refused it.", "order:i1"))
    (toast,) = desk.toasts
    assert (toast.title, toast.kind, toast.action) == ("Order refused.", "warn", "order:i1")
    tell(desk, notices, moved("filled", 2))
    notices.unseen(Notice("order-i2", "Order filled", "It was.", "order:i2"))
    assert [one.title for one in desk.toasts] == ["Order refused.", "Order filled."], "told once"


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


def test_nothing_in_a_notice_looks_like_an_address() -> None:
    assert (
        plain("see https://x.invalid or www.x.invalid")
        == "see https: //x.invalid or www .x.invalid"
    )


def test_without_a_desktop_nothing_happens(qapp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    for way in ("call_service", "call_portal", "show_in_tray"):
        monkeypatch.setattr(DesktopNotices, way, lambda *words: shown.append(words))
    DesktopNotices().show("k", "Order filled", "x")
    assert shown == [], "an offscreen window has no desktop"


class Tray(QObject):
    """A tray whose messages are clicked by the test."""

    messageClicked, activated = Signal(), Signal(int)  # noqa: N815 - as Qt calls them
    made: ClassVar[list[Tray]] = []
    there: ClassVar[bool] = True

    def __init__(self, _icon: object, parent: QObject) -> None:
        super().__init__(parent)
        self.told: list[tuple[str, str]] = []
        Tray.made.append(self)

    @staticmethod
    def isSystemTrayAvailable() -> bool:  # noqa: N802 - as Qt calls it
        return Tray.there

    @staticmethod
    def supportsMessages() -> bool:  # noqa: N802 - as Qt calls it
        return True

    def setToolTip(self, text: str) -> None:  # noqa: N802 - as Qt calls it
        assert text == "BrokerDesk"

    def show(self) -> None: ...

    def showMessage(self, title: str, text: str, *_more: object) -> None:  # noqa: N802
        self.told.append((title, text))


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> type[Tray]:
    monkeypatch.setattr("PySide6.QtWidgets.QSystemTrayIcon", Tray)
    monkeypatch.setattr(QGuiApplication, "platformName", lambda: "windows")
    Tray.made, Tray.there = [], True
    return Tray


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_the_tray_tells_and_a_click_on_it_leads_back(
    qapp: Any, tray: type[Tray], monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    notices = DesktopNotices()
    clicked: list[str] = []
    notices.clicked.connect(clicked.append)
    notices.show("order-1", "Order filled", "A&B <b>", action="order:1")
    notices.show("order-2", "Order refused", "It was.", action="order:2")
    (icon,) = tray.made
    assert icon.told == [("Order filled", "A＆B ‹b›"), ("Order refused", "It was.")]
    icon.messageClicked.emit()
    icon.activated.emit(3)
    assert clicked == ["order:2", ""]


def test_without_a_tray_it_is_said_that_nobody_showed_it(
    qapp: Any, tray: type[Tray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(tray, "there", False)
    notices = DesktopNotices()
    missed: list[object] = []
    notices.missed.connect(missed.append)
    notices.show("order-1", "Order refused", "A&B", action="order:1")
    assert missed == [Notice("order-1", "Order refused", "A&B", "order:1")]
    assert tray.made == []


_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""
_PROGRAM = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
app = QApplication([])
from brokerdesk.ui.desktop_bus import Notice
from brokerdesk.ui.desktop_bus import Notice
from brokerdesk.ui.desktop_notices import DesktopNotices
notices, missed = DesktopNotices(), []
notices.missed.connect(missed.append)
notices.call_service(Notice("order-1", "Order filled", "A&B <i>", "order:1"))
look = QTimer()
look.timeout.connect(lambda: notices.waiting or app.quit())
look.start(20)
app.exec()
print("missed", [one.text for one in missed])
"""


@pytest.mark.skipif(
    not all(map(shutil.which, ("dbus-run-session", "dbus-monitor", "bash"))), reason="no D-Bus here"
)
def test_without_a_service_the_portal_is_asked_in_its_own_types(tmp_path: Path) -> None:
    """On a bus of its own, where nobody answers: the call is as it has to be, and told as lost."""
    monitor = tmp_path / "monitor"
    script = (
        f'dbus-monitor --session "type=method_call" > {monitor} 2>/dev/null & M=$!; '
        f"for n in $(seq 50); do [ -s {monitor} ] && break; sleep 0.1; done; "
        f'"$0" -c "$1"; kill $M'
    )
    alone = tmp_path / "bus.conf"  # no service is started by the bus
    alone.write_text(_BUS)
    bus = ["dbus-run-session", f"--config-file={alone}", "--"]
    run = [*bus, "bash", "-c", script, sys.executable, _PROGRAM]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        run, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "missed ['A&B <i>']" in done.stdout, done.stderr
    heard = monitor.read_text()
    assert "member=AddNotification" in heard
    call = heard[heard.index("member=AddNotification") :]
    assert 'string "order-1"' in call
    assert 'variant             string "A＆B ‹i›"' in call
    assert heard.index("member=GetCapabilities") < heard.index("member=AddNotification")
