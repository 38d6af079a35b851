"""What every broker's session and sign-in must keep to, whoever it is.

The cases carry the numbers of the contract in docs/architecture.md. They run over the registry; a
case that is about some brokers only is collected for those, by ``support.transports``.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs import RIGS, Rig, finished, onward, sign_in, through, to_browser
from support.session_reads import everything, first_account, leaves
from support.transports import (
    NONSENSE,
    NOT_OVER,
    TRAITS,
    UNAVAILABLE,
    Transport,
    Way,
    brokers,
    each,
)

from brokerdesk.brokers.base import BrokerSession, Network
from brokerdesk.brokers.flow import BrowserStep, DoneStep, FailedStep, FieldKind, FormStep
from brokerdesk.brokers.registry import all_specs, spec
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailableError,
    InputError,
    RateLimitedError,
)

BROKERS = [candidate.id for candidate in all_specs()]
WITH_TOKENS = brokers(lambda traits: traits.tokens)
WITHOUT_TOKENS = brokers(lambda traits: not traits.tokens)
WITH_A_BROWSER = brokers(lambda traits: traits.way is Way.BROWSER)
OVER_HTTP = brokers(lambda traits: traits.transport is Transport.HTTP)
OVER_A_SOCKET = brokers(lambda traits: traits.transport is Transport.SOCKET)
WITH_AN_END = [one.id for one in all_specs() if one.capabilities.sign_in_lasts is not None]


@pytest.fixture(params=BROKERS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param]() as made:
        yield made


@pytest.fixture
async def port(rig: Rig) -> MemoryCredentials:
    return MemoryCredentials((await sign_in(rig)).credentials)


@pytest.fixture
async def session(rig: Rig, port: MemoryCredentials) -> AsyncIterator[BrokerSession]:
    opened = rig.session(port)
    yield opened
    await opened.aclose()


# -- the registry -----------------------------------------------------------------------------
def test_every_broker_has_a_rig_and_its_own_name() -> None:
    assert set(BROKERS) == set(RIGS) == set(TRAITS)
    assert len(set(BROKERS)) == len(BROKERS)
    for name in BROKERS:
        found = spec(name)
        assert found.hosts.keys() >= set(found.capabilities.environments)
        assert found.title
        assert found.docs_url.startswith("https://")
        assert found.capabilities.requests_per_minute > 0
    with pytest.raises(InputError):
        spec("nobody")


def test_what_a_transport_leaves_out_is_declared() -> None:
    for transport in Transport:
        there = {kind for table in (UNAVAILABLE, NONSENSE) for kind, _ in table[transport]}
        every = {
            kind
            for table in (UNAVAILABLE, NONSENSE)
            for faults in table.values()
            for kind, _ in faults
        }
        assert every - there == set(NOT_OVER[transport])
        assert all(NOT_OVER[transport].values())
    assert set(OVER_HTTP) | set(OVER_A_SOCKET) == set(BROKERS)


# -- facts ------------------------------------------------------------------------------------
async def test_c01_identity_and_account_ids_are_stable(rig: Rig) -> None:
    first, second = await sign_in(rig), await sign_in(rig)
    assert first.identity == second.identity
    assert len(first.identity) >= 16
    ids = []
    for done in (first, second):
        session = rig.session(MemoryCredentials(done.credentials))
        if done is second:
            ids.append({account.id for account in await session.accounts()})
        await session.aclose()
    session = rig.session(MemoryCredentials(second.credentials))
    ids.append({account.id for account in await session.accounts()})
    await session.aclose()
    assert ids[0] == ids[1]
    assert all(name.startswith(rig.spec.id + ":") for name in ids[0])


async def test_c02_amounts_are_decimals_and_c03_times_are_aware(
    rig: Rig, session: BrokerSession
) -> None:
    found = await everything(rig, session)
    values = list(leaves(found))
    assert sum(isinstance(value, Decimal) for value in values) > 50
    assert not [value for value in values if isinstance(value, float)]
    times = [value for value in values if isinstance(value, datetime)]
    assert times
    assert all(time.tzinfo is UTC for time in times)


async def test_a_healthy_broker_leaves_nothing_unread(rig: Rig, session: BrokerSession) -> None:
    accounts, *others = await everything(rig, session)
    assert len(accounts) > 0
    assert not accounts.unread
    for found in others[:-2]:
        assert not found.unread


async def test_each_account_has_a_total_and_each_holding_a_value(session: BrokerSession) -> None:
    for account in await session.accounts():
        reading = await session.portfolio(account.id)
        assert reading.balances[0].net_liquidation is not None
        assert reading.balances[0].cash is not None
        assert None not in [held.market_value for held in reading.positions]


async def test_no_account_number_is_part_of_any_fact(rig: Rig, session: BrokerSession) -> None:
    found = repr(await everything(rig, session))
    for secret in rig.secrets:
        assert secret not in found


# -- failures ---------------------------------------------------------------------------------
@pytest.mark.parametrize("rig", WITH_TOKENS, indirect=True)
async def test_c10_a_refused_token_is_renewed_once_and_goes_on(
    rig: Rig, session: BrokerSession, port: MemoryCredentials
) -> None:
    account = await first_account(session)
    await rig.expire("access")
    if not rig.renews:
        with pytest.raises(AuthExpiredError):
            await session.portfolio(account)
        return
    assert (await session.portfolio(account)).account == account
    assert len(port.replaced) == 1


@pytest.mark.parametrize("rig", WITH_TOKENS, indirect=True)
async def test_c10_an_ended_login_is_auth_expired_and_nobody_hammers(
    rig: Rig, session: BrokerSession
) -> None:
    account = await first_account(session)
    await rig.expire("refresh")
    await rig.expire("access")
    before = len(rig.requests())
    for _ in range(3):
        with pytest.raises(AuthExpiredError):
            await session.portfolio(account)
    asked = rig.requests()[before:]
    assert len(asked) <= 5, "one refusal, one question about renewal, then only refusals"


@pytest.mark.parametrize("rig", WITH_AN_END, indirect=True)
async def test_c10_the_login_ends_when_it_said_it_would(rig: Rig, session: BrokerSession) -> None:
    account = await first_account(session)
    ends = (await session.sign_in()).ends
    assert ends is not None
    left = (ends - rig.clock.now()).total_seconds()
    while left > 60:
        step = min(1500, left - 30)
        await rig.clock.advance(step)
        left -= step
        await session.portfolio(account)
    await rig.clock.advance(3600)
    with pytest.raises(AuthExpiredError):
        await session.portfolio(account)


@pytest.mark.parametrize("rig", WITHOUT_TOKENS, indirect=True)
async def test_c10_without_a_token_a_dropped_line_is_made_anew_and_a_shut_door_is_not_hammered(
    rig: Rig, session: BrokerSession, port: MemoryCredentials
) -> None:
    account = await first_account(session)
    await rig.expire("access")
    assert (await session.portfolio(account)).account == account
    await rig.expire("refresh")
    before = len(rig.requests())
    for _ in range(3):
        with pytest.raises(BrokerUnavailableError) as caught:
            await session.portfolio(account)
        assert "log in" in caught.value.hint
    assert len(rig.requests()) == before
    assert not port.replaced


async def test_c11_too_many_requests_are_told_apart(rig: Rig, session: BrokerSession) -> None:
    account = await first_account(session)
    await rig.fault("status", "portfolio", status=429)
    with pytest.raises(RateLimitedError) as caught:
        await session.portfolio(account)
    assert caught.value.retry_after is None
    assert caught.value.title
    await rig.heal()


@pytest.mark.parametrize("rig", OVER_HTTP, indirect=True)
@pytest.mark.parametrize(("retry_after", "heard"), [("120", 120.0), ("absurd", 3600.0)])
async def test_c11_too_many_requests_say_how_long(
    rig: Rig, session: BrokerSession, retry_after: str, heard: float
) -> None:
    account = await first_account(session)
    await rig.fault("status", "portfolio", status=429, retry_after=retry_after)
    with pytest.raises(RateLimitedError) as caught:
        await session.portfolio(account)
    assert caught.value.retry_after == heard


@pytest.mark.parametrize(("rig", "kind", "args"), each(UNAVAILABLE), indirect=["rig"])
async def test_c12_no_usable_answer_is_unavailable(
    rig: Rig, session: BrokerSession, kind: str, args: dict[str, Any]
) -> None:
    account = await first_account(session)
    for route in ("portfolio", "accounts"):
        await rig.fault(kind, route, **args)
        with pytest.raises(BrokerUnavailableError) as caught:
            await (session.portfolio(account) if route == "portfolio" else session.accounts())
        assert caught.value.title
        assert caught.value.message
    await rig.heal()
    assert (await session.portfolio(account)).account == account


async def test_c12_a_time_out_is_unavailable(
    rig: Rig, port: MemoryCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.shorten(monkeypatch, 2)
    session = rig.session(port)
    account = await first_account(session)
    await rig.fault("delay", "portfolio", seconds=1000)
    rig.clock.auto = False
    with pytest.raises(BrokerUnavailableError, match="too long"):
        await session.portfolio(account)
    await session.aclose()
    await rig.clock.advance(2000)


async def test_c12_offline_is_unavailable_and_asks_nobody(
    rig: Rig, port: MemoryCredentials
) -> None:
    session = rig.session(port, network=Network(offline=True))
    before = len(rig.requests())
    with pytest.raises(BrokerUnavailableError):
        await session.accounts()
    assert len(rig.requests()) == before
    await session.aclose()


@pytest.mark.parametrize(("rig", "kind", "args"), each(NONSENSE), indirect=["rig"])
async def test_c13_nonsense_is_a_protocol_error_and_c14_never_an_empty_portfolio(
    rig: Rig, session: BrokerSession, kind: str, args: dict[str, Any]
) -> None:
    account = await first_account(session)
    await rig.fault(kind, "portfolio", **args)
    with pytest.raises(BrokerProtocolError):
        await session.portfolio(account)
    await rig.heal()
    assert (await session.portfolio(account)).account == account


@pytest.mark.parametrize("edit", ["wrong_type", "nan", "infinity", "big_number", "missing_field"])
@pytest.mark.parametrize(
    "field", ["liquidationValue", "cashBalance", "longQuantity", "marketValue", "symbol"]
)
async def test_c13_a_spoilt_figure_is_told_or_missing_but_never_another_one(
    rig: Rig, session: BrokerSession, edit: str, field: str
) -> None:
    account = await first_account(session)
    good = await session.portfolio(account)
    await rig.fault("edit", "portfolio", edit=edit, field=field)
    try:
        spoilt = await session.portfolio(account)
    except BrokerProtocolError:
        return
    known = {held.instrument.symbol: held for held in good.positions}
    for held in spoilt.positions:
        honest = known.get(held.instrument.symbol)
        if honest is None:
            assert field == "symbol", "it then goes by another id of its own"
            continue
        for name in ("quantity", "market_value"):
            assert getattr(held, name) in (None, getattr(honest, name))
    for name in ("cash", "net_liquidation"):
        value = getattr(spoilt.balances[0], name)
        assert value in (None, getattr(good.balances[0], name))
    if edit != "missing_field" and field not in ("symbol", "marketValue"):
        assert spoilt.unread, "what was lost is named"


async def test_c14_an_account_without_positions_is_told_from_one_without_figures(
    rig: Rig, session: BrokerSession
) -> None:
    account = await first_account(session)
    await rig.fault("edit", "portfolio", edit="missing_field", field="currentBalances")
    reading = await session.portfolio(account)
    balance = reading.balances[0]
    assert None in (balance.cash, balance.net_liquidation), "some tell cash among the holdings"
    assert reading.unread


async def test_a_record_that_nobody_understands_does_not_cost_the_others(
    rig: Rig, session: BrokerSession
) -> None:
    account = await first_account(session)
    good = await session.portfolio(account)
    await rig.fault("edit", "portfolio", edit="bad_record")
    reading = await session.portfolio(account)
    assert len(reading.positions) == len(good.positions) - 1
    assert len(reading.unread) == 1


async def test_words_that_nobody_has_seen_are_kept(rig: Rig, session: BrokerSession) -> None:
    account = await first_account(session)
    await rig.fault("edit", "portfolio", edit="bad_enum", field="assetType")
    reading = await session.portfolio(account)
    assert not reading.unread
    assert all("SOMETHING_NEW" in held.instrument.raw_type for held in reading.positions)


async def test_a_clock_that_is_off_is_told(rig: Rig, port: MemoryCredentials) -> None:
    heard: list[float] = []
    session = rig.session(port, on_clock_skew=heard.append)
    account = await first_account(session)
    heard.clear()
    await rig.fault("wrong_clock", "portfolio")
    await session.portfolio(account)
    await session.accounts()
    assert heard
    assert abs(heard[0]) > 30
    await session.aclose()


# -- manners ----------------------------------------------------------------------------------
async def test_c30_nothing_secret_in_logs_or_errors(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    done = await sign_in(rig)
    port = MemoryCredentials(done.credentials)
    session = rig.session(port)
    await everything(rig, session)
    account = await first_account(session)
    if rig.renews:
        await rig.expire("access")
    await session.portfolio(account)
    texts: list[str] = []
    for kind, args in (("status", {"status": 500}), ("body", {"text": "{"}), ("html", {})):
        await rig.fault(kind, "portfolio", **args)
        try:
            await session.portfolio(account)
        except BrokerError as error:
            texts += [error.sentences(), repr(error), str(error)]
        await rig.heal()
    await session.aclose()
    ours = [record for record in caplog.records if record.name.startswith("brokerdesk")]
    assert ours, "requests are logged"
    texts += [record.getMessage() + str(record.args) for record in ours]
    texts += [repr(done), repr(session)]
    secrets = [
        *rig.secrets,
        *(value for name, value in done.credentials.items() if "token" in name),
        *(value for name, value in port.credentials.items() if "token" in name),
    ]
    for text in texts:
        for secret in secrets:
            assert secret not in text


async def test_c31_closing_twice_is_fine_and_closes(rig: Rig, session: BrokerSession) -> None:
    account = await first_account(session)
    await session.aclose()
    await session.aclose()
    with pytest.raises(BrokerUnavailableError):
        await session.portfolio(account)


# -- sign-in ----------------------------------------------------------------------------------
async def test_c40_the_happy_way_ends_in_credentials_that_work(rig: Rig) -> None:
    done = await sign_in(rig)
    lasts = rig.spec.capabilities.sign_in_lasts
    if lasts is not None:
        assert done.signed_in_at is not None
        assert done.sign_in_ends == done.signed_in_at + lasts
    session = rig.session(MemoryCredentials(done.credentials))
    assert len(await session.accounts()) > 0
    await session.aclose()


async def test_c40_a_wrong_answer_and_then_the_right_one(rig: Rig) -> None:
    flow = rig.flow()
    form = await through(rig, flow, rig.wrong_answers)
    assert isinstance(form, FormStep)
    assert form.problems
    for item in form.fields:
        typed = "" if item.kind is FieldKind.SECRET else rig.wrong_answers.get(item.name, "")
        offered = [value for value, _ in item.options]
        assert item.default == typed or (not typed and item.default in offered)
    again = await onward(rig, flow, await flow.submit(rig.answers))
    assert isinstance(await finished(rig, flow, again), DoneStep)
    await flow.aclose()


@pytest.mark.parametrize("rig", WITH_A_BROWSER, indirect=True)
async def test_c40_declining_and_starting_again(rig: Rig) -> None:
    flow = rig.flow()
    failed = await rig.decline(flow, await to_browser(rig, flow))
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    assert failed.error.title.startswith("You declined")
    again = await flow.restart()
    assert isinstance(again, BrowserStep)
    assert isinstance(await rig.go_through_browser(flow, again), DoneStep)
    await flow.aclose()


async def test_c40_cancelling_at_every_step_asks_the_broker_nothing(rig: Rig) -> None:
    for steps in range(3):
        flow = rig.flow()
        before = len(rig.requests())
        await flow.start()
        for index in range(steps):
            await flow.submit(rig.answers if index == 0 else {})
        await flow.aclose()
        await flow.aclose()
        assert rig.tries_keys_at_once or len(rig.requests()) == before


async def test_c40_signing_in_again_as_somebody_else_is_refused(rig: Rig) -> None:
    async with RIGS[rig.spec.id](seed=999) as other:
        somebody = await sign_in(other)
    mine = await sign_in(rig)
    assert mine.identity != somebody.identity
    flow = rig.flow(identity=somebody.identity, existing=rig.answers, ask_keys=False)
    failed = await through(rig, flow)
    assert isinstance(failed, FailedStep)
    await flow.aclose()
    again = await sign_in(rig, identity=mine.identity, existing=rig.answers, ask_keys=False)
    assert again.identity == mine.identity


@pytest.mark.parametrize("rig", WITH_TOKENS, indirect=True)
async def test_a_new_sign_in_ends_the_older_one(rig: Rig) -> None:
    old = await sign_in(rig)
    await sign_in(rig)
    session = rig.session(MemoryCredentials(old.credentials))
    await rig.expire("access")
    with pytest.raises(AuthExpiredError):
        await session.accounts()
    await session.aclose()
