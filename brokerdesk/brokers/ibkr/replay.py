"""A recorded download of an account, through the same decoder and mapping as a live one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.ibkr import mapping
from brokerdesk.brokers.ibkr.answers import ACCOUNT, Answers
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Reading

SERVER_VERSION = 178
_NAMES = 0
"""The request number under which a recording carries contract details."""


class Recorded(msgspec.Struct):
    """What a recording holds: messages as lists of their fields."""

    account: str
    messages: list[list[str]]


_RECORDED = JsonDecoder(Recorded)


def replay(raw: bytes, environment: Environment, fetched_at: datetime) -> Reading:
    """The reading in one recording.

    Raises:
        BrokerProtocolError: it is no such recording.
    """
    recorded = _RECORDED.decode(raw)
    answers, decoder = _decoding()
    question = answers.ask(ACCOUNT, recorded.account)
    named: dict[int, Any] = {}
    for fields in recorded.messages:
        if fields[:1] == ["10"]:
            details = _details(tuple(fields))
            if details is not None:
                named[details.contract.conId] = details
        else:
            decoder.interpret(fields)
    return mapping.reading(question, environment, fetched_at, named)


@lru_cache(maxsize=2048)
def _details(fields: tuple[str, ...]) -> Any:
    """Details of one contract, which every day of a history repeats; None for what is none."""
    answers, decoder = _decoding()
    names = answers.ask(_NAMES)
    decoder.interpret(list(fields))
    return next((one for (one,) in names.of("details")), None)


def _decoding() -> tuple[Answers, Any]:
    from brokerdesk.brokers.ibkr.link import CarefulDecoder

    # Nobody waits for a recording, so no loop is needed for it.
    answers = Answers(lambda: cast("asyncio.Future[None]", _Unheard()))
    decoder = CarefulDecoder(answers)
    decoder.serverVersion = SERVER_VERSION
    return answers, decoder


class _Unheard:
    """A future that nobody waits for."""

    def done(self) -> bool:
        return True
