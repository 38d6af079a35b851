"""Whatever a secret was encoded as, it does not come through."""

from __future__ import annotations

import base64
import json
import re
import string
import time
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from brokerdesk.redaction import HIDDEN, Redactor

# Random enough that its appearance in the output can be no accident.
SECRETS = st.text(
    st.characters(exclude_categories=["Cs"], max_codepoint=0x1FFFF), min_size=8, max_size=60
).filter(lambda text: len(set(text)) >= 5 and not text.isspace() and text not in HIDDEN)
PLAIN = st.text(string.ascii_letters + string.digits + "+/=@._~-", min_size=12, max_size=60).filter(
    lambda text: len(set(text)) >= 6
)


def every_character_as_percent(text: str) -> str:
    return "".join(f"%{octet:02X}" for octet in text.encode())


def mixed_percent(text: str) -> str:
    return "".join(
        f"%{octet:02x}" if index % 2 else urllib.parse.quote(chr(octet), safe="")
        for index, octet in enumerate(text.encode("utf-8"))
        if octet < 0x80
    )


ENCODERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": urllib.parse.quote,
    "quoted all": lambda text: urllib.parse.quote(text, safe=""),
    "plus": urllib.parse.quote_plus,
    "form": lambda text: urllib.parse.urlencode({"code": text}),
    "twice quoted": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "lower quoted": lambda text: re.sub(
        "%[0-9A-F]{2}", lambda m: m.group().lower(), urllib.parse.quote(text, safe="")
    ),
    "every character": every_character_as_percent,
    "json": json.dumps,
    "json utf-8": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps({"t": text})),
    "repr": repr,
    "ascii": ascii,
    "bytes repr": lambda text: repr(text.encode()),
    "json slashes": lambda text: json.dumps(text).replace("/", "\\/"),
}


def decoded(text: str) -> str:
    """What a reader who undoes every encoding would see."""
    for _ in range(3):
        text = urllib.parse.unquote(text, errors="replace")
    return text


@pytest.mark.parametrize("encoder", ENCODERS)
@settings(deadline=None)
@given(secret=SECRETS, before=st.text(max_size=5), after=st.text(max_size=5))
def test_no_encoding_lets_a_secret_through(
    encoder: str, secret: str, before: str, after: str
) -> None:
    redactor = Redactor()
    redactor.register_secret(secret)
    encoded = ENCODERS[encoder](secret)
    shown = redactor.redact(f"{before} {encoded} {after}")
    assert HIDDEN in shown
    assert encoded not in shown
    assert secret not in shown
    assert secret not in decoded(shown)


@settings(deadline=None)
@given(
    secret=PLAIN,
    before=st.binary(max_size=7),
    after=st.binary(max_size=7),
    url_safe=st.booleans(),
    pad=st.booleans(),
)
def test_base64_of_anything_around_it_is_hidden(
    secret: str, before: bytes, after: bytes, url_safe: bool, pad: bool
) -> None:
    redactor = Redactor()
    redactor.register_secret(secret)
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    token = encode(before + secret.encode() + after).decode()
    token = token if pad else token.rstrip("=")
    shown = redactor.redact(f"sent <{token}> to the broker")
    assert shown == f"sent <{HIDDEN}> to the broker"


@settings(deadline=None)
@given(secret=PLAIN, text=st.text(max_size=200))
def test_what_is_not_secret_stays(secret: str, text: str) -> None:
    assume(not any(secret[i : i + 4] in text for i in range(len(secret) - 3)))
    assume("://" not in text and not re.search("bearer|basic|digest", text, re.IGNORECASE))
    redactor = Redactor()
    assert redactor.redact(text) == text


def test_redacting_twice_changes_nothing_more() -> None:
    redactor = Redactor()
    redactor.register_secret("s3cr3t-value")
    once = redactor.redact("x s3cr3t-value y Bearer abc https://h/p?code=1")
    assert redactor.redact(once) == once


