"""Reference rates: what the bank's files say, what is refused, and what is asked of the bank."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.brokers import RawServer, Reply, Seen
from support.clock import FakeClock

from brokerdesk.brokers import euro_rate_files as reference
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.euro_rate_files import (
    UnreadableRatesError,
    from_archive,
    from_csv,
    from_xml,
)
from brokerdesk.brokers.euro_rates import LIMITS, EuroRates, Fetched, Known, RateFile
from brokerdesk.domain.exchange_rate import DayRates, is_rate_day, newest_rate_day
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError, InputError
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

D = Decimal
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" \
xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender><gesmes:name>European Central Bank</gesmes:name></gesmes:Sender>
\t<Cube>
\t\t<Cube time='2026-11-20'>
\t\t\t<Cube currency='USD' rate='1.1500'/>
\t\t\t<Cube currency='JPY' rate='170.25'/>
\t\t</Cube>
\t\t<Cube time='2026-11-19'>
\t\t\t<Cube currency='USD' rate='1.1490'/>
\t\t</Cube>
\t</Cube>
</gesmes:Envelope>"""
CSV = b"Date,USD,JPY,CYP,\n2026-11-20,1.1500,170.25,N/A,\n2007-12-28,1.4692,165.61,0.585274,\n"
TWO_DAYS = (
    DayRates(day=date(2026, 11, 19), per_euro=(("USD", D("1.1490")),)),
    DayRates(day=date(2026, 11, 20), per_euro=(("USD", D("1.1500")), ("JPY", D("170.25")))),
)
SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


def packed(body: bytes, name: str = reference.MEMBER) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return found.getvalue()


def source(url: str, *, now: datetime = SATURDAY, **changes: Any) -> EuroRates:
    given = {"network": Network(), "clock": FakeClock(now), "practice_url": url, **changes}
    return EuroRates(**given)


# the files


def test_the_days_of_an_xml_file_with_every_digit() -> None:
    assert repr(from_xml(XML)) == repr(TWO_DAYS)


def test_the_packed_history_is_read_and_what_had_no_rate_is_left_out() -> None:
    old, new = from_archive(packed(CSV))
    assert dict(old.per_euro) == {"USD": D("1.4692"), "JPY": D("165.61"), "CYP": D("0.585274")}
    assert dict(new.per_euro) == {"USD": D("1.1500"), "JPY": D("170.25")}
    assert [one.day for one in from_csv(CSV, date(2020, 1, 1))] == [date(2026, 11, 20)]


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE x [<!ENTITY a "1.15">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/rates.dtd">',
        b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hosts"> %p;]>',
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        b"<!DOCTYPE x>",
    ],
)
def test_a_file_that_declares_anything_is_refused(declared: bytes) -> None:
    body = XML.replace(b"?>\n", b"?>\n" + declared + b"\n", 1)
    with pytest.raises(UnreadableRatesError, match="declares"):
        from_xml(body)


@pytest.mark.parametrize(
    "rate",
    ["", "N/A", "0", "0.0", "-1.1", "nan", "Infinity", "1e3", "1,15", "１.15", "1" * 40, "."],
)
def test_what_is_no_plain_positive_number_is_no_rate(rate: str) -> None:
    body = XML.replace(b"1.1500", rate.encode())
    days = from_xml(body)
    assert dict(days[-1].per_euro) == {"JPY": D("170.25")}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"{}",
        XML[:200],
        XML.replace(b"eurofxref", b"else"),
        b"<a>" * 100,
        b"\xff\xfe",
        XML.replace(b"2026", b"0026"),
    ],
)
def test_what_is_no_such_xml_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableRatesError):
        from_xml(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04",
        packed(CSV, "other.csv"),
        packed(b"\0" * 8_000_000),  # unpacks to a thousand times itself
        packed(b"Date\n"),
        packed(b"\xff\xfe"),
        packed(CSV)[:-30],
        packed(CSV)[:40] + b"\0\0\0\0" + packed(CSV)[44:],
    ],
)
def test_what_is_no_such_archive_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableRatesError):
        from_archive(body)


@given(st.binary(max_size=200), st.integers(0, len(XML)), st.integers(0, 60))
def test_spoilt_files_are_read_or_refused_and_never_more(junk: bytes, at: int, cut: int) -> None:
    for read, body in (
        (from_xml, XML[:at] + junk + XML[at + cut :]),
        (from_csv, CSV[:at] + junk + CSV[at + cut :]),
        (from_archive, (whole := packed(CSV))[:at] + junk + whole[at + cut :]),
    ):
        try:
            days = read(body)
        except UnreadableRatesError:
            continue
        assert all(rate > 0 for one in days for _, rate in one.per_euro)


