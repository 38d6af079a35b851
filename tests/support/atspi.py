"""A screen reader's view of a program: the accessibility tree over the real AT-SPI bus.

Speaks D-Bus through jeepney, which the keychain already needs; nothing here knows Qt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jeepney import DBusAddress, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

_ACCESSIBLE = "org.a11y.atspi.Accessible"
_ROOT = "/org/a11y/atspi/accessible/root"
_REGISTRY = "org.a11y.atspi.Registry"
_NULL = "/org/a11y/atspi/null"
FOCUSABLE, SENSITIVE, SHOWING, VISIBLE = 11, 24, 25, 30
"""Bits of the state set (AtspiStateType)."""

INTERACTIVE = frozenset(
    {
        "push button", "button", "toggle button", "check box", "radio button", "text", "entry",
        "password text", "combo box", "slider", "spin button", "menu item", "check menu item",
        "radio menu item", "menu", "list item", "cell", "table cell", "tree item", "page tab",
        "link", "column header", "table column header", "tree table", "tree", "table", "list",
    }
)  # fmt: skip

_TABLES = frozenset({"tree", "table", "tree table", "list"})


@dataclass(frozen=True)
class Seen:
    """One object of the tree as a screen reader gets it."""

    role: str
    name: str
    description: str
    states: frozenset[int]
    path: tuple[str, ...] = field(default=())

    @property
    def shown(self) -> bool:
        return SHOWING in self.states and VISIBLE in self.states

    @property
    def interactive(self) -> bool:
        """Something that a person acts on: by its role, or because it takes the focus."""
        return self.role in INTERACTIVE or FOCUSABLE in self.states


class Reader:
    """Reads the trees of the programs on the accessibility bus of a session."""

    def __init__(self, session_bus: str) -> None:
        session = open_dbus_connection(session_bus)
        try:
            asked = new_method_call(
                DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress"
            )
            (address,) = _body(session, asked)
        finally:
            session.close()
        self._bus = open_dbus_connection(address)

    def close(self) -> None:
        self._bus.close()

    def programs(self) -> list[tuple[str, str]]:
        """The root objects of the programs that offer a tree."""
        return [(bus, path) for bus, path in self._children(_REGISTRY, _ROOT) if path != _NULL]

    def walk(self, cells: int = 160) -> Iterator[Seen]:
        """Every object that is shown, parents first; of each table so many cells at most."""
        stack: list[tuple[str, str, tuple[str, ...]]] = [
            (bus, path, ()) for bus, path in reversed(self.programs())
        ]
        while stack:
            bus, path, above = stack.pop()
            seen = self._look(bus, path, above)
            if seen is None or not (seen.shown or not above):
                continue
            yield seen
            here = (*above, f"{seen.role} “{seen.name[:40]}”")
            children = self._children(bus, path)
            if seen.role in _TABLES:
                children = children[:cells]
            stack += [(b, p, here) for b, p in reversed(children)]

    def _look(self, bus: str, path: str, above: tuple[str, ...]) -> Seen | None:
        address = DBusAddress(path, bus, _ACCESSIBLE)
        reply = self._bus.send_and_get_reply(Properties(address).get("Name"), timeout=20)
        if reply.header.message_type is MessageType.error:
            return None  # gone in the meantime
        name = str(reply.body[0][1])
        told = _body(self._bus, Properties(address).get("Description"), or_else=(("s", ""),))[0][1]
        role = _body(self._bus, new_method_call(address, "GetRoleName"), or_else=("",))[0]
        low, high = _body(self._bus, new_method_call(address, "GetState"), or_else=([0, 0],))[0]
        bits = low | high << 32
        return Seen(
            role=role,
            name=name,
            description=str(told),
            states=frozenset(bit for bit in range(64) if bits >> bit & 1),
            path=above,
        )

    def _children(self, bus: str, path: str) -> list[tuple[str, str]]:
        address = DBusAddress(path, bus, _ACCESSIBLE)
        return list(_body(self._bus, new_method_call(address, "GetChildren"), or_else=([],))[0])


def _body(bus: DBusConnection, message: object, or_else: tuple[object, ...] | None = None) -> tuple:  # type: ignore[type-arg]
    reply = bus.send_and_get_reply(message, timeout=20)
    if reply.header.message_type is MessageType.error:
        if or_else is None:
            raise AssertionError(f"the bus answers: {reply.body}")
        return or_else
    return tuple(reply.body)
