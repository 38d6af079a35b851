"""The review: what would go out, to the last field, and everything that stands against it.

A review holds for a minute and until anything is edited; what it prepared is handed out once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.brokers.trading import Prepared, Preview, Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerRefusedError,
    InputError,
    NotSupportedError,
    StorageError,
)
from brokerdesk.services import review_findings as against
from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.estimating import Backdrop, estimate, held_units, open_purchases
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.order_limits import (
    BUYS,
    Finding,
    SentBefore,
    Surroundings,
    findings,
)
from brokerdesk.services.review_ground import Ground, GroundReader, as_sent
from brokerdesk.services.review_keeping import HOLDS, KeptReviews, limits_of
from brokerdesk.services.ticket_accounts import Seat, power
from brokerdesk.services.tickets import TicketsService
from brokerdesk.services.trading_facts import Estimate, Review, ReviewedOrder

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.settings import Settings

PREVIEW_SECONDS = 10.0
"""Seconds for which the broker's own preview is waited for."""
MOST_ORDERS = 20


class ReviewingService:
    """All methods belong to one event loop. The arguments are those of ``TicketsService``."""

    def __init__(
        self,
        *,
        tickets: TicketsService,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        settings: Callable[[], Settings],
        journal: Callable[[], Journal | None],
        switched_on: Callable[[ConnectionId], bool],
    ) -> None:
        self._tickets = tickets
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._journal = journal
        self._kept = KeptReviews(clock, switched_on)
        self._ground = GroundReader(
            database=database,
            pool=pool,
            quotes=tickets.quotes,
            clock=clock,
            settings=settings,
            journal=journal,
        )

    async def review(self, drafts: tuple[Draft, ...], *, replaces: str = "") -> Review:
        """Everything about these orders before they may go, in the order in which they would.

        Raises:
            InputError: a draft contradicts itself; ``field`` names where.
            NotSupportedError: a broker, or one of its accounts, cannot do that.
            StorageError: what is stored here cannot be read.
        """
        seats = await self._tickets.accounts.look(_environment(drafts, replaces))
        by_id = {seat.id: seat for seat in seats}
        for draft in drafts:
            _check(draft, by_id.get(draft.account), replaces)
        ground = await self._ground.read(drafts, seats, replaces)
        prepared = [self._prepared(by_id[one.account], one, replaces) for one in drafts]
        previews = await asyncio.gather(
            *(self._preview(by_id[one.account], one) for one in prepared)
        )
        orders = self._orders(drafts, prepared, previews, ground, replaces)
        now = self._clock.now()
        review = Review(
            id=prepared[0].client_order_id,
            at=now,
            until=now + HOLDS,
            environment=drafts[0].environment,
            orders=orders,
            replaces=replaces,
        )
        await self._note(review, ground)
        self._kept.keep(review)
        return review

    def void(self, review_id: str) -> None:
        """Something was edited: it can no longer be sent."""
        self._kept.void(review_id)

    def take(self, review_id: str, read: frozenset[str]) -> Review:
        """What was reviewed, to be sent: handed out once. ``read`` are the codes of the warnings
        that the user ticked.

        Raises:
            InputError: it is not to be sent, and why.
        """
        return self._kept.take(review_id, read)

    # -- one order -------------------------------------------------------------------------

    def _prepared(self, seat: Seat, draft: Draft, replaces: str) -> Prepared:
        session: object = self._pool.session(seat.connection)
        if not isinstance(session, Trades):
            raise NotSupportedError(
                f"{seat.spec.title} takes no orders here.", capability="trading"
            )
        return session.prepare(draft, str(uuid.uuid4()), replaces=replaces)

    async def _preview(self, seat: Seat, prepared: Prepared) -> tuple[Preview | None, str, bool]:
        """The broker's own preview, why it is missing, and whether that was a refusal."""
        if not seat.signed_in:
            return None, "", False
        try:
            async with asyncio.timeout(PREVIEW_SECONDS):
                session: object = self._pool.session(seat.connection)
                assert isinstance(session, Trades)
                with asked_by_user():
                    return await session.preview(prepared), "", False
        except TimeoutError:
            return None, f"{seat.spec.title} did not answer in time.", False
        except StorageError:
            raise
        except BrokerRefusedError as error:
            return None, error.message or error.title, True
        except BrokerDeskError as error:
            return None, error.sentences(), False

    def _orders(
        self,
        drafts: Sequence[Draft],
        prepared: Sequence[Prepared],
        previews: Sequence[tuple[Preview | None, str, bool]],
        ground: Ground,
        replaces: str,
    ) -> tuple[ReviewedOrder, ...]:
        found: list[ReviewedOrder] = []
        sent = list(ground.sent)
        spent: dict[AccountId, Decimal] = {}
        for draft, one, (preview, failure, refused) in zip(drafts, prepared, previews, strict=True):
            seat = ground.seats[draft.account]
            quotes = ground.quotes_of(draft.account)
            before = self._power(seat, draft, ground)
            before = None if before is None else before - spent.get(seat.id, ZERO)
            reckoned = self._estimate(draft, seat, ground, before, replaces)
            told = [
                *against.of_the_program(ground),
                *against.of_the_account(draft, seat, ground, replaces),
                *self._limits_on(draft, seat, ground, before, sent),
                *against.of_the_preview(seat.spec.title, preview, "" if refused else failure),
            ]
            if refused:
                told.append(against.no("broker refuses", against.quoted(seat.spec.title, failure)))
            found.append(
                ReviewedOrder(
                    draft=draft,
                    connection=seat.connection.id,
                    broker_title=seat.spec.title,
                    account_name=seat.name,
                    fields=one.fields,
                    quote=quotes.get(_first(draft).symbol),
                    estimate=reckoned,
                    preview=preview,
                    preview_failure=failure,
                    findings=_ordered(told),
                    prepared=one,
                )
            )
            sent.append(as_sent(draft, draft.account, self._clock.now()))
            if reckoned.value is not None and _buys(draft):
                spent[seat.id] = EXACT.add(spent.get(seat.id, ZERO), reckoned.value)
        settings = self._settings()
        whole = against.of_the_sum(
            drafts, ground, settings.order_most_value, settings.order_most_quantity
        )
        if whole:
            found[0] = replace(found[0], findings=_ordered([*found[0].findings, *whole]))
        return tuple(found)

    def _limits_on(
        self,
        draft: Draft,
        seat: Seat,
        ground: Ground,
        before: Decimal | None,
        sent: Sequence[SentBefore],
    ) -> tuple[Finding, ...]:
        losses = ground.losses
        around = Surroundings(
            now=self._clock.now(),
            quotes=tuple(ground.quotes_of(draft.account).values()),
            buying_power=before,
            sent=tuple(_as_of_this_account(one, seat) for one in sent),
            sold_at_a_loss=losses.get(_first(draft).symbol),
            day_trade_words=against.day_trade_words(seat.row.account.flags),
        )
        rate = ground.money.rates.get((draft.account, draft.currency))
        return findings(draft, limits_of(self._settings(), rate), around)

    def _power(self, seat: Seat, draft: Draft, ground: Ground) -> Decimal | None:
        reading = ground.readings.get(seat.id)
        balances = seat.row.balances if reading is None else reading.balances
        option = _first(draft).asset_type is AssetType.OPTION
        return power(balances, draft.currency, seat.row.account.type, option=option)

    def _estimate(
        self,
        draft: Draft,
        seat: Seat,
        ground: Ground,
        before: Decimal | None,
        replaces: str,
    ) -> Estimate:
        quotes = ground.quotes_of(draft.account)
        unsettled = [one.draft for one in seat.intents if one.draft is not None]
        return estimate(
            draft,
            Backdrop(
                quotes=quotes,
                kind=seat.row.account.type,
                power=before,
                open_purchases=open_purchases(
                    seat.orders, unsettled, draft.currency, quotes, leaving_out=replaces
                ),
                held=_held(_first(draft), ground),
                total=ground.money.total,
                rate=ground.money.rates.get((draft.account, draft.currency)),
            ),
        )

    async def _note(self, review: Review, ground: Ground) -> None:
        """A preview is an entry of the audit log."""
        journal = self._journal()
        if journal is None:
            return
        for one in review.orders:
            assert one.prepared is not None
            leg = _first(one.draft)
            seat = ground.seats[one.draft.account]
            able = seat.spec.capabilities.preview
            shown = "shown" if one.preview is not None else "missing" if able else "none"
            await journal.note(
                "review",
                {
                    "review": review.id,
                    "intent": one.prepared.client_order_id,
                    "account": one.draft.account,
                    "environment": review.environment.value,
                    "symbol": leg.symbol,
                    "digest": one.prepared.digest,
                    "preview": shown,
                },
            )


