"""One thread with a plain asyncio loop: networks, databases and secrets live there.

Keeping them off the GUI's loop leaves it free to paint. This module must not know Qt: callbacks
run on this thread, and whoever shows results moves them to the GUI.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import selectors
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from brokerdesk.tasks import DaemonExecutor, OnBug, OnError, Policy, StoppedError, Supervisor
from brokerdesk.turns import give_way

T = TypeVar("T")
Make = Callable[[], Coroutine[Any, Any, T]]

_log = logging.getLogger(__name__)


class _Polite(selectors.DefaultSelector):
    """Lets the window go first at every turn of the loop."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        give_way()
        return super().select(timeout)


def _loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()  # it has no selector
    return asyncio.SelectorEventLoop(_Polite())


class IoThread:
    """A supervisor on a loop of its own. ``start`` once, ``stop`` once; not restartable.

    Args:
        on_bug: told, on this thread, of every unexpected exception with its task's name.
    """

    def __init__(self, on_bug: OnBug) -> None:
        self._on_bug = on_bug
        self._gate = threading.Lock()
        self._ready = threading.Event()
        self._open = False
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._supervisor: Supervisor | None = None
        # A daemon, so that nothing which hangs in a library can keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="brokerdesk-io", daemon=True)

    def start(self) -> None:
        """Start the thread and wait until its loop takes work.

        Raises:
            StoppedError: it was started before.
        """
        try:
            self._thread.start()
        except RuntimeError as error:
            raise StoppedError("the I/O thread cannot be started twice") from error
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def supervisor(self) -> Supervisor:
        """The supervisor, for code that already runs on this thread."""
        if self._supervisor is None:
            raise StoppedError("the I/O thread has not been started")
        return self._supervisor

    def submit(
        self,
        name: str,
        make: Make[T],
        *,
        policy: Policy | None = None,
        on_done: Callable[[T], None] | None = None,
        on_error: OnError | None = None,
    ) -> None:
        """Run ``make()`` as a supervised task. May be called from any thread.

        ``on_done`` and ``on_error`` run on the I/O thread. What was accepted before ``stop`` is
        begun or cancelled, never forgotten.

        Raises:
            StoppedError: the thread has been stopped or was never started.
        """

        async def work() -> None:
            result = await make()
            if on_done is not None:
                on_done(result)

        def begin() -> None:
            assert self._supervisor is not None
            self._supervisor.spawn(name, work(), policy=policy, on_error=on_error)

        self._schedule(begin, name)

    def cancel(self, name: str) -> None:
        """Ask the tasks of that name to end, without waiting. May be called from any thread."""
        self.submit(f"cancel {name}", lambda: self.supervisor.cancel(name))

    def call(self, make: Make[T], timeout: float | None = None) -> T:
        """Run ``make()`` there and wait here for its result, which may be its exception.

        Raises:
            StoppedError: the thread is stopped, was stopped meanwhile, or was never started.
            TimeoutError: ``timeout`` seconds passed; the task was told to cancel.
            RuntimeError: called on the I/O thread itself, which could only wait for ever.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("call() would wait for its own thread")
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        held: list[asyncio.Task[None] | None] = []

        async def work() -> None:
            try:
                answer.set_result(await make())
            except Exception as error:
                answer.set_exception(error)

        def begin() -> None:
            assert self._supervisor is not None
            task = self._supervisor.spawn("call", work())
            assert task is not None
            held.append(task)
            task.add_done_callback(lambda _: answer.cancel())

        self._schedule(begin, "call")
        try:
            return answer.result(timeout)
        except concurrent.futures.CancelledError as error:
            raise StoppedError("the I/O thread ended before the answer came") from error
        except TimeoutError:
            if not answer.done():
                self._abandon(held)
            raise

    def stop(self, timeout: float = 5.0) -> bool:
        """Cancel every task, end the loop and wait. True: the thread has ended.

        May be called again, and before ``start``. Called on the I/O thread itself it begins the
        end and returns False, because it cannot wait for itself.
        """
        with self._gate:
            if self._open:
                self._open = False
                assert self._loop is not None
                assert self._ending is not None
                self._loop.call_soon_threadsafe(self._ending.set)
        if threading.current_thread() is self._thread:
            return False
        if self._thread.ident is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _schedule(self, begin: Callable[[], None], name: str) -> None:
        # Under the gate, so that everything accepted is queued before the end is.
        with self._gate:
            if not self._open or self._loop is None:
                raise StoppedError(f"{name!r} was handed to an I/O thread that is not running")
            self._loop.call_soon_threadsafe(begin)

    def _abandon(self, held: list[asyncio.Task[None] | None]) -> None:
        def end() -> None:
            for task in held:
                if task is not None:
                    task.cancel()

        with self._gate:
            if self._open and self._loop is not None:
                self._loop.call_soon_threadsafe(end)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop) as runner:
                runner.run(self._serve())
        except Exception as error:
            self._failure = error
            self._on_bug("io thread", error)
        finally:
            with self._gate:
                self._open = False
            self._ready.set()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._lost)
        loop.set_default_executor(DaemonExecutor())
        self._supervisor = Supervisor(self._on_bug)
        self._ending = asyncio.Event()
        with self._gate:
            self._loop = loop
            self._open = True
        self._ready.set()
        await self._ending.wait()
        await self._supervisor.aclose()

    def _lost(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What asyncio itself noticed and nobody awaited."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._on_bug("io loop", error)
        else:
            _log.warning("event loop: %s", context.get("message", "unknown trouble"))
