"""Strict JSON, safe text, and practice addresses."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.brokers.decode import (
    MAX_DEPTH,
    JsonDecoder,
    MalformedJsonError,
    UnexpectedShapeError,
    check_depth,
    check_keys,
)
from brokerdesk.brokers.figures import rounded_price
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.text import NAME_LENGTH, clean, clean_name, clean_symbol
from brokerdesk.errors import InputError

AMOUNT = JsonDecoder(Decimal)
ANYTHING = JsonDecoder(dict[str, msgspec.Raw])


@pytest.mark.parametrize("text", ["0.1", "123456789012345678.123456789", "-0.00", "1e-7"])
def test_amounts_come_from_their_digits(text: str) -> None:
    assert AMOUNT.decode(text.encode()) == Decimal(text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "nan", "1_0", "0x1", "01", "１"])
def test_what_json_does_not_know_is_malformed(text: str) -> None:
    with pytest.raises(MalformedJsonError):
        AMOUNT.decode(text.encode())


@pytest.mark.parametrize("text", ["true", "{}", "[]", "null"])
def test_another_shape_is_told_apart_from_malformed(text: str) -> None:
    with pytest.raises(UnexpectedShapeError):
        AMOUNT.decode(text.encode())


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '{"a":[', '[[{"a":'])
def test_depth_is_measured_exactly(opening: str) -> None:
    brackets = [letter for letter in opening if letter in "[{"]
    closing = "".join("]" if letter == "[" else "}" for letter in reversed(brackets))
    fits = MAX_DEPTH // len(brackets)
    check_depth((opening * fits + "1" + closing * fits).encode())
    with pytest.raises(UnexpectedShapeError):
        check_depth((opening * (fits + 1) + "1" + closing * (fits + 1)).encode())


@pytest.mark.parametrize("levels", [70, 900, 5_000, 500_000])
@pytest.mark.parametrize("hiding", ['"]",', '"\\"]",', '"\\\\]",', '"}]",', '"",'])
def test_depth_cannot_be_hidden_behind_brackets_in_strings(levels: int, hiding: str) -> None:
    opened = f"[{hiding}".encode() * levels
    raw = b'{"a":' + opened + b"1" + b',"["]' * levels + b"}"
    with pytest.raises(UnexpectedShapeError):
        ANYTHING.decode(raw)


def documents(alphabet: str) -> st.SearchStrategy[object]:
    texts = st.text(alphabet=alphabet, max_size=8)
    return st.recursive(
        st.none() | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=30,
    )


def depth(value: object) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 0


@given(documents('a"\\,:'), st.integers(0, 90))
@settings(max_examples=200, deadline=None)
def test_depth_agrees_with_a_plain_count(document: object, wrapped: int) -> None:
    for _ in range(wrapped):
        document = [document]
    raw = json.dumps(document).encode()
    if depth(document) <= MAX_DEPTH:
        check_depth(raw)
    else:
        with pytest.raises(UnexpectedShapeError):
            check_depth(raw)


@given(documents('[]{}"\\a'), st.integers(0, 90))
@settings(max_examples=300, deadline=None)
def test_brackets_in_strings_are_no_levels_and_hide_none(document: object, wrapped: int) -> None:
    for _ in range(wrapped):
        document = [document, "]"]
    raw = json.dumps(document).encode()
    if depth(document) <= MAX_DEPTH:
        check_depth(raw)
    else:
        with pytest.raises(UnexpectedShapeError):
            check_depth(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 16_000_000,
        b"[]" * 8_000_000,
        b'"' + b"[" * 16_000_000,
        b"[{" * 200_000 + b"}]" * 200_000,
        b'["]",' * 3_000_000,
    ],
)
def test_no_text_makes_the_depth_check_slow(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises((UnexpectedShapeError, MalformedJsonError)):
        ANYTHING.decode(raw)
    assert time.process_time() - started < 5


# -- keys that stand twice -----------------------------------------------------------------------
NAMES = st.sampled_from(["a", "b", "\u00e9", "\\", '"', "a:", "{", "}", "\U0001f4b6", ""])
PLAIN = st.none() | st.booleans() | st.integers(-9, 9) | NAMES | st.sampled_from([0.5, 1e300])


class Pairs(list[tuple[str, object]]):
    """An object as it is written: in order, with whatever stands twice."""


OBJECTS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(Pairs)
    ),
    max_leaves=25,
)


def written(value: object, escape: bool) -> str:
    if isinstance(value, Pairs):
        body = (f"{written(name, escape)} :{written(item, escape)}" for name, item in value)
        return "{" + ",".join(body) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(item, escape) for item in value) + "]"
    if isinstance(value, str) and escape:
        units = value.encode("utf-16-be")
        codes = (units[at : at + 2].hex() for at in range(0, len(units), 2))
        return '"' + "".join(f"\\u{code}" for code in codes) + '"'
    return json.dumps(value, ensure_ascii=False)


def says_twice(value: object) -> bool:
    """A plain count, that knows nothing of JSON."""
    if isinstance(value, Pairs):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(says_twice(item) for _, item in value)
    return isinstance(value, list) and any(map(says_twice, value))


@given(OBJECTS, st.booleans())
@settings(max_examples=400, deadline=None)
def test_a_key_that_stands_twice_is_found_at_every_depth(document: object, escape: bool) -> None:
    raw = written([document], escape).encode()
    if says_twice(document):
        with pytest.raises(UnexpectedShapeError, match="unexpected shape"):
            check_keys(raw)
    else:
        check_keys(raw)


@given(st.binary(max_size=60) | OBJECTS.map(lambda one: written(one, False).encode()[1:-1]))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_only_the_two_errors_come(raw: bytes) -> None:
    try:
        check_keys(raw)
    except (MalformedJsonError, UnexpectedShapeError):
        return
    json.loads(raw.decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":{"y":[{"a":1,"b":2,"a":3}]}}',
        b'[{"a":"\xff","a":"\xff"}]',
        b'{"\xff":1,"\xff":2}',
        b'{"a" : 1 ,\r\n"a"\t: 2}',
    ],
)
def test_keys_are_compared_as_they_are_meant(raw: bytes) -> None:
    with pytest.raises(UnexpectedShapeError) as caught:
        check_keys(raw)
    assert "twice" in caught.value.message


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("frame", ['{{"unused":{}}}', "[[{}]]", '{{"a":{{"b":[1,{}]}}}}'])
def test_what_is_no_number_is_refused_wherever_it_stands(word: str, frame: str) -> None:
    with pytest.raises(MalformedJsonError):
        check_keys(frame.format(word).encode())
    with pytest.raises((MalformedJsonError, UnexpectedShapeError)):
        ANYTHING.decode(frame.format(word).encode())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("", ""),
        ("  AAPL ", "AAPL"),
        ("a\x00b\x1bc\x7fd\x9fe", "abcde"),
        ("a\tb\nc", "a b c"),
        ("\u202eevil\u202c\u2066x\u2069", "evilx"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\ud800lone", "lone"),
        ("Ünïcödé €", "Ünïcödé €"),
    ],
)
def test_text_loses_what_misleads_and_keeps_the_rest(text: str | None, shown: str) -> None:
    assert clean(text) == shown


def test_text_is_bounded() -> None:
    assert len(clean("x" * 5000)) == NAME_LENGTH
    assert len(clean_symbol("y" * 5000)) == 32
    assert clean_name("AT&amp;T &lt;b&gt;") == "AT&T <b>"
    assert clean_symbol("AAPL  261218C00190000") == "AAPL  261218C00190000"


@given(st.text(max_size=400))
def test_no_text_keeps_controls(text: str) -> None:
    for cleaned in (clean(text), clean_name(text), clean_symbol(text)):
        assert not any(ord(letter) < 32 or 0x202A <= ord(letter) <= 0x202E for letter in cleaned)
        cleaned.encode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("191.5000"), "191.5"),
        (Decimal(100), "100"),
        (Decimal(1) / 3, "0.33333333"),
        (Decimal("1e14"), "100000000000000"),
        (Decimal("1e30") / 3, "333333333333333333333333333300"),
        (Decimal(0), "0"),
    ],
)
def test_derived_prices_are_rounded_and_plain(value: Decimal, shown: str) -> None:
    assert f"{rounded_price(value):f}" == shown


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=9))
def test_no_price_breaks_the_rounding(value: Decimal) -> None:
    assert abs(rounded_price(value) - value) <= Decimal("0.00000001")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:4321",
        "http://127.0.0.1:4321/",
        "https://127.0.0.1:4321",
        "http://[::1]:80",
    ],
)
def test_practice_lives_on_loopback(address: str) -> None:
    assert origin(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:4321",
        "http://127.0.0.1",
        "http://localhost:4321",
        "http://127.0.0.1:4321/path",
        "http://127.0.0.1:4321?x",
        "http://127.0.0.1:x",
        "http://127.0.0.1:99999",
        "http://example.com:80",
        "http://127.0.0.1.example.com:80",
        "http://user@127.0.0.1:80",
        "http://127.0.0.1:80@example.com",
        "ftp://127.0.0.1:21",
        "http://10.0.0.1:80",
    ],
)
def test_practice_lives_nowhere_else(address: str) -> None:
    with pytest.raises(InputError):
        origin(address)
