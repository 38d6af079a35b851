"""Bodies that no broker should send, made lazily where they are large."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

MEGABYTE = 1024 * 1024
LARGEST = 1024 * MEGABYTE
CAPTIVE_PORTAL = """<!doctype html><html><head><title>Welcome to Hotel WiFi</title></head>
<body><h1>Sign in to use this network</h1><form action="/login"><input name="room"></form>
</body></html>"""
EDGE_BLOCK = """<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>
You don't have permission to access "http&#58;&#47;&#47;api&#46;schwabapi&#46;com&#47;v1" on
this server.</BODY></HTML>"""

FIXED: dict[str, tuple[bytes, str]] = {
    "empty_list": (b"[]", "application/json"),
    "empty_object": (b"{}", "application/json"),
    "empty": (b"", "application/json"),
    "null": (b"null", "application/json"),
    "text": (b"OK", "text/plain"),
}


def huge(size: int) -> Iterator[bytes]:
    """A valid JSON array of ``size`` bytes or a little more, a piece at a time."""
    piece = b'{"filler":"' + b"x" * (64 * 1024) + b'"},'
    yield b"["
    left = min(size, LARGEST)
    while left > 0:
        yield piece
        left -= len(piece)
    yield b"{}]"


def gzip_bomb(size: int) -> Iterator[bytes]:
    """Gzip that unpacks to ``size`` bytes: about a thousandth of that on the wire."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(b'["')
    left = min(size, LARGEST)
    block = b"0" * MEGABYTE
    while left > 0:
        packed = packer.compress(block)
        if packed:
            yield packed
        left -= len(block)
    yield packer.compress(b'"]') + packer.flush()
