"""Orders of all sorts that a simulated exchange takes, and answers about them that were altered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from support.drafts import EXIT, coin, draft, option, share
from support.ibkr_orders import ibkr_desk
from support.order_desk import OrderDesk, order_desk
from support.order_houses import unlimited
from support.snaptrade_desk import snaptrade_desk

from brokerdesk.brokers.draft_check import BUYS, OPTION_SIDES
from brokerdesk.brokers.trading import Answered
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError
from brokerdesk.simulator.faults import edits
from brokerdesk.simulator.ibkr import trouble
from brokerdesk.simulator.ibkr.contracts import con_id, contract

T, S = OrderType, TradingSession
EXPIRY = date(2027, 1, 15)
STRIKES = (0, 5, 10, 15)
READS = {
    "alpaca": ("GET", r"^/alpaca/(live|paper)/v2/orders/[0-9a-f-]+$"),
    "schwab": ("GET", r"^/trader/v1/accounts/[0-9A-F]{64}/orders/\d+$"),
    "snaptrade": ("GET", r"^/accounts/[0-9a-f-]+/recentOrders$"),
    "ibkr": ("TWS", r"^/ibkr/tws/orders$"),
}
"""How each broker is asked for one order."""
ALTERED = "altered"


@asynccontextmanager
async def desk_at(folder: Path, broker: str) -> AsyncIterator[OrderDesk]:
    """A desk in front of any broker that takes orders, with options that it knows."""
    if broker == "snaptrade":
        async with snaptrade_desk(folder) as other:
            unlimited(other.rig)
            yield other
    elif broker == "ibkr":
        async with ibkr_desk(folder) as tws:
            for more in STRIKES:
                symbol = contract_at(tws, more).symbol
                tws.rig.tws.state.directory.learn(contract(symbol))
            yield tws
    else:
        async with order_desk(folder, broker) as desk:
            yield desk


def contract_at(desk: OrderDesk, more: int, right: str = "C") -> Instrument:
    """An option near the market, with TWS's number where TWS knows it."""
    near = (desk.price("1") // 5) * 5 + more
    plain = option(str(near), right, EXPIRY)
    if desk.rig.BROKER != "ibkr" or right != "C":
        return plain
    return replace(plain, broker_ids=(("ibkr", str(con_id(plain.symbol))),))


async def placed(desk: OrderDesk, wish: Draft, own: str) -> str | None:
    """Sent without a journal; the order's name, None where the exchange refused."""
    outcome = await desk.session.place(desk.session.prepare(wish, own))
    return outcome.order_id if isinstance(outcome, Answered) else None


# -- drafts that are taken ----------------------------------------------------------------------
_far = st.integers(5, 40).map(lambda n: Decimal(n) / 100)
_hundredths = st.integers(1, 900).map(lambda n: Decimal(n) / 100)


_WAITING = (TimeInForce.DAY, TimeInForce.GTC)


@st.composite
def singles(draw: Any, desk: OrderDesk) -> Draft:
    """One leg, priced so that it waits: of a shape that most brokers take, or of any."""
    kinds = [one for one in T if one not in (T.UNKNOWN, T.TRAILING_STOP_LIMIT)]
    shape = draw(st.sampled_from(["plain", "trail", "extended", "money", "day", "option", "any"]))
    stocks = [share(), share(), share("SPY", AssetType.ETF), share("F")]
    options = [contract_at(desk, 0), contract_at(desk, 5, "P")]
    what = draw(
        st.sampled_from(
            options if shape == "option"
            else [share()] if shape in ("trail", "money")
            else [*stocks, *options, coin()] if shape == "any"
            else stocks
        )
    )  # fmt: skip
    side = draw(
        st.sampled_from(
            OPTION_SIDES if what.asset_type is AssetType.OPTION
            else (OrderSide.BUY, OrderSide.SELL, OrderSide.BUY, *EXIT)
        )
    )  # fmt: skip
    kind = draw(
        st.sampled_from(
            {
                "trail": [T.TRAILING_STOP], "extended": [T.LIMIT], "money": [T.MARKET],
                "option": [T.LIMIT], "day": [T.LIMIT, T.STOP, T.STOP_LIMIT],
            }.get(shape, kinds)
        )
    )  # fmt: skip
    how = _prices(draw, desk, what, side, kind)
    chosen = "money" if shape == "money" else "units"
    if shape == "any":
        chosen = draw(st.sampled_from(["units", "fraction", "money"]))
    if chosen == "money":
        how |= {"quantity": None, "notional": draw(st.integers(20, 90).map(Decimal))}
    elif chosen == "fraction":
        how["quantity"] = draw(st.integers(1, 3000).map(lambda n: Decimal(n) / 1000))
    else:
        how["quantity"] = draw(st.integers(1, 5).map(Decimal))
    times = {"any": tuple(TimeInForce), "day": (TimeInForce.GTD,), "plain": _WAITING,
             "trail": _WAITING, "extended": _WAITING}  # fmt: skip
    time = draw(st.sampled_from(times.get(shape, (TimeInForce.DAY,))))
    if time is TimeInForce.GTD:
        how["good_till"] = desk.rig.clock.now().date() + timedelta(days=draw(st.integers(1, 30)))
    hours = {"extended": (S.EXTENDED, S.EXTENDED, S.PRE_MARKET, S.POST_MARKET), "any": tuple(S)}
    session = draw(st.sampled_from(hours.get(shape, (S.REGULAR,))))
    return draft(desk.account, what, side, kind, time_in_force=time, session=session, **how)


def _prices(
    draw: Any, desk: OrderDesk, what: Instrument, side: OrderSide, kind: OrderType
) -> dict[str, Any]:
    near = desk.price("1") if what.symbol == "AAPL" else Decimal(20)
    low, high = 1 - draw(_far), 1 + draw(_far)
    buys = side in BUYS
    cent = Decimal("0.01")
    found: dict[str, Any] = {"limit_price": None, "stop_price": None}
    if kind in (T.LIMIT, T.STOP_LIMIT, T.LIMIT_ON_OPEN, T.LIMIT_ON_CLOSE):
        found["limit_price"] = (near * (low if buys else high)).quantize(cent)
    if kind in (T.STOP, T.STOP_LIMIT):
        found["stop_price"] = (near * (high if buys else low)).quantize(cent)
    if kind is T.TRAILING_STOP:
        percent = draw(st.booleans())
        found["trail_percent"] = draw(_hundredths) if percent else None
        found["trail_amount"] = None if percent else draw(_hundredths)
    return found


@st.composite
def spreads(draw: Any, desk: OrderDesk) -> Draft:
    """Two to four options at a net price."""
    strikes = draw(st.lists(st.sampled_from(STRIKES), min_size=2, max_size=4, unique=True))
    legs = tuple(
        DraftLeg(
            instrument=contract_at(desk, more),
            side=draw(st.sampled_from(OPTION_SIDES)),
            ratio=Decimal(draw(st.sampled_from([1, 1, 2, 3]))),
        )
        for more in strikes
    )
    net = [T.NET_DEBIT, T.NET_CREDIT, T.NET_ZERO] if desk.rig.BROKER == "schwab" else [T.LIMIT]
    kind = draw(st.sampled_from(net))
    price = draw(st.integers(1, 300).map(lambda n: Decimal(n) / 100))
    if kind is T.NET_CREDIT or (kind is T.LIMIT and draw(st.booleans())):
        price = -price
    return draft(
        desk.account,
        legs=legs,
        kind=kind,
        quantity=draw(st.integers(1, 3).map(Decimal)),
        limit_price=None if kind is T.NET_ZERO else price,
        time_in_force=draw(st.sampled_from([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC])),
    )


@st.composite
def linked(draw: Any, desk: OrderDesk) -> Draft:
    """An entry with exits; one that sells short as well."""
    side = draw(st.sampled_from([OrderSide.BUY, OrderSide.BUY, OrderSide.SELL_SHORT]))
    time = draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]))
    what = share()
    same: dict[str, Any] = {"quantity": Decimal(draw(st.integers(1, 4))), "time_in_force": time}

    def exit_of(kind: OrderType) -> Draft:
        prices = _prices(draw, desk, what, EXIT[side], kind)
        return draft(desk.account, what, EXIT[side], kind, **prices, **same)

    exits = (exit_of(T.LIMIT), exit_of(draw(st.sampled_from([T.STOP, T.STOP_LIMIT]))))
    link = draw(st.sampled_from([Link.BRACKET, Link.TRIGGERS]))
    children = exits if link is Link.BRACKET else draw(st.sampled_from([exits[:1], exits[1:]]))
    prices = _prices(draw, desk, what, side, T.LIMIT)
    return draft(desk.account, what, side, link=link, children=children, **prices, **same)


