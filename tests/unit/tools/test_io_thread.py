"""The I/O thread starts, takes work from anywhere, and ends with nothing left."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from brokerdesk.errors import InputError
from brokerdesk.io_thread import IoThread
from brokerdesk.tasks import Policy, StoppedError

LONG = 10.0


class Bugs:
    def __init__(self) -> None:
        self.seen: list[tuple[str, BaseException]] = []
        self.came = threading.Event()

    def __call__(self, name: str, error: BaseException) -> None:
        self.seen.append((name, error))
        self.came.set()

    def wait_for(self, count: int) -> None:
        """Wait until that many were told."""
        while len(self.seen) < count:
            self.came.clear()
            if len(self.seen) < count:
                assert self.came.wait(LONG), f"told of {self.seen} only"


@pytest.fixture
def bugs() -> Bugs:
    return Bugs()


@pytest.fixture
def thread(bugs: Bugs) -> Iterator[IoThread]:
    made = IoThread(bugs)
    made.start()
    yield made
    assert made.stop(LONG)
    assert not made._thread.is_alive()


async def give(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def fail(error: Exception) -> None:
    await asyncio.sleep(0)
    raise error


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_results_come_on_the_io_thread(thread: IoThread) -> None:
    got: list[tuple[str, str]] = []
    came = threading.Event()

    def done(value: str) -> None:
        got.append((value, threading.current_thread().name))
        came.set()

    thread.submit("x", lambda: give("a"), on_done=done)
    assert came.wait(LONG)
    assert got == [("a", "brokerdesk-io")]


def test_known_errors_come_to_their_handler_and_bugs_to_theirs(
    thread: IoThread, bugs: Bugs
) -> None:
    errors: list[BaseException] = []
    came = threading.Event()

    def on_error(error: BaseException) -> None:
        errors.append(error)
        came.set()

    thread.submit("x", lambda: fail(InputError("", "No.")), on_error=on_error)
    assert came.wait(LONG)
    thread.submit("y", lambda: fail(ZeroDivisionError()), on_error=on_error)
    assert bugs.came.wait(LONG)
    assert [type(error) for error in errors] == [InputError]
    assert [(name, type(error)) for name, error in bugs.seen] == [("y", ZeroDivisionError)]


def test_a_factory_or_callback_that_fails_is_a_bug_and_the_thread_lives(
    thread: IoThread, bugs: Bugs
) -> None:
    def broken_factory() -> None:
        raise LookupError("factory")

    thread.submit("f", broken_factory)  # type: ignore[arg-type]

    def broken_callback(_: str) -> None:
        raise ArithmeticError("callback")

    thread.submit("c", lambda: give("a"), on_done=broken_callback)
    assert thread.call(lambda: give("still here"), LONG) == "still here"
    bugs.wait_for(2)
    assert {(name, type(error)) for name, error in bugs.seen} == {
        ("f", LookupError),
        ("c", ArithmeticError),
    }


def test_exceptions_of_bare_callbacks_on_the_loop_are_told(thread: IoThread, bugs: Bugs) -> None:
    async def plant() -> None:
        def later() -> None:
            raise ZeroDivisionError

        asyncio.get_running_loop().call_soon(later)

    thread.call(plant, LONG)
    assert bugs.came.wait(LONG)
    assert bugs.seen[0][0] == "io loop"


def test_skipped_work_is_not_even_made(thread: IoThread) -> None:
    made: list[str] = []

    def make() -> object:
        made.append("made")
        return for_ever()

    thread.submit("x", for_ever, policy=Policy.SKIP_IF_RUNNING)
    thread.submit("x", make, policy=Policy.SKIP_IF_RUNNING)  # type: ignore[arg-type]
    assert thread.call(lambda: give("later"), LONG) == "later"
    assert made == []


def test_the_newest_wins(thread: IoThread) -> None:
    came = threading.Event()
    thread.submit("x", for_ever, policy=Policy.NEWEST_WINS)
    thread.submit("x", lambda: give("b"), policy=Policy.NEWEST_WINS, on_done=lambda _: came.set())
    assert came.wait(LONG)


def test_cancelling_by_name_from_another_thread(thread: IoThread, bugs: Bugs) -> None:
    ended = threading.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    thread.submit("x", work)
    thread.call(lambda: give("begun"), LONG)
    thread.cancel("x")
    assert ended.wait(LONG)
    assert bugs.seen == []


def test_calling_returns_the_result_or_raises_the_exception(thread: IoThread, bugs: Bugs) -> None:
    assert thread.call(lambda: give("a"), LONG) == "a"
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: fail(ZeroDivisionError()), LONG)
    assert bugs.seen == [], "the caller was told"


def test_a_call_that_takes_too_long_is_cancelled(thread: IoThread) -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        thread.call(slow, 0.02)
    assert ended.wait(LONG)


def test_a_timeout_of_the_work_itself_is_just_its_exception(thread: IoThread) -> None:
    with pytest.raises(TimeoutError, match="inner"):
        thread.call(lambda: fail(TimeoutError("inner")), LONG)


def test_calling_from_the_io_thread_is_refused_instead_of_hanging(thread: IoThread) -> None:
    async def nested() -> str:
        return thread.call(lambda: give("never"))

    with pytest.raises(RuntimeError, match="own thread"):
        thread.call(nested, LONG)


def test_nothing_is_taken_before_the_start(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    with pytest.raises(StoppedError, match="'x' was handed"):
        thread.submit("x", for_ever)
    with pytest.raises(StoppedError):
        thread.call(for_ever)
    with pytest.raises(StoppedError):
        _ = thread.supervisor
    assert thread.stop()


def test_nothing_is_taken_after_the_end(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    assert thread.stop(LONG)
    assert thread.stop(LONG)
    with pytest.raises(StoppedError, match="not running"):
        thread.submit("x", for_ever)
    with pytest.raises(StoppedError):
        thread.call(for_ever)
    with pytest.raises(StoppedError):
        thread.cancel("x")
    with pytest.raises(StoppedError, match="twice"):
        thread.start()


def test_stopping_cancels_everything_and_waits_for_it(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    ended: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    for number in range(10):
        thread.submit(f"t{number}", lambda number=number: work(number))  # type: ignore[misc]
    thread.call(lambda: give("begun"), LONG)
    assert thread.stop(LONG)
    assert sorted(ended) == list(range(10))
    assert bugs.seen == []


def test_what_was_accepted_before_the_end_is_begun_or_cancelled(bugs: Bugs) -> None:
    for _ in range(30):
        thread = IoThread(bugs)
        thread.start()
        finished: list[int] = []

        async def instant(number: int, finished: list[int] = finished) -> None:
            finished.append(number)

        accepted = 0
        for number in range(20):
            thread.submit("t", lambda number=number: instant(number))  # type: ignore[misc]
            accepted += 1
        assert thread.stop(LONG)
        # One step each, queued before the end was: none can be lost.
        assert finished == list(range(accepted))
    assert bugs.seen == []


def test_a_call_is_answered_even_when_the_thread_ends(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    begun = threading.Event()
    answers: list[BaseException] = []

    async def slow() -> None:
        begun.set()
        await asyncio.Event().wait()

    def caller() -> None:
        try:
            thread.call(slow, LONG)
        except StoppedError as error:
            answers.append(error)

    waiting = threading.Thread(target=caller)
    waiting.start()
    assert begun.wait(LONG)
    assert thread.stop(LONG)
    waiting.join(LONG)
    assert "ended before" in str(answers[0])


def test_submitting_while_stopping_is_taken_or_refused(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    outcome: list[str] = []

    def hammer() -> None:
        while True:
            try:
                thread.submit("x", lambda: give("a"))
            except StoppedError:
                outcome.append("refused")
                return

    hammering = [threading.Thread(target=hammer) for _ in range(4)]
    for each in hammering:
        each.start()
    assert thread.stop(LONG)
    for each in hammering:
        each.join(LONG)
    assert outcome == ["refused"] * 4
    assert bugs.seen == []


def test_stopping_from_the_io_thread_itself_begins_the_end(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    answers: list[bool] = []

    async def end() -> None:
        answers.append(thread.stop())

    thread.submit("end", end)
    assert thread.stop(LONG)
    assert answers == [False]


def test_a_task_that_will_not_end_is_reported_and_keeps_nobody(bugs: Bugs) -> None:
    thread = IoThread(bugs)
    thread.start()
    release = threading.Event()

    async def stubborn() -> None:
        release.wait()

    thread.submit("stubborn", stubborn)
    assert thread.stop(0.02) is False
    release.set()
    assert thread.stop(LONG)


def test_a_hung_io_thread_does_not_keep_the_interpreter_from_ending() -> None:
    code = (
        "import threading, brokerdesk.io_thread as io\n"
        "t = io.IoThread(lambda n, e: None); t.start()\n"
        "begun = threading.Event()\n"
        "async def hang():\n    begun.set(); threading.Event().wait()\n"
        "t.submit('hang', hang); begun.wait(10)\n"
        "assert t.stop(0.05) is False\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_a_name_server_that_does_not_answer_does_not_keep_the_interpreter_from_ending() -> None:
    code = (
        "import asyncio, socket, threading, brokerdesk.io_thread as io\n"
        "begun = threading.Event()\n"
        "def hang(*args, **more):\n    begun.set(); threading.Event().wait()\n"
        "socket.getaddrinfo = hang\n"
        "t = io.IoThread(lambda n, e: None); t.start()\n"
        "async def ask():\n"
        "    await asyncio.get_running_loop().getaddrinfo('broker.example', 443)\n"
        "t.submit('ask', ask); begun.wait(10)\n"
        "assert t.stop(10) is True\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
