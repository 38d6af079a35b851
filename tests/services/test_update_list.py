"""A list of releases is believed only when every byte of it is what an accepted key signed."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.releases import (
    HOST,
    KEY,
    LATER_KEY,
    NOW,
    STRANGER,
    listed,
    public,
    release,
    sealed,
    signed,
    source,
)

from brokerdesk.domain.release import version_numbers
from brokerdesk.errors import ReleaseListError
from brokerdesk.services.update_list import LARGEST, Seen, read_list
from brokerdesk.services.update_source import UpdateSource, own_source

TAMPERED = 1_000


def refused(body: bytes, seen: Seen | None = None, by: UpdateSource | None = None) -> str:
    with pytest.raises(ReleaseListError) as caught:
        read_list(body, by or source(), NOW, seen or Seen())
    assert caught.value.title == "The list of releases is not believed."
    return caught.value.reason


def test_what_is_signed_is_read() -> None:
    believed = read_list(signed(), source(), NOW, Seen())
    assert believed.key == "first"
    assert believed.seen.serial == 7
    newer = believed.found.newer_than("9.0.0")
    assert [(one.version, one.page) for one in newer] == [("9.1.0", f"https://{HOST}/v9.1.0")]
    assert newer[0].changes == ("What is new in 9.1.0.",)


def test_newer_ones_stand_by_number_and_not_by_letter() -> None:
    rows = [release(version) for version in ("0.9.0", "0.10.0", "1.0.0", "0.2.0")]
    found = read_list(signed(releases=rows), source(), NOW, Seen()).found
    assert [one.version for one in found.newer_than("0.2.0")] == ["1.0.0", "0.10.0", "0.9.0"]
    assert found.newer_than("1.0.0") == ()
    assert found.newer_than("0.2.0.dev3") == ()


@pytest.mark.parametrize("word", ["1.2", "1.2.3.4", "01.2.3", "1.2.3rc1", "v1.2.3", "1.2.٣", ""])
def test_other_words_are_no_versions(word: str) -> None:
    assert version_numbers(word) is None


# -- who signed -----------------------------------------------------------------------------------
def test_a_stranger_is_not_believed() -> None:
    assert refused(signed({"first": STRANGER})) == "signature"
    assert refused(signed({"other": STRANGER})) == "signature"
    assert refused(signed(), by=source(first=public(STRANGER))) == "signature"
    assert refused(signed(), by=UpdateSource(address="https://x", keys={})) == "signature"


def test_an_unsigned_list_is_not_believed() -> None:
    whole = json.loads(signed())
    assert refused(json.dumps(whole | {"signatures": []}).encode()) == "signature"


def test_a_signature_of_the_bare_text_is_none() -> None:
    """It is over the format's name, too: what the key signs elsewhere means nothing here."""
    text = json.dumps(listed())
    bare = {"key": "first", "signature": base64.b64encode(KEY.sign(text.encode())).decode()}
    whole = json.loads(sealed(text)) | {"signatures": [bare]}
    assert refused(json.dumps(whole).encode()) == "signature"


def test_keys_are_changed_by_releases() -> None:
    old, both = source(first=public(KEY)), source(first=public(KEY), second=public(LATER_KEY))
    new = source(second=public(LATER_KEY))
    by_both = signed({"first": KEY, "second": LATER_KEY})
    assert read_list(by_both, old, NOW, Seen()).key == "first"
    assert read_list(by_both, new, NOW, Seen()).key == "second"
    assert read_list(signed({"second": LATER_KEY}), both, NOW, Seen()).key == "second"
    assert refused(signed({"first": KEY}), by=new) == "signature"  # the old key is worth nothing


# -- what is refused though it is signed -----------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"product": "BrokerDisk"}, "product"),
        ({"serial": 0}, "format"),
        ({"serial": True}, "format"),
        ({"serial": 7.0}, "format"),
        ({"serial": 2**60}, "format"),
        ({"expires": NOW.isoformat()}, "expired"),
        ({"issued": (NOW + timedelta(days=2)).isoformat()}, "early"),
        ({"issued": "2026-11-18T15:00:00"}, "format"),
        ({"issued": (NOW - timedelta(days=500)).isoformat()}, "format"),
        ({"expires": "never"}, "format"),
        ({"releases": [release(), release()]}, "format"),
        ({"releases": [release(version="1.2")]}, "format"),
        ({"releases": [release(day="2026-13-01")]}, "format"),
        ({"releases": [release(changes="text")]}, "format"),
        ({"releases": [release(changes=["x" * 401])]}, "format"),
        ({"releases": [release(changes=["x"] * 61)]}, "format"),
        ({"releases": [release(run="calc.exe")]}, "format"),
        ({"releases": [release(f"1.0.{n}") for n in range(201)]}, "format"),
        ({"more": 1}, "format"),
    ],
)
def test_a_signed_list_keeps_to_the_rules(changes: dict[str, Any], reason: str) -> None:
    assert refused(signed(**changes)) == reason