def all_sorts(desk: OrderDesk) -> st.SearchStrategy[Draft]:
    several = [spreads(desk), linked(desk)] if desk.rig.BROKER != "snaptrade" else []
    return st.one_of(singles(desk), singles(desk), singles(desk), *several)


# -- answers that were altered ------------------------------------------------------------------
@dataclass
class Answers:
    """Stands between a broker's answer and the reader of it."""

    desk: OrderDesk
    alter: Callable[[Any], Any] = field(default=lambda told: told)
    seen: Any = None

    def install(self, patch: Any) -> Answers:
        patch.setitem(edits.SHAPES, ALTERED, self._json)
        patch.setitem(trouble._ORDER, ALTERED, self._rows)
        return self

    async def read(self, order_id: str, alter: Callable[[Any], Any] | None = None) -> Order | None:
        """The order out of an altered answer; None where the reader refused it."""
        self.alter = alter or (lambda told: told)
        method, path = READS[self.desk.rig.BROKER]
        self.desk.rig.sim.faults.add(
            [
                {"kind": "edit", "method": method, "path": path, "times": 1,
                 "args": {"edit": ALTERED}}
            ]
        )  # fmt: skip
        try:
            found: Order | None = await self.desk.session.order(self.desk.account, order_id)
        except BrokerDeskError:
            return None
        finally:
            self.desk.rig.sim.faults.clear()
        return found

    def _json(self, body: bytes) -> bytes:
        self.seen = json.loads(body)
        return json.dumps(self.alter(self.seen)).encode()

    def _rows(self, rows: list[Any]) -> list[Any]:
        self.seen = rows
        changed: list[Any] = self.alter(rows)
        return changed


Place = tuple[str | int, ...]


def leaves(tree: Any, here: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of parsed JSON with its place."""
    if isinstance(tree, dict):
        for name, each in tree.items():
            yield from leaves(each, (*here, name))
    elif isinstance(tree, list):
        for index, each in enumerate(tree):
            yield from leaves(each, (*here, index))
    else:
        yield here, tree


def with_leaf(place: Place, value: Any, tree: Any) -> Any:
    """A copy with another value at a place."""
    if not place:
        return value
    copy: Any = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[place[0]] = with_leaf(place[1:], value, tree[place[0]])
    return copy
