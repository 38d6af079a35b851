"""The heart of a ticket: its fields, the questions that follow from a change, the state to show.

Nothing that was typed is changed here but by the user's own doing. It must not know a widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from brokerdesk.domain.events import (
    AccountRefreshed,
    ConnectionChanged,
    ConnectionsChanged,
    TradingChanged,
)
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.services.routing import COVERING, Wish
from brokerdesk.services.trading_facts import TicketQuote
from brokerdesk.ui.viewmodels.order_sentence import Told
from brokerdesk.ui.viewmodels.ticket_against import main
from brokerdesk.ui.viewmodels.ticket_asks import TicketAsks
from brokerdesk.ui.viewmodels.ticket_compose import compose, prices_of
from brokerdesk.ui.viewmodels.ticket_draft import built, sketch_of
from brokerdesk.ui.viewmodels.ticket_fields import (
    TicketFields,
)
from brokerdesk.ui.viewmodels.ticket_known import (
    Around,
    Known,
    Target,
    oldest_price,
    target_of,
)
from brokerdesk.ui.viewmodels.ticket_numbers import (
    written,
)
from brokerdesk.ui.viewmodels.ticket_state import TicketState
from brokerdesk.ui.viewmodels.ticket_words import each_price, value_of

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.viewmodels.live import Touched
    from brokerdesk.ui.viewmodels.ticket_ports import TicketPort

REST_MS = 120
"""Typing is over for the moment: ask where the order would go."""


_OF_AN_ORDER = frozenset(
    {"environment", "account", "instrument", "search", "side", "options", "legs", "link", "dollars"}
)
"""What an order at a broker stays: the change of one is never another one."""


class TicketCore(QObject):
    """Fields, what is known around them, and the state out of both.

    Signals:
        changed: ``state`` is another one.
        review_wanted: drafts (a tuple) and the order that they take the place of, "" for none.
        focus_wanted: the field that needs the user.
        said: a short sentence.
    """

    changed = Signal()
    review_wanted = Signal(object, str)
    focus_wanted = Signal(str)
    said = Signal(str)

    def __init__(self, port: TicketPort, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port, self._desk = port, desk
        self._asks = TicketAsks(port, desk.clock, self._update)
        self.fields = TicketFields()
        self.state = TicketState()
        self._locked = False
        self._cleared: TicketFields | None = None
        self._closing = False
        self._then: Callable[[], object] | None = None
        """What waits until the order has been routed."""
        self._seen: set[str] = set()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._later.timeout.connect(self._ask)
        desk.changed.connect(self._on_tick)
        desk.opened.connect(self._on_opened)
        desk.happened.connect(self._on_event)
        desk.live.changed.connect(self._on_prices)
        self._update()

    # seen or not

    def show(self, who: str) -> None:
        """``who`` shows the ticket: prices are followed and asked for."""
        first = not self._seen
        self._seen.add(who)
        if first:
            self._port.attend(True)
            self._look_around()
            self._follow()
            self._price()
            self._later.start()

    def hide(self, who: str) -> None:
        """``who`` shows it no more. What is in it stays."""
        if who not in self._seen:
            return
        self._seen.discard(who)
        if not self._seen:
            self._port.attend(False)
            self._port.follow((), self.fields.environment)

    @property
    def seen(self) -> bool:
        return bool(self._seen)

    # what is known

    @property
    def known(self) -> Known:
        """What services said, with streamed prices where they are newer."""
        known = self._asks.known
        if not self._desk.live:
            return known
        quotes = {key: self._newest(key, told) for key, told in known.quotes.items()}
        return replace(known, quotes=quotes)

    def _newest(self, key: tuple[str, str, str], told: TicketQuote) -> TicketQuote:
        symbol, kind, currency = key
        name = "\t".join((self.fields.environment.value, symbol, kind, currency))
        live = self._desk.live.price(name)
        if live is None:
            return told
        quote, asked = live.quote, told.quote
        if asked is not None:
            whole = quote.bid is not None and quote.ask is not None
            if asked.bid is not None and asked.ask is not None and not whole:
                return told  # three prices of one moment, not of two
            if (quote.as_of or quote.fetched_at) <= (asked.as_of or asked.fetched_at):
                return told
        from brokerdesk.ui.start import broker_titles

        source = broker_titles().get(quote.source, quote.source)
        return TicketQuote(quote=quote, source=source)

    @property
    def port(self) -> TicketPort:
        """Whom parts of the ticket ask themselves, such as the chain."""
        return self._port

    @property
    def now(self) -> datetime:
        return self._desk.state.now or self._desk.clock()

    @property
    def target(self) -> Target:
        return target_of(self.fields, self._asks.known.routed)

    def _around(self) -> Around:
        state, settings = self._desk.state, self._desk.settings
        return Around(
            now=state.now or self._desk.clock(),
            oldest_price=oldest_price(settings),
            past=self._desk.past,
            offline=state.offline,
            locked=self._locked,
            undo=self._cleared is not None,
        )

    def _update(self) -> None:
        state = compose(self.fields, self.known, self._around())
        if state != self.state:
            self.state = state
            self.changed.emit()

    # what comes from outside

    def _on_tick(self) -> None:
        if self._seen:
            self._price()
        self._update()

    def _on_opened(self) -> None:
        self._asks.forget()
        if self._seen:
            self._port.attend(True)
            self._look_around()
            self._follow()
            self._price()
            self._later.start()
        self._update()

    def _on_event(self, event: Event) -> None:
        if not self._seen:
            return
        if isinstance(event, TradingChanged | ConnectionsChanged):
            self._look_around()
        if isinstance(
            event, TradingChanged | AccountRefreshed | ConnectionChanged | ConnectionsChanged
        ):
            self._later.start()

    def _on_prices(self, touched: Touched) -> None:
        named = {
            "\t".join((self.fields.environment.value, one.symbol, one.asset_type, one.currency))
            for one in self._instruments()
        }
        if self._seen and named & touched.names:
            self._update()

    def _look_around(self) -> None:
        self._asks.world(self._on_world)

    def _on_world(self) -> None:
        """A ticket without a symbol stands where there is an account, whatever is typed so far."""
        there, fields = self._asks.known.environments, self.fields
        free = fields.instrument is None and fields.account is None and not fields.replaces
        if there and fields.environment not in there and free:
            self._put(replace(self.fields, environment=there[0]))
        self._update()

    # asking

    def _instruments(self) -> tuple[Instrument, ...]:
        known = {one.key: one for one in self.fields.traded}
        if self.fields.instrument is not None:
            known.setdefault(self.fields.instrument.key, self.fields.instrument)
        return tuple(known.values())

    def _follow(self) -> None:
        if self._seen:
            self._port.follow(self._instruments(), self.fields.environment)

    def _price(self, *, anew: bool = False) -> None:
        state = self._desk.state
        if self._desk.past is not None or state.offline or not state.ready:
            return
        at = self.target.looked_at
        account = at.account if at is not None else None
        self._asks.prices(self._instruments(), self.fields.environment, account, anew=anew)

    def _wish(self, told: Told) -> Wish | None:
        order, under = main(told), self.fields.instrument
        if not order.legs:
            # Before an option is chosen: somebody has to be asked for the chain.
            return None if under is None else Wish(
                symbol=under.symbol, side=OrderSide.BUY, environment=self.fields.environment,
                currency=under.currency,
            )  # fmt: skip
        quote, net = prices_of(self.fields, self.known)
        price, _, _ = each_price(order, quote.quote if quote is not None else None, net)
        leg = order.legs[0]
        return Wish(
            symbol=leg.instrument.symbol,
            side=leg.side,
            environment=self.fields.environment,
            currency=leg.instrument.currency,
            quantity=None if self._closing else order.quantity,
            value=value_of(order, price),
        )

    def _ask(self) -> None:
        self._later.stop()
        if not self._desk.state.ready:
            return
        told = built(self.fields).told
        at = self.target.looked_at
        sketch = sketch_of(told, self.fields, at.account if at is not None else AccountId(""))
        self._asks.route(self._wish(told), sketch, self._on_routed)

    def _on_routed(self) -> None:
        if self._closing:
            self._fill_closing()
            return
        told = built(self.fields).told
        at = self.target.looked_at
        self._asks.offers(sketch_of(told, self.fields, at.account) if at is not None else None)
        self._price()
        self._update()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _fill_closing(self) -> None:
        """What can be sold, or of a short position bought back, wherever it can be now."""
        self._closing = False
        routed = self._asks.known.routed
        able = [one for one in routed.accounts if one.obstacle is None] if routed else []
        back = self.fields.main_side in COVERING
        total = sum((one.short if back else one.sellable for one in able), Decimal(0))
        if total > 0:
            self._put(replace(self.fields, quantity=written(total)))
        self._ask()

    # editing

    def edit(self, **changes: object) -> None:
        """The user typed or chose something. Of an order that is changed, what it is of stays."""
        if self.fields.replaces:
            changes = {name: one for name, one in changes.items() if name not in _OF_AN_ORDER}
        if not self._locked and changes:
            self._cleared = None
            self._put(replace(self.fields, **changes))  # type: ignore[arg-type]

    def _put(self, fields: TicketFields) -> None:
        before, self.fields = self.fields, fields
        if fields == before:
            return
        self._asks.pardon()
        if fields.environment is not before.environment:
            self._asks.forget_prices()
        if (fields.traded, fields.instrument, fields.environment) != (
            before.traded, before.instrument, before.environment,
        ):  # fmt: skip
            self._follow()
            self._price()
        self._later.start()
        self._update()
