"""Writing answers: exact JSON numbers, and the headers every dialect needs.

Amounts are Decimals up to the last byte: they are written as JSON numbers with all their digits
and never pass through a binary float.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

ONE_PLACE = Decimal("0.1")
ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    return ENCODER.encode(value)


def number(value: Decimal) -> Decimal:
    """The same value without idle zeros, but with one decimal at least: 100.0, 12.3456."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int)
    return short.quantize(ONE_PLACE) if exponent > -1 else short


def json_answer(value: Any, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        body=encode(value),
        status=status,
        content_type="application/json",
        headers=dict(headers) or None,
    )


def html_answer(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")


def new_id() -> str:
    return str(uuid.uuid4())
