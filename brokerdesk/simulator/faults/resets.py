"""Ending a connection with a reset, which closing it in order would not give."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

# Linger on, for no time: the kernel throws away what is unsent and answers with RST.
LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Reset a connection at once."""
    if not isinstance(transport, asyncio.Transport):
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    transport.abort()
