"""Figures as the system writes them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from brokerdesk.ui import format as fmt
from brokerdesk.ui.locale import ENGLISH, Marks, localised, marks, use
from brokerdesk.ui.locale_qt import marks_of, use_figures

D = Decimal
NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    use(ENGLISH)


@pytest.mark.parametrize(
    ("name", "money", "total", "small", "short"),
    [
        ("en_US", "−12,345,678.50", "−$1,234.00", "$1,234.00", "$298.1k"),
        ("de_DE", "−12.345.678,50", "−$1.234,00", "$1.234,00", "$298,1k"),
        ("fr_FR", f"−12{NARROW}345{NARROW}678,50", f"−$1{NARROW}234,00", f"$1{NARROW}234,00",
         "$298,1k"),
        ("es_ES", "−12.345.678,50", "−$1234,00", "$1234,00", "$298,1k"),
        ("hi_IN", "−1,23,45,678.50", "−$1,234.00", "$1,234.00", "$298.1k"),
        ("ar_EG", "−12,345,678.50", "−$1,234.00", "$1,234.00", "$298.1k"),
    ],
)  # fmt: skip
def test_each_system_separates_its_own_way(
    name: str, money: str, total: str, small: str, short: str
) -> None:
    use(marks_of(QLocale(name)))
    assert fmt.amount(D("-12345678.5")) == money
    assert fmt.total(D(-1234), "USD") == total
    assert fmt.total(D(1234), "USD") == small
    assert fmt.short(D(298123), "USD") == short
    assert fmt.plain(D("-1063.30")) == "-1063.30"  # the clipboard is for programs


def test_every_kind_of_figure_follows() -> None:
    use(marks_of(QLocale("de_DE")))
    assert fmt.change(D("1234.5")) == "+1.234,50"
    assert fmt.percent(D("-7.04")) == "−7,04%"
    assert fmt.weight(D("16.44")) == "16,4%"
    assert fmt.price(D("0.4137")) == "0,4137"
    assert fmt.quantity(D("2650.412")) == "2.650,412"
    assert fmt.quantity(D("250")) == "250"
    assert fmt.count(1204, "account") == "1.204 accounts"


def test_a_system_without_a_language_writes_english() -> None:
    assert marks_of(QLocale.c()) is ENGLISH
    assert marks_of(QLocale("en_US")) is ENGLISH
    assert marks() is ENGLISH


@given(
    st.decimals(min_value=-(10**15), max_value=10**15, places=4),
    st.sampled_from([Marks(".", ","), Marks("'", "."), Marks("\xa0", ",", 5),
                     Marks(",", ".", 4, True)]),
)  # fmt: skip
def test_marks_change_nothing_but_the_marks(value: Decimal, how: Marks) -> None:
    english = f"{value:,f}"
    use(how)
    try:
        text = localised(english)
    finally:
        use(ENGLISH)
    back = text.replace(how.group, "").replace(how.point, ".")
    assert back == english.replace(",", "")
    assert text.startswith("-") == english.startswith("-")


@pytest.mark.parametrize("language", QLocale.Language)
def test_no_language_breaks_a_figure(language: QLocale.Language) -> None:
    how = marks_of(QLocale(language))
    assert how.point
    assert how.point != how.group
    use(how)
    text = fmt.amount(D("1234567.89"))
    assert "".join(sign for sign in text if sign.isdigit()) == "123456789"
    assert text.endswith(f"{how.point}89")


def test_months_are_english_whatever_the_c_locale_says() -> None:
    import locale
    from datetime import UTC, date, datetime

    before = locale.setlocale(locale.LC_TIME)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8", "C"):
            try:
                locale.setlocale(locale.LC_TIME, name)
                break
            except locale.Error:
                continue
        assert fmt.day(date(2026, 12, 24)) == "24 Dec 2026"
        now = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)
        assert fmt.short_stamp(datetime(2026, 5, 3, 15, 0, tzinfo=UTC), now) == "3 May 11:00 ET"
    finally:
        locale.setlocale(locale.LC_TIME, before)


@pytest.mark.parametrize(
    ("style", "money"),
    [
        ("comma", "12,345.60"),
        ("point", "12.345,60"),
        ("space", f"12{NARROW}345,60"),
        ("apostrophe", "12’345.60"),
    ],
)
def test_a_chosen_style_wins_over_the_system(style: str, money: str) -> None:
    use_figures(style)
    assert fmt.amount(D("12345.6")) == money
    assert fmt.plain(D("12345.6")) == "12345.6"


def test_the_system_again() -> None:
    use_figures("apostrophe")
    use_figures("system")
    assert marks() == marks_of(QLocale.system())
