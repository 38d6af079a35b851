"""Rounds: what is stored, what is held, what is said, and what never happens to good figures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.services import (
    Bench,
    a_position,
    a_reading,
    a_transaction,
    an_account,
    bench,
)

from brokerdesk.brokers.base import SignIn
from brokerdesk.db.start_view import read_start_view
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.events import (
    AccountRefreshed,
    AccountsOffered,
    AccountSuspected,
    ClockSkewed,
    ConnectionChanged,
    RefreshFinished,
    RefreshProgressed,
    RefreshStarted,
)
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.domain.reading import Snapshot, Unread
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    DiskFullError,
    InputError,
    RateLimitedError,
    SettingsError,
)
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.refreshing import Reason

ONE = an_account("11112222")
TWO = an_account("33334444")
DOWN = BrokerUnavailableError("Acme does not answer.")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def latest(desk: Bench, account: str = ONE.id) -> Snapshot | None:
    return await desk.database.read(lambda uow: uow.snapshots.latest(AccountId(account)))


async def worth(desk: Bench, account: str = ONE.id) -> Decimal | None:
    found = await latest(desk, account)
    assert found is not None
    assert found.reading is not None
    return found.reading.balances[0].net_liquidation


async def state(desk: Bench) -> ConnectionState:
    return (await desk.rows())[0].state  # type: ignore[no-any-return]


async def test_a_round_stores_everything_and_tells_after_the_commit(desk: Bench) -> None:
    desk.bank.accounts.append(TWO)
    desk.bank.transactions[ONE.id] = [a_transaction(ONE.id, desk.clock.now(), "-1")]
    row = await desk.connected()

    outcome = await desk.services.refreshing.refresh(row.id)

    assert outcome.state is ConnectionState.OK
    assert set(outcome.refreshed) == {ONE.id, TWO.id}
    assert outcome.failed == ()
    assert await worth(desk) == Decimal(10000)
    booked = await desk.database.read(lambda uow: uow.transactions.list(ONE.id))
    assert [entry.amount for entry in booked] == [Decimal(-1)]
    started, finished = desk.told(RefreshStarted), desk.told(RefreshFinished)
    assert [event.accounts for event in started] == [2]
    assert [event.failed for event in finished] == [()]
    assert [event.done for event in desk.told(RefreshProgressed)][-1] == 2
    after = (await desk.rows())[0]
    assert after.last_success == after.last_attempt == desk.clock.now()
    series = await desk.database.read(lambda uow: uow.series.values(ONE.id))
    assert [point.value for point in series] == [Decimal(10000)]


async def test_the_event_comes_when_another_reader_sees_the_snapshot(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.connected()
    seen: list[bool] = []
    desk.events.clear()
    original = desk.events

    def publish(event: object) -> None:
        if isinstance(event, AccountRefreshed):
            # Waiting here is safe: the transaction of the round has ended.
            seen.append(
                desk.database.read_sync(lambda uow: uow.snapshots.latest(ONE.id)) is not None
            )
        original.append(event)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.services.refreshing, "_publish", publish)
    await desk.services.refreshing.refresh(row.id)
    assert seen == [True]


async def test_an_excluded_account_is_never_read(desk: Bench) -> None:
    from brokerdesk.services.connecting import AccountChoice

    desk.bank.accounts.append(TWO)
    row = await desk.connected(
        choices={ONE.id: AccountChoice(), TWO.id: AccountChoice(included=False)}
    )
    await desk.services.refreshing.refresh(row.id)
    assert not [call for call in desk.bank.calls if TWO.id in call]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DOWN, ConnectionState.UNAVAILABLE),
        (RateLimitedError("Slow down.", retry_after=90), ConnectionState.RATE_LIMITED),
        (AuthExpiredError("The login has ended."), ConnectionState.NEEDS_SIGN_IN),
        (BrokerProtocolError("Not understood."), ConnectionState.FAILED),
    ],
)
async def test_a_failed_round_keeps_the_figures_and_says_why(
    desk: Bench,
    allow_warnings: Callable[..., None],
    error: Exception,
    expected: ConnectionState,
) -> None:
    allow_warnings("is down")
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.fails["accounts"] = error
    await desk.clock.advance(60)

    outcome = await desk.services.refreshing.refresh(row.id)

    assert outcome.state is expected
    assert outcome.error is error
    after = (await desk.rows())[0]
    assert after.state is expected
    assert str(error) in after.state_text
    assert after.last_success == desk.clock.now() - timedelta(seconds=60)
    assert await worth(desk) == Decimal(10000)
    failures = await desk.database.read(
        lambda uow: uow.connections.failures(row.id, desk.clock.now() - timedelta(days=1))
    )
    assert [failure.code for failure in failures] == [outcome.error.code]


async def test_down_and_up_are_logged_once_each(
    desk: Bench, allow_warnings: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    allow_warnings("is down")
    caplog.set_level(logging.INFO, logger="brokerdesk.services")
    row = await desk.connected()
    desk.bank.fails["accounts"] = DOWN
    for _ in range(5):
        await desk.services.refreshing.refresh(row.id)
    desk.bank.fails.clear()
    for _ in range(3):
        await desk.services.refreshing.refresh(row.id)
    lines = [record.getMessage() for record in caplog.records if row.id in record.getMessage()]
    assert [line.split(": ")[0].split(row.id)[1].strip() for line in lines] == [
        "is down",
        "answers again",
    ]


async def test_one_account_that_fails_leaves_the_others_refreshed(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings()
    desk.bank.accounts.append(TWO)
    desk.bank.fails[f"portfolio {ONE.id}"] = BrokerProtocolError("Not understood.")
    row = await desk.connected()

    outcome = await desk.services.refreshing.refresh(row.id)

    assert outcome.refreshed == (TWO.id,)
    assert outcome.state is ConnectionState.OK
    assert len(outcome.failed) == 1
    assert "…2222" in outcome.failed[0]
    assert "Not understood." in outcome.failed[0]


async def test_transactions_that_fail_do_not_void_balances(desk: Bench) -> None:
    desk.bank.fails["transactions"] = BrokerProtocolError("Not understood.")
    row = await desk.connected()
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.refreshed == (ONE.id,)
    assert [text for text in outcome.failed if "transactions" in text]
    assert await worth(desk) == Decimal(10000)


async def test_the_login_that_ends_amid_a_round_keeps_what_was_stored(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    desk.bank.fails["transactions"] = AuthExpiredError("The login has ended.")
    row = await desk.connected()
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.refreshed == (ONE.id,)
    assert outcome.state is ConnectionState.NEEDS_SIGN_IN
    skipped = await desk.services.refreshing.refresh(row.id, reason=Reason.TIMER)
    assert skipped.skipped
    assert skipped.state is ConnectionState.NEEDS_SIGN_IN


async def test_after_two_silent_accounts_the_rest_is_not_asked(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    desk.bank.accounts = [an_account(f"1111000{n}") for n in range(6)]
    desk.bank.fails["portfolio"] = DOWN
    row = await desk.connected()
    outcome = await desk.services.refreshing.refresh(row.id)
    asked = [call for call in desk.bank.calls if call.startswith("portfolio")]
    assert len(asked) == 2
    assert outcome.state is ConnectionState.UNAVAILABLE
    for account in desk.bank.accounts:
        assert any(account.number_mask in text for text in outcome.failed), "each is named"


# -- suspect answers ------------------------------------------------------------------------------
async def test_an_empty_answer_is_held_and_a_normal_one_clears_it(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.shows(ONE.id, positions=[])

    outcome = await desk.services.refreshing.refresh(row.id)

    assert outcome.held == (ONE.id,)
    assert outcome.state is ConnectionState.SUSPECT
    assert [event.account for event in desk.told(AccountSuspected)] == [ONE.id]
    good = await latest(desk)
    assert good is not None
    assert good.reading is not None
    assert len(good.reading.positions) == 1
    assert await state(desk) is ConnectionState.SUSPECT

    desk.bank.shows(ONE.id)
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.state is ConnectionState.OK
    assert await desk.database.read(lambda uow: uow.snapshots.held()) == ()


async def test_a_damaged_last_snapshot_does_not_let_an_empty_answer_in(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(60)
    desk.bank.shows(ONE.id, value="10001")
    await desk.services.refreshing.refresh(row.id)

    def damage(uow: UnitOfWork) -> None:
        raw = uow.snapshots._raw
        raw.execute("DROP TRIGGER snapshots_never_change")
        raw.execute(
            "UPDATE snapshots SET payload = CAST(payload || x'00' AS BLOB)"
            " WHERE id = (SELECT max(id) FROM snapshots)"
        )

    await desk.database.run(damage)
    await desk.clock.advance(60)
    desk.bank.shows(ONE.id, value="10001", positions=[])
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.held == (ONE.id,)


async def test_an_answer_that_comes_late_settles_nothing(desk: Bench) -> None:
    """Another process has read and stored the account since this answer was given."""
    row = await desk.connected()
    early = a_reading(ONE.id, desk.clock.now(), value="9000")
    await desk.clock.advance(5)
    await desk.services.refreshing.refresh(row.id)
    doubtful = a_reading(ONE.id, desk.clock.now(), value="1")

    def late(uow: UnitOfWork) -> None:
        uow.snapshots.hold(doubtful, "It fell.", desk.clock.now())
        store_reading(uow, early)

    await desk.database.run(late)
    assert await worth(desk) == Decimal(10000)
    series = await desk.database.read(lambda uow: uow.series.values(ONE.id))
    assert [point.value for point in series] == [Decimal(10000)]
    assert len(await desk.database.read(lambda uow: uow.snapshots.held())) == 1


async def test_the_user_accepts_held_figures(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.shows(ONE.id, value="10")
    await desk.clock.advance(60)
    await desk.services.refreshing.refresh(row.id)
    assert await worth(desk) == Decimal(10000)

    await desk.services.refreshing.accept_suspect(ONE.id)

    assert await worth(desk) == Decimal(10)
    assert await state(desk) is ConnectionState.OK
    series = await desk.database.read(lambda uow: uow.series.values(ONE.id))
    assert [point.value for point in series] == [Decimal(10)]
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.held == ()


async def test_the_user_discards_held_figures(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.shows(ONE.id, value="10")
    await desk.services.refreshing.refresh(row.id)
    await desk.services.refreshing.discard_suspect(ONE.id)
    assert await worth(desk) == Decimal(10000)
    assert await state(desk) is ConnectionState.OK
    assert await desk.database.read(lambda uow: uow.snapshots.held()) == ()


async def test_a_withdrawal_explains_a_fall(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(3600)
    desk.bank.shows(ONE.id, value="1000")
    desk.bank.transactions[ONE.id] = [a_transaction(ONE.id, desk.clock.now(), "-9000")]
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.held == ()
    assert await worth(desk) == Decimal(1000)


async def test_transactions_that_cannot_be_read_explain_nothing(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.shows(ONE.id, value="1000")
    desk.bank.fails["transactions"] = BrokerProtocolError("Not understood.")
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.held == (ONE.id,)


async def test_unread_records_are_stored_and_named(desk: Bench) -> None:
    row = await desk.connected()
    odd = Unread(where="positions[1]", label="ODD", reason="Its quantity is no number.")
    desk.bank.shows(ONE.id, unread=(odd,))
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.refreshed == (ONE.id,)
    assert any("ODD" in text for text in outcome.failed)
    found = await latest(desk)
    assert found is not None
    assert found.reading is not None
    assert found.reading.unread == (odd,)


# -- accounts that come and go --------------------------------------------------------------------
async def test_a_new_account_is_offered_once_and_not_read(desk: Bench) -> None:
    row = await desk.connected()
    desk.bank.accounts.append(TWO)
    await desk.services.refreshing.refresh(row.id)
    await desk.services.refreshing.refresh(row.id)
    assert [event.accounts for event in desk.told(AccountsOffered)] == [(TWO.id,)]
    stored = await desk.database.read(lambda uow: uow.accounts.get(TWO.id))
    assert stored is not None
    assert stored.included is None
    assert not [call for call in desk.bank.calls if call == f"portfolio {TWO.id}"]


async def test_an_account_that_is_gone_is_closed_and_stays_readable(desk: Bench) -> None:
    desk.bank.accounts.append(TWO)
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.accounts.remove(TWO)
    await desk.clock.advance(60)
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(86400)
    await desk.services.refreshing.refresh(row.id)
    stored = await desk.database.read(lambda uow: uow.accounts.get(TWO.id))
    assert stored is not None
    assert stored.closed_at == desk.clock.now()
    assert await worth(desk, TWO.id) == Decimal(10000)
    view = await desk.services.portfolio.view()
    assert [total.net_liquidation for total in view.totals] == [Decimal(10000)]
    assert {shown.id for shown in view.accounts} == {ONE.id, TWO.id}

    desk.bank.accounts.append(TWO)
    await desk.services.refreshing.refresh(row.id)
    stored = await desk.database.read(lambda uow: uow.accounts.get(TWO.id))
    assert stored is not None
    assert stored.closed_at is None
    assert stored.included is True


async def test_a_list_that_leaves_an_account_out_for_less_than_a_day_closes_nothing(
    desk: Bench,
) -> None:
    """A shortened list must not take an account's money out of the total without a word."""
    desk.bank.accounts.append(TWO)
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    for _ in range(2):
        desk.bank.accounts.remove(TWO)
        for _ in range(3):
            await desk.clock.advance(7 * 3600)
            outcome = await desk.services.refreshing.refresh(row.id)
            assert any("did not list it" in text for text in outcome.failed)
        view = await desk.services.portfolio.view()
        assert [total.net_liquidation for total in view.totals] == [Decimal(20000)]
        assert view.totals[0].oldest is not None
        assert desk.clock.now() - view.totals[0].oldest >= timedelta(hours=21)
        # Listed once in between, the count begins anew.
        desk.bank.accounts.append(TWO)
        await desk.services.refreshing.refresh(row.id)


