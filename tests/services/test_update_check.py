"""New versions are looked for where the user wants it, once a day, at a real loopback server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.brokers import RawServer, Reply, Seen
from support.clock import FakeClock
from support.releases import NOW, STRANGER, release, signed, source

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.release_list import LARGEST, ReleaseListFile
from brokerdesk.domain.events import Event, ReleasesChanged
from brokerdesk.errors import BrokerError, BrokerProtocolError, ReleaseListError
from brokerdesk.services.update_check import LOOK_EVERY, UpdateCheck
from brokerdesk.services.update_source import UpdateSource
from brokerdesk.services.update_store import NAME
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor

DAY = timedelta(days=1).total_seconds()
ON = Settings(look_for_updates=True)


@dataclass
class Stand:
    folder: Path
    server: RawServer
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    settings: Settings = ON
    network: Network = field(default_factory=Network)
    events: list[Event] = field(default_factory=list)
    reply: Reply = field(default_factory=lambda: Reply(body=signed()))
    checks: list[UpdateCheck] = field(default_factory=list)

    def answer(self, _: Seen) -> Reply:
        return self.reply

    def start(self, where: UpdateSource | None = None) -> UpdateCheck:
        """The program is started anew on the same profile."""
        check = UpdateCheck(
            folder=self.folder,
            clock=self.clock,
            publish=self.events.append,
            supervisor=Supervisor(lambda _name, _error: None),
            settings=lambda: self.settings,
            network=lambda: self.network,
            source=where or source(self.server.url + "/list.json"),
            version="9.0.0",
        )
        self.checks.append(check)
        return check

    @property
    def asked(self) -> int:
        return len(self.server.seen)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    found: list[Stand] = []
    async with RawServer(lambda seen: found[0].answer(seen)) as server:
        found.append(Stand(tmp_path, server))
        yield found[0]


async def test_nothing_is_asked_until_the_user_wants_it(stand: Stand) -> None:
    stand.settings = Settings()
    check = stand.start()
    for _ in range(5):
        await check.look()
        await stand.clock.advance(DAY)
    assert stand.asked == 0
    assert not stand.settings.look_for_updates, "off by default"
    stand.settings = ON
    await check.look()
    assert stand.asked == 1


async def test_what_is_newer_is_told_with_what_changed(stand: Stand) -> None:
    check = stand.start()
    await check.look()
    news = await check.news()
    assert stand.events == [ReleasesChanged()]
    assert [one.version for one in news.newer] == ["9.1.0"]
    assert news.to_tell is not None
    assert news.to_tell.changes == ("What is new in 9.1.0.",)
    assert news.answered == NOW
    assert await check.page_of("9.1.0") == "https://releases.example/v9.1.0"
    assert await check.page_of("9.7.0") == ""


async def test_the_request_carries_nothing_of_the_user(stand: Stand) -> None:
    await stand.start().look()
    (seen,) = stand.server.seen
    assert (seen.method, seen.path, seen.query, seen.body) == ("GET", "/list.json", {}, "")
    names = {name.lower() for name in seen.headers}
    assert names <= {"host", "accept", "accept-encoding", "connection", "user-agent"}
    assert {v for n, v in seen.headers.items() if n.lower() == "user-agent"} == {"BrokerDesk"}


async def test_it_asks_once_a_day_whatever_comes_and_across_restarts(stand: Stand) -> None:
    await stand.start().look()
    for _ in range(10):
        await stand.start().look()
        await stand.clock.advance(DAY / 11)
    assert stand.asked == 1
    stand.reply = Reply(status=500)
    await stand.clock.advance(DAY / 11)
    await stand.start().look()
    await stand.start().look()
    assert stand.asked == 2
    await stand.clock.advance(DAY)
    await stand.start().look()
    assert stand.asked == 3
    assert [one.version for one in (await stand.start().news()).newer] == ["9.1.0"]


async def test_a_clock_that_was_ahead_does_not_stop_it_for_good(stand: Stand) -> None:
    await stand.start().look()
    stand.clock.jump(-3 * DAY)
    stand.reply = Reply(body=signed(issued=(NOW - timedelta(days=9)).isoformat(), serial=8))
    await stand.start().look()
    assert stand.asked == 2


async def test_the_schedule_looks_by_itself_and_not_at_the_start(stand: Stand) -> None:
    failures: list[str] = []
    check = stand.start()
    supervisor = Supervisor(lambda name, _error: failures.append(name))
    check._supervisor = supervisor
    check.start()
    await stand.clock.advance(LOOK_EVERY - 1)
    assert stand.asked == 0
    await stand.clock.advance(1)
    for _ in range(200):  # the answer comes over a real socket and through a thread
        if stand.events:
            break
        import asyncio

        await asyncio.sleep(0.01)
    assert stand.asked == 1
    await supervisor.cancel("schedule:updates")
    assert not failures


async def test_offline_asks_nothing(stand: Stand) -> None:
    stand.network = Network(offline=True)
    check = stand.start()
    await check.look()
    with pytest.raises(BrokerError, match="offline"):
        await check.check()
    assert stand.asked == 0
    stand.network = Network()
    await check.look()
    assert stand.asked == 1, "the day has not been used up"


async def test_a_copy_without_a_place_asks_nobody(stand: Stand) -> None:
    for where in (UpdateSource(), replace(source(stand.server.url), keys={})):
        check = stand.start(where)
        await check.look()
        news = await check.check()
        assert not news.named
        assert news.newer == ()
    assert stand.asked == 0


async def test_a_version_can_be_skipped_and_the_next_is_told(stand: Stand) -> None:
    check = stand.start()
    assert (await check.check()).to_tell is not None
    news = await check.skip("9.1.0")
    assert news.to_tell is None
    assert [one.version for one in news.newer] == ["9.1.0"], "asked for, it is still there"
    assert (await stand.start().news()).to_tell is None
    stand.reply = Reply(body=signed(serial=8, releases=[release("9.2.0"), release("9.1.0")]))
    news = await stand.start().check()
    assert news.to_tell is not None
    assert news.to_tell.version == "9.2.0"


# -- what is refused ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (signed({"first": STRANGER}), "signature"),
        (signed(product="Other"), "product"),
        (signed(serial=8, expires=(NOW - timedelta(seconds=1)).isoformat()), "expired"),
        (signed(serial=6), "rollback"),
        (b"{}", "format"),
    ],
)
async def test_a_refused_list_changes_nothing(stand: Stand, body: bytes, reason: str) -> None:
    await stand.start().check()
    before = await stand.start().news()
    stand.reply = Reply(body=body)
    check = stand.start()
    with pytest.raises(ReleaseListError) as caught:
        await check.check()
    assert caught.value.reason == reason
    assert await check.news() == before
    assert await stand.start().news() == before
    assert stand.events == [ReleasesChanged()]


@pytest.mark.allow_warnings(r"^brokerdesk\.services\.update_check: the list of releases is refused")
async def test_looking_by_itself_survives_a_refused_list(stand: Stand) -> None:
    stand.reply = Reply(body=signed({"first": STRANGER}))
    check = stand.start()
    await check.look()
    assert (await check.news()).newer == ()
    stand.reply = Reply(body=signed())
    await check.look()
    assert stand.asked == 1
    await stand.clock.advance(DAY)
    await check.look()
    assert (await check.news()).to_tell is not None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(stand: Stand, status: int) -> None:
    stand.reply = Reply(status=status, headers={"Location": stand.server.url + "/other.json"})
    with pytest.raises(BrokerError, match="own language"):
        await stand.start().check()
    assert stand.server.paths() == ["/list.json"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=404),
        Reply(status=200, body=b""),
        Reply(body=b"<html>", headers={"Content-Type": "text/html"}),
        Reply(body=b"{" + b" " * LARGEST),
        Reply(body=b"{", headers={"Content-Length": str(10**9)}),
        Reply(reset=True),
        Reply(raw=b"HTTP/1.1 200 X\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
    ],
)
async def test_no_usable_answer_is_said_so(stand: Stand, reply: Reply) -> None:
    stand.reply = reply
    with pytest.raises(BrokerError):
        await stand.start().check()
    assert stand.events == []


@pytest.mark.parametrize(
    "address",
    [
        "http://releases.example/list.json",
        "ftp://releases.example/list.json",
        "https://user:word@releases.example/list.json",
        "file:///etc/passwd",
        "list.json",
    ],
)
async def test_only_https_is_asked(address: str) -> None:
    with pytest.raises(BrokerProtocolError):
        await ReleaseListFile(address, network=Network(), clock=FakeClock(NOW)).fetch()


# -- what is kept ---------------------------------------------------------------------------------
def _other_version(kept: dict[str, object]) -> object:
    text = str(kept["list"])
    return {**kept, "list": text.replace("9.1.0", "9.9.0")}


@pytest.mark.parametrize(
    "spoil",
    [
        _other_version,
        lambda kept: {**kept, "list": ""},
        lambda kept: {**kept, "serial": "7"},
        lambda kept: {**kept, "tried": "yesterday"},
        lambda kept: {**kept, "tried": "2026-11-20T15:00:00"},
        lambda _kept: [],
        lambda _kept: None,
    ],
)
async def test_who_writes_the_file_cannot_make_it_speak(
    stand: Stand, spoil: Callable[[dict[str, object]], object]
) -> None:
    await stand.start().check()
    file = stand.folder / NAME
    assert file.stat().st_mode & 0o077 == 0
    file.write_text(json.dumps(spoil(json.loads(file.read_text("utf-8")))), "utf-8")
    assert (await stand.start().news()).newer == ()


async def test_a_list_that_was_kept_ends_with_its_time(stand: Stand) -> None:
    await stand.start().check()
    await stand.clock.advance(99 * DAY)
    assert (await stand.start().news()).to_tell is not None
    await stand.clock.advance(2 * DAY)
    assert (await stand.start().news()).to_tell is None
