"""A recorded download of an account, through the same decoder and mapping as a live one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

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
    from brokerdesk.brokers.ibkr.link import CarefulDecoder

    recorded = _RECORDED.decode(raw)
    loop = asyncio.new_event_loop()
    try:
        answers = Answers(loop)
        decoder = CarefulDecoder(answers)
        decoder.serverVersion = SERVER_VERSION
        question = answers.ask(ACCOUNT, recorded.account)
        names = answers.ask(_NAMES)
        for fields in recorded.messages:
            decoder.interpret(fields)
        named: dict[int, Any] = {one.contract.conId: one for (one,) in names.of("details")}
        return mapping.reading(question, environment, fetched_at, named)
    finally:
        loop.close()
