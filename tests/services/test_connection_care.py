"""A connection looked at closely, renamed, and removed with or without its past; real storage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.clock import FakeClock
from support.db import NOON
from support.services import BROKER, KEYS, Bench, an_account, bench

from brokerdesk.domain.connection import Failure
from brokerdesk.domain.events import ConnectionsChanged
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import AuthExpiredError, InputError, SecretMissingError
from brokerdesk.services.connecting import AccountChoice
from brokerdesk.services.connection_care import DAYS, strip
from brokerdesk.settings import Settings

pytestmark = pytest.mark.asyncio


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path, clock=FakeClock(NOON)) as made:
        made.bank.accounts = [an_account("11112222"), an_account("33334444")]
        yield made


async def read_for(rig: Bench, connection: ConnectionId, days: int) -> None:
    for day in range(days):
        if day:
            await rig.clock.advance(24 * 3600)
        for account in rig.bank.accounts:
            rig.bank.shows(account.id, value=str(10000 + day), cash=str(9000 + day))
        await rig.services.refreshing.refresh(connection)


async def test_a_look_shows_accounts_sign_ins_and_what_is_saved(rig: Bench) -> None:
    row = await rig.connected()
    await read_for(rig, row.id, 3)
    care = await rig.services.care.look(row.id)
    assert care is not None
    assert care.broker_title == "Acme Brokers"
    assert care.sign_in_lasts == timedelta(days=7)
    assert [one.days for one in care.accounts] == [3, 3]
    assert {one.newest for one in care.accounts} == {rig.clock.now()}
    assert care.sign_ins == (NOON,)
    assert care.failures == ()
    assert care.strip == (0,) * DAYS


async def test_a_connection_that_is_not_there(rig: Bench) -> None:
    nobody = ConnectionId("acme-00000000")
    assert await rig.services.care.look(nobody) is None
    assert await rig.services.care.stakes(nobody) is None


@pytest.mark.allow_warnings(r"^brokerdesk\.services\.refreshing: connection \S+ is down")
async def test_failures_are_newest_first_and_counted_by_new_york_day(rig: Bench) -> None:
    row = await rig.connected()
    rig.bank.fails["accounts"] = AuthExpiredError("The sign-in has ended.")
    await read_for(rig, row.id, 2)
    care = await rig.services.care.look(row.id)
    assert care is not None
    times = [one.at for one in care.failures]
    assert times == sorted(times, reverse=True)
    assert care.failures[0].code == "auth_expired"
    assert care.strip[-1] >= 1
    assert sum(care.strip) == len(care.failures)


async def test_the_strip_ignores_what_is_older() -> None:
    def at(days: int) -> Failure:
        return Failure(
            connection=ConnectionId("c"), at=NOON - timedelta(days=days), code="x", text="x"
        )

    found = (at(0), at(0), at(29), at(30), at(-1))
    assert strip(found, NOON.date()) == (1, *(0,) * 28, 2)


async def test_every_sign_in_is_remembered(rig: Bench) -> None:
    row = await rig.connected()
    await rig.clock.advance(5 * 24 * 3600)
    again = await rig.services.connecting.begin(BROKER, Environment.LIVE, relogin_of=row.id)
    await again.start()
    await again.paste("done")
    await again.wait()
    await again.test()
    await again.save()
    care = await rig.services.care.look(row.id)
    assert care is not None
    assert care.sign_ins == (NOON + timedelta(days=5), NOON)


async def test_stakes_name_what_is_there(rig: Bench) -> None:
    row = await rig.connected()
    await read_for(rig, row.id, 4)
    stakes = await rig.services.care.stakes(row.id)
    assert stakes is not None
    assert (stakes.name, stakes.accounts, stakes.days) == ("Acme", 2, 4)
    assert stakes.first == NOON.date()
    assert stakes.snapshots == 8


async def test_removing_and_keeping_leaves_the_accounts_readable(rig: Bench) -> None:
    row = await rig.connected()
    await read_for(rig, row.id, 2)
    await rig.services.connecting.remove(row.id, keep_history=True)
    assert await rig.rows() == ()
    assert rig.secret_files() == []
    with pytest.raises(SecretMissingError):
        await rig.store.credentials(row.id).read()
    view = await rig.services.portfolio.view()
    assert len(view.accounts) == 2
    keys = [account.id for account in rig.bank.accounts]
    days = await rig.database.read(lambda uow: [len(uow.snapshots.days(key)) for key in keys])
    assert days == [2, 2]


async def test_removing_and_deleting_leaves_nothing(rig: Bench) -> None:
    row = await rig.connected()
    await read_for(rig, row.id, 2)
    await rig.services.connecting.remove(row.id, keep_history=False)
    assert await rig.rows() == ()
    assert rig.secret_files() == []
    view = await rig.services.portfolio.view()
    assert view.accounts == ()
    left = await rig.database.read(
        lambda uow: uow.accounts.counts(one.id for one in rig.bank.accounts)
    )
    assert left == {"snapshots": 0, "transactions": 0, "orders": 0}


async def test_a_connection_made_anew_has_no_sign_ins_of_the_old_one(rig: Bench) -> None:
    row = await rig.connected()
    await rig.services.connecting.remove(row.id, keep_history=True)
    notes = await rig.database.read(lambda uow: uow.meta.get(f"sign-ins:{row.id}"))
    assert not notes


async def test_renaming_and_back(rig: Bench) -> None:
    row = await rig.connected()
    await rig.services.connecting.rename(row.id, "  My <b>broker</b> ")
    assert [one.name for one in await rig.rows()] == ["My <b>broker</b>"]
    with pytest.raises(InputError):
        await rig.services.connecting.rename(row.id, "   ")
    await rig.services.connecting.rename(row.id, "Acme")
    assert [one.name for one in await rig.rows()] == ["Acme"]


async def test_an_account_is_left_out_and_taken_in_again(rig: Bench) -> None:
    row = await rig.connected()
    account = rig.bank.accounts[0].id
    rig.events.clear()
    await rig.services.care.include(account, False)
    assert rig.told(ConnectionsChanged)
    care = await rig.services.care.look(row.id)
    assert care is not None
    assert [one.stored.included for one in care.accounts] == [False, True]
    await rig.services.care.include(account, True)
    care = await rig.services.care.look(row.id)
    assert care is not None
    assert [one.stored.included for one in care.accounts] == [True, True]


async def test_nicknames_do_not_change_with_the_choice(rig: Bench) -> None:
    await rig.connected(choices={rig.bank.accounts[0].id: AccountChoice(nickname="Mine")})
    account = rig.bank.accounts[0].id
    await rig.services.care.include(account, False)
    stored = await rig.database.read(lambda uow: uow.accounts.get(account))
    assert stored is not None
    assert stored.nickname == "Mine"


async def test_another_way_to_the_network_is_taken_at_once(rig: Bench) -> None:
    row = await rig.connected()
    await read_for(rig, row.id, 1)
    assert rig.bank.open_sessions == 1
    await rig.services.adopt(Settings(keep_all_snapshots=True))
    assert rig.bank.open_sessions == 1  # nothing that concerns the network
    await rig.services.adopt(Settings(proxy="http://proxy.example:8080", token_buffer_seconds=5))
    assert rig.bank.open_sessions == 0
    await rig.services.refreshing.refresh(row.id)
    context = rig.bank.contexts[-1]
    assert context.network.proxy == "http://proxy.example:8080"
    assert context.token_buffer == timedelta(seconds=5)
    assert KEYS  # the sign-in itself is the same


async def test_a_broker_that_this_program_does_not_know(rig: Bench) -> None:
    row = await rig.connected()
    stranger = replace(row, id=ConnectionId("new-00000001"), broker="new", identity="x")
    await rig.database.run(lambda uow: uow.connections.add(stranger))
    care = await rig.services.care.look(stranger.id)
    assert care is not None
    assert (care.broker_title, care.sign_in_lasts, care.accounts) == ("new", None, ())
