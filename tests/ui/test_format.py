"""How figures, ages and names are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ui import NOW

from brokerdesk.ui import format as fmt

D = Decimal
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("154725", "154,725.00"),
        ("-1063.3", "−1,063.30"),
        ("0", "0.00"),
        ("-0.001", "0.00"),
        ("0.005", "0.00"),  # half even
        ("0.015", "0.02"),
        ("1234567890123456789.01", "1,234,567,890,123,456,789.01"),
    ],
)
def test_money_in_tables(value: str, text: str) -> None:
    assert fmt.amount(D(value)) == text


def test_absent_is_never_zero() -> None:
    assert fmt.amount(None) == "—"
    assert fmt.amount(None, absent=fmt.NO_DATA) == "no data"
    assert fmt.total(None, "USD") == "no data"
    assert fmt.change(None) == fmt.percent(None) == fmt.price(None) == fmt.quantity(None) == "—"


@pytest.mark.parametrize(
    ("value", "text", "glyph"),
    [
        ("614.4", "+614.40", "▲"),
        ("-413", "−413.00", "▼"),
        ("0", "0.00", ""),
        ("-0.004", "0.00", ""),
        ("0.004", "0.00", ""),
    ],
)
def test_a_change_has_sign_and_glyph_but_zero_has_neither(
    value: str, text: str, glyph: str
) -> None:
    assert fmt.change(D(value)) == text
    assert fmt.glyph(D(value)) == glyph


@given(amounts)
def test_no_figure_has_a_hyphen_and_signs_agree(value: Decimal) -> None:
    texts = (fmt.amount(value), fmt.change(value), fmt.price(value), fmt.quantity(value))
    assert not any("-" in text for text in texts)
    assert (fmt.glyph(value) == "▼") == fmt.change(value).startswith("−")
    assert (fmt.glyph(value) == "▲") == fmt.change(value).startswith("+")


@given(amounts)
def test_the_clipboard_gets_the_exact_plain_number(value: Decimal) -> None:
    text = fmt.plain(value)
    assert D(text) == value
    assert text.isascii()
    assert "," not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("268.42", "268.42"),
        ("57.9", "57.90"),
        ("0.4137", "0.4137"),
        ("0.41", "0.4100"),
        ("12.3456", "12.3456"),
        ("179.92345678", "179.92"),
        ("0", "0.00"),
    ],
)
def test_prices(value: str, text: str) -> None:
    assert fmt.price(D(value)) == text


@pytest.mark.parametrize(
    ("value", "tick", "text"),
    [
        ("268.4", "0.01", "268.40"),
        ("268.4", "0.001", "268.400"),
        ("4312.25", "0.25", "4,312.25"),
        ("0.41", "0.0001", "0.4100"),
        ("0.00001234", "0.00000001", "0.00001234"),
        ("179.92345678", "0.01", "179.92"),
    ],
)
def test_a_price_has_the_decimals_of_its_tick(value: str, tick: str, text: str) -> None:
    assert fmt.price(D(value), tick=D(tick)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("298123", "$298.1k"),
        ("943590", "$943.6k"),
        ("999949", "$999.9k"),
        ("999950", "$1.0M"),
        ("12.4", "$12.40"),
        ("999.994", "$999.99"),
        ("999.995", "$1.0k"),
        ("-15800", "−$15.8k"),
        ("0", "$0.00"),
        ("-0.001", "$0.00"),
        ("12345678901234567", "$12,345.7T"),
    ],
)
def test_short_money(value: str, text: str) -> None:
    assert fmt.short(D(value), "USD") == text


def test_short_money_of_an_axis_and_of_other_currencies() -> None:
    assert fmt.short(D("954000"), "USD", places=2) == "$954.00k"
    assert fmt.short(D("1254000"), "CHF", places=2) == "1.25M CHF"
    assert fmt.short(None, "USD") == fmt.NO_DATA


@pytest.mark.parametrize(
    ("value", "text"),
    [("2238.85", "+$2,238.85"), ("-1063.3", "−$1,063.30"), ("0.004", "$0.00"), ("0", "$0.00")],
)
def test_a_signed_total_has_its_sign_before_the_symbol(value: str, text: str) -> None:
    assert fmt.signed_total(D(value), "USD") == text


def test_weights_have_one_decimal() -> None:
    assert fmt.weight(D("16.35")) == "16.4%"  # half even
    assert fmt.weight(D("-0.04")) == "0.0%"
    assert fmt.weight(None) == "—"


def test_quantities_keep_what_the_broker_gave() -> None:
    assert fmt.quantity(D("2650.412")) == "2,650.412"
    assert fmt.quantity(D("250.000")) == "250"
    assert fmt.quantity(D("-3")) == "−3"
    assert fmt.decimals(D("1E+3")) == 0


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("943590.17", "USD", "$943,590.17"),
        ("-1063.3", "USD", "−$1,063.30"),
        ("1204.5", "CHF", "1,204.50 CHF"),
        ("-0.001", "EUR", "€0.00"),
    ],
)
def test_totals(value: str, currency: str, text: str) -> None:
    assert fmt.total(D(value), currency) == text


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (0, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "10:42 ET"),
        (86400, "19 Nov 2026 11:42 ET"),
        (-5, "11:42 ET"),  # the clock was set back: a time, never a negative age
    ],
)
def test_ages(back: int, text: str) -> None:
    assert fmt.age(NOW - timedelta(seconds=back), NOW) == text


def test_short_ages_leave_the_year_out_only_when_it_is_this_one() -> None:
    assert fmt.age(NOW - timedelta(days=2), NOW, short=True) == "18 Nov 11:42 ET"
    assert fmt.age(NOW - timedelta(days=400), NOW, short=True) == "16 Oct 2025"


def test_times_are_new_yorks_across_the_clock_change() -> None:
    assert fmt.stamp(datetime(2026, 7, 1, 20, 0, tzinfo=UTC)) == "1 Jul 2026 16:00 ET"
    assert fmt.stamp(datetime(2026, 12, 1, 21, 0, tzinfo=UTC)) == "1 Dec 2026 16:00 ET"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (42, "42 s"),
        (65, "1 min 5 s"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (108000, "1 d 6 h"),
        (86405, "1 d"),
        (-5, "0 s"),
    ],
)
def test_durations_have_at_most_two_units(seconds: int, text: str) -> None:
    assert fmt.duration(timedelta(seconds=seconds)) == text


def test_countdown() -> None:
    assert [fmt.countdown(s) for s in (300, 277.2, 59, 0, -3)] == [
        "5:00", "4:38", "0:59", "0:00", "0:00",
    ]  # fmt: skip


def test_isolates_do_not_reach_the_clipboard() -> None:
    shown = fmt.upright("−$1,063.30") + "\N{NO-BREAK SPACE}…\N{WORD JOINER}4821"
    assert fmt.for_clipboard(shown) == "−$1,063.30 …4821"


@given(
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-24, 0),
    st.sampled_from([fmt.amount, fmt.change, fmt.percent, fmt.glyph, fmt.quantity, fmt.price]),
)
def test_no_amount_that_the_domain_admits_ends_a_paint(
    digits: int, exponent: int, show: Callable[[Decimal | None], str]
) -> None:
    assert isinstance(show(Decimal(digits).scaleb(exponent, Context(prec=60))), str)
