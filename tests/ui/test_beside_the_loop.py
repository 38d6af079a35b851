"""Large pictures are made beside the I/O loop, which goes on with everything else meanwhile."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.clock import FakeClock
from support.db import ACCOUNT, NOON, add_accounts, make_position, make_reading, minutes, opened

from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.db.start_text import read_start_text
from brokerdesk.io_thread import IoThread
from brokerdesk.services.container import Services
from brokerdesk.services.portfolio import PortfolioReader, PortfolioService
from brokerdesk.settings import Settings
from brokerdesk.ui import bulk, heap, picturing, start_keeping
from brokerdesk.ui.bus import IoRunner
from brokerdesk.ui.gateway import TAKEN_OVER_SECONDS, PortfolioGateway
from brokerdesk.ui.start import first_figures
from brokerdesk.ui.start_keeping import MOST_SECONDS, QUIET_SECONDS
from brokerdesk.ui.viewmodels.state import Figures, Query

HELP = 60.0
"""Nothing waits so long unless the program is broken."""


class Gate:
    """Stands before a function: who calls it waits until ``open``."""

    def __init__(self, inner: Callable[..., Any]) -> None:
        self._inner = inner
        self.reached, self.open = threading.Event(), threading.Event()
        self.calls: list[int] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append(threading.get_ident())
        self.reached.set()
        assert self.open.wait(HELP)
        return self._inner(*args, **kwargs)


class Few(SimpleNamespace):
    """The services that a picture is made with; the rest would only take time."""

    refreshes = Services.refreshes


class House:
    """A gateway over a real file, a real loop and a clock that a test moves."""

    def __init__(self, database: Database, clock: FakeClock) -> None:
        self.bugs: list[BaseException] = []
        self.shown: list[Figures] = []
        self.came = threading.Event()
        self.database, self.clock = database, clock
        self.io = IoThread(lambda _name, error: self.bugs.append(error))
        self.io.start()
        reader = PortfolioReader(clock=clock, specs=spec, settings=Settings)
        services = Few(
            database=database,
            clock=clock,
            portfolio=PortfolioService(database=database, reader=reader),
            supervisor=self.io.supervisor,
        )
        here: Any = SimpleNamespace(post=lambda call: call())
        self.gateway = PortfolioGateway(
            SimpleNamespace(services=services),  # type: ignore[arg-type]
            IoRunner(self.io, here, self.bugs.append),
            load_failed=lambda: None,
        )

    def load(self) -> None:
        self.came.clear()
        self.gateway.load(Query(positions=True), self._done)

    def loaded(self) -> Figures:
        """Load, and wait for it."""
        self.load()
        assert self.came.wait(HELP)
        return self.shown[-1]

    def _done(self, found: Figures) -> None:
        self.shown.append(found)
        self.came.set()

    def loop(self) -> int:
        """The loop's thread, as the loop itself answers."""

        async def answer() -> int:
            return threading.get_ident()

        return self.io.call(answer, HELP)

    def advance(self, seconds: float) -> None:
        self.io.call(lambda: self.clock.advance(seconds), HELP)

    def ended(self, name: str) -> None:
        """Wait until no task of that name is at work."""

        async def wait() -> None:
            while live := self.io.supervisor._live(name):
                await asyncio.wait(live)

        self.io.call(wait, HELP)

    def until(self, told: Callable[[], bool], *, each: float) -> None:
        """Let ``each`` seconds go by, again and again, until it is so."""

        async def wait() -> None:
            while not told():
                await self.clock.advance(each)
                await asyncio.sleep(0.002)

        self.io.call(wait, HELP)

    def cancel(self, name: str) -> None:
        self.io.call(lambda: self.io.supervisor.cancel(name), HELP)

    def store(self, number: int, held: int = 1) -> None:
        """A newer answer of the broker; with each number another one."""
        at = NOON + minutes(number)
        positions = tuple(make_position(f"S{one}", str(number + 1)) for one in range(held))
        reading = make_reading(ACCOUNT, at, positions=positions, worth=str(1000 + number))
        self.database.run_sync(lambda work: work.snapshots.store(reading))

    def picture(self) -> str | None:
        return read_start_text(self.database.path)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = FakeClock(NOON + minutes(30))
    with opened(tmp_path, clock=clock) as database:
        database.run_sync(add_accounts)
        made = House(database, clock)
        made.store(1)
        try:
            yield made
        finally:
            made.io.stop(HELP)
            nothing_left()
        assert not made.bugs