@pytest.mark.parametrize(
    "page",
    [
        f"http://{HOST}/v9",
        "https://elsewhere.example/v9",
        f"https://{HOST}.elsewhere.example/v9",
        f"https://user@{HOST}/v9",
        f"https://{HOST}:8443/v9",
        f"https://elsewhere.example\\@{HOST}/",
        f"https://{HOST.upper()}/v9",
        f"https://{HOST}/v9 x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        f"//{HOST}/v9",
        f"https://{HOST[:-1]}\u0435/v9",
    ],
)
def test_pages_are_those_of_the_program(page: str) -> None:
    assert refused(signed(releases=[release(page=page)])) == "page"
    assert not source().is_page(page)


def test_no_older_list_is_believed_than_the_last() -> None:
    last = read_list(signed(serial=7), source(), NOW, Seen()).seen
    assert read_list(signed(serial=7), source(), NOW, last).seen == last
    assert read_list(signed(serial=8), source(), NOW, last).seen.serial == 8
    assert refused(signed(serial=6), last) == "rollback"
    assert refused(signed(serial=7, releases=[]), last) == "rollback"
    assert refused(signed(), replace(last, serial=2**40)) == "rollback"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"format": 1}',
        b"[" * 100_000,
        b'{"format":"brokerdesk-release-list-1","list":"\\ud800","signatures":[]}',
        b'{"format":"brokerdesk-release-list-1","list":"{}","list":"{}","signatures":[]}',
        b'{"format":"brokerdesk-release-list-2","list":"{}","signatures":[]}',
        b'{"format":"brokerdesk-release-list-1","list":"{}","signatures":[NaN]}',
        b"<html>sign in to this network</html>",
    ],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    assert refused(body) in {"format", "signature"}


def test_a_signed_text_that_is_no_list_is_refused() -> None:
    for text in ("", "null", "[1]", '{"product": "BrokerDesk"}', '{"serial":1,"serial":2}'):
        assert refused(sealed(text)) == "format"


def test_far_too_much_is_not_even_read() -> None:
    assert refused(signed() + b" " * LARGEST) == "size"


def test_of_many_tampered_lists_none_says_another_thing() -> None:
    """Bytes turned, cut out, doubled and swapped anywhere: refused, or word for word the same."""
    genuine = signed({"first": KEY, "second": STRANGER})
    believed = read_list(genuine, source(), NOW, Seen())
    chance = random.Random(20261121)
    outcome = {"refused": 0, "same": 0}
    for _ in range(TAMPERED):
        body = bytearray(genuine)
        for _ in range(chance.choice((1, 1, 1, 3))):
            at, what = chance.randrange(len(body)), chance.randrange(5)
            if what == 0:
                body[at] ^= 1 << chance.randrange(8)
            elif what == 1:
                del body[at : at + chance.randrange(1, 40)]
            elif what == 2:
                body[at:at] = body[at : at + chance.randrange(1, 40)]
            elif what == 3:
                body[at : at + 1] = bytes([chance.randrange(256)])
            else:
                other = chance.randrange(len(body))
                body[at], body[other] = body[other], body[at]
        try:
            found = read_list(bytes(body), source(), NOW, Seen())
        except ReleaseListError:
            outcome["refused"] += 1
        else:
            assert found == believed
            outcome["same"] += 1
    assert sum(outcome.values()) == TAMPERED
    assert outcome["refused"] > TAMPERED // 2
    # The signature of a stranger beside the good one may become anything: it counts for nothing.
    assert outcome["same"] > 0


def test_the_source_in_the_program_can_be_read() -> None:
    found = own_source()
    assert found.named == bool(found.address and found.keys)
    assert not found.address or found.address.startswith("https://")
    for key in found.keys.values():
        assert len(base64.b64decode(key, validate=True)) == 32
