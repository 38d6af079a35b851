"""The Accounts page's questions over the services; rows are made here, where types are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.brokers.registry import all_specs
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import shown
from brokerdesk.domain.position import Position
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services import account_detail as service
from brokerdesk.ui.models.account_detail_columns import EntryRow, HoldingRow
from brokerdesk.ui.viewmodels.accounts_list import OtherAccount

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.accounts import Failed
    from brokerdesk.ui.viewmodels.desk import Desk


class AccountsGateway:
    """``AccountsPort`` over the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._titles = {spec.id: spec.title for spec in all_specs()}

    def broker_title(self, broker: str) -> str:
        """The name that people know."""
        return self._titles.get(broker, broker)

    def others(self, done: Callable[[tuple[OtherAccount, ...]], object]) -> None:
        """The accounts that are not read."""

        async def work(services: Services) -> tuple[OtherAccount, ...]:
            cards = await service.other_cards(services.database)
            return tuple(self._other(one) for one in cards)

        self._desk.run("accounts:others", work, done)

    def detail(
        self,
        account: str,
        as_of: datetime | None,
        done: Callable[[service.AccountDetail | None], object],
        failed: Failed,
    ) -> None:
        """All about one account."""

        async def work(services: Services) -> service.AccountDetail | None:
            return await service.account_detail(services.database, AccountId(account), as_of)

        self._desk.run("accounts:detail", work, done, failed)

    def entries(
        self,
        account: str,
        since: datetime | None,
        until: datetime | None,
        done: Callable[[tuple[EntryRow, ...]], object],
        failed: Failed,
    ) -> None:
        """What happened in one account, newest first."""

        async def work(services: Services) -> tuple[EntryRow, ...]:
            found = await service.account_transactions(
                services.database, AccountId(account), since, until
            )
            return tuple(map(_entry, found))

        self._desk.run("accounts:entries", work, done, failed)

    def rename(self, account: str, nickname: str, done: Callable[[], object]) -> None:
        """Keep another nickname, then read all figures again: every page names the account."""

        async def work(services: Services) -> None:
            await service.rename_account(services.database, AccountId(account), nickname)

        def kept(_nothing: None) -> None:
            self._desk.portfolio.reload()
            done()

        self._desk.run("accounts:rename", work, kept)

    def holdings(self, detail: service.AccountDetail) -> tuple[HoldingRow, ...]:
        """The positions as rows. A broker may list one instrument twice; each is a row."""
        return tuple(_holding(place, one) for place, one in enumerate(detail.positions))

    def _other(self, one: service.AccountCard) -> OtherAccount:
        account = one.account
        name = one.nickname or account.name
        return OtherAccount(
            key=one.id,
            connection=one.connection or "",
            connection_title=one.connection_name,
            broker=self.broker_title(account.broker),
            name="" if name == account.number_mask else name,
            mask=account.number_mask,
            environment=account.environment.value,
            currency=account.currency,
            offered=one.included is None and one.connection is not None,
            closed=one.closed_at is not None,
        )


def _holding(place: int, one: Position) -> HoldingRow:
    instrument = one.instrument
    return HoldingRow(
        key="\t".join((*instrument.key, str(place))),
        symbol=instrument.symbol,
        name=instrument.name,
        kind=shown(instrument.asset_type, instrument.raw_type),
        currency=instrument.currency,
        quantity=one.quantity,
        average_cost=one.average_cost,
        price=one.mark,
        value=one.market_value,
        day_pl=one.day_pl,
        open_pl=one.open_pl,
    )


def _entry(one: Transaction) -> EntryRow:
    return EntryRow(
        key=one.id,
        time=one.time,
        kind=shown(one.type, one.raw_type),
        text=one.description,
        symbol=one.instrument.symbol if one.instrument is not None else "",
        quantity=one.quantity,
        price=one.price,
        fees=one.fees,
        amount=one.amount,
        currency=one.currency,
    )