def test_a_secret_within_another_does_not_leave_the_rest_behind() -> None:
    redactor = Redactor()
    redactor.register_secret("abcdef")
    redactor.register_secret("abcdefghijkl")
    assert redactor.redact("abcdefghijkl") == HIDDEN


def test_account_numbers_keep_their_last_four() -> None:
    redactor = Redactor()
    redactor.register_account("123456789")
    assert redactor.redact("account 123456789 read") == "account …6789 read"
    assert "12345" not in redactor.redact("a%31%32%33456789b")


def test_short_texts_are_not_taken() -> None:
    redactor = Redactor()
    for text in ("", "1", "abc", "      "):
        redactor.register_secret(text)
    assert redactor.redact("1 abc       x") == "1 abc       x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [secret]"),
        ("{'authorization': 'Basic QWxh=='}", "{'authorization': 'Basic [secret]'}"),
        (
            "GET https://api.example/v1/x?code=C0.abc%40&state=1 200",
            "GET https://api.example/v1/x?[…] 200",
        ),
        ("https://127.0.0.1:8182/#access_token=1", "https://127.0.0.1:8182/?[…]"),
        ("proxy http://user:pw@proxy:8080 used", "proxy http://[secret]@proxy:8080 used"),
    ],
)
def test_credentials_that_nobody_registered(text: str, shown: str) -> None:
    assert Redactor().redact(text) == shown


def test_only_the_newest_are_remembered_and_registering_again_renews() -> None:
    redactor = Redactor()
    redactor.register_secret("keep-me-please")
    for number in range(511):
        redactor.register_secret(f"token-number-{number:04}")
        if number == 300:
            redactor.register_secret("keep-me-please")
    for number in range(600, 800):
        redactor.register_secret(f"token-number-{number:04}")
    assert redactor.redact("keep-me-please") == HIDDEN
    assert redactor.redact("token-number-0799") == HIDDEN
    assert redactor.redact("token-number-0000") == "token-number-0000"


def test_secrets_do_not_show_in_the_redactor_itself() -> None:
    redactor = Redactor()
    redactor.register_secret("s3cr3t-value")
    assert "s3cr3t" not in repr(redactor)
    assert "s3cr3t" not in repr(redactor._ordered)


@pytest.mark.parametrize("encoder", ENCODERS)
@settings(deadline=None, max_examples=40)
@given(head=SECRETS, middle=st.text(max_size=300), tail=SECRETS)
def test_long_secrets_are_hidden_from_end_to_end(
    encoder: str, head: str, middle: str, tail: str
) -> None:
    secret = f"{head}-middle-{middle} middle-{tail}"
    redactor = Redactor()
    redactor.register_secret(secret)
    shown = redactor.redact(f"a {ENCODERS[encoder](secret)} b")
    assert HIDDEN in shown
    assert "middle" not in shown
    assert "middle" not in decoded(shown)


def test_a_long_secret_costs_little() -> None:
    redactor = Redactor()
    begun = time.process_time()
    secret = "".join(f"{number:05}" for number in range(13_000))
    redactor.register_secret(secret)
    for number in range(30):
        redactor.register_secret(f"{number}-{secret}")
    assert redactor.redact(f"100% {secret}") == f"100% {HIDDEN}"
    assert redactor.redact(base64.b64encode(secret.encode()).decode()) == HIDDEN
    assert time.process_time() - begun < 3.0


def test_long_texts_take_no_long_time() -> None:
    redactor = Redactor()
    for number in range(50):
        redactor.register_secret(f"secret-{number}-" + "k" * 60)
    text = "QUJD" * 20_000 + " " + "%41" * 5_000
    assert redactor.redact(text) == text


@pytest.mark.parametrize("word", ["secret", "[secret]", "cret"])
def test_a_secret_that_reads_like_the_mark_does_not_find_it(word: str) -> None:
    redactor = Redactor()
    redactor.register_secret("0123456789abcdef")
    redactor.register_secret(word)
    assert redactor.redact("it is 0123456789abcdef, no more") == "it is [secret], no more"
