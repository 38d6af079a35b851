"""The wizard's port over the real services: what it asks runs on the I/O thread."""

from __future__ import annotations

from collections.abc import Mapping

from brokerdesk.brokers.registry import all_specs
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.broker_cards import cards
from brokerdesk.ui.browser import open_in_browser
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.viewmodels.keeping import Keeping
from brokerdesk.ui.viewmodels.wizard_state import Attempt, BrokerCard, Choice


class ConnectGateway:
    """``WizardPort`` over the services."""

    def __init__(
        self, engine: Engine, *, practice: bool, practice_urls: Mapping[str, str] | None = None
    ) -> None:
        self._engine, self._practice = engine, practice
        self._practice_urls = practice_urls or {}

    def cards(self) -> tuple[BrokerCard, ...]:
        return cards(all_specs(), practice=self._practice)

    async def begin(
        self, broker: str, environment: str, relogin_of: str, change_keys: bool
    ) -> Attempt:
        attempt = await self._engine.services.connecting.begin(
            broker,
            Environment(environment or Environment.LIVE),
            practice_url="" if relogin_of else self._practice_urls.get(broker, ""),
            relogin_of=ConnectionId(relogin_of) if relogin_of else None,
            change_keys=change_keys,
        )
        self._engine.attempts.append(attempt)
        return attempt

    async def keeping(self) -> Keeping:
        return await self._engine.keeping()

    async def make_vault(self, passphrase: str) -> None:
        await self._engine.store.make_vault(passphrase)

    async def unlock_vault(self, passphrase: str) -> None:
        await self._engine.store.unlock(passphrase)

    async def session_only(self) -> None:
        await self._engine.store.use_session_only()

    async def open_browser(self, url: str) -> bool:
        return await open_in_browser(url)

    async def save(
        self, attempt: Attempt, choices: Mapping[str, Choice] | None, name: str
    ) -> tuple[str, tuple[str, ...]]:
        from brokerdesk.services.connecting import AccountChoice

        wanted = None
        if choices is not None:
            wanted = {
                AccountId(key): AccountChoice(included=one.included, nickname=one.nickname)
                for key, one in choices.items()
            }
        connection = await attempt.save(wanted, name)
        stored = await self._engine.services.connecting.accounts(connection.id)
        read = tuple(one.account.id for one in stored if one.included and not one.closed_at)
        return connection.id, read

    async def first_sync(self, connection: str) -> tuple[str, ...]:
        try:
            outcome = await self._engine.services.refreshing.refresh(ConnectionId(connection))
        except BrokerDeskError as error:
            return (error.sentences(),)
        return outcome.failed
