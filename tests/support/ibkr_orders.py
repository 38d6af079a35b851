"""An order desk at the simulated TWS, and message 3 taken apart by the published list of fields."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.drafts import draft, option
from support.order_desk import OrderDesk, order_desk
from support.schwab_stream import Listener

from brokerdesk.brokers.streaming import AccountMoved, Line, LineState
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.simulator.ibkr.contracts import con_id, contract

EXPIRY = date(2027, 1, 15)
_HEAD = """
    message orderId conId symbol secType lastTradeDate strike right multiplier exchange
    primaryExchange currency localSymbol tradingClass secIdType secId action totalQuantity
    orderType lmtPrice auxPrice tif ocaGroup account openClose origin orderRef transmit parentId
    blockOrder sweepToFill displaySize triggerMethod outsideRth hidden
"""
_LEG = """
    conId ratio action exchange openClose shortSaleSlot designatedLocation exemptCode
"""
_TAIL = """
    deprecated discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage
    modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm allOrNone
    minQty percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy startingPrice
    stockRefPrice delta stockRangeLower stockRangeUpper overridePercentageConstraints volatility
    volatilityType deltaNeutralOrderType deltaNeutralAuxPrice continuousUpdate
    referencePriceType trailStopPrice trailingPercent scaleInitLevelSize scaleSubsLevelSize
    scalePriceIncrement scaleTable activeStartTime activeStopTime hedgeType optOutSmartRouting
    clearingAccount clearingIntent notHeld deltaNeutral algoStrategy algoId whatIf
    orderMiscOptions solicited randomizeSize randomizePrice conditions adjustedOrderType
    triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount
    adjustableTrailingUnit extOperator softDollarName softDollarValue cashQty mifidMaker
    mifidAlgo mifidTrader mifidExecution dontUseAutoPriceForHedge isOmsContainer
    discretionaryUpToLimitPrice usePriceMgmtAlgo duration postToAts autoCancelParent
    advancedErrorOverride manualOrderTime
"""
HEAD, LEG, TAIL = (text.split() for text in (_HEAD, _LEG, _TAIL))
NAMES = (*HEAD, *TAIL)


def parsed(entry: dict[str, Any]) -> dict[str, str]:
    """The fields of a message 3 of version 178 by their names."""
    fields = entry["body"].split("|")
    head, rest = fields[: len(HEAD)], fields[len(HEAD) :]
    found = dict(zip(HEAD, head, strict=True))
    if found["secType"] == "BAG":
        count = int(rest.pop(0))
        for place in range(count):
            for name in LEG:
                found[f"comboLegs[{place}].{name}"] = rest.pop(0)
        assert rest[:2] == ["0", "0"]
        rest = rest[2:]
    found.update(zip(TAIL, rest, strict=True))
    return found


@dataclass
class IbkrDesk(OrderDesk):
    """With options, which TWS knows by numbers."""

    def day(self, more: int) -> date:
        found: date = (self.rig.clock.now() + timedelta(days=more)).date()
        return found

    def call(self, more: int) -> Instrument:
        near = (self.price("1") // 5) * 5 + more
        plain = option(str(near), "C", EXPIRY)
        return replace(plain, broker_ids=(("ibkr", str(con_id(plain.symbol))),))

    async def learn_options(self) -> None:
        """As if the chain had been shown."""
        for more in (0, 5):
            self.rig.tws.state.directory.learn(contract(self.call(more).symbol))

    def spread(self, net: Decimal, *, back: bool = False) -> Draft:
        sides = [OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_OPEN]
        if back:
            sides.reverse()
        legs = tuple(
            DraftLeg(instrument=self.call(more), side=side)
            for more, side in zip((0, 5), sides, strict=True)
        )
        return draft(self.account, legs=legs, limit_price=net, quantity=Decimal(2))


@asynccontextmanager
async def ibkr_desk(folder: Path, **options: Any) -> AsyncIterator[IbkrDesk]:
    async with order_desk(folder, "ibkr", **options) as desk:
        yield IbkrDesk(desk.rig, desk.room, desk.session, desk.account, desk.quote)


class Told:
    """The line of a session's accounts, and what it has told."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk
        self._listener = Listener(desk.session.account_stream()).start()

    @property
    def _events(self) -> list[Any]:
        return list(self._listener.events)

    async def ready(self) -> None:
        await self._until(
            lambda: any(isinstance(one, Line) and one.state is LineState.LIVE
                        for one in self._events) and 61 in self._desk.rig.tws.state.asked
        )  # fmt: skip
        await self._desk.session.accounts()

    async def moved(self, wanted: Callable[[AccountMoved], bool]) -> Any:
        """The first news of that kind; time goes on until it comes."""
        found: list[AccountMoved] = []

        def came() -> bool:
            found[:] = [
                one for one in self._events if isinstance(one, AccountMoved) and wanted(one)
            ]
            return bool(found)

        await self._until(came, ticks=True)
        return found[0]

    async def _until(self, good: Callable[[], bool], *, ticks: bool = False) -> None:
        async with asyncio.timeout(20):
            while not good():
                if ticks:
                    await self._desk.after(5)
                    await self._desk.rig.lever(action="tick")
                await asyncio.sleep(0.01)

    async def aclose(self) -> None:
        await self._listener.stop()


@asynccontextmanager
async def until_told(desk: OrderDesk) -> AsyncIterator[Told]:
    told = Told(desk)
    try:
        yield told
    finally:
        await told.aclose()
