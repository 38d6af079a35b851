"""Gallery: banners, toasts, the empty state, loading, the order of words in each."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from brokerdesk.ui.gallery.parts import framed, section
from brokerdesk.ui.viewmodels.state import Action, Message
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.loading import LoadingRows
from brokerdesk.ui.widgets.toast import Toast

MESSAGES = (
    Message(
        key="limit",
        kind="info",
        title="Granite is limiting requests.",
        text="Next try in 42 s. Figures are from 11:41:36 ET.",
    ),
    Message(
        key="suspect",
        kind="warn",
        title="Harbor …3306 returned no positions.",
        text="The last good sync had 2. Kept those until you decide.",
        actions=(Action(id="review", label="Review"),),
    ),
    Message(
        key="refused",
        kind="error",
        title="Granite refused this order.",
        text="“Not enough buying power.” Nothing was placed.",
    ),
    Message(
        key="unknown",
        kind="unknown",
        title="Outcome unknown. Checking with Granite; BrokerDesk will not resend.",
        text="",
    ),
)
PAST = Message(
    key="past",
    kind="past",
    title="Viewing snapshot of 14 Aug 2026.",
    text="Prices, positions and balances are as they were at 16:00 ET. Orders and refresh are off.",
    actions=(Action(id="now", label="Return to now"),),
)
CONNECT = (
    Action(id="connect", label="Connect a broker"),
    Action(id="try", label="Try practice data"),
)


def banners() -> QWidget:
    """Every kind of banner."""
    return section("Banners", *(_banner(message) for message in MESSAGES))


def bar() -> QWidget:
    """The banner of full width."""
    return section("Banner under the top bar", _banner(PAST, bar=True))


def _banner(message: Message, *, bar: bool = False) -> Banner:
    made = Banner(bar=bar)
    made.show_message(message)
    return made


def toasts(parent: QWidget) -> QWidget:
    """Toasts, standing still."""
    return section(
        "Toasts",
        Toast(parent, "Filled: bought 120 SCHD at 27.64", "Granite …4821 · 15:51:08 ET",
              Action(id="show", label="Show"), "good"),
        Toast(parent, "Granite sign-in ends in 24 h", "Sat 21 Nov 2026, 17:55 ET",
              Action(id="renew", label="Renew"), "warn"),
        Toast(parent, "16 rows copied", "", None, "info"),
    )  # fmt: skip


def empty() -> QWidget:
    """The empty state."""
    made = EmptyState(
        "link",
        "No accounts yet",
        "Connect a broker to see balances and positions here. Your figures stay on this computer.",
        CONNECT,
    )
    return section("Empty state", framed(made))


def loading() -> QWidget:
    """First load."""
    return section("Loading: still blocks, no shimmer", framed(LoadingRows(3)))
