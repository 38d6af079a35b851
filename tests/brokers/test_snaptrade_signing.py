"""The signature: its text, the vectors, and that what is signed is what is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.brokers import RawServer, Reply, Seen, json_reply
from support.clock import FakeClock
from support.rigs_snaptrade import snaptrade_rig

from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.snaptrade.client import SnapTradeClient
from brokerdesk.brokers.snaptrade.signing import Keys, outgoing, signature
from brokerdesk.domain.kinds import Environment

KEYS = Keys(client_id="YOUR_CLIENT_ID", consumer_key="YOUR_CONSUMER_KEY")
COMMERCIAL = Keys(client_id="CID", consumer_key="ck", user_id="desk 7", user_secret="s+e/c=r&t")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/symbols", "TIrAXRIywVDtud68tti2kh1fDmzi/2aNdmhABjvabMw="),
        ("/api/v1/symbols", "XURYf7Z+QeT+M7Y4OPdK/NaYhDQsds4cEKunvbtu5sE="),
    ],
)
def test_the_vectors(path: str, expected: str) -> None:
    query = "clientId=YOUR_CLIENT_ID&timestamp=1715123456"
    assert signature("YOUR_CONSUMER_KEY", path, query, {"substring": "AAPL"}) == expected


def test_an_empty_body_is_signed_as_none_and_sent_as_it_is() -> None:
    request = Request(template="/snapTrade/login")
    without, empty = outgoing(KEYS, request, 1, None), outgoing(KEYS, request, 1, {})
    assert without.headers["Signature"] == empty.headers["Signature"]
    assert without.content is None
    assert empty.content == b"{}"


def test_a_personal_key_names_no_user_and_a_commercial_one_where_it_is_about_one() -> None:
    request = Request(template="/accounts")
    assert outgoing(KEYS, request, 5).target == "/accounts?clientId=YOUR_CLIENT_ID&timestamp=5"
    query = parse_qs(urlsplit(outgoing(COMMERCIAL, request, 5).target).query)
    assert query["userId"] == ["desk 7"]
    assert query["userSecret"] == ["s+e/c=r&t"]
    bare = outgoing(COMMERCIAL, request, 5, with_user=False)
    assert "user" not in bare.target


def test_nothing_secret_is_in_a_repr() -> None:
    sent = outgoing(COMMERCIAL, Request(template="/accounts"), 5, {"a": "b"})
    text = repr(sent) + repr(COMMERCIAL)
    assert "s+e/c=r&t" not in text
    assert "s%2Be" not in text
    assert "ck" not in text


@given(
    values=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=12), max_size=4),
    body=st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3),
)
def test_what_is_signed_is_what_httpx_sends(
    values: dict[str, str], body: dict[str, str] | None
) -> None:
    sent = outgoing(KEYS, Request(template="/accounts", query=values), 1715123456, body)
    url = httpx.URL("https://api.snaptrade.com" + sent.target)
    assert url.raw_path.decode() == sent.target
    path, _, query = sent.target.partition("?")
    content = json.loads(sent.content) if sent.content else None
    text = json.dumps(
        {"content": content or None, "path": path, "query": query},
        sort_keys=True,
        separators=(",", ":"),
    )
    digest = hmac.new(b"YOUR_CONSUMER_KEY", text.encode(), hashlib.sha256).digest()
    assert sent.headers["Signature"] == base64.b64encode(digest).decode()
    assert sent.content is None or sent.content.isascii()


async def test_each_try_is_signed_anew_and_goes_out_unchanged() -> None:
    seen: list[tuple[str, str]] = []

    def handler(request: Seen) -> Reply:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        seen.append((f"{request.path}?{query}", request.headers["signature"]))
        clock.jump(5)
        return json_reply({"detail": "later"}, 503) if len(seen) == 1 else json_reply([])

    clock = FakeClock(auto=True)

    async def keys(_: Any) -> Keys:
        return KEYS

    async with RawServer(handler) as server:
        client = SnapTradeClient(
            Environment.PRACTICE, server.url, keys=keys, network=Network(), clock=clock
        )
        await client.authorizations()
        await client.aclose()
    assert len(seen) == 2
    assert seen[0] != seen[1], "another time, another signature"
    for target, given_signature in seen:
        path, _, query = target.partition("?")
        assert signature("YOUR_CONSUMER_KEY", path, query) == given_signature


async def test_a_key_with_blanks_is_not_sent_and_other_hosts_are_not_reached() -> None:
    async with snaptrade_rig() as rig:
        flow = rig.flow()
        await flow.start()
        step = await flow.submit({**rig.answers, "consumer_key": "two words"})
        assert {name for name, _ in step.problems} == {"consumer_key"}  # type: ignore[union-attr]
        assert rig.requests() == []
        await flow.aclose()
