"""Telling of orders that moved: on the desktop, and good news as a toast in the window.

What is told is a fill, a part of one, a refusal, an unknown outcome, an order that may be the lost
one, and one that was found. The sentences come with the events and carry no amount. What a first
reading of an account finds is no news; many at once become one notice. The page of orders and the
status bar say it all, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.desk import Desk, Toast

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event, OrderMoved
    from brokerdesk.ui.desktop_bus import Notice

TITLES = {
    "filled": "Order filled",
    "partly_filled": "Order partly filled",
    "rejected": "Order refused",
    "unknown": "Outcome of an order unknown",
    "proposed": "Is this order yours?",
    "found": "Order found",
}
GOOD = frozenset({"filled", "partly_filled", "found"})
LOUD = frozenset({"filled", "unknown", "proposed"})
TOGETHER_MS = 700
"""What moves within this time is told together."""
MOST = 3
"""More than these at once become one notice."""
AGAIN = timedelta(minutes=10)
"""For so long the same news of the same order is told once."""
_KEPT = 500


class Notifier(Protocol):
    """Who shows notices on the desktop."""

    def show(
        self, key: str, title: str, text: str, *, action: str = "", sound: bool = False
    ) -> None: ...


class OrderNotices(QObject):
    """Listens for ``OrderMoved``."""

    def __init__(self, desk: Desk, notifier: Notifier, parent: QObject | None = None) -> None:
        super().__init__(parent or desk)
        self._desk, self._notifier = desk, notifier
        self._told: dict[tuple[str, str], datetime] = {}
        self._waiting: list[OrderMoved] = []
        self._toasted: dict[str, bool] = {}
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(TOGETHER_MS)
        self._later.timeout.connect(self.tell)
        desk.happened.connect(self._on_event)

    def _on_event(self, event: Event) -> None:
        from brokerdesk.domain.events import OrderMoved  # there are none before the first paint

        if not isinstance(event, OrderMoved) or event.what not in TITLES or not event.text:
            return  # without a sentence it only says that something is to be read again
        settings = self._desk.settings
        if settings is None or not settings.order_notices or not self._is_news(event):
            return
        self._waiting.append(event)
        if not self._later.isActive():
            self._later.start()

    def _is_news(self, event: OrderMoved) -> bool:
        if not event.intent:
            if event.what == "unknown":
                return False  # a state in a word that nobody knows here; no doubt about a sending
            row = self._desk.account(event.account)
            if row is None or row.fetched_at is None:
                return False  # the account has not been read before: this was there all along
        now = self._desk.clock()
        key = (event.intent or f"{event.account}/{event.order}", event.what)
        before = self._told.get(key)
        if before is not None and now - before < AGAIN and event.what != "partly_filled":
            return False
        if len(self._told) >= _KEPT:
            self._told.clear()
        self._told[key] = now
        return True

    def tell(self) -> None:
        """Tell what has moved since the last time."""
        self._later.stop()
        events, self._waiting = self._waiting, []
        latest = {one.intent or f"{one.account}/{one.order}": one for one in events}
        if not latest:
            return
        settings = self._desk.settings
        sound = settings is not None and settings.order_sound
        if len(latest) > MOST:
            self._tell_all(list(latest.values()), sound)
            return
        for key, event in latest.items():
            title, text = TITLES[event.what], tame(event.text)
            loud = sound and event.what in LOUD
            self._show(f"order-{key}", title, text, f"order:{key}", loud, event.what in GOOD)

    def _tell_all(self, events: list[OrderMoved], sound: bool) -> None:
        counts: dict[str, int] = {}
        for event in events:
            counts[event.what] = counts.get(event.what, 0) + 1
        words = {"filled": "filled", "partly_filled": "partly filled", "rejected": "refused",
                 "unknown": "of unknown outcome", "proposed": "to be told apart by you",
                 "found": "found"}  # fmt: skip
        known = [what for what in words if what in counts]
        text = ", ".join(f"{fmt.whole(counts[what])} {words[what]}" for what in known)
        title = f"{fmt.count(len(events), 'order')} moved"
        loud = sound and any(event.what in LOUD for event in events)
        self._show("orders", title, f"{text}.", "order:", loud, all(e.what in GOOD for e in events))

    def _show(self, key: str, title: str, text: str, action: str, loud: bool, good: bool) -> None:
        if len(self._toasted) >= _KEPT:
            self._toasted.clear()
        self._toasted[key] = good
        if good:
            self._desk.toast(Toast(f"{title}.", text, "good", action, "Show"))
        self._notifier.show(key, title, text, action=action, sound=loud)

    def unseen(self, notice: Notice) -> None:
        """Nobody could show it on the desktop: the window does, unless it has done so already."""
        if not self._toasted.get(notice.key, False):
            title = f"{notice.title}."
            self._desk.toast(Toast(title, notice.text, "warn", notice.action, "Show"))
