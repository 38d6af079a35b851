"""Imports go down only, and each foreign library has one room (docs/architecture.md, "Floors")."""

from __future__ import annotations

import re
import sys
import tomllib

from support.source import PACKAGE, ROOT, Import, Module, broker_ids, modules

FLOORS = {
    "app": 7,
    "pictures": 7,
    "__main__": 7,
    "cli": 7,
    "ui": 6,
    "services": 5,
    "brokers": 3,
    "db": 3,
    "secrets": 3,
    "settings": 3,
    "simulator": 3,
    "tasks": 2,
    "io_thread": 2,
    "log": 2,
    "redaction": 2,
    "setting_rules": 2,
    "trading_settings": 2,
    "network_settings": 2,
    "paths": 2,
    "clock": 2,
    "domain": 1,
    "errors": 0,
    "facts": 0,
    "turns": 0,
}
STRANGERS = {"brokers", "db", "secrets", "settings", "simulator"}

ROOMS = {
    "PySide6": {"ui", "app", "pictures"},
    "shiboken6": {"ui", "app"},
    "qasync": {"ui", "app"},
    "pyqtgraph": {"ui"},
    "numpy": {"ui", "db", "simulator"},
    "httpx": {"brokers"},
    "h11": {"brokers"},
    "ib_async": {"brokers"},
    "truststore": {"brokers"},
    "websockets": {"brokers"},
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "sqlcipher3": {"db"},
    "keyring": {"secrets"},
    "argon2": {"secrets"},
    "cryptography": {"secrets"},
    "filelock": {"secrets", "brokers"},
    "aiohttp": {"simulator"},
    "msgspec": {"brokers", "db", "simulator", "services"},
    "platformdirs": {"paths"},
}


def room(name: str) -> str:
    """``brokerdesk.db.types`` -> ``db``; the package itself -> ``""``."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def own_imports(module: Module) -> list[Import]:
    return [each for each in module.imports if each.name.split(".")[0] == PACKAGE]


def room_of_import(name: str) -> str:
    """``from brokerdesk import __version__`` names no room."""
    inner = room(name)
    return "" if inner not in FLOORS and not (ROOT / PACKAGE / inner).exists() else inner


def test_every_module_stands_on_a_floor() -> None:
    unknown = {room(module.name) for module in modules()} - set(FLOORS) - {""}
    assert not unknown, f"give {unknown} a floor here and in docs/architecture.md"


def test_imports_go_down_only() -> None:
    upward = []
    for module in modules():
        here = room(module.name)
        for each in own_imports(module):
            there = room_of_import(each.name)
            if not here or not there or here == there:
                continue
            sideways = here in STRANGERS and there in STRANGERS
            if sideways or FLOORS.get(there, 9) > FLOORS.get(here, 9):
                upward.append(f"{module.relative}:{each.line} imports {each.name}")
    assert not upward


def test_the_package_itself_imports_nothing() -> None:
    (package,) = [module for module in modules() if module.name == PACKAGE]
    assert [each.name for each in package.imports if "__future__" not in each.name] == []


def test_each_library_stays_in_its_rooms() -> None:
    strays = []
    for module in modules():
        here = room(module.name)
        for each in module.imports:
            top = each.name.split(".")[0]
            if top == PACKAGE or top in sys.stdlib_module_names:
                continue
            if here not in ROOMS.get(top, set()):
                strays.append(f"{module.relative}:{each.line} imports {top}")
    assert not strays


def test_every_imported_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[<>=~ ]", line)[0].lower() for line in project["dependencies"]}
    distributions = {"argon2": "argon2-cffi", "pyside6": "pyside6-essentials", "shiboken6": ""}
    used = {
        top.lower()
        for module in modules()
        for each in module.imports
        if (top := each.name.split(".")[0]) != PACKAGE and top not in sys.stdlib_module_names
    }
    missing = {distributions.get(name, name) for name in used} - declared - {""}
    assert not missing


def test_sqlite_of_the_standard_library_is_not_used() -> None:
    """Its versions 3.7.0 to 3.51.2 can corrupt a WAL database (docs/decisions)."""
    users = [
        f"{module.relative}:{each.line}"
        for module in modules()
        for each in module.imports
        if each.name.split(".")[0] == "sqlite3"
    ]
    assert not users


def test_brokers_are_strangers_to_each_other() -> None:
    ids = broker_ids()
    crossing = []
    for module in modules("brokers"):
        here = module.name.split(".")[2] if module.name.count(".") >= 2 else ""
        for each in own_imports(module):
            parts = each.name.split(".")
            there = parts[2] if len(parts) > 2 and parts[1] == "brokers" else ""
            if there in ids and there != here and here != "registry":
                crossing.append(f"{module.relative}:{each.line} imports {each.name}")
    assert not crossing


def test_a_brokers_id_appears_only_where_brokers_live() -> None:
    named = []
    for module in modules():
        if room(module.name) in {"brokers", "simulator"}:
            continue
        for number, line in enumerate(module.text.lower().splitlines(), 1):
            named += [f"{module.relative}:{number}" for each in broker_ids() if each in line]
    assert not named


def test_view_models_and_table_models_know_no_widget() -> None:
    widgets = [
        f"{module.relative}:{each.line}"
        for module in modules("ui/viewmodels", "ui/models")
        for each in module.imports
        if each.name.startswith(("PySide6.QtWidgets", "pyqtgraph"))
    ]
    assert not widgets


def test_services_know_no_registry_entry_and_no_wire() -> None:
    """Services see brokers through contracts, registry and practice recordings only, and know the
    words for who asks (``rate``), where that is counted (``rate_book``) and since when something is
    on its way (``hurry``). Reference rates and the list of releases come from no broker at all.
    """
    allowed = {"base", "flow", "streaming", "trading", "finding", "registry", "recordings"}
    allowed |= {"hurry", "rate", "rate_book", "euro_rates", "euro_rate_kinds", "release_list"}
    beyond = [
        f"{module.relative}:{each.line} imports {each.name}"
        for module in modules("services")
        for each in own_imports(module)
        if room(each.name) == "brokers" and each.name.split(".")[2] not in allowed
    ]
    assert not beyond
