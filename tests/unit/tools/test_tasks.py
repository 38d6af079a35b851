"""The supervisor loses no exception, no task and no coroutine."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Coroutine
from typing import Any

import pytest

from brokerdesk.errors import InputError, UserCancelled
from brokerdesk.tasks import DaemonExecutor, Policy, StoppedError, Supervisor, run_blocking


class Told:
    def __init__(self) -> None:
        self.bugs: list[tuple[str, BaseException]] = []
        self.errors: list[BaseException] = []

    def bug(self, name: str, error: BaseException) -> None:
        self.bugs.append((name, error))

    def error(self, error: BaseException) -> None:
        self.errors.append(error)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def supervisor(told: Told) -> Supervisor:
    return Supervisor(told.bug)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def fails(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


class Worker:
    """Coroutines that note what happened to them."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.gate = asyncio.Event()

    async def work(self, name: str, unwinding: int = 0) -> str:
        self.notes.append(f"{name} began")
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            for _ in range(unwinding):
                await asyncio.sleep(0)
            self.notes.append(f"{name} ended")
            raise
        self.notes.append(f"{name} done")
        return name


async def test_a_bug_is_told_with_the_tasks_name(supervisor: Supervisor, told: Told) -> None:
    bug = ZeroDivisionError("oops")
    supervisor.spawn("refresh:1", fails(bug), on_error=told.error)
    await settle()
    assert told.bugs == [("refresh:1", bug)]
    assert told.errors == []
    assert not supervisor.running("refresh:1")


async def test_a_known_error_goes_to_its_handler(supervisor: Supervisor, told: Told) -> None:
    known = InputError("key", "No.")
    supervisor.spawn("x", fails(known), on_error=told.error)
    await settle()
    assert told.errors == [known]
    assert told.bugs == []


async def test_a_known_error_without_handler_is_told_as_well(
    supervisor: Supervisor, told: Told
) -> None:
    known = InputError("key", "No.")
    supervisor.spawn("x", fails(known))
    await settle()
    assert told.bugs == [("x", known)]


@pytest.mark.parametrize("silent", [UserCancelled(), asyncio.CancelledError()])
async def test_stopping_is_silent(
    supervisor: Supervisor, told: Told, silent: BaseException
) -> None:
    supervisor.spawn("x", fails(silent), on_error=told.error)
    await settle()
    assert told.bugs == []
    assert told.errors == []
    assert supervisor.names == ()


async def test_errors_inside_a_task_group_are_known_for_what_they_are(
    supervisor: Supervisor, told: Told
) -> None:
    known = InputError("key", "No.")
    supervisor.spawn("x", fails(BaseExceptionGroup("one", [known])), on_error=told.error)
    supervisor.spawn("y", fails(BaseExceptionGroup("one", [UserCancelled()])))
    both = BaseExceptionGroup("two", [known, ValueError("bug")])
    supervisor.spawn("z", fails(both), on_error=told.error)
    await settle()
    assert told.errors == [known]
    assert told.bugs == [("z", both)]


async def test_whoever_awaits_gets_result_or_exception(supervisor: Supervisor, told: Told) -> None:
    worker = Worker()
    worker.gate.set()
    task = supervisor.spawn("x", worker.work("a"))
    assert task is not None
    assert await task == "a"
    failing = supervisor.spawn("x", fails(ValueError("no")))
    assert failing is not None
    with pytest.raises(ValueError, match="no"):
        await failing
    await settle()
    assert len(told.bugs) == 1


async def test_a_broken_handler_is_a_bug(supervisor: Supervisor, told: Told) -> None:
    def broken(_: BaseException) -> None:
        raise RuntimeError("handler")

    supervisor.spawn("x", fails(InputError("", "No.")), on_error=broken)
    await settle()
    assert [type(error) for _, error in told.bugs] == [RuntimeError]


