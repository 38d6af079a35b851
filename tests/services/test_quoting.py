"""One service prices everything: through whom, what when a line is lost, and never an old price as
live. Lines are scripted, the database is real, time is moved by hand.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.quoting import (
    OPEN,
    Acme,
    D,
    QuoteBench,
    account_of,
    held,
    of,
    quote_bench,
    reading_of,
    share,
)

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.streaming import LineState
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.events import ConnectionsChanged
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, ConnectionState, Environment, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerUnavailableError,
    RateLimitedError,
    SecretStoreLockedError,
)
from brokerdesk.services.quoting_book import PriceState
from brokerdesk.settings import Settings

LIVE, STALE, POLLED = PriceState.LIVE, PriceState.STALE, PriceState.POLLED


async def begin(bench: QuoteBench) -> None:
    """A page shows prices, and every line that is wanted stands."""
    bench.services.quoting.want("page", held=True)
    await bench.until(lambda: bench.services.quoting.sources() or _asked(bench))
    await bench.rest()


def _asked(bench: QuoteBench) -> bool:
    return any(acme.asked for acme in bench.brokers.values())


def state(bench: QuoteBench, symbol: str) -> PriceState | None:
    price = bench.price(symbol)
    return price.state if price is not None else None


def owners(bench: QuoteBench) -> dict[str, str]:
    return {of.key.symbol: str(who) for of, who in bench.services.quoting.sources().items()}


async def test_everything_held_is_told_once_and_reaches_the_window(tmp_path: Path) -> None:
    holdings = {"acme": [held("AAA"), held("BBB")], "zeta": [held("BBB"), held("CCC")]}
    async with quote_bench(tmp_path, holdings) as bench:
        await begin(bench)
        acme, zeta = bench.brokers["acme"], bench.brokers["zeta"]
        assert acme.subscribed | zeta.subscribed == {share("AAA"), share("BBB"), share("CCC")}
        assert not acme.subscribed & zeta.subscribed, "each price once"
        assert share("CCC") in zeta.subscribed, "by who holds it"
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        await bench.clock.advance(0.2)
        (price,) = bench.batches()[-1].prices
        assert (price.of, price.state, price.connection) == (of("AAA"), LIVE, acme.connection)
        (move,) = bench.batches()[-1].accounts
        assert (move.account, move.value, move.priced) == (account_of(acme).id, D(100), 1)
        assert (move.net, move.day) == (D(3000), D(100))


async def test_nothing_runs_before_and_after_somebody_shows_prices(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        acme = bench.brokers["acme"]
        await bench.pass_time(3)
        assert not acme.lines
        assert not acme.asked
        assert not bench.supervisor.names
        await begin(bench)
        assert acme.line is not None
        bench.services.quoting.release("page")
        bench.services.quoting.want("other", held=True)
        await bench.pass_time(30)
        assert len(acme.lines) == 1, "another page takes the lines over"
        bench.services.quoting.release("other")
        await bench.pass_time(5)
        assert acme.line is not None, "pages are left and entered again"
        await bench.pass_time(10)
        await bench.until(lambda: not bench.supervisor.names)
        assert acme.line is None


async def test_a_lost_line_is_not_live_that_moment_and_is_made_again(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        assert state(bench, "AAA") is LIVE
        acme.drop()
        await bench.clock.advance(0)
        assert state(bench, "AAA") is STALE
        last = bench.batches()[-1]
        assert [one.state for one in last.prices] == [STALE], "and the window was told"
        assert last.accounts[0].stale == 1
        await bench.pass_time(2)
        assert acme.line is not None
        assert acme.subscribed == {share("AAA")}, "it asked for the same again"
        assert state(bench, "AAA") is not LIVE, "nobody has told anything since"
        await bench.clock.advance(1)
        acme.tell("AAA", "111")
        assert state(bench, "AAA") is LIVE


async def test_a_silent_line_gives_its_prices_to_another_and_gets_them_back(
    tmp_path: Path,
) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")], "zeta": [held("ZZZ")]}) as bench:
        await begin(bench)
        acme, zeta = bench.brokers["acme"], bench.brokers["zeta"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        assert acme.line is not None
        acme.line.say(LineState.SILENT)
        assert state(bench, "AAA") is STALE
        assert owners(bench) == {"AAA": "zeta-1", "ZZZ": "zeta-1"}
        assert zeta.subscribed == {share("AAA"), share("ZZZ")}
        acme.line.say(LineState.LIVE)
        assert owners(bench) == {"AAA": "acme-1", "ZZZ": "zeta-1"}
        assert zeta.subscribed == {share("ZZZ")}


async def test_what_a_line_does_not_tell_is_told_by_another_or_asked_for(tmp_path: Path) -> None:
    brokers: dict[str, Any] = {"acme": {"refuses": {share("AAA"), share("BBB")}},
               "zeta": {"carried": lambda key: key.symbol != "BBB"}}  # fmt: skip
    holdings = {"acme": [held("AAA"), held("BBB")], "zeta": [held("ZZZ")]}
    async with quote_bench(tmp_path, holdings, **brokers) as bench:
        await begin(bench)
        await bench.pass_time(6)
        assert owners(bench) == {"AAA": "zeta-1", "ZZZ": "zeta-1"}
        assert state(bench, "BBB") is POLLED
        assert any("BBB" in asked for asked in bench.brokers["acme"].asked)


async def test_a_line_carries_no_more_than_it_can(tmp_path: Path) -> None:
    rows = [held(f"S{n}", units=str(20 - n)) for n in range(8)]
    async with quote_bench(
        tmp_path, {"acme": rows, "zeta": [held("Z")]}, acme={"most": 3}, zeta={"most": 2}
    ) as bench:
        await begin(bench)
        told = owners(bench)
        assert sorted(told.values()).count("acme-1") == 3
        assert sorted(told.values()).count("zeta-1") == 2
        assert {"S0", "S1", "S2"} <= told.keys(), "what is worth most goes first"
        await bench.pass_time(6)
        assert state(bench, "S7") is POLLED
        bench.services.quoting.want("ticket", [of("S7")])
        assert "S7" in owners(bench), "a ticket goes before everything"


async def test_real_time_goes_before_delayed(tmp_path: Path) -> None:
    async with quote_bench(
        tmp_path,
        {"acme": [held("AAA")], "zeta": [held("ZZZ")]},
        acme={"feed": PriceFeed.DELAYED},
    ) as bench:
        await begin(bench)
        acme, zeta = bench.brokers["acme"], bench.brokers["zeta"]
        assert owners(bench)["AAA"] == "acme-1"
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        assert state(bench, "AAA") is PriceState.DELAYED
        await bench.pass_time(2)
        assert owners(bench)["AAA"] == "zeta-1"
        zeta.tell("AAA", "111")
        assert state(bench, "AAA") is LIVE


async def test_environments_never_mix(tmp_path: Path) -> None:
    async with quote_bench(
        tmp_path,
        {"acme": [held("AAA")], "toys": [held("AAA", mark="5")]},
        acme={"streams": False, "quotes_every": None},
        toys={"environment": Environment.PRACTICE},
    ) as bench:
        await begin(bench)
        toys = bench.brokers["toys"]
        await bench.clock.advance(1)
        toys.tell("AAA", "6")
        await bench.clock.advance(1)
        assert bench.price("AAA") is None
        practice = bench.price("AAA", Environment.PRACTICE)
        assert practice is not None
        assert practice.state is LIVE
        moves = [one for batch in bench.batches() for one in batch.accounts]
        moved = {one.account for one in moves if one.priced}
        assert moved == {account_of(toys).id}
        await bench.services.quoting.aclose()
        bench.services.quoting.want("page", held=True)
        await bench.pass_time(2)
        assert bench.price("AAA") is None, "nor what was kept of it"
        kept = bench.price("AAA", Environment.PRACTICE)
        assert kept is not None
        assert kept.quote.last == D(6)


async def test_older_never_takes_the_place_of_newer(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(60)
        acme.tell("AAA", "110")
        acme.tell("AAA", "90", as_of=OPEN + timedelta(seconds=1))
        price = bench.price("AAA")
        assert price is not None
        assert price.quote.last == D(110)


async def test_what_streams_nowhere_is_asked_for_in_market_hours_only(tmp_path: Path) -> None:
    coin = held("BTC", instrument=_coin("BTC"))
    async with quote_bench(
        tmp_path, {"acme": [held("AAA"), coin]}, acme={"streams": False}
    ) as bench:
        acme = bench.brokers["acme"]
        await begin(bench)
        await bench.pass_time(61)
        assert acme.asked[0] == ("AAA", "BTC")
        assert len(acme.asked) == 2, "as often as the broker's record says"
        assert state(bench, "AAA") is POLLED
        bench.clock.jump(8 * 3600)
        await bench.pass_time(3)
        acme.asked.clear()
        await bench.pass_time(130, step=1)
        assert {one for asked in acme.asked for one in asked} == {"BTC"}
        assert state(bench, "AAA") is STALE, "nobody has told it for so long"


def _coin(symbol: str) -> Instrument:
    return Instrument(symbol=symbol, asset_type=AssetType.CRYPTO)


async def test_a_coin_is_asked_of_nobody_but_its_holder(tmp_path: Path) -> None:
    coin = held("BTC", instrument=_coin("BTC"))
    async with quote_bench(
        tmp_path,
        {"acme": [coin], "zeta": [held("ZZZ")]},
        acme={"streams": False, "quotes_every": None},
    ) as bench:
        await begin(bench)
        await bench.pass_time(10)
        zeta = bench.brokers["zeta"]
        assert not any("BTC" in asked for asked in zeta.asked)
        assert zeta.subscribed == {share("ZZZ")}
        key = QuoteKey("BTC", AssetType.CRYPTO, "USD")
        assert key not in zeta.subscribed


async def test_tries_come_later_each_time_and_heed_the_broker(tmp_path: Path) -> None:
    fails = [BrokerUnavailableError("No."), BrokerUnavailableError("No."),
             RateLimitedError("Wait.", retry_after=500)]  # fmt: skip
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}, acme={"fails": fails}) as bench:
        acme = bench.brokers["acme"]
        bench.services.quoting.want("page", held=True)
        await bench.pass_time(4.5)
        assert len(acme.lines) == 3, "at once, within a second, within two"
        await bench.pass_time(480, step=5)
        assert acme.line is None, "the broker asked for a pause"
        await bench.pass_time(30, step=5)
        assert acme.line is not None


async def test_a_login_that_ended_stops_and_is_told(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")], "zeta": [held("ZZZ")]}) as bench:
        await begin(bench)
        acme, zeta = bench.brokers["acme"], bench.brokers["zeta"]
        acme.drop(AuthExpiredError("The login ended."))
        await bench.pass_time(2)
        row = await bench.database.read(lambda uow: uow.connections.get(acme.connection))
        assert row is not None
        assert row.state is ConnectionState.NEEDS_SIGN_IN
        assert "The login ended." in row.state_text
        await bench.pass_time(300, step=5)
        assert len(acme.lines) == 1
        assert not acme.sessions
        assert share("AAA") in zeta.subscribed, "the other one tells it"


@pytest.mark.allow_warnings(r"acme")
async def test_a_locked_keychain_is_asked_once(tmp_path: Path) -> None:
    """Each question opens its window anew, also over one that was just dismissed."""
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        locked = SecretStoreLockedError("The keychain is locked.")
        acme = bench.brokers["acme"]
        acme.fails = [locked] * 100
        bench.services.quoting.want("page", held=True)
        await bench.until(lambda: acme.lines)
        await bench.pass_time(120, step=2)
        assert len(acme.lines) == 1
        assert not acme.asked
        acme.fails = []

        def read_since(uow: UnitOfWork) -> None:
            row = uow.connections.get(acme.connection)
            assert row is not None
            uow.connections.update(replace(row, last_success=bench.clock.now()))

        await bench.database.run(read_since)
        bench.services.heard(ConnectionsChanged())
        await bench.pass_time(3)
        assert len(acme.lines) == 2
        assert acme.lines[-1].standing, "a refresh has succeeded: it is open again"


@pytest.mark.allow_warnings(r"acme")
async def test_a_refresh_that_met_a_locked_keychain_begins_no_line(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        acme = bench.brokers["acme"]
        acme.accounts_fail = SecretStoreLockedError("The keychain is locked.")
        await bench.services.refreshing.refresh(acme.connection)
        assert acme.calls == ["accounts"]
        bench.services.quoting.want("page", held=True)
        bench.services.listening.start()
        await bench.pass_time(60, step=2)
        assert (acme.lines, acme.account_lines) == ([], [])


async def test_a_new_sign_in_makes_the_line_again(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        await bench.services.refreshing.forget(acme.connection)
        assert state(bench, "AAA") is STALE
        assert [acme.lines[-1].standing, acme.sessions] == [False, 0]
        await bench.pass_time(3)
        assert [acme.lines[-1].standing, acme.sessions] == [True, 1]


async def test_a_removed_connection_has_no_line(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.services.connecting.remove(acme.connection, keep_history=True)
        await bench.pass_time(20)
        assert acme.line is None
        assert not acme.sessions


async def test_sleep_ends_what_was_live(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        bench.clock.jump(3600)
        await bench.clock.advance(1)
        assert [one.state for one in bench.batches()[-1].prices] == [STALE]
        await bench.pass_time(3)
        assert acme.line is not None
        assert len(acme.lines) == 2
        acme.tell("AAA", "111")
        assert state(bench, "AAA") is LIVE


async def test_no_network_ends_what_was_live_and_its_return_hurries(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        acme.fails = [BrokerUnavailableError("No network.") for _ in range(30)]
        bench.services.quoting.network_lost()
        assert state(bench, "AAA") is STALE
        await bench.pass_time(200, step=2)
        acme.fails.clear()
        tries = len(acme.lines)
        bench.services.quoting.wake()
        await bench.clock.advance(0)
        assert len(acme.lines) == tries + 1
        assert acme.line is not None


async def test_offline_shows_the_last_known_with_its_time(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        await bench.clock.advance(1)
        bench.brokers["acme"].tell("AAA", "110", name="Aardvark Inc.")
        at = bench.clock.now()
        await bench.services.quoting.aclose()
        bench.services.pool.adopt(_offline(), timedelta(seconds=60))
        await bench.services.pool.aclose()
        bench.services.quoting.want("page", held=True)
        await bench.until(lambda: bench.price("AAA"))
        price = bench.price("AAA")
        assert price is not None
        assert (price.state, price.quote.last, price.at) == (STALE, Decimal(110), at)
        assert not bench.services.quoting.sources()
        (move,) = bench.batches()[-1].accounts
        assert (move.value, move.stale, move.at) == (D(100), 1, at)
        view = await bench.services.portfolio.view()
        (position,) = view.positions
        assert position.name == "Aardvark Inc.", "quotes name what the broker left without a name"
        assert position.position.mark == D(100), "and stored figures stay the broker's"


async def test_offline_only_what_has_a_price_is_in_memory(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA"), held("BBB")]}) as bench:
        bench.brokers["acme"].unknown.add("BBB")
        await begin(bench)
        await bench.clock.advance(1)
        bench.brokers["acme"].tell("AAA", "110")
        await bench.services.quoting.aclose()
        bench.services.pool.adopt(_offline(), timedelta(seconds=60))
        await bench.services.pool.aclose()
        bench.services.quoting.want("page", held=True)
        await bench.until(lambda: bench.price("AAA"))
        (account,) = bench.services.quoting._holdings.accounts
        assert [part.of for part in account.parts] == [of("AAA")]
        (move,) = bench.batches()[-1].accounts
        assert (move.value, move.priced, move.count) == (D(100), 1, 2), "of all that is held"


def _offline() -> Network:
    return Network(offline=True)


async def test_the_setting_ends_and_begins_it(tmp_path: Path) -> None:
    async with quote_bench(
        tmp_path, {"acme": [held("AAA")]}, settings=Settings(live_prices=False)
    ) as bench:
        acme = bench.brokers["acme"]
        bench.services.quoting.want("page", held=True)
        await bench.pass_time(3)
        assert not acme.lines
        assert not acme.asked
        await bench.services.adopt(Settings())
        await bench.pass_time(2)
        acme.tell("AAA", "110")
        await bench.services.adopt(Settings(live_prices=False))
        assert acme.line is None
        assert bench.price("AAA") is None
        assert bench.batches()[-1].gone == (of("AAA"),)
        assert bench.batches()[-1].accounts[0].priced == 0, "its account stands as the broker said"


async def test_a_thousand_changes_are_handed_over_ten_times_a_second(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held(f"S{n}") for n in range(50)]}) as bench:
        await begin(bench)
        acme: Acme = bench.brokers["acme"]
        await bench.pass_time(1)
        before = len(bench.batches())
        for step in range(100):
            for n in range(10):
                acme.tell(f"S{(step * 10 + n) % 50}", str(100 + step))
            await bench.clock.advance(0.01)
        assert 9 <= len(bench.batches()) - before <= 11


async def test_a_new_snapshot_is_what_prices_are_added_to(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        await bench.pass_time(60, step=2)
        account = account_of(acme).id
        acme.readings[account] = reading_of(account, [held("AAA", mark="112")], bench.clock.now())
        await bench.reader.read(acme.connection, account, portfolio=True)
        await bench.pass_time(2)
        (move,) = bench.batches()[-1].accounts
        assert (move.priced, move.value, move.net) == (0, D(0), D(2120)), "the price is older"
