"""The pages of the window: one line each. A page is imported when it is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.views.page import Page


@dataclass(frozen=True, slots=True)
class PageSpec:
    """``key`` is its shortcut, ``build`` names the function that makes it: ``module:function``.

    ``rail`` pages have an entry in the rail; ``past`` pages can show a past moment.
    """

    id: str
    title: str
    picture: str
    key: str
    build: str
    rail: int = 1
    """Which block of the rail it stands in; 0 for none."""
    past: bool = False

    def make(self, desk: Desk) -> Page:
        """Build the page."""
        module, _, function = self.build.partition(":")
        made: Page = getattr(import_module(module), function)(desk)
        return made


_V = "brokerdesk.ui.views"

PAGES: tuple[PageSpec, ...] = (
    PageSpec("overview", "Overview", "overview", "Ctrl+1", f"{_V}.overview.page:build", past=True),
    PageSpec(
        "positions", "Positions", "positions", "Ctrl+2", f"{_V}.positions.page:build", past=True
    ),
    PageSpec("accounts", "Accounts", "accounts", "Ctrl+3", f"{_V}.accounts.page:build", past=True),
    PageSpec("orders", "Orders", "orders", "Ctrl+4", f"{_V}.orders.page:build"),
    PageSpec("activity", "Activity", "activity", "Ctrl+5", f"{_V}.activity.page:build", past=True),
    PageSpec(
        "connections", "Connections", "connections", "Ctrl+7", f"{_V}.connections.page:build",
        rail=2,
    ),
    PageSpec("settings", "Settings", "settings", "Ctrl+8", f"{_V}.settings.page:build", rail=2),
    PageSpec("audit", "Audit log", "shield", "", f"{_V}.audit.page:build", rail=0),
    PageSpec("log", "Log", "log", "", f"{_V}.log.page:build", rail=0),
)  # fmt: skip


def page(name: str) -> PageSpec:
    """The page of this id.

    Raises:
        KeyError: there is none.
    """
    for spec in PAGES:
        if spec.id == name:
            return spec
    raise KeyError(name)
