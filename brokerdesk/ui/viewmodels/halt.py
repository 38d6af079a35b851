"""The trading switches as the window knows them, and the halt of all new orders.

Read from the service when the profile opens and whenever it says that something changed; nothing is
assumed: until it is known, nothing is said to be on. Light, because every window has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.facts import dataclass
from brokerdesk.ui.viewmodels.state import Action, Message

Failed = Callable[[BaseException], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How trading stands. ``on`` are connections that may send, ``able`` those whose broker takes
    orders from this program at all.
    """

    known: bool = False
    halted: bool = False
    on: frozenset[str] = field(default_factory=frozenset)
    able: frozenset[str] = field(default_factory=frozenset)
    ready: bool = False
    unknown: int = 0
    in_flight: int = 0
    failure: str = ""


class SwitchesPort(Protocol):
    """What is asked of the program. Answers come back on the GUI thread."""

    def look(self, done: Callable[[Switches], object]) -> None: ...

    def halt(self, on: bool, done: Callable[[Switches], object], failed: Failed) -> None: ...

    def turn(
        self, connection: str, on: bool, done: Callable[[Switches], object], failed: Failed
    ) -> None: ...


class TradingStand(QObject):
    """The switches of one window.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = Switches()
        self._port: SwitchesPort | None = None

    def attach(self, port: SwitchesPort) -> None:
        """The program behind the window is there."""
        self._port = port
        self.look()

    def look(self) -> None:
        """Read the switches."""
        if self._port is not None:
            self._port.look(self.show)

    def show(self, state: Switches) -> None:
        """These are the switches now."""
        if state != self.state:
            self.state = state
            self.changed.emit()

    def halt(self, on: bool, failed: Failed, done: Callable[[], object] = lambda: None) -> None:
        """Stop all new orders, or let them go again."""

        def halted(state: Switches) -> None:
            self.show(state)
            done()

        if self._port is not None:
            self._port.halt(on, halted, failed)

    def turn(
        self,
        connection: str,
        on: bool,
        failed: Failed,
        done: Callable[[], object] = lambda: None,
    ) -> None:
        """Let a connection send orders, or no longer."""

        def turned(state: Switches) -> None:
            self.show(state)
            done()

        if self._port is not None:
            self._port.turn(connection, on, turned, failed)

    def forget(self) -> None:
        """The profile is closed: nothing is known of the next one."""
        self.show(Switches())


HALT, LIFT = "halt:on", "halt:off"
LIFT_TITLE = "Let new orders go again?"
LIFT_TEXT = (
    "Connections whose trading is on may send orders again, each after its own review. "
    "Nothing is sent by lifting the halt."
)
SAID_HALTED = "New orders are halted. Cancels still pass."
SAID_LIFTED = "New orders can be sent again."


def banner(state: Switches) -> Message | None:
    """What stands over all pages: the halt, or a journal that cannot be used."""
    if state.halted:
        return Message(
            key="halt",
            kind="warn",
            title="New orders are halted.",
            text="Nothing new is sent from this profile until you lift the halt. "
            "Cancels still pass.",
            actions=(Action(id=LIFT, label="Lift the halt"),),
        )
    if state.failure:
        return Message(
            key="journal",
            kind="error",
            title="The order journal cannot be used.",
            text=f"No order can be sent. {state.failure}",
            actions=(Action(id="log:", label="Open the log"),),
        )
    return None


def questions(state: Switches) -> str:
    """What the status bar says of orders whose fate nobody knows; "" for none."""
    if not state.unknown:
        return ""
    noun = "question" if state.unknown == 1 else "questions"
    return f"Order journal: {state.unknown} open {noun}"


def can_halt(state: Switches) -> bool:
    """Whether there is anything that could send."""
    return state.known and not state.halted and bool(state.on)