# the calendar


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-20T15:14:00", "2026-11-19"),  # a Friday, a minute before a quarter past four
        ("2026-11-20T15:15:00", "2026-11-20"),
        ("2026-11-22T20:00:00", "2026-11-20"),
        ("2026-07-01T14:15:00", "2026-07-01"),  # summer time
        ("2026-04-06T20:00:00", "2026-04-02"),  # Easter Monday: the Thursday before
        ("2026-12-28T09:00:00", "2026-12-24"),
        ("2027-01-01T20:00:00", "2026-12-31"),
    ],
)
def test_the_newest_day_whose_rates_are_published(moment: str, day: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert newest_rate_day(at) == date.fromisoformat(day)
    assert is_rate_day(date.fromisoformat(day))


# asking


async def test_the_practice_bank_serves_all_three_files_alike() -> None:
    clock = FakeClock(SATURDAY)
    async with SimulatorServer(SimulatorOptions(clock=clock)) as sim:
        asked = source(sim.origin("schwab").base_url)
        day, quarter, everything = [(await asked.fetch(what)).days or () for what in RateFile]
        again = sim.rates.rate("USD", date(2026, 11, 20))
    assert [one.day for one in day] == [date(2026, 11, 20)]
    assert quarter[-1:] == day
    assert everything[-len(quarter) :] == quarter
    assert 60 <= len(quarter) <= 65
    assert everything[0].day < date(2016, 1, 1)
    assert str(dict(day[0].per_euro)["USD"]) == again == "1.1600"
    assert all(is_rate_day(one.day) for one in everything)


async def test_an_unchanged_file_is_not_sent_again() -> None:
    clock = FakeClock(SATURDAY)
    async with SimulatorServer(SimulatorOptions(clock=clock)) as sim:
        asked = source(sim.origin("schwab").base_url)
        first = await asked.fetch(RateFile.DAY)
        second = await asked.fetch(RateFile.DAY, first.known)
        assert [one["status"] for one in sim.log] == [200, 304]
        sim.clock.advance(timedelta(days=2, hours=6).total_seconds())
        third = await source(sim.origin("schwab").base_url, now=SATURDAY + timedelta(days=3)).fetch(
            RateFile.DAY, first.known
        )
    assert second == Fetched(days=None, known=first.known)
    assert third.days is not None
    assert third.days[-1].day == date(2026, 11, 23)


async def test_what_is_known_is_named_and_nothing_else_is_sent() -> None:
    def handler(seen: Seen) -> Reply:
        return Reply(304, b"") if "if-none-match" in seen.headers else Reply(200, XML)

    async with RawServer(handler) as server:
        known = Known(etag='"abc"', modified="Fri, 20 Nov 2026 15:15:00 GMT")
        answer = await source(server.url).fetch(RateFile.DAY, known)
        (seen,) = server.seen
    assert answer.days is None
    assert seen.headers["if-none-match"] == '"abc"'
    assert seen.headers["if-modified-since"] == known.modified
    assert not {"authorization", "cookie", "referer"} & set(seen.headers)
    assert seen.path == "/stats/eurofxref/eurofxref-daily.xml"


async def test_offline_nothing_is_asked() -> None:
    async with RawServer(lambda seen: Reply(200, XML)) as server:
        asked = source(server.url, network=Network(offline=True))
        with pytest.raises(BrokerUnavailableError, match="offline"):
            await asked.fetch(RateFile.DAY)
        assert server.seen == []


async def test_a_redirect_is_not_followed() -> None:
    async with RawServer(lambda seen: Reply(200, XML)) as other:
        there = {"Location": other.url + "/stats"}
        async with RawServer(lambda seen: Reply(302, b"", headers=there)) as server:
            with pytest.raises(BrokerUnavailableError):
                await source(server.url).fetch(RateFile.DAY)
        assert other.seen == []


@pytest.mark.parametrize("url", ["http://192.0.2.1:80", "http://localhost:1", "ftp://127.0.0.1:1"])
def test_practice_means_this_computer(url: str) -> None:
    with pytest.raises(InputError):
        source(url)


async def test_another_host_than_the_banks_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = EuroRates(network=Network(), clock=FakeClock(SATURDAY))
    monkeypatch.setattr(asked, "_base_url", "https://www.ecb.europa.eu.example")
    with pytest.raises(BrokerProtocolError):
        await asked.fetch(RateFile.DAY)
    monkeypatch.setattr(asked, "_base_url", "http://www.ecb.europa.eu")
    with pytest.raises(BrokerProtocolError):
        await asked.fetch(RateFile.DAY)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(200, b"<html>Sign in</html>", headers={"Content-Type": "text/html"}), "language"),
        (Reply(200, b""), "language"),
        (Reply(200, XML[:300]), "usable"),
        (Reply(503, b"later"), "problem"),
        (Reply(404, b"gone"), "problem"),
        (Reply(429, b"", headers={"Retry-After": "60"}), "pause"),
        (Reply(304, b""), "elsewhere"),
        (Reply(200, XML.replace(b"2026-11-20", b"2026-11-24")), "still to come"),
        (Reply(200, b"x" * (9 * 1024 * 1024)), "larger"),
        (Reply(200, reset=True), "reached"),
    ],
)
async def test_what_is_no_answer_of_the_bank_leaves_things_as_they_are(
    reply: Reply, words: str
) -> None:
    async with RawServer(lambda seen: reply) as server:
        with pytest.raises(BrokerUnavailableError) as caught:
            await source(server.url).fetch(RateFile.DAY)
        assert len(server.seen) == 1  # asked once, never at once again
    assert words in caught.value.sentences()
    assert "European Central Bank" in caught.value.title


def test_the_limits_hold_the_whole_history() -> None:
    """27 years are some 700 KiB packed and 2 MiB unpacked."""
    assert LIMITS.body >= 4 * 1024 * 1024
    assert reference.LARGEST_MEMBER >= 16 * 1024 * 1024
