"""Answers that somebody has tampered with: never a crash, never another amount, no row lost.

What is read over HTTP is here for every broker; messages of a socket are tampered with in the tests
of their broker.
"""

from __future__ import annotations

import dataclasses
import importlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.tampering import Subject, campaign
from support.transports import TRAITS, Transport

from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerError

OVER_HTTP = [name for name, traits in TRAITS.items() if traits.transport is Transport.HTTP]
SUBJECTS: list[Subject] = [
    importlib.import_module(f"support.tampered_{name}").SUBJECT for name in OVER_HTTP
]
RELEASE = 100_000


SHAPES = [
    pytest.param(subject, name, id=f"{subject.broker}-{name}")
    for subject in SUBJECTS
    for name in subject.readers
]


def test_every_shape_is_read_by_something() -> None:
    for subject in SUBJECTS:
        assert subject.shapes.keys() == subject.readers.keys()


@pytest.mark.parametrize(("subject", "name"), SHAPES)
def test_untampered_answers_are_read(subject: Subject, name: str) -> None:
    assert subject.outcome(name, json.dumps(subject.shapes[name]).encode()) == "read"


@pytest.mark.parametrize(("subject", "name"), SHAPES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_tampered_answers_end_in_facts_or_a_broker_error(
    subject: Subject, name: str, seed: int
) -> None:
    subject.outcome(name, subject.mutate(name, seed))


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.broker)
@given(raw=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_end_in_a_broker_error(subject: Subject, raw: bytes) -> None:
    for name, reader in subject.readers.items():
        try:
            facts = reader(raw)
        except BrokerError:
            continue
        assert name == "problem" or not getattr(facts, "items", ())


def test_the_judge_sees_what_is_wrong() -> None:
    """A reading that makes things up, or leaves a row out, does not pass."""
    for subject in SUBJECTS:
        name = next(iter(subject.readers))
        honest = json.dumps(subject.shapes[name]).encode()
        facts = subject.readers[name](honest)
        with pytest.raises(AssertionError):
            subject.judge(name, honest, set(), facts)
        with pytest.raises(AssertionError, match="no row is lost"):
            subject.judge(name, honest, set(), _emptied(facts))


def _emptied(facts: Reading) -> Reading:
    """The reading with its amounts and rows gone."""
    balances = tuple(
        dataclasses.replace(one, cash=None, net_liquidation=None, equity=None)
        for one in facts.balances
    )
    return dataclasses.replace(facts, balances=balances, positions=(), unread=())


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_hundred_thousand_tampered_answers(capsys: pytest.CaptureFixture[str]) -> None:
    found = campaign(SUBJECTS, RELEASE)
    with capsys.disabled():
        told = "; ".join(
            f"{broker} {counts['read']:,} read, {counts['refused']:,} refused"
            for broker, counts in found.items()
        )
        print(f"\n{RELEASE:,} tampered answers, 0 crashes, 0 rows lost: {told}")  # noqa: T201
    assert sum(sum(counts.values()) for counts in found.values()) == RELEASE
    for counts in found.values():
        assert min(counts.values()) > 1000
