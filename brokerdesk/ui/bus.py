"""The way from the I/O thread to the GUI thread: one queued signal, nothing else.

Services publish events and finish work on the I/O thread; widgets may only be touched on the GUI
thread. Whatever is handed in here runs there, in order. Knows neither services nor views.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from brokerdesk.domain.events import Event
from brokerdesk.errors import BrokerDeskError, UserCancelled
from brokerdesk.ui.working import working

T = TypeVar("T")


class Submit(Protocol):
    """What the I/O thread offers (``io_thread.IoThread``)."""

    def submit(
        self,
        name: str,
        make: Callable[[], Coroutine[Any, Any, Any]],
        *,
        policy: Any = None,
        on_done: Callable[[Any], None] | None = None,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None: ...


class Bus(QObject):
    """Carries calls and events to the thread that made it.

    Signals:
        published: an event of a service; received on the GUI thread.
    """

    published = Signal(object)
    _arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._arrived.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], object]) -> None:
        """Run ``call`` on the GUI thread, soon. May be called from any thread."""
        if self._open:
            self._arrived.emit(call)

    def publish(self, event: Event) -> None:
        """What services are given as ``publish``. May be called from any thread."""
        self.post(lambda: self.published.emit(event))

    def close(self) -> None:
        """Drop whatever still arrives: the window is gone."""
        self._open = False

    @Slot(object)
    def _run(self, call: Callable[[], object]) -> None:
        if self._open:
            working()
            call()


class IoRunner:
    """Work on the I/O thread whose result comes back on the GUI thread."""

    def __init__(self, io: Submit, bus: Bus, on_problem: Callable[[BaseException], object]) -> None:
        self._io, self._bus, self._on_problem = io, bus, on_problem

    def problem(self, error: BaseException) -> None:
        """Show a failure that nobody else shows. On the GUI thread."""
        self._on_problem(error)

    def run(
        self,
        name: str,
        make: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
        *,
        policy: Any = None,
    ) -> None:
        """Start ``make()``; ``done`` or ``failed`` is called on the GUI thread.

        A defect is reported by whoever runs the work; ``failed`` hears of it as well, so that
        nobody waits for an answer for ever. Work that was cancelled has no answer.
        """
        tell = failed or self._on_problem

        async def told() -> T:
            ended = False
            try:
                result = await make()
                ended = True
            except (BrokerDeskError, UserCancelled, asyncio.CancelledError):
                ended = True
                raise
            finally:
                error = None if ended else sys.exc_info()[1]
                if failed is not None and isinstance(error, Exception):
                    self._bus.post(partial(failed, error))
            return result

        self._io.submit(
            name,
            told,
            policy=policy,
            on_done=None if done is None else lambda value: self._bus.post(lambda: done(value)),
            on_error=lambda error: self._bus.post(lambda: tell(error)),
        )
