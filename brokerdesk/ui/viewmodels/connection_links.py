"""The institutions behind one sign-in, and what may be asked of them on a click.

It asks before anything that is billed or cannot be undone. It must not know a widget, a service or
a broker's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.connection_limits import LimitFacts, LimitLine, limit_lines
from brokerdesk.ui.viewmodels.desk import Desk, Toast
from brokerdesk.ui.viewmodels.state import Mark

Failed = Callable[[BaseException], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """One institution. ``live`` False: its figures are as of its own last sync."""

    key: str
    institution: str
    working: bool
    since: datetime | None
    trades: bool | None
    live: bool | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceFacts:
    """An account's balance of this moment, in one currency."""

    currency: str
    total: Decimal | None
    cash: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachFacts:
    """What a connection offers besides reading. ``ends``: its one institution goes by
    disconnecting, because that is what removing it would be.
    """

    broker: str
    limits: LimitFacts
    gathers: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """An institution, ready to show."""

    key: str
    title: str
    mark: Mark
    text: str
    tone: str
    broken: bool
    removable: bool
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before something billed or final. ``verb`` is the button that does it."""

    deed: str
    target: str
    title: str
    text: str
    verb: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachState:
    """Limits and institutions of the chosen connection. ``links`` None: not listed yet."""

    chosen: str = ""
    lines: tuple[LimitLine, ...] = ()
    gathers: bool = False
    bills_links: bool = False
    links: tuple[LinkRow, ...] | None = None
    listing: bool = False
    problem: str = ""
    bills_balances: bool = False
    live: tuple[tuple[str, str], ...] = ()
    """Accounts and what was told of them just now."""
    question: Question | None = None


class ReachPort(Protocol):
    """What is asked of the program. Answers come back on the GUI thread."""

    def look(self, connection: str, done: Callable[[ReachFacts | None], object]) -> None: ...

    def links(
        self, connection: str, done: Callable[[tuple[LinkFacts, ...]], object], failed: Failed
    ) -> None: ...

    def ask_anew(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None: ...

    def remove(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None: ...

    def live(
        self, account: str, done: Callable[[tuple[BalanceFacts, ...]], object], failed: Failed
    ) -> None: ...


class ReachViewModel(QObject):
    """State and intents.

    Signals:
        changed: ``state`` is another one.
        asked: a question is ready in ``state.question``.
    """

    changed = Signal()
    asked = Signal()

    def __init__(self, desk: Desk, port: ReachPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._port = desk, port
        self._facts: ReachFacts | None = None
        self._live: dict[str, tuple[datetime, tuple[BalanceFacts, ...]]] = {}
        self._busy = False
        self.state = ReachState()

    def choose(self, connection: str) -> None:
        """Another connection is looked at."""
        if connection != self.state.chosen:
            self._facts = None
            self._live.clear()
            self._set(ReachState(chosen=connection))
            self.look()

    def look(self) -> None:
        """Read the limits again: they are of this second."""
        chosen = self.state.chosen
        if chosen and self._desk.ready:
            self._port.look(chosen, lambda facts: self._on_look(chosen, facts))

    def _on_look(self, asked: str, facts: ReachFacts | None) -> None:
        if asked != self.state.chosen or facts is None:
            return
        self._facts = facts
        self.render()

    def render(self) -> None:
        """Say it with the present time and privacy."""
        facts = self._facts
        if facts is None:
            return
        now = self._desk.clock()
        self._set(
            replace(
                self.state,
                lines=limit_lines(facts.limits, facts.broker, now),
                gathers=facts.gathers,
                bills_links="refresh_link" in facts.limits.billed,
                bills_balances="live_balances" in facts.limits.billed,
                live=tuple((key, told(*found)) for key, found in self._live.items()),
            )
        )

    # institutions

    def list_links(self) -> None:
        """Ask which institutions there are."""
        chosen = self.state.chosen
        if not chosen or self.state.listing:
            return
        self._set(replace(self.state, listing=True, problem=""))
        self._port.links(
            chosen,
            lambda found: self._on_links(chosen, found),
            lambda error: self._on_failed(chosen, error),
        )

    def _on_links(self, asked: str, found: tuple[LinkFacts, ...]) -> None:
        if asked == self.state.chosen:
            removable = self._facts is not None and not self._facts.ends
            rows = tuple(link_row(one, removable=removable) for one in found)
            self._set(replace(self.state, links=rows, listing=False))

    def _on_failed(self, asked: str, error: BaseException) -> None:
        self._busy = False
        if asked == self.state.chosen:
            self._set(replace(self.state, listing=False, problem=_sentence(error)))

    def repair(self) -> None:
        """Sign in again; the sign-in goes straight to the institution that wants it."""
        self._desk.portfolio.act(f"sign_in:{self.state.chosen}")

    # questions

    def ask_anew(self, link: str) -> None:
        """Ask whether an institution is to be read anew."""
        title, broker = self._title(link), self._broker()
        bills = f" {broker} may bill this." if self.state.bills_links else ""
        self._ask(
            Question(
                deed="anew",
                target=link,
                title=f"Ask {broker} to read {title} anew?",
                text=f"New figures follow some minutes later, with the next refresh.{bills}",
                verb="Read anew",
                answer=f"{broker} was asked to read {title} anew.",
            )
        )

    def ask_removal(self, link: str) -> None:
        """Ask whether an institution is to be taken out of the sign-in."""
        title, broker = self._title(link), self._broker()
        self._ask(
            Question(
                deed="remove",
                target=link,
                title=f"Remove {title} from {broker}?",
                text=f"{broker} forgets the login there, for every program that uses this sign-in. "
                "What is saved of its accounts stays readable. To read it again, connect it anew.",
                verb="Remove",
                answer=f"{title} is removed. {broker} takes a moment for it.",
            )
        )

    def ask_live(self, account: str, title: str) -> None:
        """Ask whether an account's balance of this moment is worth its price."""
        broker = self._broker()
        self._ask(
            Question(
                deed="live",
                target=account,
                title=f"Ask for the live balance of {tame(title)}?",
                text=f"{broker} asks the institution now and may bill this. It can take half a "
                "minute. The saved figures stay as they are.",
                verb="Ask now",
                answer="",
            )
        )

    def _ask(self, question: Question) -> None:
        self._set(replace(self.state, question=question))
        self.asked.emit()

    def forget_question(self) -> None:
        """It was answered with no."""
        self._set(replace(self.state, question=None))

    def answer(self) -> None:
        """Do what was asked, once."""
        question, chosen = self.state.question, self.state.chosen
        if question is None or self._busy:
            return
        self._busy = True
        self._set(replace(self.state, question=None, problem=""))

        def failed(error: BaseException) -> None:
            self._on_failed(chosen, error)

        if question.deed == "live":
            account = question.target
            self._port.live(account, lambda found: self._on_live(chosen, account, found), failed)
        else:
            do = self._port.ask_anew if question.deed == "anew" else self._port.remove
            do(chosen, question.target, lambda: self._on_done(question), failed)

    def _on_done(self, question: Question) -> None:
        self._busy = False
        self._desk.toast(Toast(question.answer))
        if question.deed == "remove":
            self.list_links()

    def _on_live(self, asked: str, account: str, found: tuple[BalanceFacts, ...]) -> None:
        self._busy = False
        if asked == self.state.chosen:
            self._live[account] = (self._desk.clock(), found)
            self.render()

    # inside

    def _title(self, link: str) -> str:
        return next((one.title for one in self.state.links or () if one.key == link), "it")

    def _broker(self) -> str:
        return tame(self._facts.broker) if self._facts is not None else ""

    def _set(self, state: ReachState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()


def link_row(one: LinkFacts, *, removable: bool) -> LinkRow:
    """An institution in words."""
    title = tame(one.institution) or "An institution"
    parts = ["Works" if one.working else "Wants a new sign-in; its figures are old"]
    if one.since is not None:
        parts.append(f"connected {fmt.stamp(one.since)}")
    if one.trades is not None:
        parts.append("may trade" if one.trades else "read only")
    if one.live is False:
        parts.append("as of its last sync")
    text = ", ".join(parts)
    notes = " ".join(tame(note) for note in one.notes)
    return LinkRow(
        key=one.key,
        title=title,
        mark=Mark.LIVE if one.working else Mark.SIGN_IN,
        text=f"{text}. {notes}".strip(),
        tone="text2" if one.working else "loss",
        broken=not one.working,
        removable=removable,
        spoken=f"{title}: {text}. {notes}".strip(),
    )


def told(at: datetime, found: tuple[BalanceFacts, ...]) -> str:
    """What an account was told to hold, dots in privacy."""
    parts = []
    for one in found:
        for label, value in (("total", one.total), ("cash", one.cash)):
            if value is not None:
                parts.append(f"{label} {privacy().hide(fmt.total(value, one.currency))}")
    return f"Live {fmt.time_of_day(at)}: {', '.join(parts) or 'no figure was told'}"


def _sentence(error: BaseException) -> str:
    if not isinstance(error, BrokerDeskError):
        raise error
    return tame(error.sentences())
