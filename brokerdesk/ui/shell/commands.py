"""Everything the window can be told to do, as data: menus, shortcuts, palette and docs read it.

A command is an id and words. What it does is the window's to know; what its state allows too.
"""

from __future__ import annotations

from brokerdesk.facts import dataclass
from brokerdesk.ui.views.registry import PAGES, PageSpec

MENUS = ("File", "Edit", "View", "Trade", "Accounts", "Window", "Help")


@dataclass(frozen=True, slots=True)
class Command:
    """``text`` carries the menu's mnemonic; a change of ``group`` is a line in the menu.

    ``keys`` work in the whole window. ``told`` is a key that the focused part acts on itself: the
    menu names it and takes it from nobody.
    """

    id: str
    text: str
    menu: str
    group: int = 0
    keys: tuple[str, ...] = ()
    told: str = ""
    checkable: bool = False
    palette: bool = True
    sub: str = ""
    """The submenu it stands in."""

    @property
    def words(self) -> str:
        """The text without its mnemonic."""
        return self.text.replace("&", "").rstrip("…")


_THEME = "&Theme"
_TEXT = "Te&xt size"

COMMANDS: tuple[Command, ...] = (
    Command("connect", "&Connect a broker…", "File", 0, ("Ctrl+Shift+N",)),
    Command("practice", "Open &practice data", "File", 0),
    Command("refresh", "&Refresh", "File", 1, ("F5", "Ctrl+R")),
    Command("stop", "&Stop refresh", "File", 1, told="Esc"),
    Command("export", "&Export the table as CSV…", "File", 2),
    Command("backup", "&Back up profile…", "File", 2),
    Command("restore", "Restore a back&up…", "File", 2),
    Command("quit", "&Quit", "File", 3, ("Ctrl+Q",)),
    Command("copy", "&Copy", "Edit", 0, told="Ctrl+C", palette=False),
    Command("copy_headers", "Copy with &headers", "Edit", 0, told="Ctrl+Shift+C", palette=False),
    Command("filter", "&Filter the table", "Edit", 1, ("Ctrl+F",)),
    Command("palette", "&Search, commands", "Edit", 1, ("Ctrl+K",), palette=False),
    Command("past", "Past &days", "View", 1, ("Ctrl+D",)),
    Command("compare", "Co&mpare with last…", "View", 1),
    Command("chart:value", "Chart in a &window", "View", 1, ("Ctrl+Shift+G",)),
    Command("now", "Return to &now", "View", 1, told="Esc"),
    Command("rail", "Collapse the rai&l", "View", 2, ("Ctrl+B",), checkable=True),
    Command("side", "&Inspector", "View", 2, ("Ctrl+I",), checkable=True),
    Command("private", "&Hide amounts", "View", 2, ("Ctrl+Shift+H",), checkable=True),
    Command("theme:system", "&System theme", "View", 3, checkable=True, sub=_THEME),
    Command("theme:light", "&Light theme", "View", 3, checkable=True, sub=_THEME),
    Command("theme:dark", "&Dark theme", "View", 3, checkable=True, sub=_THEME),
    Command("scale:+", "&Larger text", "View", 3, ("Ctrl++", "Ctrl+="), sub=_TEXT),
    Command("scale:-", "&Smaller text", "View", 3, ("Ctrl+-",), sub=_TEXT),
    Command("scale:0", "&Normal text size", "View", 3, ("Ctrl+0",), sub=_TEXT),
    Command("cancel_order", "&Cancel the selected order…", "Trade", 0, told="Ctrl+Shift+X"),
    Command("cancel_all", "Cancel a&ll orders…", "Trade", 0),
    Command("ticket:new", "&New order", "Trade", 0, ("Ctrl+N",)),
    Command("ticket:window", "Ticket in its own &window", "Trade", 0),
    Command("halt", "&Halt new orders", "Trade", 1, checkable=True),
    Command("audit", "&Audit log", "Trade", 2),
    Command("scope", "&Choose accounts…", "Accounts", 0, ("Ctrl+L",)),
    Command("everyone", "Show &all accounts", "Accounts", 0),
    Command("connections", "&When each was read", "Accounts", 1),
    Command("pane:next", "&Next pane", "Window", 0, ("F6",), palette=False),
    Command("pane:back", "&Previous pane", "Window", 0, ("Shift+F6",), palette=False),
    Command("minimise", "&Minimise", "Window", 1),
    Command("full", "&Full screen", "Window", 1, ("F11",), checkable=True),
    Command("help", "&Help for this page", "Help", 0, ("F1",)),
    Command("log", "&Log", "Help", 1),
    Command("report", "Copy &report (redacted)", "Help", 1),
    Command("folder", "Open the profile’s &folder", "Help", 1),
    Command("updates", "Look for &updates…", "Help", 2),
    Command("about", "&About BrokerDesk", "Help", 2),
)


_LETTERS = {"orders": "O&rders", "activity": "Acti&vity"}
"""Pages whose first letter another page has."""


def page_command(spec: PageSpec) -> Command:
    """The command that shows a page; Ctrl+, shows the settings too, as everywhere."""
    keys: tuple[str, ...] = (spec.key,) if spec.key else ()
    if spec.id == "settings":
        keys += ("Ctrl+,",)
    text = _LETTERS.get(spec.id, f"&{spec.title}")
    return Command(f"go:{spec.id}", text, "View", 0, keys)


def all_commands() -> tuple[Command, ...]:
    """Every command in the order of the menus; pages stand first in View."""
    pages = tuple(page_command(spec) for spec in PAGES if spec.rail)
    place = next(n for n, one in enumerate(COMMANDS) if one.menu == "View")
    return COMMANDS[:place] + pages + COMMANDS[place:]
