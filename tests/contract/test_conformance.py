"""The document of conformance says what the tests say."""

from __future__ import annotations

from support.conformance import BROKERS, KEPT, collected, document, routes


def test_the_document_of_conformance_is_the_tests() -> None:
    assert KEPT.read_text("utf-8") == document(), "python scripts/conformance.py writes it anew"


def test_each_broker_is_held_to_the_cases_that_are_about_everybody() -> None:
    found = collected()
    numbers = {number for numbers, _ in found for number in numbers.split()}
    assert {"C01", "C02", "C03", "C10", "C11", "C12", "C13", "C14", "C30", "C31", "C40"} <= numbers
    for number in numbers:
        brokers = {name for (names, _), of in found.items() if number in names for name in of}
        assert brokers == set(BROKERS), number


def test_every_simulated_broker_has_its_routes_counted() -> None:
    lines = list(routes())[2:]
    assert {line.split()[1] for line in lines} == set(BROKERS)
    for line in lines:
        whole, read = (int(cell) for cell in line.split("|")[2:4])
        assert 0 < read <= whole
