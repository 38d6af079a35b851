"""What a practice profile shows of bad days: told in the first line, switched on by who asks.

Each is a login with what becomes of it. ``switches`` bring it about through control, ``mended`` end
it; nothing is wrong before somebody switches it on, so that every login begins with good figures.
"""

from __future__ import annotations

from typing import Any

from brokerdesk.simulator.plaid.state import OWN_ACCOUNTS

JOINT_AT = "plaid"
"""Who shows the joint account: an institution with a login of its own."""
ENDING, SUSPECT, DOWN = "ending", "suspect", "down"

TROUBLES: dict[str, list[dict[str, Any]]] = {
    "schwab": [{"name": "", "trouble": ENDING}],
    "snaptrade": [
        {
            "name": "",
            "trouble": SUSPECT,
            "switches": {"emptied": ["Robinhood Crypto"]},
            "mended": {"emptied": []},
        }
    ],
    "plaid": [
        {"name": ""},
        {
            "name": OWN_ACCOUNTS,
            "trouble": DOWN,
            "switches": {"down": [OWN_ACCOUNTS]},
            "mended": {"down": []},
        },
    ],
}
