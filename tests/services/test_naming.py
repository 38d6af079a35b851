"""Names that a broker gives with its quotes alone: learnt once, and never in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.services import Bench, a_position, bench

from brokerdesk.domain.kinds import AssetType, ConnectionState
from brokerdesk.errors import AuthExpiredError, BrokerUnavailableError, RateLimitedError
from brokerdesk.services import naming
from brokerdesk.services.naming import nameless


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        made.bank.names = {"ABC": "Abc Corporation"}
        yield made


def asked(desk: Bench) -> list[str]:
    return [call.removeprefix("quotes ") for call in desk.bank.calls if call.startswith("quotes")]


async def test_a_nameless_holding_gets_its_name_from_a_quote_once(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.services.refreshing.refresh(row.id)
    assert asked(desk) == ["ABC"]
    view = await desk.services.portfolio.view()
    assert [one.name for one in view.positions] == ["Abc Corporation"]
    assert [one.name for one in view.holdings] == ["Abc Corporation"]
    # The snapshot itself holds what the broker said.
    assert view.positions[0].position.instrument.name == ""


async def test_a_name_that_nobody_gives_is_not_asked_for_again(desk: Bench) -> None:
    desk.bank.names = {}
    row = await desk.connected()
    for _ in range(3):
        await desk.services.refreshing.refresh(row.id)
    assert asked(desk) == ["ABC"]
    assert (await desk.services.portfolio.view()).positions[0].name == ""


@pytest.mark.parametrize(
    "error",
    [
        BrokerUnavailableError("Down."),
        RateLimitedError("Too much.", retry_after=60),
        AuthExpiredError("No market data for this key."),
    ],
)
async def test_no_failure_of_a_quote_harms_the_round(desk: Bench, error: Exception) -> None:
    desk.bank.fails["quotes"] = error
    row = await desk.connected()
    outcome = await desk.services.refreshing.refresh(row.id)
    assert (outcome.state, outcome.failed) == (ConnectionState.OK, ())
    del desk.bank.fails["quotes"]
    await desk.services.refreshing.refresh(row.id)
    assert (await desk.services.portfolio.view()).positions[0].name == "Abc Corporation"


async def test_many_names_are_learnt_in_rounds(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST_AT_ONCE", 2)
    symbols = [f"S{n}" for n in range(5)]
    desk.bank.names = dict.fromkeys(symbols, "Name")
    account = desk.bank.accounts[0].id
    desk.bank.shows(account, positions=[a_position(symbol) for symbol in symbols])
    row = await desk.connected()
    for _ in range(4):
        await desk.services.refreshing.refresh(row.id)
    assert asked(desk) == ["S0,S1", "S2,S3", "S4"]


async def test_a_coin_is_not_named_after_a_share(desk: Bench) -> None:
    held = a_position()
    coin = replace(held, instrument=replace(held.instrument, asset_type=AssetType.CRYPTO))
    account = desk.bank.accounts[0].id
    desk.bank.shows(account, positions=[held, coin])
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    view = await desk.services.portfolio.view()
    assert [one.name for one in view.positions] == ["Abc Corporation", ""]


def test_only_what_is_quoted_and_has_no_name_is_asked_for() -> None:
    base = a_position()
    named = replace(base, instrument=replace(base.instrument, name="Known"))
    bond = replace(base, instrument=replace(base.instrument, asset_type=AssetType.FIXED_INCOME))
    assert nameless([base, named, bond]) == {"ABC"}
    assert nameless([named, bond]) == set()
