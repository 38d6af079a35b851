"""The price of a ticket is of what is traded, not of another listing by the same letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from support.order_desk import SYMBOL, order_desk
from support.ticket_desk import Broker, price, stock, ticket_desk

from brokerdesk.brokers.finding import PricesByKey
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch


async def test_a_listing_elsewhere_never_prices_a_us_share(tmp_path: Path) -> None:
    """A search lists a ticker in Toronto as well, at a price in Canadian dollars: a stop that was
    set by it would go off at once.
    """
    from ib_async.contract import Contract

    async with order_desk(tmp_path, "ibkr") as desk:
        toronto = Contract(
            conId=987654321, symbol=SYMBOL, secType="STK", exchange="TSE", currency="CAD"
        )
        desk.session._names.keep([toronto])
        assert desk.session._names.contract(SYMBOL).conId == 987654321, "by its letters alone"
        assert isinstance(desk.session, PricesByKey)
        (us,) = (await desk.session.quotes_of([QuoteKey(SYMBOL, AssetType.EQUITY, "USD")])).items
        assert us.last is not None
        assert desk.quote.last is not None
        assert abs(us.last - desk.quote.last) < desk.quote.last / 20
        other = QuoteKey(SYMBOL, AssetType.EQUITY, "EUR")
        assert (await desk.session.quotes_of([other])).items == (), "never seen: nothing is said"


@dataclass
class Exact(Broker):
    """Tells prices by what a thing is."""

    async def quotes_of(self, keys: Sequence[QuoteKey]) -> Batch[Quote]:
        named = [key.symbol if key.currency == "USD" else f"{key.symbol} abroad" for key in keys]
        return await self.quotes(named)


async def test_a_ticket_asks_for_what_it_is_about(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, Exact, brokers=("acme",)) as desk:
        account = desk.account()
        desk.brokers["acme"].told = {"ABC": price("100"), "ABC abroad": price("137")}
        for currency, wanted in (("USD", 100), ("CAD", 137)):
            told = await desk.tickets.quote(stock("ABC", currency), Environment.LIVE, account)
            assert told.quote is not None, told.failure
            assert (told.quote.symbol, told.quote.last) == ("ABC", Decimal(wanted))
