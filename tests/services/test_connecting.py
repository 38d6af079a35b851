"""Attempts to connect: tested before saved, whole or not at all, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.services import BROKER, KEYS, Bench, a_transaction, an_account, bench

from brokerdesk.brokers.flow import BrowserStep, DoneStep, FailedStep, FormStep, PasteOutcome
from brokerdesk.domain.events import ConnectionsChanged
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
    SecretStoreLockedError,
    SecretStoreMissingError,
    StorageError,
    UserCancelled,
)
from brokerdesk.services.attempt import ConnectAttempt
from brokerdesk.services.connecting import AccountChoice
from brokerdesk.services.saving import note_saving

ONE = an_account("11112222")
TWO = an_account("33334444")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def begun(desk: Bench, **more: Any) -> ConnectAttempt:
    return await desk.services.connecting.begin(BROKER, Environment.LIVE, **more)


async def signed_in(desk: Bench, attempt: ConnectAttempt) -> Any:
    step = await attempt.start()
    if isinstance(step, FormStep):
        step = await attempt.submit(KEYS)
    await attempt.paste("done")
    return await attempt.wait()


async def left_behind(desk: Bench) -> list[object]:
    accounts = await desk.database.read(lambda uow: uow.accounts.list())
    return [
        *await desk.rows(),
        *accounts,
        *desk.secret_files(),
        *(["a port"] * desk.bank.open_flows),
        *(["a session"] * desk.bank.open_sessions),
    ]


# -- the happy way --------------------------------------------------------------------------------
async def test_sign_in_test_save(desk: Bench) -> None:
    desk.bank.accounts.append(TWO)
    attempt = await begun(desk)
    assert isinstance(await attempt.start(), FormStep)
    assert isinstance(await attempt.submit(KEYS), BrowserStep)
    assert await attempt.paste("nonsense") is PasteOutcome.WRONG
    assert await attempt.paste("done") is PasteOutcome.ACCEPTED
    assert isinstance(await attempt.wait(), DoneStep)
    found = await attempt.test()
    assert [one.account for one in found.accounts] == [ONE, TWO]
    assert [one.already_through for one in found.accounts] == [None, None]
    assert await left_behind(desk) == [], "nothing is stored before save"

    row = await attempt.save(
        {ONE.id: AccountChoice(nickname="Mine"), TWO.id: AccountChoice(included=False)}, "My Acme"
    )

    assert (await desk.rows()) == (row,)
    assert row.name == "My Acme"
    assert row.sign_in_ends == desk.clock.now() + timedelta(days=7)
    stored = await desk.database.read(lambda uow: uow.accounts.list())
    assert [(one.nickname, one.included) for one in stored] == [("Mine", True), ("", False)]
    assert desk.secret_files() == [f"{row.id}.sealed"]
    kept = await desk.store.credentials(row.id).read()
    assert kept["token"] == "t-0123456789"
    assert desk.told(ConnectionsChanged)
    assert (desk.bank.open_flows, desk.bank.open_sessions) == (0, 0)


async def test_a_form_with_a_problem_comes_back(desk: Bench) -> None:
    attempt = await begun(desk)
    await attempt.start()
    step = await attempt.submit({"key": "k"})
    assert isinstance(step, FormStep)
    assert step.problems == (("secret", "This is needed."),)
    await attempt.cancel()


async def test_a_wrong_secret_is_found_before_anything_is_saved(desk: Bench) -> None:
    attempt = await begun(desk)
    await attempt.start()
    await attempt.submit({**KEYS, "secret": "wrong-0123456789"})
    await attempt.paste("done")
    await attempt.wait()
    with pytest.raises(AuthRejectedError):
        await attempt.test()
    with pytest.raises(InputError):
        await attempt.save()
    await attempt.cancel()
    assert await left_behind(desk) == []


async def test_a_flow_that_fails_can_be_restarted(desk: Bench) -> None:
    desk.bank.fails["flow"] = AuthRejectedError("Consent was denied.")
    attempt = await begun(desk)
    step = await signed_in(desk, attempt)
    assert isinstance(step, FailedStep)
    with pytest.raises(InputError):
        await attempt.test()
    desk.bank.fails.clear()
    await attempt.restart()
    await attempt.paste("done")
    assert isinstance(await attempt.wait(), DoneStep)
    await attempt.cancel()
    assert await left_behind(desk) == []


# -- cancelling -----------------------------------------------------------------------------------
Step = Callable[[Bench, ConnectAttempt], Awaitable[object]]


async def _start(desk: Bench, attempt: ConnectAttempt) -> object:
    return await attempt.start()


async def _form(desk: Bench, attempt: ConnectAttempt) -> object:
    await attempt.start()
    return await attempt.submit(KEYS)


async def _paste(desk: Bench, attempt: ConnectAttempt) -> object:
    await _form(desk, attempt)
    return await attempt.paste("done")


async def _done(desk: Bench, attempt: ConnectAttempt) -> object:
    await _paste(desk, attempt)
    return await attempt.wait()


async def _tested(desk: Bench, attempt: ConnectAttempt) -> object:
    await _done(desk, attempt)
    return await attempt.test()


@pytest.mark.parametrize("until", [_start, _form, _paste, _done, _tested])
async def test_cancel_at_any_step_leaves_nothing(desk: Bench, until: Step) -> None:
    attempt = await begun(desk)
    await until(desk, attempt)
    await attempt.cancel()
    await attempt.cancel()
    assert await left_behind(desk) == []
    for call in (attempt.start, attempt.wait, attempt.test, attempt.save):
        with pytest.raises(UserCancelled):
            await call()
    assert await left_behind(desk) == []


async def test_cancel_while_the_browser_is_out(desk: Bench) -> None:
    attempt = await begun(desk)
    await _form(desk, attempt)
    assert desk.bank.open_flows == 1
    waiting = asyncio.ensure_future(attempt.wait())
    await asyncio.sleep(0)
    await attempt.cancel()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert await left_behind(desk) == []


async def test_cancel_while_testing_closes_the_session(desk: Bench) -> None:
    attempt = await begun(desk)
    await _done(desk, attempt)
    desk.bank.gate = asyncio.Event()
    testing = asyncio.ensure_future(attempt.test())
    await asyncio.sleep(0.01)
    assert desk.bank.open_sessions == 1
    testing.cancel()
    await asyncio.wait({testing})
    await attempt.cancel()
    assert await left_behind(desk) == []


@pytest.mark.parametrize("steps", range(12))
async def test_a_caller_cancelled_while_saving_leaves_all_or_nothing(
    desk: Bench, steps: int
) -> None:
    attempt = await begun(desk)
    await _tested(desk, attempt)
    saving = asyncio.ensure_future(attempt.save())
    for _ in range(steps):
        await asyncio.sleep(0.001)
    saving.cancel()
    await asyncio.wait({saving})
    if saving.cancelled():
        assert await left_behind(desk) == []
    else:
        row = saving.result()
        assert await desk.rows() == (row,)
        assert desk.secret_files() == [f"{row.id}.sealed"]


async def test_cancel_while_saving_leaves_nothing(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = await desk.services.connecting.begin(BROKER, Environment.LIVE)
    await attempt.start()
    await attempt.submit(KEYS)
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    begun, gate, save = asyncio.Event(), asyncio.Event(), desk.store.save

    async def slow(connection: ConnectionId, credentials: Any) -> None:
        begun.set()
        await gate.wait()
        await save(connection, credentials)

    monkeypatch.setattr(desk.store, "save", slow)
    loop = asyncio.get_running_loop()
    saving = loop.create_task(attempt.save())
    await begun.wait()
    cancelling = loop.create_task(attempt.cancel())
    await asyncio.sleep(0.01)
    gate.set()
    await cancelling
    with pytest.raises(UserCancelled):
        await saving
    assert await desk.rows() == ()
    assert desk.secret_files() == []
    assert desk.told(ConnectionsChanged) == []


async def test_a_cancelled_sign_in_again_leaves_what_was_chosen_for_accounts(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.connected()
    first = desk.bank.accounts[0].id
    await desk.database.run(lambda uow: uow.accounts.include(first, False))
    desk.bank.accounts.append(an_account("33334444"))
    attempt = await begun(desk, relogin_of=row.id)
    await attempt.start()
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    started, gate, save = asyncio.Event(), asyncio.Event(), desk.store.save

    async def slow(connection: ConnectionId, credentials: Any) -> None:
        started.set()
        await gate.wait()
        await save(connection, credentials)

    monkeypatch.setattr(desk.store, "save", slow)
    loop = asyncio.get_running_loop()
    choices = {first: AccountChoice(included=True, nickname="Renamed")}
    saving = loop.create_task(attempt.save(choices))
    await started.wait()
    cancelling = loop.create_task(attempt.cancel())
    await asyncio.sleep(0.01)
    gate.set()
    await cancelling
    with pytest.raises(UserCancelled):
        await saving
    stored = await desk.services.connecting.accounts(row.id)
    assert [(one.included, one.nickname) for one in stored] == [(False, ""), (None, "")]
    assert await desk.rows() == (row,)


async def test_when_the_row_fails_the_secret_goes_too(
    desk: Bench, monkeypatch: pytest.MonkeyPatch, allow_warnings: Callable[..., None]
) -> None:
    from brokerdesk.db.repositories.connections import ConnectionRepository

    attempt = await begun(desk)
    await _tested(desk, attempt)
    secrets: list[list[str]] = []

    def refuse(self: object, row: object) -> None:
        secrets.append(desk.secret_files())
        raise StorageError("No.")

    with monkeypatch.context() as patched:
        patched.setattr(ConnectionRepository, "add", refuse)
        with pytest.raises(StorageError):
            await attempt.save()
    assert len(secrets[0]) == 1, "the secret came first"
    assert await left_behind(desk) == []
    assert (await attempt.save()).state is ConnectionState.NEW, "and it can be tried again"


async def test_when_the_secret_cannot_be_kept_there_is_no_row(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = await begun(desk)
    await _tested(desk, attempt)

    async def refuse(connection: object, credentials: object) -> None:
        raise SecretStoreLockedError("It is locked.")

    monkeypatch.setattr(desk.store, "save", refuse)
    with pytest.raises(SecretStoreLockedError):
        await attempt.save()
    assert await left_behind(desk) == []


# -- who is connected already ---------------------------------------------------------------------
async def test_the_same_identity_twice_is_refused_before_anything_is_asked(desk: Bench) -> None:
    row = await desk.connected(name="First")
    attempt = await begun(desk)
    step = await signed_in(desk, attempt)
    assert isinstance(step, FailedStep)
    assert not step.can_restart
    assert "First" in step.error.title
    assert row.id in step.error.hint
    assert await desk.rows() == (row,)
    assert desk.bank.open_flows == 0


async def test_an_account_of_another_connection_is_told_and_stays_there(desk: Bench) -> None:
    first = await desk.connected(name="First")
    desk.bank.identity = "who-2"
    desk.bank.accounts.append(TWO)
    attempt = await begun(desk)
    await _done(desk, attempt)
    found = await attempt.test()
    assert [one.already_through for one in found.accounts] == ["First", None]
    second = await attempt.save()
    owners = await desk.database.read(
        lambda uow: {stored.account.id: stored.connection for stored in uow.accounts.list()}
    )
    assert owners == {ONE.id: first.id, TWO.id: second.id}


# -- signing in again -----------------------------------------------------------------------------
async def test_signing_in_again_keeps_the_history_and_asks_no_keys(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    row = await desk.connected(name="Mine")
    await desk.services.refreshing.refresh(row.id)
    desk.bank.fails["accounts"] = AuthExpiredError("The login has ended.")
    await desk.services.refreshing.refresh(row.id)
    desk.bank.fails.clear()
    await desk.clock.advance(60)

    attempt = await begun(desk, relogin_of=row.id)
    assert isinstance(await attempt.start(), BrowserStep)
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    again = await attempt.save()

    assert again.id == row.id
    assert again.name == "Mine"
    assert (await desk.rows())[0].state is ConnectionState.OK
    assert (await desk.rows())[0].signed_in_at == desk.clock.now()
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.state is ConnectionState.OK
    days = await desk.database.read(lambda uow: uow.snapshots.days(ONE.id))
    assert days


async def test_somebody_else_cannot_take_a_connection_over(desk: Bench) -> None:
    row = await desk.connected(name="Mine")
    before = await desk.store.credentials(row.id).read()
    desk.bank.identity = "who-2"
    attempt = await begun(desk, relogin_of=row.id)
    step = await signed_in(desk, attempt)
    assert isinstance(step, FailedStep)
    assert "Mine" in step.error.message
    assert await desk.rows() == (row,)
    assert await desk.store.credentials(row.id).read() == before


async def test_changing_the_keys_keeps_history_and_choices(desk: Bench) -> None:
    row = await desk.connected(choices={ONE.id: AccountChoice(nickname="Mine")})
    await desk.services.refreshing.refresh(row.id)
    attempt = await begun(desk, relogin_of=row.id, change_keys=True)
    assert isinstance(await attempt.start(), FormStep)
    await attempt.submit({**KEYS, "key": "another-0123456789"})
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    await attempt.save()
    assert (await desk.store.credentials(row.id).read())["key"] == "another-0123456789"
    stored = await desk.database.read(lambda uow: uow.accounts.get(ONE.id))
    assert stored is not None
    assert (stored.nickname, stored.included) == ("Mine", True)
    view = await desk.services.portfolio.view()
    assert view.totals[0].net_liquidation == Decimal(10000)


async def test_a_cancelled_sign_in_again_leaves_the_old_one_as_it_was(desk: Bench) -> None:
    row = await desk.connected()
    before = await desk.store.credentials(row.id).read()
    attempt = await begun(desk, relogin_of=row.id)
    await attempt.start()
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    await attempt.cancel()
    assert await desk.rows() == (row,)
    assert await desk.store.credentials(row.id).read() == before


@pytest.mark.parametrize("steps", range(10))
async def test_a_sign_in_again_cancelled_while_saving_is_old_or_new(
    desk: Bench, steps: int
) -> None:
    row = await desk.connected()
    attempt = await begun(desk, relogin_of=row.id, change_keys=True)
    await attempt.start()
    await attempt.submit({**KEYS, "key": "another-0123456789"})
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    saving = asyncio.ensure_future(attempt.save(name="Renamed"))
    for _ in range(steps):
        await asyncio.sleep(0.001)
    saving.cancel()
    await asyncio.wait({saving})
    (now,) = await desk.rows()
    key = (await desk.store.credentials(row.id).read())["key"]
    expected = (row.name, KEYS["key"]) if saving.cancelled() else ("Renamed", "another-0123456789")
    assert (now.name, key) == expected


async def test_lost_credentials_ask_for_the_keys_again(desk: Bench) -> None:
    row = await desk.connected()
    await desk.store.delete(row.id)
    attempt = await begun(desk, relogin_of=row.id)
    assert isinstance(await attempt.start(), FormStep)
    await attempt.cancel()


# -- what is refused at once ----------------------------------------------------------------------
async def test_without_a_place_for_secrets_the_careful_are_refused_first(tmp_path: Path) -> None:
    async with bench(tmp_path, no_keyring=True) as desk:
        with pytest.raises(SecretStoreMissingError) as refused:
            await begun(desk, session_only=False)
        assert "vault create" in refused.value.hint
        assert desk.bank.open_flows == 0
        row = await desk.connected()
        assert desk.secret_files() == [], "kept in memory only"
        assert (await desk.services.refreshing.refresh(row.id)).state is ConnectionState.OK


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com:80",
        "http://127.0.0.1",
        "http://127.0.0.1:1/path",
        "http://u:p@127.0.0.1:1",
        "http://127.0.0.1:1?x=1",
        "ftp://127.0.0.1:1",
        "http://127.0.0.2:99999",
        "http://[::2]:1",
        "http://127.0.0.1.evil.example:80",
        "nonsense",
        "",
    ],
)
async def test_a_practice_address_off_this_computer_is_refused(desk: Bench, address: str) -> None:
    from brokerdesk.services.origins import loopback_origin

    with pytest.raises(InputError):
        loopback_origin(address)
    if address:
        with pytest.raises(InputError):
            await desk.services.connecting.begin(BROKER, Environment.PRACTICE, practice_url=address)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("http://127.0.0.1:4321/", "http://127.0.0.1:4321"),
        ("https://localhost:1", "https://localhost:1"),
        (" http://[::1]:80 ", "http://[::1]:80"),
        ("tcp://127.0.0.1:4001", "tcp://127.0.0.1:4001"),
    ],
)
def test_one_origin_on_loopback_is_taken(address: str, origin: str) -> None:
    from brokerdesk.services.origins import loopback_origin

    assert loopback_origin(address) == origin


async def test_other_things_that_cannot_begin(desk: Bench) -> None:
    connecting = desk.services.connecting
    with pytest.raises(InputError):
        await connecting.begin("nobody", Environment.LIVE)
    with pytest.raises(NotSupportedError):
        await connecting.begin(BROKER, Environment.PAPER)
    with pytest.raises(InputError):
        await connecting.begin(BROKER, Environment.LIVE, relogin_of=ConnectionId("acme-00000000"))
    with pytest.raises(InputError):
        await connecting.begin(BROKER, Environment.LIVE, practice_url="http://127.0.0.1:4321")
    with pytest.raises(BrokerUnavailableError):
        await connecting.begin(BROKER, Environment.PRACTICE)


async def test_offline_nothing_is_begun(tmp_path: Path) -> None:
    async with bench(tmp_path, offline=True) as desk:
        with pytest.raises(BrokerUnavailableError):
            await begun(desk)


# -- afterwards -----------------------------------------------------------------------------------
async def test_renaming_and_choosing(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.connecting.rename(row.id, "  Other ")
    assert (await desk.rows())[0].name == "Other"
    with pytest.raises(InputError):
        await desk.services.connecting.rename(row.id, " ")
    await desk.services.connecting.choose({ONE.id: AccountChoice(included=False, nickname="X")})
    (stored,) = await desk.services.connecting.accounts(row.id)
    assert (stored.included, stored.nickname) == (False, "X")


@pytest.mark.parametrize("keep", [True, False])
async def test_removing_takes_secret_and_row_and_history_as_wished(desk: Bench, keep: bool) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.services.connecting.remove(row.id, keep_history=keep)
    assert await desk.rows() == ()
    assert desk.secret_files() == []
    assert desk.bank.open_sessions == 0
    assert (await desk.database.read(lambda uow: uow.snapshots.latest(ONE.id)) is not None) is keep


async def test_after_removing_everything_all_transactions_are_read_again(desk: Bench) -> None:
    """What is forgotten takes its notes along: a later connection begins at the beginning."""
    old = a_transaction(ONE.id, desk.clock.now() - timedelta(days=200), "-5")
    desk.bank.transactions[ONE.id] = [old]
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.services.connecting.remove(row.id, keep_history=False)
    again = await desk.connected()
    await desk.services.refreshing.refresh(again.id)
    listed = await desk.database.read(lambda uow: uow.transactions.list(ONE.id))
    assert [entry.id for entry in listed] == [old.id]


async def test_a_renewal_under_way_does_not_overwrite_a_new_sign_in(desk: Bench) -> None:
    row = await desk.connected()
    port = desk.store.credentials(row.id)
    attempt = await desk.services.connecting.begin("", Environment.LIVE, relogin_of=row.id)
    await attempt.start()
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    async with port.lock():
        before = dict(await port.read())
        saving = asyncio.get_running_loop().create_task(attempt.save())
        for _ in range(50):
            await asyncio.sleep(0.002)  # disk work runs in threads of its own
        assert not saving.done(), "it waits for whoever is exchanging the old token"
        await port.replace({**before, "token": "renewed-of-the-old-sign-in"})
    await saving
    assert (await port.read())["token"] == "t-0123456789"


async def test_an_account_with_a_past_takes_it_up_again(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.services.connecting.remove(row.id, keep_history=True)
    again = await desk.connected()
    assert again.id != row.id
    stored = await desk.database.read(lambda uow: uow.accounts.get(ONE.id))
    assert stored is not None
    assert stored.connection == again.id
    assert await desk.database.read(lambda uow: uow.snapshots.latest(ONE.id)) is not None


async def test_secrets_of_another_database_are_never_swept(desk: Bench) -> None:
    """After a damaged database was moved aside, or an older copy put back."""
    other = ConnectionId(f"{BROKER}-0badcafe")
    await desk.store.save(other, KEYS)
    for _ in range(3):
        await desk.services.connecting.sweep()
    assert await desk.store.exists(other)


async def test_a_save_that_was_killed_before_its_row_is_swept(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = await desk.services.connecting.begin(BROKER, Environment.LIVE)
    await attempt.start()
    await attempt.submit(KEYS)
    await attempt.paste("done")
    await attempt.wait()
    await attempt.test()
    with monkeypatch.context() as patch:
        patch.setattr(attempt, "_write", _killed)
        patch.setattr(attempt, "_put_back_secret", _nothing)
        with pytest.raises(StorageError):
            await attempt.save()
    await attempt.cancel()
    desk.bugs.clear()
    (left,) = await desk.store.stored()
    await desk.services.connecting.sweep()
    await desk.services.connecting.sweep()
    assert not await desk.store.exists(left)


def _killed(*_: object) -> None:
    raise StorageError("The computer lost its power.")


async def _nothing(*_: object) -> None:
    """A killed program cleans nothing up."""


async def test_a_secret_without_a_row_is_swept_at_the_second_look(desk: Bench) -> None:
    row = await desk.connected()
    orphan = ConnectionId(f"{BROKER}-0badcafe")
    await desk.store.save(orphan, KEYS)
    await desk.database.run(lambda uow: note_saving(uow, orphan, begun=True))
    await desk.services.connecting.sweep()
    assert await desk.store.exists(orphan), "another process may be about to write its row"
    await desk.services.connecting.sweep()
    assert not await desk.store.exists(orphan)
    assert await desk.store.exists(row.id)
