"""What a program does with its secrets inside a real session. Run as a script.

``<profile> <seconds> <action>...``: does each action in turn, giving the keychain that many
seconds,
and prints one JSON list of what came of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from brokerdesk.clock import SystemClock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import SecretStoreError
from brokerdesk.paths import profile_at
from brokerdesk.secrets import Store, open_store

ONE = ConnectionId("schwab-0a1b2c3d")
CREDENTIALS = {"app_key": "kéy-€-0123456789", "refresh_token": "0123456789abcdef" * 1024}


async def act(store: Store, action: str) -> Any:
    if action == "ready":
        return (await store.ready()).value
    if action == "save":
        return await store.save(ONE, CREDENTIALS)
    if action == "read":
        return dict(await store.read(ONE)) == CREDENTIALS
    if action == "delete":
        return await store.delete(ONE)
    if action == "vault":
        return await store.make_vault("correct horse battery")
    if action == "describe":
        return store.describe()
    if action == "lock-keyring":
        lock_default_collection()
        return None
    if action == "backend":
        import keyring

        kind = type(keyring.get_keyring())
        return f"{kind.__module__}.{kind.__qualname__}"
    raise ValueError(action)


def lock_default_collection() -> None:
    import secretstorage

    connection = secretstorage.dbus_init()
    try:
        secretstorage.get_default_collection(connection).lock()
    finally:
        connection.close()


async def main(where: str, seconds: str, *actions: str) -> None:
    store = open_store(profile_at(Path(where)), clock=SystemClock(), keyring_timeout=float(seconds))
    outcomes = []
    for action in actions:
        begun = time.monotonic()
        try:
            outcome = {"answer": await act(store, action)}
        except SecretStoreError as error:
            outcome = {"error": type(error).__name__, "title": error.title}
        outcomes.append({"action": action, **outcome, "seconds": time.monotonic() - begun})
    sys.stdout.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
