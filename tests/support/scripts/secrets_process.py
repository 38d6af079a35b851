"""What a second process does to a profile's secrets in the tests. Run as a script.

``<profile> <passphrase file> <connection> count <n>``: n times, under the lock, read the counter
in the credentials, let go of the processor, and store it one higher.

``<profile> <passphrase file> <connection> rotate``: store ever higher counters until killed, and
print each one once it is stored.

``<profile> <passphrase file> <connection> hold``: take the lock, print "held", wait for a line.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from brokerdesk.clock import SystemClock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.paths import profile_at
from brokerdesk.secrets import open_store


async def main(where: str, passphrase: str, connection: str, what: str, *rest: str) -> None:
    store = open_store(
        profile_at(Path(where)), clock=SystemClock(), passphrase_file=Path(passphrase)
    )
    port = store.credentials(ConnectionId(connection))
    if what == "count":
        for _ in range(int(rest[0])):
            async with port.lock():
                value = int((await port.read())["counter"])
                await asyncio.sleep(0)
                await port.replace({"counter": str(value + 1)})
    elif what == "rotate":
        value = int((await port.read())["counter"])
        while True:
            value += 1
            await port.replace({"counter": str(value), "token": f"{value:08}" * 500})
            sys.stdout.write(f"{value}\n")
            sys.stdout.flush()
    elif what == "hold":
        async with port.lock():
            sys.stdout.write("held\n")
            sys.stdout.flush()
            sys.stdin.readline()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
