"""The product without its window: real services, database and secret store in a test's folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.clock import FakeClock
from support.rigs import Rig
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.db.engine import Database
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import Publish
from brokerdesk.domain.kinds import Environment
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.container import Services
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor


@asynccontextmanager
async def services_in(
    directory: Path,
    clock: FakeClock,
    keyring: FakeKeyring | None = None,
    *,
    settings: Settings | None = None,
    bugs: list[BaseException] | None = None,
    publish: Publish = lambda _: None,
) -> AsyncIterator[Services]:
    """Services over the profile in ``directory``. Whatever reaches ``bugs`` fails at the end."""
    paths = profile(directory)
    found = bugs if bugs is not None else []
    supervisor = Supervisor(lambda _, error: found.append(error))
    store = store_with(paths, keyring or FakeKeyring(), clock=clock)
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    services = Services(
        paths=paths,
        clock=clock,
        publish=publish,
        settings=settings or Settings(),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock),
        database=database,
        supervisor=supervisor,
    )
    try:
        yield services
    finally:
        await services.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()
    assert found == []


def server_of(origin: Any) -> PracticeServer:
    """What the practice service is told about one simulated broker."""
    return PracticeServer(
        base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
    )


async def connect(services: Services, rig: Rig) -> Connection:
    """A connection at this rig's broker, through the product's own sign-in."""
    server = server_of(rig.origin)
    attempt = await services.connecting.begin(
        rig.spec.id, Environment.PRACTICE, practice_url=server.base_url
    )
    try:
        await sign_in(attempt, server)
        await attempt.test()
        return await attempt.save()
    finally:
        await attempt.cancel()