def nothing_left() -> None:
    """Wait for work that nobody else waits for any more."""
    with bulk._turn:
        pass


def put_before(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> Gate:
    gate = Gate(getattr(module, name))
    monkeypatch.setattr(module, name, gate)
    return gate


# loading


def test_the_loop_answers_while_rows_are_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, picturing, "figures")
    house.load()
    assert gate.reached.wait(HELP)
    assert house.loop() not in gate.calls, "rows are made on the loop's own thread"
    assert not house.shown
    gate.open.set()
    assert house.came.wait(HELP)
    assert [row.symbol for row in house.shown[0].positions] == ["S0"]


def test_a_load_that_is_cancelled_is_shown_to_nobody_and_the_next_one_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, picturing, "figures")
    house.load()
    assert gate.reached.wait(HELP)
    house.cancel("window:load")
    gate.open.set()
    found = house.loaded()
    assert house.shown == [found]
    assert found.held == 1
    nothing_left()
    assert gc.isenabled(), "the search for garbage rests for ever"
    gc.unfreeze()


def test_a_window_closed_while_rows_are_made_ends_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, picturing, "figures")
    house.load()
    assert gate.reached.wait(HELP)
    assert house.io.stop(HELP), "the end waits for rows that nobody will see"
    gate.open.set()
    nothing_left()
    assert not house.shown
    assert gc.isenabled()


def test_rows_that_were_replaced_are_let_go_when_the_window_has_the_new_ones(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[int] = []
    inner = bulk.let_go

    def let_go(rows: list[Any]) -> list[Any]:
        freed.append(len(rows))
        return inner(rows)

    many = picturing.FEW + 20
    house.store(2, many)
    before = house.loaded()
    house.store(3, many)
    after = house.loaded()
    assert not {id(row) for row in before.positions} & {id(row) for row in after.positions}
    pictures = house.gateway._pictures
    assert list(map(id, pictures.replaced)) == list(map(id, before.positions))
    monkeypatch.setattr(picturing, "let_go", let_go)
    house.until(lambda: len(freed) > 1, each=TAKEN_OVER_SECONDS)
    assert set(freed) == {many}, "they are shown still"
    del before
    house.until(lambda: not pictures.replaced, each=TAKEN_OVER_SECONDS)
    house.ended("window:let-go")
    same = house.loaded()
    assert same.positions is after.positions
    assert not house.gateway._pictures.replaced


# the first picture of the next start


def test_the_loop_answers_while_a_picture_is_packed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, start_keeping, "pack_figures")
    found = house.loaded()
    house.advance(QUIET_SECONDS)
    assert gate.reached.wait(HELP)
    assert house.loop() not in gate.calls
    gate.open.set()
    house.ended("window:keep-start")
    packed = first_figures(house.database.path, house.clock.now())
    assert packed.totals == found.totals
    assert not packed.complete


def test_a_window_closed_while_a_picture_is_packed_writes_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, start_keeping, "pack_figures")
    house.loaded()
    house.advance(QUIET_SECONDS)
    assert gate.reached.wait(HELP)
    assert house.io.stop(HELP)
    gate.open.set()
    nothing_left()
    assert house.picture() is None
    assert first_figures(house.database.path, house.clock.now()).held == 1, "read anew"


def refreshing(house: House) -> asyncio.Event:
    """A round of a connection, until the event says that it ended."""
    end = asyncio.Event()

    async def begin() -> None:
        house.io.supervisor.spawn("refresh:fake-00000001", end.wait())

    house.io.call(begin, HELP)
    return end


