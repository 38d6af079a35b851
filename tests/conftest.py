"""What every test runs under: no display, nothing of the person at the keyboard, nothing leaked."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

# Whoever forgets to name a directory or a keyring must not reach the developer's own.
_home = tempfile.TemporaryDirectory(prefix="brokerdesk-tests-", ignore_cleanup_errors=True)
for _kind in ("DATA", "CONFIG", "CACHE", "STATE"):
    os.environ[f"XDG_{_kind}_HOME"] = str(Path(_home.name, _kind.lower()))
os.environ["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={_home.name}/no-bus"
os.environ.pop("BROKERDESK_VAULT_PASSPHRASE_FILE", None)

# A busy computer is no bug, so examples have no deadline; pytest-timeout watches over hangs.
hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")

pytest_plugins = ["support.guards"]


@pytest.fixture(autouse=True)
def _secrets_of_other_tests_are_forgotten() -> Iterator[None]:
    """The log's redactor is one per process; a word that one test hides is another one's text."""
    from brokerdesk import log

    yield
    log.redactor._known, log.redactor._ordered = {}, ()
