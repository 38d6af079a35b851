"""The main window without a window: what it shows, and what the user may ask of it.

It turns events into progress, reads the cache again when something was committed, and says in one
pill how current the figures are. It must not know a widget, a broker or the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.freshness import on_the_way
from brokerdesk.ui.viewmodels.own_messages import clock_is_off, counted_down
from brokerdesk.ui.viewmodels.pace import Pace
from brokerdesk.ui.viewmodels.ports import PortfolioPort
from brokerdesk.ui.viewmodels.saved import saved as saved
from brokerdesk.ui.viewmodels.state import Figures, Mark, Message, Pill, Query, WindowState
from brokerdesk.ui.working import working

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event, PracticePrepared

FRESH = timedelta(minutes=30)
"""Figures fetched longer ago than this are called saved, not live."""

BEGINS_WITHIN = timedelta(seconds=10)
"""So long after it was asked for, a refresh that has not said that it runs can be stopped."""

PROGRESS_MS = 100
"""Between two looks at how far a refresh is."""

LINGER_MS = 60_000
"""How long positions stay after nobody lists them any more, when there are many."""

LEAST_PAUSE_MS, PAUSE_OF_LOAD = 2000, 8
"""Between two readings of the cache while a refresh runs; the second times the last reading."""


class PortfolioViewModel(QObject):
    """State and intents of the main window.

    Signals:
        changed: ``state`` is another one.
        sign_in_wanted: the user asks to sign in to this connection again.
        keys_wanted: the user asks to change this connection's keys.
        unlock_wanted: the user asks to unlock the vault.
    """

    changed = Signal()
    sign_in_wanted = Signal(str)
    keys_wanted = Signal(str)
    unlock_wanted = Signal()

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        practice: bool = False,
        offline: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.clock = clock
        self._port: PortfolioPort | None = None
        self._running: dict[str, tuple[int, int]] = {}
        self._asked_at: datetime | None = None
        self._loading = self._again = False
        self._load_began, self._load_ms = clock(), 0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.reload)
        self._tell_progress = Pace(self._publish, PROGRESS_MS, self)
        self._query = Query()
        self._listing: set[str] = set()
        self._unlisted = QTimer(self)
        self._unlisted.setSingleShot(True)
        self._unlisted.setInterval(LINGER_MS)
        self._unlisted.timeout.connect(self._let_go)
        self._skew: Message | None = None
        self._warning: Message | None = None
        self._news: Message | None = None
        self._loaded: Figures = Figures()
        self.state = WindowState(practice=practice, offline=offline, now=clock())

    # life

    def show(self, figures: Figures) -> None:
        """Show figures that were read without the services: the last snapshot at the start."""
        self._loaded = saved(figures)
        self._query = replace(self._query, scope=figures.scope)
        everyone = self._loaded.everyone or self._loaded.accounts
        query = replace(self._query, positions=False)
        self.state = replace(self.state, everyone=everyone, query=query)
        self._publish()

    def attach(self, port: PortfolioPort) -> None:
        """The services are there: from now on intents work and the cache is read through them."""
        self._port = port
        self.state = replace(self.state, ready=True, notice="")
        self.reload()

    def detach(self) -> None:
        """The services are being closed: what is shown stays, and wishes wait for the next ones."""
        self._port = None
        self._loading = self._again = False
        self._running.clear()
        self.state = replace(self.state, ready=False)
        self._publish()

    def end(self) -> None:
        """The window is closed: nobody answers any more, so nothing is asked."""
        self._port = None
        self._unlisted.stop()
        self._later.stop()

    def note(self, text: str) -> None:
        """Say in the status bar what is going on ("" to end it)."""
        if text != self.state.notice:
            self.state = replace(self.state, notice=text)
            self.changed.emit()

    def keys_are(self, words: str) -> None:
        """Say where sign-ins are kept."""
        self.state = replace(self.state, keys_kept=words)
        self.changed.emit()

    def warn(self, message: Message | None) -> None:
        """Show a message that is not in the cache (None takes it back)."""
        self._warning = message
        self._publish()

    def tell_news(self, message: Message | None) -> None:
        """Show what the program itself has to tell, after whatever needs the user."""
        if message != self._news:
            self._news = message
            self._publish()

    def tick(self) -> None:
        """Time went on: ages are counted from now."""
        self._publish()

    # intents

    def refresh(self, connection: str = "") -> None:
        """Ask for new figures, of one connection or of all. Off while a past day is shown."""
        if self._port is not None and not self.state.offline and self._query.as_of is None:
            self._asked_at = self.clock()
            self._port.refresh(connection)

    @property
    def stoppable(self) -> bool:
        """Whether a refresh runs, or was asked for just now and has yet to say so."""
        asked = self._asked_at is not None and self.clock() - self._asked_at < BEGINS_WITHIN
        return self.state.refreshing or (asked and self.state.past is None)

    def stop(self) -> None:
        """Stop every refresh that runs, or that was asked for just now."""
        if self._port is not None and self.stoppable:
            self._asked_at = None
            self._port.stop()

    def act(self, action: str) -> None:
        """Do what a message's button says."""
        verb, _, target = action.partition(":")
        if verb == "sign_in":
            self.sign_in_wanted.emit(target)
        elif verb == "keys":
            self.keys_wanted.emit(target)
        elif verb == "refresh":
            self.refresh(target)
        elif verb == "unlock":
            self.unlock_wanted.emit()
        elif verb == "dismiss":
            self._skew = None
            self._publish()
        elif self._port is not None:
            self._port.act(action, self.reload)

    def reload(self) -> None:
        """Read the cache again; several wishes at once cost one reading."""
        if self._port is None:
            return
        if self._loading:
            self._again = True
            return
        self._loading = True
        self._later.stop()
        self._load_began = self.clock()
        asked = self._query
        self._port.load(asked, lambda figures: self._on_loaded(asked, figures))

    def look_at(self, *, scope: Sequence[str] | None = None) -> None:
        """Show only these accounts; an empty sequence shows all."""
        if scope is not None and tuple(scope) != self._query.scope:
            self._query = replace(self._query, scope=tuple(scope))
            self.reload()

    def travel(self, moment: datetime | None) -> None:
        """Show the figures as they stood at a moment; None returns to now."""
        if moment != self._query.as_of:
            self._query = replace(self._query, as_of=moment)
            self.reload()
            self._publish()

    def hold_positions(self, who: str) -> None:
        """``who`` lists positions from now on. Read at once when they are not here."""
        self._listing.add(who)
        self._unlisted.stop()
        if not self._query.positions:
            self._query = replace(self._query, positions=True)
            if not self._loaded.complete:
                self.reload()

    def release_positions(self, who: str) -> None:
        """``who`` lists them no more; without anybody who does they go after a while."""
        self._listing.discard(who)
        if not self._listing and self._query.positions and not self._unlisted.isActive():
            self._unlisted.start()

    def _let_go(self) -> None:
        self._query = replace(self._query, positions=False)
        if self._loaded.complete and self._port is not None:
            self.reload()  # few of them come along anyway

    @property
    def query(self) -> Query:
        """What was asked for last; ``state.query`` is what is shown."""
        return self._query

    @property
    def loading(self) -> bool:
        """Whether figures have been asked for and are not here yet."""
        return self._loading

    def reload_failed(self) -> None:
        """The cache could not be read: what is shown stays, and a later wish tries anew."""
        self._loading = self._again = False
        self._query = replace(self._query, as_of=self.state.query.as_of)  # nobody went there
        self._publish(told=True)

    # events

    def on_event(self, event: Event) -> None:
        """Take an event of the services."""
        from brokerdesk.domain import events  # there are none before the first paint

        if isinstance(event, events.RefreshStarted):
            self._running[event.connection] = (0, event.accounts)
            self._publish()
        elif isinstance(event, events.RefreshProgressed):
            self._running[event.connection] = (event.done, event.total)
            self._tell_progress()
        elif isinstance(event, events.PracticePrepared):
            self._on_practice(event)
        elif isinstance(event, events.ClockSkewed):
            self._skew = clock_is_off(event.seconds)
            self._publish()
        if isinstance(event, events.RefreshFinished):
            self._running.pop(event.connection, None)
            self._asked_at = None
            self._publish()
        if self._running and isinstance(event, events.AccountRefreshed):
            self._reload_later()
        elif isinstance(
            event,
            events.AccountRefreshed
            | events.AccountSuspected
            | events.AccountsOffered
            | events.ConnectionChanged
            | events.ConnectionsChanged
            | events.RatesChanged
            | events.RefreshFinished
            | events.SignInDue,
        ):
            self.reload()

    def _reload_later(self) -> None:
        """While accounts come in one by one, read seldom: the last of them reads anew anyway."""
        if not self._later.isActive():
            self._later.start(max(LEAST_PAUSE_MS, PAUSE_OF_LOAD * self._load_ms))

    def _on_practice(self, event: PracticePrepared) -> None:
        ended = event.done >= event.total
        share = f"{fmt.whole(event.done)} of {fmt.whole(event.total)} days"
        self.note("" if ended else f"Writing the practice history: {share}")
        if ended:
            self.reload()

    def _on_loaded(self, asked: Query, figures: Figures) -> None:
        self._loading = False
        took = self.clock() - self._load_began
        self._load_ms = max(0, round(took.total_seconds() * 1000))
        past = self.state.offline or asked.as_of is not None
        self._loaded = saved(figures) if past else figures
        self.state = replace(self.state, query=replace(asked, positions=False))
        if asked.as_of is None:
            everyone = self._loaded.everyone or self._loaded.accounts
            self.state = replace(self.state, everyone=everyone)
            if asked == self._query and asked.scope and not figures.accounts:
                self._query = replace(asked, scope=())  # the accounts that it named are gone
        self._publish(told=True)
        if asked != self._query:
            self._again = True
        if self._again:
            self._again = False
            self.reload()

    # state

    def _publish(self, *, told: bool = False) -> None:
        working()
        figures = self._with_progress(self._loaded)
        now = self.clock()
        pill, words = self._pill(figures, now)
        # What is read in the background does not concern a past day: there is nothing to stop.
        reading = bool(self._running) and self.state.past is None
        going = self._loading and self._query.as_of != self.state.past
        state = replace(
            self.state,
            figures=figures,
            pill=pill,
            pill_text=words,
            progress=self._share() if reading else None,
            refreshing=reading,
            refresh_done=sum(part for part, _ in self._running.values()),
            refresh_total=sum(whole for _, whole in self._running.values()),
            now=now,
            on_the_way=on_the_way(self._query.as_of) if going else "",
        )
        if told or state != self.state:
            self.state = state
            self.changed.emit()

    def _with_progress(self, figures: Figures) -> Figures:
        own = tuple(one for one in (self._warning, self._skew) if one is not None)
        last = () if self._news is None else (self._news,)
        rows = []
        for row in figures.connections:
            done = self._running.get(row.key)
            share = None if done is None else done[0] / max(1, done[1])
            rows.append(row if row.progress == share else replace(row, progress=share))
        found = replace(
            figures, connections=tuple(rows), messages=own + self._counted(figures) + last
        )
        shown = self.state.figures
        return shown if found == shown else found  # whoever compares need not look into it

    def _counted(self, figures: Figures) -> tuple[Message, ...]:
        """Messages with the time that is left in them."""
        return tuple(
            one if one.until is None else counted_down(one, one.until - self.clock())
            for one in figures.messages
        )

    def _share(self) -> float:
        done = sum(part for part, _ in self._running.values())
        total = sum(whole for _, whole in self._running.values())
        return done / total if total else 0.0

    def _pill(self, figures: Figures, now: datetime) -> tuple[Pill, str]:
        if self.state.past is not None:
            return Pill.PAST, _snapshot("Past", self.state.past)
        if self._running:
            done = sum(part for part, _ in self._running.values())
            total = sum(whole for _, whole in self._running.values())
            return Pill.REFRESHING, f"Refreshing {done} of {total}" if total else "Refreshing"
        if not figures.accounts:
            return Pill.NONE, ""
        times = [row.fetched_at for row in figures.accounts if row.fetched_at and not row.closed]
        newest = max(times, default=None)
        if self.state.offline:
            return Pill.OFFLINE, _snapshot("Offline", newest)
        marks = [row.mark for row in figures.connections]
        older = sum(mark is not Mark.LIVE for mark in marks)
        if marks and all(mark in (Mark.FAILED, Mark.SIGN_IN) for mark in marks):
            return Pill.FAILED, "Nothing could be read"
        if newest is None or now - newest > FRESH or not self.state.ready:
            return Pill.SAVED, _snapshot("Saved", newest)
        if older:
            return Pill.STALE, f"{older} of {len(marks)} older"
        return Pill.LIVE, f"Live · updated {fmt.age(newest, now)}"


def _snapshot(word: str, at: datetime | None) -> str:
    return f"{word} · snapshot of {fmt.stamp(at)}" if at else word
