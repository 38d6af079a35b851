"""What an account may do through SnapTrade, and what its brokerage says an order would cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support import snaptrade_payloads as payloads
from support.drafts import draft, option, share
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig

from brokerdesk.brokers.snaptrade import SPEC, wire
from brokerdesk.brokers.snaptrade.accounts import account
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    AccountType,
    Environment,
    OrderSide,
    OrderType,
    TradingSession,
)
from brokerdesk.errors import BrokerError, BrokerRefusedError, NotSupportedError

JANUARY = date(2027, 1, 15)


def through(slug: str = "ROBINHOOD", **changes: Any) -> wire.Authorization:
    brokerage = wire.Brokerage(slug=slug, name=slug.title(), allows_trading=True)
    told: dict[str, Any] = {"type": "trade", "disabled": False, "brokerage": brokerage}
    return wire.Authorization(id=payloads.CONNECTION, **{**told, **changes})


GIVEN = wire.Account(id=payloads.ID, name="Mine", number="1234", raw_type="Margin")
NO_ORDERS = wire.Brokerage(slug="FIDELITY", name="Fidelity", allows_trading=False)
SILENT = wire.Brokerage(slug="NEW", name="New")


@pytest.mark.parametrize(
    ("link", "read_only"),
    [
        (through(), False),
        (through(type="read"), True),
        (through("INTERACTIVE-BROKERS-FLEX"), True),
        (through("SANDBOX"), True),
        (through(brokerage=NO_ORDERS), True),
        (through(brokerage=SILENT), None),
        (through(brokerage=SILENT, type="read"), True),
        (None, None),
    ],
)
def test_an_account_tells_whether_it_is_for_reading_only(
    link: wire.Authorization | None, read_only: bool | None
) -> None:
    found = account(GIVEN, link, Environment.PRACTICE)
    assert found.flags.read_only is read_only
    assert SPEC.check_draft is not None
    wish = draft(found.id)
    if read_only:
        with pytest.raises(NotSupportedError) as caught:
            SPEC.check_draft(wish, found)
        assert caught.value.title == "This brokerage is connected for reading only."
    else:
        SPEC.check_draft(wish, found)


def an_account(**changes: Any) -> Account:
    told: dict[str, Any] = {
        "id": AccountId("snaptrade:0000000000000000"),
        "broker": "snaptrade",
        "environment": Environment.PRACTICE,
        "name": "Mine",
        "number_mask": "1234",
        "type": AccountType.CASH,
        "flags": AccountFlags(read_only=False),
    }
    return Account(**{**told, **changes})


@pytest.mark.parametrize(
    ("changes", "wish", "says"),
    [
        ({"raw_type": "Crypto"}, {}, "This account is for coins"),
        ({"environment": Environment.PAPER}, {}, "own paper account"),
        ({}, {"side": OrderSide.SELL_SHORT}, "sells nothing short"),
        ({}, {"kind": OrderType.TRAILING_STOP}, "no such kind"),
        ({}, {"session": TradingSession.PRE_MARKET}, "one extended session"),
    ],
)
def test_drafts_are_checked_as_they_would_be_prepared(
    changes: dict[str, Any], wish: dict[str, Any], says: str
) -> None:
    mine = an_account(**changes)
    assert SPEC.check_draft is not None
    with pytest.raises(NotSupportedError, match=says):
        SPEC.check_draft(draft(mine.id, **wish), mine)


# -- what it would cost ------------------------------------------------------------------------


@pytest.fixture
async def rig() -> AsyncIterator[SnapTradeRig]:
    async with snaptrade_rig() as made:
        yield made


@pytest.fixture
async def session(rig: SnapTradeRig) -> AsyncIterator[SnapTradeSession]:
    opened = rig.opened(rig.port())
    yield opened
    await opened.aclose()


async def mine(session: SnapTradeSession, name: str = "Robinhood Individual") -> AccountId:
    return next(one.id for one in (await session.accounts()).items if one.name == name)


async def asked(session: SnapTradeSession, wish: Draft) -> Any:
    return await session.preview(session.prepare(wish, "one"))


def truth(rig: SnapTradeRig) -> list[dict[str, Any]]:
    return rig.sim.truth.entries


async def test_a_brokerage_says_what_a_share_costs(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    me = await mine(session)
    wish = draft(me, limit_price=Decimal("189.5"), quantity=Decimal(2))
    found = await asked(session, wish)
    assert (found.commission, found.fees, found.refusals) == (Decimal(0), Decimal(0), ())
    assert (found.total, found.buying_power_after, found.token) == (None, None, "")
    sale = replace(
        wish,
        legs=(replace(wish.legs[0], side=OrderSide.SELL),),
        limit_price=Decimal(280),
    )
    assert (await asked(session, sale)).commission == Decimal("0.02"), "the regulator's fee"
    assert truth(rig) == []


async def test_a_brokerage_says_what_an_option_costs(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    me = await mine(session)
    wish = draft(
        me,
        option("280", "P", JANUARY),
        OrderSide.BUY_TO_OPEN,
        limit_price=Decimal("0.05"),
        quantity=Decimal(1),
    )
    found = await asked(session, wish)
    assert found.total == Decimal(5)
    assert found.fees is not None
    assert truth(rig) == []


async def test_a_refusal_is_told_and_nothing_else(session: SnapTradeSession) -> None:
    me = await mine(session)
    found = await asked(session, draft(me, quantity=Decimal(9_000)))
    assert found.refusals == ("Not enough buying power for this order",)
    assert (found.commission, found.fees, found.total) == (None, None, None)


async def test_where_there_is_no_impact_there_is_no_preview(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    me = await mine(session)
    wish = draft(me, quantity=Decimal(1))
    extended = replace(wish, session=TradingSession.EXTENDED)
    assert await asked(session, extended) is None
    assert await session.preview(session.prepare(wish, "one", replaces="7")) is None
    assert await asked(session, draft(me, share("NOPE"), quantity=Decimal(1))) is None
    rig.switches.impact_allowed = False
    assert await asked(session, wish) is None
    rig.switches.impact_allowed = True
    rig.switches.disabled = ["ROBINHOOD"]
    with pytest.raises(BrokerRefusedError):
        await asked(session, wish)


@pytest.mark.parametrize("body", ["[]", '{"trade_impacts":7}', "not json", '{"a":1,"a":'])
async def test_an_impact_that_cannot_be_read_is_an_error(
    rig: SnapTradeRig, session: SnapTradeSession, body: str
) -> None:
    me = await mine(session)
    rule = {"kind": "body", "path": "/trade/impact$", "args": {"text": body}}
    rig.sim.faults.add([rule])
    with pytest.raises(BrokerError):
        await asked(session, draft(me, quantity=Decimal(1)))


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"trade_impacts":[]}',
        '{"trade_impacts":[{}]}',
        '{"trade_impacts":[{"estimated_commission":null,"forex_fees":null}]}',
        '{"trade_impacts":[{"estimated_commission":1},{"estimated_commission":2}]}',
    ],
)
async def test_what_an_impact_leaves_out_is_unknown_and_not_nothing(
    rig: SnapTradeRig, session: SnapTradeSession, body: str
) -> None:
    me = await mine(session)
    rule = {"kind": "body", "path": "/trade/impact$", "args": {"text": body}}
    rig.sim.faults.add([rule])
    found = await asked(session, draft(me, quantity=Decimal(1)))
    assert (found.commission, found.fees) == (None, None)
