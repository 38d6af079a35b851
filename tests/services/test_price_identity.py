"""Prices of one thing are never shown as another's that has the same letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.clock import FakeClock
from support.db import ACCOUNT, NOON, add_accounts, opened
from support.services import a_transaction

from brokerdesk.brokers.base import Network
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, Environment, TransactionType
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.price_history import PriceAsk, PriceHistoryService, trades_of

ASK = PriceAsk(
    symbol="BTC", asset_type="etf", currency="USD", environment=Environment.LIVE,
    accounts=(ACCOUNT,),
)  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"asset_type": "crypto"}, {"asset_type": "option"}, {"currency": "CAD"}]
)
async def test_prices_of_a_namesake_are_not_shown(tmp_path: Path, change: Any) -> None:
    spec = SimpleNamespace(capabilities=SimpleNamespace(daily_prices=True))
    pool: Any = SimpleNamespace(network=Network(), spec=lambda _broker: spec)
    clock = FakeClock(NOON)
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
        service = PriceHistoryService(database=database, pool=pool, clock=clock)
        price = DailyPrice(day=date(2026, 3, 2), close=Decimal("41.5"))
        await database.run(
            lambda uow: uow.prices.put(
                "schwab", Environment.LIVE, "BTC", [price],
                since=date(2021, 1, 1), fetched_at=datetime(2026, 3, 3, tzinfo=UTC),
            )
        )  # fmt: skip
        assert len(await service.stored(ASK)) == 1
        other = await service.stored(replace(ASK, **change))
        assert (len(other), other.source, other.askable) == (0, "", False)


def test_trades_of_a_coin_are_not_drawn_for_a_share_of_its_letters() -> None:
    def trade(kind: AssetType) -> Transaction:
        return a_transaction(
            ACCOUNT, NOON, "-5", id=kind.value, type=TransactionType.TRADE, quantity=Decimal(1),
            instrument=Instrument(symbol="BTC", asset_type=kind),
        )  # fmt: skip

    booked = [trade(kind) for kind in (AssetType.CRYPTO, AssetType.EQUITY, AssetType.ETF)]
    assert len(trades_of(ASK, booked)) == 2  # brokers call a fund a share
    assert len(trades_of(replace(ASK, asset_type="crypto"), booked)) == 1
