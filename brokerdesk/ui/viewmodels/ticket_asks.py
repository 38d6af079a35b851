"""What the ticket has asked and was told: answers that came too late are dropped here.

It asks for where an order goes, what that account can do, and prices. A question that is no longer
wanted is not answered; an older answer never takes the place of a newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.services.routing import Wish
from brokerdesk.services.trading_facts import Offers, Routed, TicketQuote, TradingState
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.ticket_known import Known

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.ticket_ports import TicketPort

EVERY = timedelta(seconds=15)
"""So often a price is asked for again while nobody streams it."""
Key = tuple[str, str, str]


def said(error: BaseException) -> str:
    """A failure as one sentence."""
    if isinstance(error, BrokerDeskError):
        return tame(error.title)
    return "The answer did not come."


class TicketAsks:
    """Questions and answers of one ticket; ``told`` is called when an answer changed ``known``."""

    def __init__(
        self, port: TicketPort, clock: Callable[[], datetime], told: Callable[[], object]
    ) -> None:
        self._port, self._clock, self._told = port, clock, told
        self.known = Known()
        self._routes = self._offers = self._worlds = 0
        self._asked: dict[Key, datetime] = {}
        self._waiting: set[Key] = set()
        self._world: tuple[Environment | None, AccountId | None] = (None, None)

    def _know(self, **more: object) -> None:
        self.known = replace(self.known, **more)  # type: ignore[arg-type]
        self._told()

    # the world

    def world(self, done: Callable[[], object]) -> None:
        """Environments and switches."""
        self._worlds += 1
        turn = self._worlds

        def told(environments: tuple[Environment, ...], trading: TradingState) -> None:
            if turn == self._worlds:
                self._know(environments=environments, trading=trading)
                done()

        self._port.world(told, lambda error: self._on_world_failed(turn, error))

    def _on_world_failed(self, turn: int, error: BaseException) -> None:
        if turn == self._worlds:
            self._know(trading=TradingState(failure=said(error)))

    # where it goes

    def route(self, wish: Wish | None, draft: Draft | None, done: Callable[[], object]) -> None:
        """Where the order goes; None: there is nothing to send anywhere."""
        self._routes += 1
        turn = self._routes
        if wish is None:
            self._know(routed=None, routing=False, route_failure="")
            done()
            return
        self.known = replace(self.known, routing=True)

        def told(routed: Routed) -> None:
            if turn == self._routes:
                self._know(routed=routed, routing=False, route_failure="")
                done()

        def failed(error: BaseException) -> None:
            if turn == self._routes:
                self._know(routing=False, route_failure=said(error), routed=None)
                done()

        self._port.route(wish, draft, told, failed)

    def offers(self, draft: Draft | None) -> None:
        """What the account can do. An account that could not be asked offers what it did."""
        self._offers += 1
        turn = self._offers
        if draft is None:
            if self.known.offers is not None:
                self._know(offers=None)
            return

        def told(offers: Offers) -> None:
            if turn == self._offers:
                self._know(offers=offers)

        def failed(_error: BaseException) -> None:
            now = self.known.offers
            if turn == self._offers and now is not None and now.account != draft.account:
                self._know(offers=None)  # never another account's rules

        self._port.offers(draft, told, failed)

    # prices

    def prices(
        self,
        instruments: tuple[Instrument, ...],
        environment: Environment,
        account: AccountId | None,
        *,
        anew: bool = False,
    ) -> None:
        """Ask for prices that are not known, or were asked for a while ago; ``anew``: for all."""
        if self._world[0] not in (None, environment):
            self.forget_prices()
        elif account is not None and account != self._world[1]:
            self._asked.clear()  # an order goes by the price of its own broker
        self._world = (environment, account or self._world[1])
        wanted = {one.key for one in instruments}
        if not wanted >= set(self.known.quotes):
            kept = {key: told for key, told in self.known.quotes.items() if key in wanted}
            self.known = replace(self.known, quotes=kept)
        now = self._clock()
        for one in instruments:
            asked = self._asked.get(one.key)
            due = asked is None or now - asked >= EVERY or one.key not in self.known.quotes
            if anew or (due and one.key not in self._waiting):
                self._ask_price(one, environment, account, now)

    def _ask_price(
        self, one: Instrument, environment: Environment, account: AccountId | None, now: datetime
    ) -> None:
        key = one.key
        self._asked[key] = now
        self._waiting.add(key)
        self.known = replace(self.known, asking=True)

        def told(quote: TicketQuote) -> None:
            if self._world[0] is not environment:
                return
            self._waiting.discard(key)
            before = self.known.quotes.get(key)
            if quote.quote is None and before is not None and before.quote is not None:
                quote = replace(before, failure=quote.failure)  # a known price stays, with its age
            quotes = {**self.known.quotes, key: quote}
            self._know(quotes=quotes, asking=bool(self._waiting))

        self._port.quote(
            one, environment, account, told, lambda error: told(TicketQuote(failure=said(error)))
        )

    def forget_prices(self) -> None:
        """Prices of another world are none."""
        self._asked.clear()
        self._waiting.clear()
        self.known = replace(self.known, quotes={}, asking=False)

    def forget(self) -> None:
        """Another profile may lie behind the window: nothing that was said holds."""
        self._routes += 1
        self._offers += 1
        self._worlds += 1
        self._asked.clear()
        self._waiting.clear()
        self.known = Known()

    def refuse(self, field: str, words: str) -> None:
        """A review refused what stands in a field."""
        self._know(refused={**self.known.refused, field: words})

    def pardon(self) -> None:
        """Something was changed: what a review said holds no more."""
        if self.known.refused:
            self.known = replace(self.known, refused={})
