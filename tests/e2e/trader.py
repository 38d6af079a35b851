"""Somebody who trades and then looks elsewhere: run as a program, in a desktop session.

``trader.py DATA_DIR PICTURES`` opens the window on a practice market whose hours are open, hides
amounts, turns trading on, and makes an order be filled, one be refused and one stay without an
answer; each time the window is minimised as soon as the order has gone. For each of these it writes
a line; a line read is the sign to take a picture of the whole screen, and the next one that the
notice was clicked. The last line is JSON and says what the window showed then.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from e2e import person
from e2e.person import Person, Script, picture
from PySide6.QtCore import QSocketNotifier, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from support.practice_window import Market, MarketClock
from support.ui_widgets import press, shown_text

from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.clock import SystemClock
from brokerdesk.domain.events import OrderMoved
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.services import practice_host
from brokerdesk.simulator.dialects import TakesOrders
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.review_state import Phase
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.views.review.sheet import ReviewSheet

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

SYMBOL = "AAPL"
HOSTILE = "A&B <b>sold</b> <a href='https://x.invalid'>all</a> &lt;i&gt;"
CTRL = Qt.KeyboardModifier.ControlModifier
LOST = {"kind": "reset_after", "method": "POST", "path": r"^/alpaca/(live|paper)/v2/orders",
        "times": 1, "args": {}}  # fmt: skip


class Trader:
    """Hands at the window; ``cue`` ends a scene and waits until somebody says to go on."""

    def __init__(self, window: MainWindow, life: Life, market: Market, pictures: Path) -> None:
        self.window, self.life, self.desk = window, life, window.desk
        self.market, self.pictures = market, pictures
        self.scenes: dict[str, dict[str, Any]] = {}
        self._said = 0
        listener = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)
        listener.activated.connect(self._on_line)

    def _on_line(self) -> None:
        if not sys.stdin.readline():
            self.life.end()
        self._said += 1

    def cue(self, name: str) -> Script:
        """A scene: the desktop's doing is seen and clicked by others, then the window is read."""
        before = self._said
        sys.stdout.write(name + "\n")
        sys.stdout.flush()
        yield lambda: self._said > before
        picture(f"{name}-told", self.pictures)
        sys.stdout.write("pictured\n")
        sys.stdout.flush()
        yield lambda: self._said > before + 1
        yield lambda: self.window.isActiveWindow() and not self.window.isMinimized()
        yield lambda: self.window.stack.current == "orders"
        self.scenes[name] = {"text": shown_text(self.window)}
        picture(f"{name}-clicked", self.pictures)

    def look_away(self) -> Script:
        privacy().set(True)
        self.life.tickets.review.back()
        self.desk.go("positions")
        self.window.showMinimized()
        yield lambda: self.window.isMinimized()

    def play(self) -> Script:
        yield lambda: bool(self.desk.figures.positions) and not self.life.busy()
        yield lambda: self.desk.trading.state.ready and bool(self.desk.trading.state.able)
        (connection,) = self.desk.trading.state.able
        self.desk.go("connections", connection)
        yield lambda: "Off. Nothing is sent" in shown_text(self.window)
        press(self.window, "Turn on trading for Alpaca")
        press(self.window, "Turn on practice trading")
        yield lambda: connection in self.desk.trading.state.on
        yield from self.tells_markup(connection)
        yield from self.order()
        yield from self.look_away()
        yield from self.cue("filled")
        yield from self.order(lambda: self.market.ask(_halt_symbol))
        yield from self.look_away()
        yield from self.cue("refused")
        self.market.ask(_go_on)  # what was halted a moment ago still takes an order with a limit
        yield from self.order(lambda: self.market.ask(lambda sim: sim.faults.add([LOST])), "150")
        yield from self.look_away()
        yield from self.cue("unknown")
        self.window.close()

    def tells_markup(self, connection: str) -> Script:
        """What a broker could put into its words is letters on the desktop."""
        self.desk.happened.emit(
            OrderMoved(
                connection=ConnectionId(connection), account=AccountId("a"), what="rejected",
                text=f"{HOSTILE} refused the order.", intent="hostile",
            )
        )  # fmt: skip
        yield from self.look_away()
        yield from self.cue("markup")

    def order(self, before_send: Callable[[], object] = lambda: None, limit: str = "") -> Script:
        privacy().set(False)  # an order that cannot be read is not sent
        self.window.menus.actions["ticket:new"].trigger()
        yield lambda: self.life.tickets.pane is not None
        pane = self.life.tickets.pane
        assert pane is not None
        yield lambda: pane.model.fields.environment is Environment.PRACTICE
        if pane.model.fields.instrument is None:
            pane.body.symbol.setFocus()
            QTest.keyClicks(pane.body.symbol, SYMBOL)
            yield lambda: any(row.symbol == SYMBOL for row in pane.search.state.rows)
            QTest.keyClick(pane.body.symbol, Qt.Key.Key_Return)
            yield lambda: pane.model.fields.instrument is not None
        pane.model.choose_kind(Kind.LIMIT if limit else Kind.MARKET)
        pane.body.quantity.setFocus()
        pane.body.quantity.selectAll()
        QTest.keyClicks(pane.body.quantity, "3")
        if limit:
            pane.model.edit(limit=limit)
        yield lambda: pane.review.isEnabled()
        QTest.keyClick(pane.body.quantity, Qt.Key.Key_Return, CTRL)
        model = self.life.tickets.review
        yield lambda: model.state.phase not in (Phase.CLOSED, Phase.MAKING)
        (sheet,) = [one for one in self.window.findChildren(ReviewSheet) if one.isVisible()]
        before_send()

        def ready() -> bool:
            if sheet.box.isVisible() and not sheet.box.isChecked():
                sheet.box.click()
            return sheet.send.isEnabled()

        yield ready
        sheet.send.click()
        yield lambda: model.state.phase is Phase.SENT


def _halt_symbol(sim: SimulatorServer) -> None:
    _floor(sim).knobs.halted.append(SYMBOL)


def _go_on(sim: SimulatorServer) -> None:
    _floor(sim).knobs.halted.clear()


def _floor(sim: SimulatorServer) -> Any:
    dialect = sim.dialect("alpaca")
    assert isinstance(dialect, TakesOrders)
    return dialect.floor


def main(data_dir: str, pictures: str) -> int:
    clock = MarketClock()

    def now(_clock: SystemClock) -> datetime:
        return clock.now()

    SystemClock.now = now  # type: ignore[assignment, method-assign]
    market = Market(clock, ("alpaca",))
    market.start()

    class Host:
        """Stands for the process that hosts the market: it runs already."""

        def __init__(self, seed: int, **_more: Any) -> None: ...

        async def start(self) -> dict[str, practice_host.PracticeServer]:
            return market.servers()

        async def stop(self) -> None: ...

    practice_host.PracticeHost = Host  # type: ignore[assignment, misc]
    person.PATIENCE = 240.0  # busy computers start a market slowly
    people: list[Person] = []
    traders: list[Trader] = []

    def conduct(window: MainWindow, life: Life) -> None:
        traders.append(Trader(window, life, market, Path(pictures)))
        people.append(Person(traders[0].play(), Path(pictures)))

    options = GuiOptions(data_dir=Path(data_dir), practice=True, theme="light")
    code = run_gui(options, conduct)
    market.stop()
    failure = people[0].failure
    told = {"exit": code, "failure": failure, "scenes": traders[0].scenes}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    return 1 if failure else code


if __name__ == "__main__":
    app = QApplication(sys.argv[:1])
    sys.exit(main(*sys.argv[1:]))