@pytest.mark.allow_warnings("could not be told")
async def test_a_broken_bug_handler_ends_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(name: str, error: BaseException) -> None:
        raise RuntimeError("handler")

    supervisor = Supervisor(broken)
    supervisor.spawn("x", fails(ValueError("no")))
    await settle()
    assert "could not be told" in caplog.text


async def test_newest_wins_and_waits_for_the_older_to_end(supervisor: Supervisor) -> None:
    worker = Worker()
    supervisor.spawn("r", worker.work("a", unwinding=5), policy=Policy.NEWEST_WINS)
    await settle()
    supervisor.spawn("r", worker.work("b"), policy=Policy.NEWEST_WINS)
    await settle()
    assert worker.notes == ["a began", "a ended", "b began"]
    await supervisor.aclose()


async def test_of_three_in_a_row_the_middle_one_never_begins(supervisor: Supervisor) -> None:
    worker = Worker()
    supervisor.spawn("r", worker.work("a", unwinding=5), policy=Policy.NEWEST_WINS)
    await settle()
    supervisor.spawn("r", worker.work("b"), policy=Policy.NEWEST_WINS)
    supervisor.spawn("r", worker.work("c"), policy=Policy.NEWEST_WINS)
    await settle()
    await settle()
    assert worker.notes == ["a began", "a ended", "c began"]
    await supervisor.aclose()


async def test_a_replaced_tasks_failure_while_ending_is_still_told(
    supervisor: Supervisor, told: Told
) -> None:
    async def bad_ending() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while ending")

    supervisor.spawn("r", bad_ending())
    await settle()
    supervisor.spawn("r", asyncio.sleep(0), policy=Policy.NEWEST_WINS)
    await settle()
    assert [str(error) for _, error in told.bugs] == ["while ending"]


async def test_skipping_leaves_the_older_alone_and_closes_the_newer(
    supervisor: Supervisor,
) -> None:
    worker = Worker()
    supervisor.spawn("r", worker.work("a"), policy=Policy.SKIP_IF_RUNNING)
    await settle()
    assert supervisor.spawn("r", worker.work("b"), policy=Policy.SKIP_IF_RUNNING) is None
    worker.gate.set()
    await settle()
    assert worker.notes == ["a began", "a done"]
    assert supervisor.spawn("r", worker.work("c"), policy=Policy.SKIP_IF_RUNNING) is not None
    await settle()


async def test_without_a_policy_both_run(supervisor: Supervisor) -> None:
    worker = Worker()
    supervisor.spawn("r", worker.work("a"))
    supervisor.spawn("r", worker.work("b"))
    await settle()
    assert worker.notes == ["a began", "b began"]
    await supervisor.cancel("r")
    assert not supervisor.running("r")


async def test_cancelling_waits_for_the_end_and_for_that_name_alone(
    supervisor: Supervisor,
) -> None:
    worker = Worker()
    supervisor.spawn("a", worker.work("a", unwinding=5))
    supervisor.spawn("b", worker.work("b"))
    await settle()
    await supervisor.cancel("a")
    assert worker.notes[-1] == "a ended"
    assert supervisor.names == ("b",)
    await supervisor.cancel("unknown")
    await supervisor.aclose()


async def test_closing_leaves_no_task_and_takes_none(supervisor: Supervisor) -> None:
    before = asyncio.all_tasks()
    worker = Worker()
    for number in range(20):
        supervisor.spawn(f"t{number}", worker.work(str(number), unwinding=number))
    await settle()
    await supervisor.aclose()
    assert asyncio.all_tasks() == before
    assert supervisor.names == ()
    late = worker.work("late")
    with pytest.raises(StoppedError, match="'late' came after the end"):
        supervisor.spawn("late", late)
    await supervisor.aclose()


async def test_a_task_may_close_its_own_supervisor(supervisor: Supervisor) -> None:
    worker = Worker()
    supervisor.spawn("other", worker.work("other"))
    closing = supervisor.spawn("closing", supervisor.aclose())
    assert closing is not None
    await asyncio.wait_for(closing, 5)
    assert not supervisor.running("other")


