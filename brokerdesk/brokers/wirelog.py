"""What may be written down about a request: method, host, path template, status, duration."""

from __future__ import annotations

import logging

_logger = logging.getLogger("brokerdesk.http")


def record(method: str, host: str, template: str, status: int, millis: float) -> None:
    """Note one request. ``status`` 0: no answer came."""
    _logger.info("%s %s %s %d %.0f ms", method, host, template, status, millis)
