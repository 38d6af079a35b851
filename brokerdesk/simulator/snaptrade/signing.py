"""Checking signatures, from the rules as published and not from our client's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from aiohttp import web


def signed_text(path: str, raw_query: str, content: Any) -> str:
    """What is signed: sorted keys, no blanks, and null for a body that is empty."""
    whole = {"content": content or None, "path": path, "query": raw_query}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


async def verified(request: web.Request, consumer_key: str) -> bool:
    """Whether the request carries the signature of this key over what was really sent."""
    path, _, raw_query = request.raw_path.partition("?")
    raw = await request.read()
    try:
        content = json.loads(raw) if raw else None
    except ValueError:
        return False
    expected = hmac.digest(
        consumer_key.encode(), signed_text(path, raw_query, content).encode(), hashlib.sha256
    )
    given = request.headers.get("Signature", "")
    return hmac.compare_digest(base64.b64encode(expected), given.encode("ascii", "replace"))