async def test_a_task_may_cancel_its_own_name(supervisor: Supervisor, told: Told) -> None:
    task = supervisor.spawn("me", supervisor.cancel("me"))
    assert task is not None
    await asyncio.wait_for(task, 5)
    assert told.bugs == []


async def test_what_never_began_is_closed_without_a_warning(supervisor: Supervisor) -> None:
    worker = Worker()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        supervisor.spawn("a", worker.work("a"), policy=Policy.NEWEST_WINS)
        supervisor.spawn("a", worker.work("b"), policy=Policy.NEWEST_WINS)
        await supervisor.aclose()
        with pytest.raises(StoppedError):
            supervisor.spawn("c", worker.work("c"))
        gc.collect()
    assert worker.notes == []
    assert caught == []


async def test_nothing_is_remembered_of_tasks_that_ended(supervisor: Supervisor) -> None:
    for number in range(100):
        supervisor.spawn(f"t{number}", asyncio.sleep(0))
    await settle()
    assert supervisor._tasks == {}


# -- run_blocking ---------------------------------------------------------------------------------
def blocked(gate: threading.Event, result: str = "done") -> str:
    gate.wait()
    return result


async def test_blocking_work_leaves_the_loop_free() -> None:
    gate = threading.Event()

    async def open_later() -> None:
        gate.set()

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(run_blocking("brokerdesk-test", lambda: blocked(gate)))
        group.create_task(open_later())
    assert waiting.result() == "done"


async def test_blocking_work_is_given_up_in_time_and_its_late_answer_dropped() -> None:
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        await run_blocking("brokerdesk-test", lambda: blocked(gate), within=0.01)
    gate.set()
    await settle()


async def test_blocking_work_raises_its_own_exception_or_the_translated_one() -> None:
    def fail() -> None:
        raise KeyError("foreign")

    with pytest.raises(KeyError):
        await run_blocking("brokerdesk-test", fail)
    with pytest.raises(InputError, match="Ours") as caught:
        await run_blocking("brokerdesk-test", fail, translate=lambda _: InputError("", "Ours."))
    assert isinstance(caught.value.__cause__, KeyError)


async def test_a_translation_that_fails_is_what_is_raised() -> None:
    def fail() -> None:
        raise KeyError("foreign")

    def broken(_: Exception) -> BaseException:
        raise LookupError("translation")

    with pytest.raises(LookupError, match="translation"):
        await asyncio.wait_for(run_blocking("brokerdesk-test", fail, translate=broken), 5)


async def test_a_thread_that_stops_iteration_is_no_hang() -> None:
    def stop() -> None:
        raise StopIteration

    with pytest.raises(RuntimeError):
        await asyncio.wait_for(run_blocking("brokerdesk-test", stop), 5)


async def test_work_to_the_end_outlives_its_cancelled_caller() -> None:
    gate = threading.Event()
    ended: list[str] = []

    def work() -> None:
        gate.wait()
        ended.append("work")

    async def caller() -> None:
        try:
            await run_blocking("brokerdesk-test", work, to_the_end=True)
        finally:
            ended.append("caller")

    supervisor = Supervisor(lambda *_: None)
    task = supervisor.spawn("caller", caller())
    assert task is not None
    await settle()
    task.cancel()
    await settle()
    task.cancel()
    await settle()
    assert ended == []
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["work", "caller"]


async def test_a_cancelled_caller_without_that_promise_leaves_at_once() -> None:
    gate = threading.Event()
    work: Coroutine[Any, Any, str] = run_blocking("brokerdesk-test", lambda: blocked(gate))
    task = Supervisor(lambda *_: None).spawn("x", work)
    assert task is not None
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    gate.set()


async def test_the_daemon_executor_gives_results_exceptions_and_cancellations() -> None:
    executor = DaemonExecutor()
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(executor, lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(executor, lambda: 1 / 0)
    assert await loop.run_in_executor(executor, lambda: threading.current_thread().daemon)
    executor.shutdown()
