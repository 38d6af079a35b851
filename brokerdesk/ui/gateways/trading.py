"""``SwitchesPort`` over the trading service; it listens for what changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brokerdesk.domain.events import ConnectionsChanged, TradingChanged
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.halt import Switches

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.services.trading_facts import TradingState
    from brokerdesk.ui.viewmodels.desk import Desk

Failed = Callable[[BaseException], object]
Done = Callable[[Switches], object]


class TradingGateway(QObject):
    """The switches of each profile that opens."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        desk.opened.connect(self._on_opened)
        desk.happened.connect(self._on_event)
        if desk.ready:
            self._on_opened()

    def _on_opened(self) -> None:
        self._desk.trading.attach(self)

    def _on_event(self, event: object) -> None:
        if isinstance(event, TradingChanged | ConnectionsChanged):
            self._desk.trading.look()

    def look(self, done: Done) -> None:
        async def look(services: Services) -> Switches:
            return await _switches(services, services.trading.state())

        self._desk.run("trading:look", look, done, policy=Policy.NEWEST_WINS)

    def halt(self, on: bool, done: Done, failed: Failed) -> None:
        async def halt(services: Services) -> Switches:
            return await _switches(services, await services.trading.halt(on))

        self._desk.run("trading:halt", halt, done, failed)

    def turn(self, connection: str, on: bool, done: Done, failed: Failed) -> None:
        async def turn(services: Services) -> Switches:
            state = await services.trading.turn(ConnectionId(connection), on)
            return await _switches(services, state)

        self._desk.run("trading:turn", turn, done, failed)


async def _switches(services: Services, state: TradingState) -> Switches:
    from brokerdesk.brokers.registry import all_specs

    takes = {spec.id for spec in all_specs() if spec.capabilities.trading}
    rows = await services.database.read(lambda uow: uow.connections.list())
    return Switches(
        known=True,
        halted=state.halted,
        on=frozenset(map(str, state.on)),
        able=frozenset(str(row.id) for row in rows if row.broker in takes),
        ready=state.ready,
        unknown=state.unknown,
        in_flight=state.in_flight,
        failure=state.failure,
    )