async def test_a_setting_that_cannot_be_used_is_told_and_backs_off(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    row = await desk.connected()
    desk.bank.fails["accounts"] = SettingsError("The proxy address cannot be used.")
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.state is ConnectionState.FAILED
    assert "proxy" in outcome.text
    assert (await desk.rows())[0].state is ConnectionState.FAILED
    assert desk.services.refreshing.pace(row.id).failures == 1
    assert desk.told(RefreshFinished)[-1].failed == (outcome.text,)


async def test_figures_read_while_the_clock_ran_ahead_do_not_hide_newer_ones(desk: Bench) -> None:
    row = await desk.connected()
    desk.clock.jump(3 * 365 * 86400)
    desk.bank.shows(ONE.id, value="10000")
    await desk.services.refreshing.refresh(row.id)
    assert await worth(desk) == Decimal(10000), "while there is nothing else they are shown"
    desk.clock.jump(-3 * 365 * 86400)
    assert await worth(desk) == Decimal(10000)
    (account,) = (await desk.services.portfolio.view()).accounts
    assert account.stale, "and never as now"
    desk.bank.shows(ONE.id, value="11000")
    await desk.services.refreshing.refresh(row.id)
    assert await worth(desk) == Decimal(11000)
    shown = read_start_view(desk.paths.portfolio_db, now=desk.clock.now())
    assert shown is not None
    assert [total.value for total in shown.totals] == [Decimal(11000)]


async def test_no_account_is_closed_on_an_empty_or_partly_unread_list(desk: Bench) -> None:
    desk.bank.accounts.append(TWO)
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    kept = list(desk.bank.accounts)

    desk.bank.accounts.clear()
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.state is ConnectionState.SUSPECT

    desk.bank.accounts = [kept[0]]
    desk.bank.unread_accounts = (Unread(where="accounts[1]", reason="Odd."),)
    await desk.services.refreshing.refresh(row.id)
    stored = await desk.database.read(lambda uow: uow.accounts.list())
    assert [one.closed_at for one in stored] == [None, None]


# -- running, stopping, defects -------------------------------------------------------------------
async def test_a_timer_round_is_skipped_while_one_runs_and_a_manual_one_takes_over(
    desk: Bench,
) -> None:
    row = await desk.connected()
    desk.bank.gate = asyncio.Event()
    first = desk.services.refreshing.begin(row.id)
    assert first is not None
    await asyncio.sleep(0.01)
    assert desk.services.refreshing.begin(row.id, reason=Reason.TIMER) is None
    second = desk.services.refreshing.begin(row.id)
    assert second is not None
    desk.bank.gate.set()
    assert (await second).refreshed == (ONE.id,)
    assert first.cancelled()
    assert [event.stopped for event in desk.told(RefreshFinished)] == [True, False]


async def test_stopping_is_clean(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    desk.bank.gate = asyncio.Event()
    waiting = asyncio.ensure_future(desk.services.refreshing.refresh(row.id))
    await asyncio.sleep(0.01)
    await desk.services.refreshing.stop(row.id)
    outcome = await waiting
    assert outcome.stopped
    assert outcome.state is ConnectionState.OK
    assert await state(desk) is ConnectionState.OK
    assert await worth(desk) == Decimal(10000)
    assert not desk.services.refreshing.running(row.id)
    assert desk.bugs == []


async def test_a_defect_ends_that_refresher_alone(desk: Bench) -> None:
    row = await desk.connected()
    desk.bank.fails["portfolio"] = ZeroDivisionError("boom")
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.state is ConnectionState.FAILED
    assert "boom" not in outcome.text
    assert [type(error) for _, error in desk.bugs] == [ZeroDivisionError]
    assert await state(desk) is ConnectionState.FAILED
    assert desk.services.refreshing.halted(row.id)
    assert [event.state for event in desk.told(ConnectionChanged)][-1] is ConnectionState.FAILED

    desk.bank.fails.clear()
    assert (await desk.services.refreshing.refresh(row.id)).state is ConnectionState.OK
    assert not desk.services.refreshing.halted(row.id)


async def test_a_full_disk_is_told_and_stores_nothing_half(
    desk: Bench, allow_warnings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow_warnings("refreshing connection")
    row = await desk.connected()
    from brokerdesk.db.repositories.snapshots import SnapshotRepository

    def full(self: object, reading: object) -> None:
        raise DiskFullError("The disk is full.", "Nothing was lost.")

    monkeypatch.setattr(SnapshotRepository, "store", full)
    with pytest.raises(DiskFullError):
        await desk.services.refreshing.refresh(row.id)
    assert "The disk is full." in desk.told(RefreshFinished)[-1].failed[0]
    assert desk.bugs == []
    assert await latest(desk) is None


async def test_an_unknown_connection_is_an_input_error(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("refreshing connection")
    with pytest.raises(InputError):
        await desk.services.refreshing.refresh("acme-00000000")  # type: ignore[arg-type]


async def test_the_pause_that_a_broker_asks_for_binds_manual_rounds_too(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    row = await desk.connected()
    desk.bank.fails["accounts"] = RateLimitedError("Slow down.", retry_after=90)
    await desk.services.refreshing.refresh(row.id)
    desk.bank.fails.clear()
    calls = len(desk.bank.calls)
    await desk.clock.advance(89)
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.skipped
    assert outcome.state is ConnectionState.RATE_LIMITED
    assert len(desk.bank.calls) == calls
    await desk.clock.advance(2)
    assert (await desk.services.refreshing.refresh(row.id)).state is ConnectionState.OK


async def test_offline_nothing_is_asked(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    async with bench(tmp_path) as desk:
        row = await desk.connected()
    async with bench(tmp_path, offline=True) as desk:
        outcome = await desk.services.refreshing.refresh(row.id)
        assert outcome.state is ConnectionState.UNAVAILABLE
        assert "offline" in outcome.text
        assert desk.bank.calls == []


async def test_the_sign_in_dates_come_from_the_session(desk: Bench) -> None:
    row = await desk.connected()
    ends = desk.clock.now() + timedelta(days=3)
    desk.bank.sign_in = SignIn(ends=ends)
    await desk.services.refreshing.refresh(row.id)
    assert (await desk.rows())[0].sign_in_ends == ends


async def test_a_clock_that_is_off_is_told_once(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    tell = desk.bank.contexts[-1].on_clock_skew
    assert tell is not None
    for seconds in (10.0, -29.0, 45.0, 46.0, 47.0):
        tell(seconds)
    assert [event.seconds for event in desk.told(ClockSkewed)] == [45]


async def test_later_rounds_read_transactions_of_the_last_week_only(desk: Bench) -> None:
    row = await desk.connected()
    old = a_transaction(ONE.id, desk.clock.now() - timedelta(days=300), "-1")
    new = a_transaction(ONE.id, desk.clock.now() - timedelta(days=2), "-2")
    desk.bank.transactions[ONE.id] = [old]
    await desk.services.refreshing.refresh(row.id)
    desk.bank.transactions[ONE.id] = [new]
    await desk.services.refreshing.refresh(row.id)
    found = await desk.database.read(lambda uow: uow.transactions.list(ONE.id))
    assert {entry.amount for entry in found} == {Decimal(-1), Decimal(-2)}


async def test_all_connections_are_refreshed_side_by_side(desk: Bench) -> None:
    first = await desk.connected()
    desk.bank.identity = "who-2"
    desk.bank.accounts = [TWO]
    second = await desk.connected()
    desk.bank.accounts = [ONE, TWO]
    outcomes = await desk.services.refreshing.refresh_all()
    assert {outcome.connection for outcome in outcomes} == {first.id, second.id}
    assert {one for outcome in outcomes for one in outcome.refreshed} == {ONE.id, TWO.id}
    reads = [call for call in desk.bank.calls if call.startswith("portfolio")]
    assert len(reads) == 2, "no account is read through two connections"


async def test_positions_are_told_apart_from_nothing(desk: Bench) -> None:
    row = await desk.connected()
    desk.bank.shows(ONE.id, positions=[a_position("AAA"), a_position("BBB")])
    await desk.services.refreshing.refresh(row.id)
    view = await desk.services.portfolio.view()
    assert [holding.instrument.symbol for holding in view.holdings] == ["AAA", "BBB"]
