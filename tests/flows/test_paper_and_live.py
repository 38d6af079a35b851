"""A paper order never reaches the live host, nor a live one paper's: two hosts, orders mixed."""

from __future__ import annotations

import json
import random
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from support.alpaca_payloads import ACCOUNT
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.db import opened
from support.drafts import draft, share
from support.order_server import Answering, OrderServer, Seen, order_server, said
from support.trading import CONNECTION, Room

from brokerdesk.brokers.alpaca import SPEC
from brokerdesk.brokers.base import Network, SessionContext
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId, account_id
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.services.sending import Reviewed

MODES = (Environment.LIVE, Environment.PAPER)
_NO = said(403, b'{"code":40310000,"message":"insufficient buying power"}')
"""What both hosts say to every order: it has arrived, and that is what counts."""


@dataclass
class Side:
    """One of the two: its host, session and connection."""

    server: OrderServer
    session: Any
    connection: Connection
    uuid: str

    def wish(self) -> Any:
        account = account_id("alpaca", self.connection.environment.value, self.uuid)
        asked = draft(account, share(), quantity=Decimal(1), limit_price=Decimal("9.5"))
        return replace(asked, environment=self.connection.environment)


def _answering(uuid: str) -> Any:
    account = json.dumps({**ACCOUNT, "id": uuid}).encode()

    def answer(seen: Seen) -> Answering:
        if seen.method != "GET":
            return _NO
        return said(200, account if seen.target.endswith("/account") else b"[]")

    return answer


@asynccontextmanager
async def sides(
    folder: Path, patch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Room, dict[Environment, Side]]]:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    clock = FakeClock(auto=True)
    async with order_server(tls) as live, order_server(tls) as paper:
        # Two names, so that the list of hosts can tell them apart.
        paper.url = paper.url.replace("127.0.0.1", "localhost")
        hosts = {"live": live.url, "paper": paper.url}
        patch.setattr("brokerdesk.brokers.alpaca.venues._HOSTS", hosts | {"data": live.url})
        found: dict[Environment, Side] = {}
        for mode, server in zip(MODES, (live, paper), strict=True):
            uuid = f"1d9eed04-be39-4e01-9b84-a48ac5bbafc{len(found)}"
            server.answer = _answering(uuid)
            keys = {"key_id": "PK", "secret_key": "quite-secret-key", "venues": mode.value}
            session = SPEC.open_session(
                SessionContext(
                    environment=mode,
                    clock=clock,
                    credentials=MemoryCredentials(keys),
                    network=Network(ca_file=str(ca_file)),
                )
            )
            one = replace(CONNECTION, id=ConnectionId(f"alpaca-{mode}"), environment=mode)
            found[mode] = Side(server, session, one, uuid)
        with opened(folder, "portfolio.db") as database:
            room = Room(folder, clock, SimpleNamespace(), database)  # type: ignore[arg-type]
            sessions = {side.connection.id: side.session for side in found.values()}
            pool: Any = room.sending._pool
            pool.session = lambda one: sessions[one.id]
            try:
                yield room, found
            finally:
                await room.aclose()
                for side in found.values():
                    await side.session.aclose()


async def run(
    folder: Path, submits: int, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    dice, seen = random.Random(seed), Counter[str]()
    async with sides(folder, patch) as (room, found):
        for number in range(submits):
            wish, prepares, sends = (found[dice.choice(MODES)] for _ in range(3))
            kind = "straight" if wish is prepares is sends else "crossed"
            before = {mode: len(one.server.writes()) for mode, one in found.items()}
            mode, id_ = wish.connection.environment, f"{wish.connection.environment}-{number}"
            try:
                asked = wish.wish()
                prepared = prepares.session.prepare(asked, id_)
                reviewed = Reviewed(
                    id=id_, connection=sends.connection, draft=asked, prepared=prepared
                )
                state = (await room.sending.place(reviewed)).intent.state
                assert (kind, state) == ("straight", IntentState.REJECTED)
                seen[f"{mode} sent"] += 1
            except BrokerDeskError:
                assert kind == "crossed"
                seen["crossed, nothing sent"] += 1
            for other, one in found.items():
                more = int(kind == "straight" and other is mode)
                assert len(one.server.writes()) == before[other] + more
        for mode, one in found.items():
            for write in one.server.writes():
                assert json.loads(write.body)["client_order_id"].startswith(f"{mode}-")
                assert write.headers["host"].split(":")[0] in one.server.url
    with capsys.disabled():
        sys.stdout.write(
            f"\n{submits} mixed submits, seed {seed}: {dict(seen)}; none reached the other host. "
            f"0 failures in {submits} shows only a rate below {3 / submits:.4f}\n"
        )
    assert seen["crossed, nothing sent"] > submits / 2


async def test_mixed_submits_reach_their_own_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(tmp_path, 60, monkeypatch, capsys)


@pytest.mark.deep
@pytest.mark.timeout(1800)
async def test_five_thousand_mixed_submits_reach_their_own_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(tmp_path, 5000, monkeypatch, capsys)