def test_of_all_that_is_read_in_a_refresh_one_picture_is_kept_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = put_before(monkeypatch, start_keeping, "pack_figures")
    gate.open.set()
    end = refreshing(house)
    for number in range(2, 6):
        house.store(number)
        house.loaded()
        house.advance(3 * QUIET_SECONDS)
    assert not gate.calls
    assert house.picture() is None

    async def over() -> None:
        end.set()

    house.io.call(over, HELP)
    house.ended("refresh:fake-00000001")
    last = house.loaded()
    house.advance(QUIET_SECONDS)
    house.ended("window:keep-start")
    assert len(gate.calls) == 1
    packed = first_figures(house.database.path, house.clock.now())
    assert (packed.totals, packed.complete) == (last.totals, False)


def test_a_refresh_that_never_ends_keeps_no_start_waiting_for_ever(house: House) -> None:
    refreshing(house)
    for _ in range(4):  # each reading begins the wait anew, and still it ends
        house.loaded()
        house.advance(MOST_SECONDS / 4)
    house.advance(2 * QUIET_SECONDS)
    house.ended("window:keep-start")
    assert house.picture() is not None


def test_a_program_killed_in_a_refresh_starts_with_what_was_stored_last(house: House) -> None:
    house.loaded()
    house.advance(QUIET_SECONDS)
    house.ended("window:keep-start")
    assert house.picture() is not None
    refreshing(house)
    house.store(2)
    assert house.picture() is None, "the older picture would show older figures"
    house.loaded()
    house.advance(QUIET_SECONDS)
    assert house.picture() is None
    found = first_figures(house.database.path, house.clock.now())
    assert [total.value for total in found.totals] == [1002]


# one at a time


def test_bulk_work_runs_one_piece_at_a_time_and_not_for_those_who_left() -> None:
    reached, go = threading.Event(), threading.Event()
    began: list[str] = []

    def work(name: str) -> str:
        began.append(name)
        if name == "first":
            reached.set()
            assert go.wait(HELP)
        return name

    async def run() -> None:
        run_one: Callable[[str], asyncio.Task[str]] = lambda name: asyncio.ensure_future(  # noqa: E731
            bulk.run_bulk(name, partial(work, name))
        )
        first = run_one("first")
        await asyncio.to_thread(reached.wait, HELP)
        second, third = run_one("second"), run_one("third")
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait({second})
        assert second.cancelled(), "who is cancelled waits for its turn"
        assert began == ["first"]
        go.set()
        assert [await first, await third] == ["first", "third"]

    asyncio.run(run())
    nothing_left()
    assert began == ["first", "third"]


def test_what_nobody_else_holds_is_let_go_one_by_one_and_the_rest_is_told() -> None:
    class Row:
        freed: list[int] = []  # noqa: RUF012

        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            self.freed.append(self.number)

    shown = [Row(number) for number in (100, 101)]
    rows = [*map(Row, range(3)), *shown, shown[0], *map(Row, range(3, 6))]
    held = bulk.let_go(rows)
    assert not rows
    assert Row.freed == [5, 4, 3, 2, 1, 0]
    assert sorted(row.number for row in held) == [100, 101]
    shown.clear()
    assert bulk.let_go(held) == []
    assert sorted(Row.freed[-2:]) == [100, 101]


def test_the_search_for_garbage_rests_until_the_last_thread_has_built() -> None:
    inside, go = threading.Event(), threading.Event()

    def build() -> None:
        with heap.building():
            inside.set()
            assert go.wait(HELP)

    other = threading.Thread(target=build)
    other.start()
    assert inside.wait(HELP)
    seen = [gc.isenabled()]
    with heap.building():
        seen.append(gc.isenabled())
    seen.append(gc.isenabled())
    go.set()
    other.join()
    seen.append(gc.isenabled())
    assert seen == [False, False, False, True]
    gc.unfreeze()
