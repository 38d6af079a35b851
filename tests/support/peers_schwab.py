"""The two Schwab clients of others, pointed at a simulator, and what its market says when."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.fast_clock import START, FastClock
from support.peers import BROKER, RunningSim, running_sim


@contextmanager
def open_market(at: datetime = START, **options: Any) -> Iterator[RunningSim]:
    """A simulator in whose world the market is open, told of ten times a second."""
    clock = FastClock(1, time.monotonic() - (at - START).total_seconds())
    with running_sim(clock=clock, **options) as found:
        found.control(
            "POST",
            "switches",
            {"stream_interval": 0.1, "stream_snapshot_after": 0.05, "stream_heartbeat": 0.5},
        )
        yield found


def price_at(sim: RunningSim, symbol: str, millis: int) -> Decimal:
    """The simulated market's price at a moment of the wire."""
    return sim.sim.exchange.market.price(symbol, datetime.fromtimestamp(millis / 1000, UTC))


@contextmanager
def schwab_py_auth(sim: RunningSim, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """schwab-py's own sign-in module, its requests sent to the simulator."""
    import httpx
    import schwab.auth

    def moved(request: httpx.Request) -> None:
        assert str(request.url).startswith(BROKER)
        target = httpx.URL(sim.base)
        request.url = request.url.copy_with(scheme="http", host=target.host, port=target.port)

    class Moved(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            moved(request)
            return super().handle_request(request)

    class AsyncMoved(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            moved(request)
            return await super().handle_async_request(request)

    made: list[Any] = []

    class Client(schwab.auth.OAuth2Client):  # type: ignore[misc]
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, transport=Moved(), **more)
            made.append(self)

    class AsyncClient(schwab.auth.AsyncOAuth2Client):  # type: ignore[misc]
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, transport=AsyncMoved(), **more)

    monkeypatch.setattr(schwab.auth, "OAuth2Client", Client)
    monkeypatch.setattr(schwab.auth, "AsyncOAuth2Client", AsyncClient)
    yield schwab.auth
    for opened in made:
        opened.close()


class Stored:
    """Where schwab-py keeps its token."""

    def __init__(self) -> None:
        self.token: dict[str, Any] = {}
        self.writes = 0

    def write(self, token: dict[str, Any], *_: Any, **__: Any) -> None:
        self.token = json.loads(json.dumps(token))
        self.writes += 1


def schwab_py_signed_in(sim: RunningSim, auth: Any, *, asyncio: bool = False) -> tuple[Any, Stored]:
    """A client of schwab-py after a whole sign-in."""
    secrets, stored = sim.secrets, Stored()
    context = auth.get_auth_context(secrets["app_key"], secrets["callback_url"])
    assert context.authorization_url.startswith(BROKER + "/v1/oauth/authorize?")
    callback = sim.approve(context.authorization_url)
    key, secret = secrets["app_key"], secrets["app_secret"]
    auth.client_from_received_url(key, secret, context, callback, stored.write)
    client = auth.client_from_access_functions(
        key, secret, lambda: stored.token, stored.write, asyncio=asyncio
    )
    return client, stored


@contextmanager
def schwabdev_clients(
    sim: RunningSim, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Iterator[Callable[[], Any]]:
    """Makes clients of schwabdev that sign in by themselves and go to the simulator."""
    import requests
    import schwabdev.client
    import schwabdev.tokens

    post = requests.post

    class Moved:
        """``requests`` as the token module sees it, with its one POST sent elsewhere."""

        RequestException = requests.RequestException
        Response = requests.Response

        @staticmethod
        def post(url: str, **more: Any) -> Any:
            assert url == BROKER + "/v1/oauth/token"
            return post(url.replace(BROKER, sim.base), **more)

    monkeypatch.setattr(schwabdev.tokens, "requests", Moved)
    monkeypatch.setattr(schwabdev.client.ClientBase, "_base_api_url", sim.base)
    opened: list[Any] = []

    def make() -> Any:
        secrets = sim.secrets
        client = schwabdev.Client(
            secrets["app_key"],
            secrets["app_secret"],
            callback_url=secrets["callback_url"],
            tokens_db=str(folder / "tokens.db"),
            call_on_auth=sim.approve,
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()
