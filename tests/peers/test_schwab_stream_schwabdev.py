"""schwabdev's Stream, unchanged but for where it goes, on the simulated streamer."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.peers import RunningSim
from support.peers_schwab import open_market, price_at, schwabdev_clients

pytestmark = [pytest.mark.peers, pytest.mark.allow_warnings("Schwabdev: ")]

OPTION = "AAPL  261218C00190000"


class Heard:
    """What the stream's receiver was called with, in order."""

    def __init__(self) -> None:
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()

    def __call__(self, text: str) -> None:
        self._messages.put(json.loads(text))

    def next(self, kind: str) -> Any:
        while True:
            found = self._messages.get(timeout=10)
            if kind in found:
                return found[kind][0]

    def data(self, service: str) -> dict[str, Any]:
        while (found := self.next("data"))["service"] != service:
            pass
        return dict(found)


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with open_market() as found:
        yield found


@pytest.fixture
def client(sim: RunningSim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    with schwabdev_clients(sim, monkeypatch, tmp_path) as make:
        yield make()


@pytest.fixture
def started(client: Any) -> Iterator[Callable[..., tuple[Any, Heard]]]:
    import schwabdev

    opened: list[Any] = []

    def start(*prepared: Callable[[Any], dict[str, Any]]) -> tuple[Any, Heard]:
        """A stream whose subscriptions are queued before it runs, as its users do."""
        stream, heard = schwabdev.Stream(client), Heard()
        opened.append(stream)
        for make in prepared:
            stream.send(make(stream))
        stream.start(heard)
        login = heard.next("response")
        assert (login["service"], login["command"], login["content"]["code"]) == (
            "ADMIN",
            "LOGIN",
            0,
        )
        return stream, heard

    yield start
    for stream in opened:
        stream.stop()


def test_login_and_level_one(sim: RunningSim, started: Callable[..., tuple[Any, Heard]]) -> None:
    stream, heard = started(
        lambda s: s.level_one_equities("AAPL,SPY", "0,1,2,3,12,15,33,34,35"),
        lambda s: s.level_one_options([OPTION], "0,1,2,3,4,20,37"),
    )
    for _ in range(2):
        answer = heard.next("response")
        assert (answer["command"], answer["content"]["code"]) == ("ADD", 0)
    shares = heard.data("LEVELONE_EQUITIES")
    assert {one["key"] for one in shares["content"]} == {"AAPL", "SPY"}
    for one in shares["content"]:
        assert Decimal(repr(one["3"])) == price_at(sim, one["key"], shares["timestamp"])
        assert one["1"] < one["3"] < one["2"]
        assert one["34"] == shares["timestamp"]
    options = heard.data("LEVELONE_OPTIONS")
    (one,) = options["content"]
    assert Decimal(repr(one["4"])) == price_at(sim, OPTION, options["timestamp"])
    assert one["20"] == 190.0
    for later in heard.data("LEVELONE_EQUITIES")["content"]:
        assert "15" not in later
    assert int(heard.next("notify")["heartbeat"]) > shares["timestamp"]
    assert stream.active


def test_account_activity(sim: RunningSim, started: Callable[..., tuple[Any, Heard]]) -> None:
    stream, heard = started(lambda s: s.level_one_equities("KO", "0,1"))
    heard.data("LEVELONE_EQUITIES")  # what is sent before is queued, and sent as ADD
    stream.send(stream.account_activity())
    first = heard.data("ACCT_ACTIVITY")["content"][0]
    assert (first["key"], first["2"]) == ("Account Activity", "SUBSCRIBED")
    sim.control("POST", "stream", {"action": "news", "account": "1", "kind": "OrderCreated",
                                   "data": '{"SchwabOrderID":"7"}'})  # fmt: skip
    told = heard.data("ACCT_ACTIVITY")["content"][0]
    assert (told["1"], told["2"], json.loads(told["3"])["SchwabOrderID"], told["seq"]) == (
        "1",
        "OrderCreated",
        "7",
        2,
    )


def test_a_second_client_throws_the_first_out(
    client: Any, started: Callable[..., tuple[Any, Heard]]
) -> None:
    first, heard = started(lambda s: s.level_one_equities("KO", "0,1"))
    heard.data("LEVELONE_EQUITIES")
    _, other = started(lambda s: s.level_one_equities("AAPL", "0,1"))
    while "content" not in (notice := heard.next("notify")):
        pass
    assert notice["content"]["code"] == 12
    assert other.data("LEVELONE_EQUITIES")["content"][0]["key"] == "AAPL"
    first.stop()
