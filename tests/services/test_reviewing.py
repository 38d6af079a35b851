"""The review: nothing that stands against an order is missing, and it can be sent once."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.services import a_transaction
from support.ticket_desk import LIVE, Desk, a_position, an_order, balance, price, stock, ticket_desk

from brokerdesk.brokers.trading import Preview
from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import (
    ConnectionState,
    Environment,
    OrderSide,
    OrderType,
    TransactionType,
)
from brokerdesk.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
)
from brokerdesk.services import review_ground, reviewing
from brokerdesk.services.trading_facts import Review
from brokerdesk.settings import Settings

D = Decimal
S, T = OrderSide, OrderType
DOWN = BrokerUnavailableError("Acme cannot be reached.", "Nothing was asked.")


async def review(desk: Desk, *drafts: Draft, replaces: str = "") -> Review:
    return await desk.reviewing.review(drafts, replaces=replaces)


async def codes(desk: Desk, *drafts: Draft, **more: Any) -> tuple[set[str], set[str]]:
    """What blocks, and what warns."""
    found = await review(desk, *drafts, **more)
    return {one.code for one in found.blocked}, {one.code for one in found.warnings}


async def test_an_ordinary_order_is_reviewed_and_handed_out_once(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        found = await review(desk, desk.draft(key))
        (order,) = found.orders
        assert (found.blocked, found.warnings) == ((), ())
        assert str(uuid.UUID(found.id)) == found.id
        assert found.until - found.at == timedelta(seconds=60)
        assert found.environment is LIVE
        assert order.prepared is not None
        assert order.prepared.client_order_id == found.id
        assert order.fields == order.prepared.fields
        assert order.connection == "acme-11112222"
        assert (order.broker_title, order.account_name) == ("Acme", "Acme …2222")
        assert order.quote is not None
        assert order.quote.fetched_at == desk.clock.now()
        assert order.estimate.value == 1000
        assert order.estimate.power_before == 50_000
        assert order.estimate.power_after == 49_000
        assert desk.reviewing.take(found.id, frozenset()) is found
        with pytest.raises(InputError, match="does not hold any more"):
            desk.reviewing.take(found.id, frozenset())


async def test_two_reviews_never_share_an_id(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        found = [await review(desk, desk.draft(key), desk.draft(key)) for _ in range(5)]
        ids = [
            one.prepared.client_order_id for each in found for one in each.orders if one.prepared
        ]
        assert len(set(ids)) == 10


async def test_a_minute_or_an_edit_ends_a_review(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        old = await review(desk, desk.draft(key))
        desk.clock.jump(-3600)  # the wall clock is set back: it holds no longer for that
        await desk.clock.advance(59.9)
        young = await review(desk, desk.draft(key))
        await desk.clock.advance(0.1)
        with pytest.raises(InputError, match="older than 60 seconds"):
            desk.reviewing.take(old.id, frozenset())
        desk.reviewing.void(young.id)
        with pytest.raises(InputError, match="does not hold any more"):
            desk.reviewing.take(young.id, frozenset())
        desk.reviewing.void(young.id)


async def test_warnings_have_to_be_ticked_and_blocks_stay(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(balances=(balance("1500"),))
        found = await review(desk, desk.draft(key))
        assert {one.code for one in found.warnings} == {"share of power"}
        with pytest.raises(InputError, match="tick"):
            desk.reviewing.take(found.id, frozenset({"something else"}))
        assert desk.reviewing.take(found.id, frozenset({"share of power"})) is found
        dear = await review(desk, desk.draft(key, quantity=D(101)))
        assert "most value" in {one.code for one in dear.blocked}
        with pytest.raises(InputError, match="cannot be sent"):
            desk.reviewing.take(dear.id, frozenset(one.code for one in dear.warnings))


async def test_trading_that_was_turned_off_meanwhile_stays_off(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        found = await review(desk, desk.draft(desk.account()))
        desk.on.clear()
        with pytest.raises(InputError, match="turned off"):
            desk.reviewing.take(found.id, frozenset())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on": False}, "switched off"),
        ({"state": ConnectionState.NEEDS_SIGN_IN}, "signed out"),
        ({"flags": AccountFlags(trading_blocked=True)}, "blocked"),
        ({"flags": AccountFlags(closing_only=True)}, "closing only"),
    ],
)
async def test_what_keeps_the_account_from_sending(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    async with ticket_desk(tmp_path) as desk:
        assert code in (await codes(desk, desk.draft(desk.account(**changes))))[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"balances": (balance(currency="EUR"),)}, "currency"),
        ({"balances": (balance(None),)}, "power unknown"),
        ({"balances": (balance("999"),)}, "buying power"),
        ({"flags": AccountFlags(in_call=True)}, "day trade"),
        ({"flags": AccountFlags(day_trades=3)}, "day trade"),
    ],
)
async def test_what_has_to_be_read(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async with ticket_desk(tmp_path) as desk:
        blocked, warned = await codes(desk, desk.draft(desk.account(**changes)))
        assert code in warned
        assert not blocked - {"no rate"}


async def test_nothing_is_sent_without_the_journal_or_under_a_halt(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        draft = desk.draft(desk.account())
        assert desk.journal is not None
        await desk.journal.halt(True)
        assert (await codes(desk, draft))[0] == {"halted"}
        desk.journal.close()
        desk.journal = None
        assert (await codes(desk, draft))[0] == {"journal"}


async def test_what_is_not_settled_blocks_its_like(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position(quantity="50")])
        await desk.sent(desk.draft(key), IntentState.UNKNOWN)
        assert (await codes(desk, desk.draft(key)))[0] == {"unsettled"}
        assert (await codes(desk, desk.draft(key, S.SELL)))[0] == set()


async def test_figures_of_this_moment_count_and_not_those_of_the_cache(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()])
        desk.brokers["acme"].reads[key] = {"balances": (balance("800"),), "positions": ()}
        found = await review(desk, desk.draft(key))
        assert found.orders[0].estimate.power_before == 800
        assert "buying power" in {one.code for one in found.warnings}
        blocked, _ = await codes(desk, desk.draft(key, S.SELL))
        assert blocked == {"not held"}


async def test_without_an_answer_the_cache_stands_in_and_says_from_when_it_is(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()], age=125)
        desk.brokers["acme"].fails["portfolio"] = DOWN
        found = await review(desk, desk.draft(key))
        assert found.orders[0].estimate.power_before == 50_000
        (old,) = [one for one in found.warnings if one.code == "old figures"]
        assert old.words == (
            "The account's figures are from November 20, 14:57 UTC. Acme cannot be reached."
        )
        _, warned = await codes(desk, desk.draft(key, S.SELL, quantity=D(20)))
        assert {"old figures", "not held"} <= warned


async def test_an_account_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_ground, "WITHIN_SECONDS", 0.01)
    monkeypatch.setattr(reviewing, "PREVIEW_SECONDS", 0.01)

    async def hang(_: object) -> None:
        await asyncio.Event().wait()

    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        desk.brokers["acme"].portfolio = hang  # type: ignore[assignment, method-assign]
        desk.brokers["acme"].preview = hang  # type: ignore[assignment, method-assign]
        found = await review(desk, desk.draft(key))
        assert {"old figures", "no preview"} == {one.code for one in found.warnings}
        assert found.orders[0].preview_failure == "Acme did not answer in time."


async def test_a_sale_is_held_against_what_is_held_and_claimed(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position(), a_position("XYZ", "-5")])
        desk.shows(key, an_order(key, at=desk.clock.now()))
        assert await codes(desk, desk.draft(key, S.SELL, quantity=D(6))) == (set(), set())
        assert await codes(desk, desk.draft(key, S.SELL, quantity=D(7))) == (set(), {"claimed"})
        assert (await codes(desk, desk.draft(key, S.SELL, quantity=D(11))))[0] == {"not held"}
        assert await codes(desk, desk.draft(key, S.SELL, quantity=D(10)), replaces="o-4-sell") == (
            set(),
            set(),
        )
        desk.brokers["acme"].told["XYZ"] = price()
        cover = desk.draft(key, S.BUY_TO_COVER, "XYZ", quantity=D(5))
        assert (await codes(desk, cover))[0] == set()
        assert (await codes(desk, replace(cover, quantity=D(6))))[0] == {"not short"}


async def test_an_exit_sells_what_its_entry_bought(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        exit_ = desk.draft(key, S.SELL, limit_price=D(104))
        stop = desk.draft(key, S.SELL, type=T.STOP, limit_price=None, stop_price=D(90))
        bracket = desk.draft(key, link=Link.BRACKET, children=(exit_, stop))
        assert "not held" not in (await codes(desk, bracket))[0]
        pair = desk.draft(key, legs=(), link=Link.EITHER, children=(exit_, stop))
        assert "not held" in (await codes(desk, pair))[0]


async def test_the_brokers_preview_is_quoted_and_never_mixed_with_our_figures(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path, acme={"preview": True}) as desk:
        key = desk.account()
        acme = desk.brokers["acme"]
        acme.shown = Preview(
            at=desk.clock.now(),
            commission=D("1.25"),
            total=D("1001.25"),
            warnings=("The market\nis closed.", "Careful."),
            refusals=("No.",),
        )
        (order,) = (await review(desk, desk.draft(key))).orders
        assert order.preview is acme.shown
        assert order.estimate.value == 1000
        told = {one.code: (one.blocks, one.words) for one in order.findings}
        assert told == {
            "broker refuses": (True, "Acme says: “No.”"),
            "broker warns": (False, "Acme says: “The market is closed.”"),
            "broker warns 2": (False, "Acme says: “Careful.”"),
        }
        acme.fails["preview"] = DOWN
        (order,) = (await review(desk, desk.draft(key))).orders
        assert order.preview is None
        assert order.preview_failure == "Acme cannot be reached. Nothing was asked."
        assert [(one.code, one.blocks) for one in order.findings] == [("no preview", False)]
        acme.fails["preview"] = BrokerRefusedError("Acme refused.", "You cannot do this. " * 40)
        (order,) = (await review(desk, desk.draft(key))).orders
        (refused,) = order.findings
        assert (refused.code, refused.blocks) == ("broker refuses", True)
        assert refused.words.startswith("Acme says: “You cannot do this.")
        assert len(refused.words) < 330


async def test_the_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        draft = desk.draft(key)
        desk.settings = Settings(order_most_value=D(999))
        found = await review(desk, draft)
        assert [one.words for one in found.blocked] == ["Worth more than your limit of 999.00 USD."]
        desk.settings = Settings(order_most_quantity=D(9))
        assert (await codes(desk, draft))[0] == {"most quantity"}
        desk.settings = Settings(order_warn_percent=D(1), order_block_percent=D(3))
        assert await codes(desk, desk.draft(key, limit_price=D(102))) == (set(), {"far limit"})
        assert (await codes(desk, desk.draft(key, limit_price=D(104))))[0] == {"collar"}
        desk.settings = Settings(order_power_percent=D(1))
        assert (await codes(desk, draft))[1] == {"share of power"}
        desk.settings = Settings(order_quote_seconds=30)
        old = desk.clock.now() - timedelta(seconds=40)
        desk.brokers["acme"].told["ABC"] = price(as_of=old)
        assert await codes(desk, draft) == (set(), {"stale quote"})
        market = desk.draft(key, type=T.MARKET, limit_price=None)
        found = await review(desk, market)
        assert [one.words for one in found.blocked] == [
            "No price of the last 30 seconds: an order at market waits."
        ]


async def test_without_a_price_nothing_is_sent(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        desk.brokers["acme"].told.clear()
        found = await review(desk, desk.draft(key))
        assert found.orders[0].quote is None
        assert {one.code for one in found.blocked} == {"no price"}
        assert found.warnings == (), "a price that is not there is not old"


async def test_the_value_limit_is_converted_and_without_a_rate_nothing_is_sent(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path) as desk:
        desk.settings = Settings(base_currency="USD")
        key = desk.account(balances=(balance(), balance(currency="EUR")))
        legs = (DraftLeg(instrument=stock("ABC", "EUR"), side=S.BUY),)
        desk.brokers["acme"].told["ABC"] = price("100")
        draft = desk.draft(key, legs=legs, quantity=D(85))
        assert "no rate" in (await codes(desk, draft))[0]

        def rates(uow: Any) -> None:
            day = desk.clock.now().date()
            uow.rates.put("ecb", [DayRates(day=day, per_euro=(("USD", D("1.25")),))])

        desk.database.run_sync(rates)
        blocked = (await review(desk, draft)).blocked
        assert [one.words for one in blocked] == ["Worth more than your limit of 8,000.00 EUR."]
        assert (await codes(desk, replace(draft, quantity=D(80))))[0] == set()


async def test_a_baskets_limits_are_of_each_and_of_all_together(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one, two = desk.account(), desk.account(broker="beta")
        desk.settings = Settings(order_most_value=D(1500), order_most_quantity=D(15))
        basket = (desk.draft(one), desk.draft(two, limit_price=D(99)))
        blocked, _ = await codes(desk, *basket)
        assert blocked == {"basket value", "basket quantity"}
        assert (await codes(desk, basket[0]))[0] == set()
        found = await review(desk, *basket)
        assert [order.draft.account for order in found.orders] == [one, two]
        desk.settings = Settings(orders_per_minute=1)
        assert (await codes(desk, *basket))[0] == {"pace"}
        assert (await codes(desk, basket[0]))[0] == set()


async def test_a_basket_spends_the_same_money_once(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(balances=(balance("2500"),))
        desk.brokers["acme"].told["XYZ"] = price()
        drafts = [desk.draft(key), desk.draft(key, symbol="XYZ"), desk.draft(key, symbol="XYZ",
                  quantity=D(9))]  # fmt: skip
        found = await review(desk, *drafts)
        assert [one.estimate.power_before for one in found.orders] == [2500, 1500, 500]
        assert "buying power" in {one.code for one in found.orders[2].findings}
        assert "buying power" not in {one.code for one in found.orders[0].findings}


async def test_what_was_sent_before_counts_over_a_restart(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        await desk.sent(desk.draft(key), ago=30)
        assert (await codes(desk, desk.draft(key)))[1] == {"duplicate"}
        for n in range(3):
            await desk.sent(desk.draft(key, quantity=D(1)), ago=86_400 * (n + 1), n=n)
        found = (await codes(desk, desk.draft(key, quantity=D(90))))[1]
        assert "usual size" in found
        for n in range(9):
            await desk.sent(desk.draft(key, quantity=D(2)), ago=20, n=n)
        assert "pace" in (await codes(desk, desk.draft(key)))[0]


async def test_what_never_left_is_no_double(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        await desk.sent(desk.draft(key), IntentState.NOT_SENT, ago=30)
        assert await codes(desk, desk.draft(key)) == (set(), set())


async def test_a_replacement_is_no_double_of_what_it_replaces(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        assert desk.journal is not None
        intent = await desk.sent(desk.draft(key), IntentState.COMMITTED, ago=30)
        for state in (IntentState.SENDING, IntentState.ANSWERED, IntentState.ACCEPTED):
            await desk.journal.step(intent.id, state, order_id="o-7")
        assert (await codes(desk, desk.draft(key)))[1] == {"duplicate"}
        assert (await codes(desk, desk.draft(key), replaces="o-7"))[1] == set()


async def test_a_sale_at_a_loss_is_remembered_for_a_month(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()], age=60)  # it cost 90
        draft = desk.draft(key)

        def sale(paid: str, ago: float) -> None:
            at = desk.clock.now() - timedelta(seconds=ago)
            sold = a_transaction(
                key, at, "800", type=TransactionType.TRADE, instrument=stock(),
                quantity=D(-5), price=D(paid), id=f"t{paid}{ago}",
            )  # fmt: skip
            desk.database.run_sync(lambda uow: uow.transactions.upsert(key, [sold], fetched_at=at))

        sale("95", 20)
        assert (await codes(desk, draft))[1] == set()
        sale("80", 3600)  # before anything was known of what it had cost
        assert (await codes(desk, draft))[1] == set()
        sale("80", 30)
        assert (await codes(desk, draft))[1] == {"wash sale"}


async def test_what_no_review_can_make_right_is_refused_at_once(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, beta={"trading": False}) as desk:
        key, other = desk.account(), desk.account(broker="beta")
        draft = desk.draft(key)
        wrong: tuple[tuple[tuple[Draft, ...], str], ...] = (
            ((), ""),
            ((draft,) * 21, ""),
            ((draft, draft), "o-1"),
            ((desk.draft(AccountId("acme:nobody")),), ""),
            ((replace(draft, environment=Environment.PAPER),), ""),
            ((draft, replace(draft, environment=Environment.PAPER)), ""),
        )
        for drafts, replaces in wrong:
            with pytest.raises(InputError):
                await review(desk, *drafts, replaces=replaces)
        with pytest.raises(NotSupportedError):
            await review(desk, desk.draft(other))
        assert desk.brokers["acme"].calls == []


async def test_what_is_held_after_is_counted_over_all_accounts(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one = desk.account(positions=[a_position(quantity="4")], balances=(balance(net="10000"),))
        desk.account(
            broker="beta",
            positions=[a_position(quantity="6")],
            balances=(balance(net="10000"),),
        )
        (order,) = (await review(desk, desk.draft(one))).orders
        assert order.estimate.held_after == 20
        assert order.estimate.weight_after == 10


async def test_a_review_is_an_entry_of_the_audit_log_without_amounts(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        found = await review(desk, desk.draft(desk.account()))
        assert desk.journal is not None
        (entry,) = await desk.journal.log()
        assert entry.kind == "review"
        assert entry.facts["review"] == found.id
        assert not {"quantity", "price", "limit", "body", "fields"} & set(entry.facts)


async def test_forgotten_reviews_do_not_pile_up(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        draft = desk.draft(desk.account())
        first = await review(desk, draft)
        for _ in range(50):
            last = await review(desk, draft)
        with pytest.raises(InputError):
            desk.reviewing.take(first.id, frozenset())
        assert desk.reviewing.take(last.id, frozenset()) is last