def _as_of_this_account(sent: SentBefore, seat: Seat) -> SentBefore:
    """What went to the same account through another connection was sent to it."""
    return replace(sent, account=seat.id) if sent.account in seat.others else sent


def _environment(drafts: Sequence[Draft], replaces: str) -> Environment:
    if not drafts:
        raise InputError("", "There is nothing to review.")
    if len(drafts) > MOST_ORDERS:
        raise InputError("", f"At most {MOST_ORDERS} orders are reviewed at once.")
    if replaces and len(drafts) != 1:
        raise InputError("", "One order takes the place of one.")
    if len({draft.environment for draft in drafts}) > 1:
        raise InputError("account", "Live, paper and practice orders are never mixed.")
    return drafts[0].environment


def _check(draft: Draft, seat: Seat | None, replaces: str) -> None:
    """Refuse what no review can make right, before anybody is asked."""
    if seat is None:
        raise InputError("account", "There is no such account in this environment.")
    if not seat.trades:
        raise NotSupportedError(
            "This connection can only read.", capability="trading", broker_id=seat.spec.id
        )
    if seat.spec.check_draft is not None and not replaces:
        seat.spec.check_draft(draft, seat.row.account)


def _first(draft: Draft) -> Instrument:
    return (draft.legs or draft.children[0].legs)[0].instrument


def _buys(draft: Draft) -> bool:
    return bool(draft.legs) and draft.legs[0].side in BUYS


def _held(what: Instrument, ground: Ground) -> Decimal:
    """Units over all counted accounts of the environment, by the newest figures of each."""
    total = ZERO
    for seat in ground.seats.values():
        if seat.row.counts:
            reading = ground.readings.get(seat.id)
            positions = seat.positions if reading is None else reading.positions
            units = held_units(what, ((one.instrument, one.quantity) for one in positions))
            total = EXACT.add(total, units)
    return total


def _ordered(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Each once, the blocking ones first."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: not one.blocks))
