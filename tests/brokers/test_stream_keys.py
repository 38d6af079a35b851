"""A message on a line that says something twice is no message, as an answer is none."""

from __future__ import annotations

import pytest

from brokerdesk.brokers.alpaca.stream_wire import decode
from brokerdesk.brokers.decode import UnexpectedShapeError
from brokerdesk.brokers.schwab.stream_ends import decoded
from brokerdesk.errors import BrokerProtocolError


@pytest.mark.parametrize(
    "twice",
    [
        '[{"T":"t","S":"ABC","p":1.5,"p":2.5}]',
        '[{"T":"t","S":"ABC","\\u0070":1.5,"p":2.5}]',
        '[{"T":"t","S":"ABC","p":NaN}]',
    ],
)
def test_alpacas_lines(twice: str) -> None:
    with pytest.raises(BrokerProtocolError):
        decode(twice, packed=False)
    decode(twice.replace(',"p":2.5', "").replace("NaN", "1"), packed=False)


def test_schwabs_line() -> None:
    sound = '{"data":[{"service":"LEVELONE_EQUITIES","content":[{"key":"ABC","3":1.5}]}]}'
    assert decoded(sound).data
    with pytest.raises(BrokerProtocolError):
        decoded(sound.replace('"3":1.5', '"3":1.5,"3":2.5'))
    with pytest.raises(UnexpectedShapeError):
        decode("[" * 100 + "]" * 100, packed=False)
