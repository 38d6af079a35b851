"""Trading switches that answer at once and remember what was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.viewmodels.halt import Switches

Done = Callable[[Switches], object]
Failed = Callable[[BaseException], object]


@dataclass
class FakeSwitches:
    """``SwitchesPort``. ``error`` is what the next change ends with."""

    state: Switches
    error: BrokerDeskError | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)

    def look(self, done: Done) -> None:
        self.calls.append(("look",))
        done(self.state)

    def halt(self, on: bool, done: Done, failed: Failed) -> None:
        self.calls.append(("halt", on))
        self._to(replace(self.state, halted=on), done, failed)

    def turn(self, connection: str, on: bool, done: Done, failed: Failed) -> None:
        self.calls.append(("turn", connection, on))
        now = self.state.on | {connection} if on else self.state.on - {connection}
        self._to(replace(self.state, on=now), done, failed)

    def _to(self, state: Switches, done: Done, failed: Failed) -> None:
        if self.error is not None:
            failed(self.error)
        else:
            self.state = state
            done(state)
