"""What view-models ask of the rest of the program. Implemented over the services; faked in tests.

Every answer comes back on the GUI thread, later.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from brokerdesk.ui.viewmodels.state import Figures, Query

T = TypeVar("T")


class PortfolioPort(Protocol):
    """The portfolio as the main window uses it."""

    def load(self, query: Query, done: Callable[[Figures], object]) -> None:
        """Read the cache, as far as ``query`` asks for it."""
        ...

    def refresh(self, connection: str) -> None:
        """Ask one broker for new figures, or all with ""; progress comes as events."""
        ...

    def stop(self) -> None:
        """Stop every refresh that runs; what was committed stays."""
        ...

    def act(self, action: str, done: Callable[[], object]) -> None:
        """Carry out a message's action, such as ``accept:<account>``."""
        ...


class Runner(Protocol):
    """Runs a coroutine elsewhere and answers here."""

    def run(
        self,
        name: str,
        make: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
        *,
        policy: Any = None,
    ) -> None: ...
