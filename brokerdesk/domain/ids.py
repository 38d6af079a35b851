"""Names for things, stable across sign-ins.

An account number is private: it never becomes part of an id, a log line or a file name. The id is a
digest of it, so the same account keeps its id when a broker hands out new handles after a login.
The digest keeps a number from being read, not from being guessed: whoever has it and the last four
digits can try the rest. So ids stay on this computer and out of reports.
"""

from __future__ import annotations

import hashlib
from typing import NewType

ConnectionId = NewType("ConnectionId", str)
"""One signed-in relation to a broker: ``<broker>-<8 hex>``."""

AccountId = NewType("AccountId", str)
"""One account, globally: ``<broker>:<16 hex>``."""


def account_id(broker: str, environment: str, number: str) -> AccountId:
    """The id of the account that ``broker`` knows under ``number`` in ``environment``.

    The environment is part of it: a simulated account that happens to carry the number of a real
    one must never share its history.
    """
    digest = hashlib.sha256(f"{broker}\x00{environment}\x00{number}".encode()).hexdigest()
    return AccountId(f"{broker}:{digest[:16]}")


def number_mask(number: str) -> str:
    """An account number as it may be shown: an ellipsis and its last four characters."""
    return "…" + number[-4:] if number else ""
