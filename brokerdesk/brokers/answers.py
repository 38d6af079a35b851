"""Reading what came back, within limits.

An answer is read as it streams in and given up as soon as it is too large, unpacks too far or comes
in an encoding that was not asked for. Nothing here raises for a status: that is the caller's.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

MEBIBYTE = 1024 * 1024
_LONGEST_RETRY_AFTER = 3600.0
_LONGEST_ALLOWANCE = 32
_RATIO_FREE = 64 * 1024
"""Below this size no ratio is held against an answer: small JSON packs well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take. Seconds and bytes.

    ``patience`` is how long after the first attempt another may still begin; ``slow_deadline`` is
    for requests that are known to take their time.
    """

    deadline: float = 20.0
    slow_deadline: float = 180.0
    connect: float = 5.0
    body: int = 16 * MEBIBYTE
    history_body: int = 64 * MEBIBYTE
    ratio: int = 100
    retries: int = 3
    first_wait: float = 1.0
    longest_wait: float = 30.0
    patience: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete answer. ``body`` is unpacked and within the limits."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: str = ""
    allowance: Mapping[str, str] = field(default_factory=dict)
    """The ``X-RateLimit-…`` headers, names in lower case."""

    @property
    def is_json(self) -> bool:
        """Whether this can be the broker's own answer rather than somebody's page."""
        if "html" in self.content_type:
            return False
        start = self.body[:64].lstrip(b" \t\r\n\xef\xbb\xbf")
        if not start:
            return False
        return start[:1] in (b"{", b"[")


class AnswerRefused(Exception):  # noqa: N818 - not for users; http.py turns it into words
    """The answer breaks a limit. ``reason`` is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def read(response: httpx.Response, limits: Limits, *, history: bool) -> Answer:
    """The whole answer, read chunk by chunk.

    Raises:
        AnswerRefused: it is larger than allowed or packed in a way that was not asked for.
        httpx.HTTPError: the connection broke.
    """
    most = limits.history_body if history else limits.body
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise AnswerRefused("Its answer is packed in a way that was not asked for.")
    body = bytearray()
    if encoding == "identity":
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced[:20]) > most:
            raise AnswerRefused("Its answer is far larger than any real one.")
        async for chunk in response.aiter_raw(64 * 1024):
            body += chunk
            if len(body) > most:
                raise AnswerRefused("Its answer is far larger than any real one.")
    else:
        await _unpack(response, body, most, limits.ratio)
    return Answer(
        status=response.status_code,
        content_type=response.headers.get("Content-Type", "").lower(),
        body=bytes(body),
        retry_after=response.headers.get("Retry-After", ""),
        allowance={
            name: value
            for name, value in response.headers.items()
            if name.startswith("x-ratelimit-") and len(value) <= _LONGEST_ALLOWANCE
        },
    )


async def _unpack(response: httpx.Response, body: bytearray, most: int, ratio: int) -> None:
    """Fill ``body`` from a gzip stream, never holding more than the limit and one chunk."""
    inflater = zlib.decompressobj(wbits=31)
    packed = 0
    try:
        async for chunk in response.aiter_raw(64 * 1024):
            packed += len(chunk)
            while chunk:
                body += inflater.decompress(chunk, 256 * 1024)
                chunk = inflater.unconsumed_tail
                if len(body) > most:
                    raise AnswerRefused("Its answer is far larger than any real one.")
                if len(body) > _RATIO_FREE and len(body) > ratio * packed:
                    raise AnswerRefused("Its answer unpacks to far more than any real one.")
        body += inflater.flush()
    except zlib.error as error:
        raise AnswerRefused("Its answer could not be unpacked.") from error
    if packed and not inflater.eof:
        raise httpx.ReadError("the packed answer was cut short")


def http_date(text: str) -> datetime | None:
    """An HTTP date in UTC; None for anything else."""
    if not text or len(text) > 64:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds to wait by the ``Retry-After`` header, between 0 and an hour; None if it says none.

    Both forms of RFC 9110 section 10.2.3 are read: whole seconds and a date.
    """
    text = answer.retry_after.strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), _LONGEST_RETRY_AFTER)
    moment = http_date(text)
    if moment is None:
        return None
    return min(max(0.0, (moment - now).total_seconds()), _LONGEST_RETRY_AFTER)
