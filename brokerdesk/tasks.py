"""The only place that creates asyncio tasks, so that no exception is ever lost.

A bare ``create_task`` keeps its exception to itself until garbage collection. Here every task has
a name and somebody who is told when it fails. ``run_blocking`` is for calls that may hang. It must
not know what the tasks do, nor Qt.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable
from enum import StrEnum
from typing import Any, TypeVar, cast

from brokerdesk.errors import BrokerDeskError, UserCancelled

T = TypeVar("T")
OnBug = Callable[[str, BaseException], None]
OnError = Callable[[BaseException], None]

_log = logging.getLogger(__name__)


class Policy(StrEnum):
    """What happens when a task of the same name is still running. Without one, both run."""

    NEWEST_WINS = "newest_wins"
    """The older is cancelled, and has ended before the newer begins."""
    SKIP_IF_RUNNING = "skip_if_running"
    """The newer is not begun."""


class StoppedError(RuntimeError):
    """Work was handed to a supervisor or thread that has ended or never began."""


class Supervisor:
    """Named tasks of one event loop. Used from that loop's thread alone.

    Args:
        on_bug: called with the task's name and the exception for every failure that nobody else is
            told about.
    """

    def __init__(self, on_bug: OnBug) -> None:
        self._on_bug = on_bug
        self._tasks: dict[str, set[asyncio.Task[Any]]] = {}
        self._closed = False

    def spawn(
        self,
        name: str,
        coro: Coroutine[Any, Any, T],
        *,
        policy: Policy | None = None,
        on_error: OnError | None = None,
    ) -> asyncio.Task[T] | None:
        """Run ``coro`` as a task. None: skipped, and ``coro`` was closed.

        A ``BrokerDeskError`` goes to ``on_error`` (without one, to ``on_bug``), every other
        exception to ``on_bug``; cancellation and ``UserCancelled`` are silent. Whoever awaits the
        task sees the exception as well.

        Raises:
            StoppedError: the supervisor is closed; ``coro`` was closed.
        """
        if self._closed:
            coro.close()
            raise StoppedError(f"task {name!r} came after the end")
        older = self._live(name)
        if older and policy is Policy.SKIP_IF_RUNNING:
            coro.close()
            return None
        runner = _after(older, coro) if older and policy is Policy.NEWEST_WINS else coro
        task: asyncio.Task[T] = asyncio.get_running_loop().create_task(runner, name=name)
        self._tasks.setdefault(name, set()).add(task)

        def finished(ended: asyncio.Task[T]) -> None:
            coro.close()  # a task cancelled before its first step never awaited it
            self._forget(name, ended)
            self._report(name, ended, on_error)

        task.add_done_callback(finished)
        return task

    def running(self, name: str) -> bool:
        """Whether any task of that name has not ended."""
        return bool(self._live(name))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tasks that have not ended, sorted."""
        return tuple(sorted(name for name in self._tasks if self._live(name)))

    async def cancel(self, name: str) -> None:
        """Cancel the tasks of that name and wait until they have ended."""
        await _cancel(self._live(name))

    async def aclose(self) -> None:
        """Cancel everything and wait for it. Nothing can be spawned afterwards.

        A task that closes its own supervisor is left to end by itself.
        """
        self._closed = True
        while live := {task for name in self._tasks for task in self._live(name)} - _current():
            await _cancel(live)

    def _live(self, name: str) -> set[asyncio.Task[Any]]:
        return {task for task in self._tasks.get(name, ()) if not task.done()}

    def _forget(self, name: str, task: asyncio.Task[Any]) -> None:
        tasks = self._tasks.get(name, set())
        tasks.discard(task)
        if not tasks:
            self._tasks.pop(name, None)

    def _report(self, name: str, task: asyncio.Task[Any], on_error: OnError | None) -> None:
        if task.cancelled():
            return
        error = _plain(task.exception())
        if error is None or isinstance(error, UserCancelled):
            return
        if not isinstance(error, Exception):
            return  # KeyboardInterrupt and SystemExit already left through the loop
        try:
            if on_error is not None and isinstance(error, BrokerDeskError):
                on_error(error)
            else:
                self._on_bug(name, error)
        except Exception as broken:
            self._handler_failed(name, broken)

    def _handler_failed(self, name: str, broken: Exception) -> None:
        try:
            self._on_bug(name, broken)
        except Exception:
            _log.exception("the failure of task %r could not be told", name)


async def _after(older: set[asyncio.Task[Any]], coro: Coroutine[Any, Any, T]) -> T:
    await _cancel(older)
    return await coro


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    others = set(tasks) - _current()
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)


def _current() -> set[asyncio.Task[Any]]:
    current = asyncio.current_task()
    return set() if current is None else {current}


def _plain(error: BaseException | None) -> BaseException | None:
    """The one failure inside task groups that wrapped nothing else."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


class DaemonExecutor(concurrent.futures.ThreadPoolExecutor):
    """A loop's default executor whose threads nobody waits for at the end.

    asyncio itself resolves host names in it, and a name server that does not answer would keep the
    program from ending: the threads of the standard executor are joined by the interpreter.
    """

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[Any]:
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def run() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(fn(*args, **kwargs))
            except BaseException as error:
                answer.set_exception(error)

        threading.Thread(target=run, name="brokerdesk-default", daemon=True).start()
        return answer


async def run_blocking(
    thread_name: str,
    work: Callable[[], T],
    *,
    within: float | None = None,
    translate: Callable[[Exception], BaseException] | None = None,
    to_the_end: bool = False,
) -> T:
    """Run ``work`` in a daemon thread of its own, so that its hanging blocks neither loop nor exit.

    An executor's threads are joined when the interpreter ends; a keychain that never answers would
    keep the program from ending. ``translate`` turns any exception of a foreign library into ours.
    With ``to_the_end`` (which knows no limit) a cancelled caller still waits until ``work`` has
    ended, so that what must not overlap with it (a lock that is released next) does not.

    Raises:
        TimeoutError: ``within`` seconds passed; ``work`` goes on and its outcome is dropped.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if outcome.done():
            return
        if error is None:
            outcome.set_result(cast("T", result))
        else:
            outcome.set_exception(error)

    def run() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except Exception as error:
            failure = _told(error, translate)
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(deliver, result, failure)

    threading.Thread(target=run, name=thread_name, daemon=True).start()
    if to_the_end:
        return await _ended(outcome)
    async with asyncio.timeout(within):
        return await outcome


def _told(
    error: Exception, translate: Callable[[Exception], BaseException] | None
) -> BaseException:
    try:
        told = translate(error) if translate is not None else error
    except Exception as broken:
        told = broken
    if isinstance(told, StopIteration):  # no future takes it
        told = RuntimeError("blocking work raised StopIteration")
    if told is not error:
        told.__cause__ = error
    return told


async def _ended(outcome: asyncio.Future[T]) -> T:
    cancelled: asyncio.CancelledError | None = None
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        outcome.exception()  # seen; the cancellation is what the caller hears
        raise cancelled
    return outcome.result()
