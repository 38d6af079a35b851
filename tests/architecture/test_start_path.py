"""What the way to the first paint imports, measured in fresh interpreters."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.source import modules

HEAVY = {
    *("sqlalchemy", "alembic", "httpx", "httpcore", "h11", "aiohttp", "keyring", "secretstorage"),
    *("cryptography", "argon2", "numpy", "pyqtgraph", "qasync", "truststore", "filelock", "ssl"),
    "websockets",
}
QT = {"PySide6", "shiboken6"}
PACKAGES = sorted(module.name for module in modules() if module.is_package)


def loaded(*names: str) -> set[str]:
    """Top-level modules in a fresh interpreter after importing ``names``."""
    code = "import sys, json, importlib\n"
    code += "".join(f"importlib.import_module({name!r})\n" for name in names)
    code += "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(json.loads(result.stdout))


def test_the_entry_point_needs_the_standard_library_only() -> None:
    foreign = loaded("brokerdesk.__main__") - set(sys.stdlib_module_names) - {"brokerdesk"}
    assert not foreign & (HEAVY | QT | {"asyncio"})


@pytest.mark.parametrize("name", ["brokerdesk.app", "brokerdesk.cli.parser"])
def test_composition_loads_nothing_heavy(name: str) -> None:
    assert not loaded(name) & HEAVY


def test_the_last_snapshot_is_read_with_the_driver_alone() -> None:
    found = loaded("brokerdesk.db.start_view")
    assert not found & (HEAVY | QT | {"asyncio"})


def test_the_packed_picture_is_read_with_the_driver_and_json() -> None:
    found = loaded("brokerdesk.ui.start", "brokerdesk.ui.start_look")
    assert not found & (HEAVY | QT | {"asyncio", "msgspec", "logging"})


def test_the_window_and_its_first_page_load_nothing_heavy() -> None:
    found = loaded("brokerdesk.ui.shell.window", "brokerdesk.ui.views.overview.page")
    assert not found & (HEAVY | {"asyncio", "msgspec", "sqlcipher3"})


def test_packages_are_light_to_enter() -> None:
    """Importing one module must not pull in its neighbours."""
    assert not loaded(*PACKAGES) & (HEAVY | QT)
