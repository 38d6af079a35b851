"""The user's word on a held answer is about the answer that was shown, not about a later one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.services import Bench, a_position, bench

from brokerdesk.domain.ids import AccountId
from brokerdesk.errors import StorageError


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    """An account whose newest answer, without positions, is held."""
    async with bench(tmp_path) as made:
        row = await made.connected()
        await made.services.refreshing.refresh(row.id)
        await made.clock.advance(60)
        made.bank.shows(account_of(made), positions=[])
        await made.services.refreshing.refresh(row.id)
        yield made


def account_of(desk: Bench) -> AccountId:
    return desk.bank.accounts[0].id


async def another(desk: Bench) -> None:
    """A later answer, doubtful as well, takes the held one's place."""
    await desk.clock.advance(60)
    desk.bank.shows(account_of(desk), value="1", positions=[])
    (row,) = await desk.rows()
    await desk.services.refreshing.refresh(row.id)


async def test_the_view_names_the_held_answer_and_what_it_lacks(desk: Bench) -> None:
    (row,) = (await desk.services.portfolio.view()).accounts
    (held,) = await desk.database.read(lambda uow: uow.snapshots.held())
    assert row.held_at == held.at
    assert (row.emptied, row.positions) == (1, 1)
    assert (await desk.services.portfolio.view(desk.clock.now())).accounts[0].held_at is None


async def test_what_was_shown_is_accepted(desk: Bench) -> None:
    (row,) = (await desk.services.portfolio.view()).accounts
    await desk.services.refreshing.accept_suspect(row.id, row.held_at)
    view = await desk.services.portfolio.view()
    assert view.positions == ()
    assert view.accounts[0].suspect == ""


async def test_a_later_answer_is_neither_accepted_nor_discarded_unseen(desk: Bench) -> None:
    (row,) = (await desk.services.portfolio.view()).accounts
    await another(desk)
    with pytest.raises(StorageError, match="newer answer"):
        await desk.services.refreshing.accept_suspect(row.id, row.held_at)
    with pytest.raises(StorageError, match="newer answer"):
        await desk.services.refreshing.discard_suspect(row.id, row.held_at)
    (still,) = (await desk.services.portfolio.view()).accounts
    assert still.suspect
    assert still.net_liquidation == row.net_liquidation
    await desk.services.refreshing.discard_suspect(row.id, still.held_at)
    assert (await desk.services.portfolio.view()).accounts[0].suspect == ""


async def test_a_decision_that_names_no_answer_is_about_whatever_is_held(desk: Bench) -> None:
    await another(desk)
    await desk.services.refreshing.accept_suspect(account_of(desk))
    assert str((await desk.services.portfolio.view()).accounts[0].net_liquidation) == "1"


async def test_discarding_what_is_gone_is_no_failure(desk: Bench) -> None:
    (row,) = (await desk.services.portfolio.view()).accounts
    await desk.services.refreshing.discard_suspect(row.id, row.held_at)
    await desk.services.refreshing.discard_suspect(row.id, row.held_at)
    with pytest.raises(StorageError):
        await desk.services.refreshing.accept_suspect(row.id, row.held_at)


async def test_another_doubt_is_not_called_empty(desk: Bench) -> None:
    desk.bank.shows(account_of(desk), value="1", positions=[a_position()])
    await desk.clock.advance(60)
    (row,) = await desk.rows()
    await desk.services.refreshing.refresh(row.id)
    (shown,) = (await desk.services.portfolio.view()).accounts
    assert shown.suspect
    assert shown.emptied == 0
