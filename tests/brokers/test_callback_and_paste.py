"""Callback addresses and pasted text: what is taken, what is asked about, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.brokers.callback import parse_callback
from brokerdesk.brokers.flow import PasteOutcome
from brokerdesk.brokers.paste import Return, read_paste
from brokerdesk.errors import InputError

CALLBACK = parse_callback("https://127.0.0.1:8182")
STATE = "s" * 43
HOME = "https://127.0.0.1:8182"


@pytest.mark.parametrize(
    ("text", "port", "path"),
    [
        ("https://127.0.0.1:8182", 8182, "/"),
        ("https://127.0.0.1:8182/", 8182, "/"),
        ("  https://127.0.0.1:1024/back  ", 1024, "/back"),
        ("https://127.0.0.1:65535/a/b.c-d_e~f/", 65535, "/a/b.c-d_e~f/"),
    ],
)
def test_usable_addresses_are_kept_letter_by_letter(text: str, port: int, path: str) -> None:
    callback = parse_callback(text)
    assert (callback.text, callback.port, callback.path) == (text.strip(), port, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter the callback"),
        ("http://127.0.0.1:8182", "https://, not http"),
        ("HTTPS://127.0.0.1:8182", "lower case"),
        ("127.0.0.1:8182", "start with https"),
        ("https://localhost:8182", "instead of localhost"),
        ("https://[::1]:8182", "instead of ::1"),
        ("https://example.com:8182", "this computer"),
        ("https://127.0.0.1.evil.com:8182", "this computer"),
        ("https://127.0.0.2:8182", "this computer"),
        ("https://127.1:8182", "this computer"),
        ("https://127.0.0.1", "Add a port"),
        ("https://127.0.0.1:", "Add a port"),
        ("https://127.0.0.1:443", "1024 to 65535"),
        ("https://127.0.0.1:70000", "1024 to 65535"),
        ("https://127.0.0.1:http", "1024 to 65535"),
        ("https://127.0.0.1:08182", "leading zeros"),
        ("https://127.0.0.1:8182/?a=b", "before any"),
        ("https://127.0.0.1:8182?", "before any"),
        ("https://127.0.0.1:8182/#x", "before any"),
        ("https://me@127.0.0.1:8182", "user name"),
        ("https://127.0.0.1:8182,https://127.0.0.1:9", "one address only"),
        ("https://127.0.0.1:8182/a b", "no blanks"),
        ("https://127.0.0.1:8182/ä", "special letters"),
        ("https://127.0.0.1:8182/%41", "letters, digits"),
        ("https://127.0.0.1:8182/" + "a" * 255, "at most 255"),
    ],
)
def test_each_mistake_has_its_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_callback(text)
    assert caught.value.field == "callback_url"
    assert words in caught.value.title


def paste(text: str, *, confirmed: bool = False) -> tuple[PasteOutcome, str]:
    judged = read_paste(text, callback=CALLBACK, state=STATE, confirmed=confirmed)
    assert (judged.result is not None) == (judged.outcome is PasteOutcome.ACCEPTED)
    return judged.outcome, judged.result.code if judged.result else ""


@pytest.mark.parametrize(
    "text",
    [
        f"{HOME}/?code=C0.abc%40&session=1&state={STATE}",
        f"{HOME}?code=C0.abc%40&state={STATE}",
        f"  <{HOME}/?code=C0.abc@&state={STATE}>\n",
        f'"{HOME}/?state={STATE}&code=C0.abc%40"',
        f"127.0.0.1:8182/?code=C0.abc%40&state={STATE}",
        f"HTTPS://127.0.0.1:8182/?code=C0.abc%40&state={STATE}",
        f"{HOME}/?code=C0.abc%40&state={STATE}#top",
    ],
)
def test_the_address_of_this_attempt_is_taken(text: str) -> None:
    assert paste(text) == (PasteOutcome.ACCEPTED, "C0.abc@")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello",
        "hello world, this is a text",
        HOME,
        f"{HOME}/",
        f"{HOME}/?session=1&state={STATE}",
        f"{HOME}/?code=&state={STATE}",
        f"{HOME}/?code=x&state=other",
        f"{HOME}/?code=x&state={STATE}&state={STATE}",
        f"{HOME}/?code=x&code=y&state={STATE}",
        f"{HOME}/other?code=x&state={STATE}",
        f"http://127.0.0.1:8182/?code=x&state={STATE}",
        f"https://127.0.0.1:8183/?code=x&state={STATE}",
        f"https://evil.example/?code=x&state={STATE}",
        f"https://evil.example:8182/?code=x&state={STATE}&x=127.0.0.1",
        f"https://127.0.0.1:8182@evil.example/?code=x&state={STATE}",
        "https://api.schwabapi.com/v1/oauth/authorize?client_id=x",
        "x" * 9000,
        "https://[::1",
        f"{HOME}/?code=x&state={STATE}\u00fc",
        "code=",
    ],
)
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_is_not_of_this_attempt_is_wrong_even_with_the_users_word(
    text: str,
    confirmed: bool,
) -> None:
    assert paste(text, confirmed=confirmed) == (PasteOutcome.WRONG, "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{HOME}/?code=C0.abc%40&session=1", "C0.abc@"),
        ("C0.b2F1dGgyLmJkYw.abcdefgh%40", "C0.b2F1dGgyLmJkYw.abcdefgh@"),
        ("C0.b2F1dGgyLmJkYw.abcdefgh@", "C0.b2F1dGgyLmJkYw.abcdefgh@"),
    ],
)
def test_without_a_state_the_user_is_asked(text: str, code: str) -> None:
    assert paste(text) == (PasteOutcome.CONFIRM, "")
    assert paste(text, confirmed=True) == (PasteOutcome.ACCEPTED, code)


def test_a_refusal_is_taken_with_its_state_only() -> None:
    judged = read_paste(
        f"{HOME}/?error=access_denied&state={STATE}",
        callback=CALLBACK,
        state=STATE,
        confirmed=False,
    )
    assert judged.result == Return(error="access_denied")
    assert paste(f"{HOME}/?error=access_denied&state=x")[0] is PasteOutcome.WRONG


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader_or_gets_in(text: str) -> None:
    outcome, _ = paste(text)
    assert outcome is not PasteOutcome.ACCEPTED


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_query_without_the_state_is_taken_unasked(
    query: str,
    confirmed: bool,
) -> None:
    outcome, _ = paste(f"{HOME}/?{query}", confirmed=confirmed)
    if outcome is PasteOutcome.ACCEPTED:
        assert confirmed


def test_a_code_is_never_shown_by_repr() -> None:
    assert "C0" not in repr(Return(code="C0.secret@"))
