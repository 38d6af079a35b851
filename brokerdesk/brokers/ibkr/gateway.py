"""One client id at one TWS, shared by every session of this process that uses it.

TWS takes each client id once. A connection that is being refreshed and a new sign-in to it would
shut each other out, so they share one socket. It is opened by the first question and stays open;
when it ends, the question that it interrupted is asked once more on a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from brokerdesk.brokers.ibkr import BROKER_ID, TITLE, problems
from brokerdesk.brokers.ibkr.address import Address
from brokerdesk.brokers.ibkr.answers import ACCOUNT, COMPLETED, ORDERS, TIME, Answers, Key, Question
from brokerdesk.brokers.ibkr.budget import seconds_left
from brokerdesk.brokers.ibkr.chain_questions import ChainQuestions
from brokerdesk.brokers.ibkr.connecting import Connecting
from brokerdesk.brokers.ibkr.link import Wire
from brokerdesk.brokers.transport import Refusals
from brokerdesk.clock import Clock
from brokerdesk.errors import BrokerError, BrokerRefusedError
from brokerdesk.log import log_http

T = TypeVar("T")

ANSWER_LIMIT = 20.0
"""For all questions of one call of a session together, connecting included."""
PULSE_LIMIT = 5.0
SNAPSHOT_LIMIT = 12.0
"""TWS itself ends a snapshot after eleven seconds; what has no price by then has none now."""
_REFUSALS = Refusals(BROKER_ID, TITLE)


class Gateway(ChainQuestions, Connecting):
    """The socket, its questions, and what is known about it."""

    def __init__(self, address: Address, clock: Clock) -> None:
        super().__init__(address, clock)
        self._turn = asyncio.Lock()
        self.users = 0

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that TWS named at the greeting."""
        return self._answers.accounts if self._answers is not None else ()

    async def managed(self) -> tuple[str, ...]:
        """The accounts of this login."""
        return await self._asking("accounts/names", self._names)

    async def _names(self, answers: Answers) -> tuple[str, ...]:
        return answers.accounts

    async def account(self, account: str) -> Question:
        """Values and holdings of one account out of one download."""

        async def ask(wire: Wire, answers: Answers) -> Question:
            question = answers.ask(ACCOUNT, account)
            try:
                wire.reqAccountUpdates(True, account)  # type: ignore[no-untyped-call]
                await question.done
            finally:
                answers.forget(ACCOUNT)
                if wire.isConnected():  # type: ignore[no-untyped-call]
                    wire.reqAccountUpdates(False, account)  # type: ignore[no-untyped-call]
            return question

        return await self._named("portfolio", ask)

    async def summary(self, tags: str) -> Question:
        """The tags of all accounts."""

        async def ask(wire: Wire, answers: Answers) -> Question:
            number = wire.getReqId()
            question = answers.ask(number)
            try:
                wire.reqAccountSummary(number, "All", tags)  # type: ignore[no-untyped-call]
                await question.done
            finally:
                answers.forget(number)
                if wire.isConnected():  # type: ignore[no-untyped-call]
                    wire.cancelAccountSummary(number)  # type: ignore[no-untyped-call]
            return question

        return await self._named("accounts", ask)

    async def open_orders(self) -> Question:
        """Orders in the book, of every client and of TWS itself."""
        return await self._simple("orders", ORDERS, lambda wire: wire.reqAllOpenOrders())

    async def completed_orders(self) -> Question:
        """Orders that left the book lately."""
        return await self._simple(
            "completed", COMPLETED, lambda wire: wire.reqCompletedOrders(False)
        )

    async def time(self) -> Question:
        """TWS's own clock."""
        return await self._simple("time", TIME, lambda wire: wire.reqCurrentTime())

    async def executions(self, account: str) -> Question:
        """What TWS still knows of an account's executions, with their commissions."""
        from ib_async.objects import ExecutionFilter

        wanted = ExecutionFilter(acctCode=account)

        async def ask(wire: Wire, answers: Answers) -> Question:
            number = wire.getReqId()
            question = answers.ask(number)
            try:
                wire.reqExecutions(number, wanted)  # type: ignore[no-untyped-call]
                await question.done
            finally:
                answers.forget(number)
            return question

        return await self._named("executions", ask)

    async def details(self, contracts: list[Any]) -> list[Question]:
        """Contract details, all asked at once; unknown contracts answer with code 200."""
        return await self._many(
            "contracts",
            contracts,
            lambda wire, number, one: wire.reqContractDetails(number, one),
        )

    async def snapshots(self, contracts: list[Any]) -> list[Question]:
        """One price picture each, delayed where there is no subscription."""
        return await self._many(
            "quotes",
            contracts,
            lambda wire, number, one: wire.reqMktData(number, one, "", True, False, []),
            before=lambda wire: wire.reqMarketDataType(3),
            stop=lambda wire, number: wire.cancelMktData(number),
        )

    async def opened(self) -> tuple[Wire, Answers]:
        """The open connection, made if there is none, for somebody who listens."""
        answers = await self._connected()
        wire = self._wire
        if wire is None:
            raise problems.dropped()
        return wire, answers

    async def pulse(self, answers: Answers) -> None:
        """Ask TWS for a sign of life on this connection, and no other.

        Raises:
            BrokerUnavailableError: it gives none; the connection has been ended.
        """
        async with self._turn:
            wire = self._wire
            if answers.gone.is_set() or wire is None or answers is not self._answers:
                raise problems.dropped()
            question = answers.ask(TIME)
            try:
                async with asyncio.timeout(PULSE_LIMIT):
                    wire.reqCurrentTime()  # type: ignore[no-untyped-call]
                    await question.done
            except TimeoutError:
                self._abandon()
                raise _REFUSALS.too_slow() from None
            except problems.LinkDroppedError:
                raise
            except BrokerError:
                return  # a refusal is a sign of life
            finally:
                answers.forget(TIME)

    @asynccontextmanager
    async def alone(self, within: float) -> AsyncIterator[tuple[Wire, Answers]]:
        """The open connection for something that no question may come between.

        Raises:
            BrokerUnavailableError: our turn does not come in time, or there is no connection.
        """
        try:
            async with asyncio.timeout(within):
                await self._turn.acquire()
        except TimeoutError:
            raise _REFUSALS.too_slow() from None
        try:
            yield await self.opened()
        finally:
            self._turn.release()

    async def _simple(self, name: str, key: Key, send: Callable[[Any], object]) -> Question:
        async def ask(wire: Wire, answers: Answers) -> Question:
            question = answers.ask(key)
            try:
                send(wire)
                await question.done
            finally:
                answers.forget(key)
            return question

        return await self._named(name, ask)

    async def _many(
        self,
        name: str,
        contracts: list[Any],
        send: Callable[[Any, int, Any], object],
        before: Callable[[Any], object] | None = None,
        stop: Callable[[Any, int], object] | None = None,
    ) -> list[Question]:
        """Many numbered questions at once.

        Args:
            stop: ends a question that has had ``SNAPSHOT_LIMIT``; what came until then counts.
        """

        async def ask(wire: Wire, answers: Answers) -> list[Question]:
            numbers: list[int] = []
            questions: list[Question] = []
            try:
                if before is not None:
                    before(wire)
                for one in contracts:
                    number = wire.getReqId()
                    numbers.append(number)
                    questions.append(answers.ask(number))
                    send(wire, number, one)
                pending = [question.done for question in questions]
                # What has come must be told before the whole call has no time any more.
                left = seconds_left(ANSWER_LIMIT) - 1
                limit = None if stop is None else max(0.1, min(SNAPSHOT_LIMIT, left))
                if pending:
                    await asyncio.wait(pending, timeout=limit)
                for number, question in zip(numbers, questions, strict=True):
                    if question.done.done():
                        question.done.result()
                    elif stop is not None:
                        stop(wire, number)
            finally:
                for number in numbers:
                    answers.forget(number)
            return questions

        return await self._named(name, ask)

    async def _named(self, name: str, ask: Callable[[Wire, Answers], Awaitable[T]]) -> T:
        """Ask when it is our turn: questions without a number must not overlap."""

        async def within(answers: Answers) -> T:
            wire = self._wire
            if wire is None:
                raise answers.ended()
            try:
                return await ask(wire, answers)
            except ConnectionError as error:
                raise answers.ended() from error

        return await self._asking(name, within)

    async def _asking(self, name: str, ask: Callable[[Answers], Awaitable[T]]) -> T:
        """One question under its deadline, asked once more if the socket ended meanwhile."""
        began = self._clock.monotonic()
        outcome = "error"
        try:
            async with asyncio.timeout(max(0.0, seconds_left(ANSWER_LIMIT))), self._turn:
                try:
                    found = await self._once(ask)
                except problems.LinkDroppedError:
                    found = await self._once(ask)
            outcome = "ok"
        except TimeoutError:
            raise _REFUSALS.too_slow() from None
        except BrokerError as error:
            outcome = error.code
            raise
        finally:
            taken = (self._clock.monotonic() - began) * 1000
            log_http("TWS", f"{self.address.host}:{self.address.port}", f"/{name}", outcome, taken)
        return found

    async def _once(self, ask: Callable[[Answers], Awaitable[T]]) -> T:
        answers = await self._connected()
        if answers.broker_lost:
            raise problems.broker_lost()
        try:
            found = await ask(answers)
        except BrokerRefusedError:
            raise
        except (asyncio.CancelledError, BrokerError):
            # The deadline comes as a cancellation.
            self._abandon()
            raise
        if answers.broker_lost:
            raise problems.broker_lost()
        return found


_shared: dict[tuple[int, int, Address], Gateway] = {}


def shared_gateway(address: Address, clock: Clock) -> Gateway:
    """The one gateway of an address on this loop; ``release`` it when done."""
    key = (id(asyncio.get_running_loop()), id(clock), address)
    found = _shared.get(key)
    if found is None:
        found = _shared[key] = Gateway(address, clock)
    found.users += 1
    return found


async def release(gateway: Gateway) -> None:
    """Give back what ``shared_gateway`` gave; the last one ends the socket."""
    gateway.users -= 1
    if gateway.users > 0:
        return
    for key in [key for key, one in _shared.items() if one is gateway]:
        del _shared[key]
    await gateway.aclose()
