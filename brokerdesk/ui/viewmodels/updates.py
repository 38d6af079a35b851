"""What is said of newer releases: a message under the top bar, and the words of the dialog.

The services have believed the list before anything of it comes here; its texts are tamed all the
same. Nothing here asks, opens or installs anything by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.facts import dataclass
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import Action, Message

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event

MOST_RELEASES, MOST_CHANGES, LONGEST_CHANGE = 5, 12, 240
IN_BANNER = 2
LONGEST_BANNER = 110


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """One release, in tame text. ``host`` is whose page the browser would open."""

    version: str
    day: str
    host: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewsFacts:
    """What is known. ``tell`` is the version to tell of by itself, "" for none."""

    version: str
    named: bool
    newer: tuple[ReleaseFacts, ...] = ()
    tell: str = ""
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class UpdatesState:
    """What the dialog shows. ``version`` is what its buttons are about, "" without any."""

    title: str
    text: str = ""
    newer: tuple[ReleaseFacts, ...] = ()
    version: str = ""
    host: str = ""
    skippable: bool = False
    busy: bool = False


class UpdatesPort(Protocol):
    """The services, as far as releases go (``ui/gateways/updates.py``)."""

    def news(self, done: Callable[[NewsFacts], object]) -> None: ...

    def check(
        self,
        done: Callable[[NewsFacts], object],
        failed: Callable[[str], object],
    ) -> None: ...

    def skip(self, version: str, done: Callable[[NewsFacts], object]) -> None: ...

    def open_page(self, version: str, done: Callable[[bool], object]) -> None: ...


LOOKING = UpdatesState("Looking for new versions…", busy=True)


class UpdatesModel(QObject):
    """Of one window.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, desk: Desk, port: UpdatesPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._port = desk, port
        self._news: NewsFacts | None = None
        self._later = ""
        self._wanted = False
        self.state = LOOKING
        desk.opened.connect(self._on_opened)
        desk.happened.connect(self._on_event)
        desk.changed.connect(self._on_desk_changed)

    # intents

    def look(self) -> None:
        """Ask for the list now, because the user says so."""
        self._show(LOOKING)
        self._port.check(self._on_checked, self._on_failed)

    def show_known(self) -> None:
        """Show what the last list says, without asking anybody."""
        self._show(LOOKING)
        self._port.news(self._on_checked)

    def open_page(self, version: str) -> None:
        """Open a release's page in the browser."""
        self._port.open_page(version, self._on_opened_page)

    def skip(self, version: str) -> None:
        """Say nothing more of this version."""
        self._port.skip(version, self._on_checked)
        self._desk.say(f"BrokerDesk {version} is not mentioned again.")

    def not_now(self) -> None:
        """The message was closed: say nothing more of it until the program starts again."""
        self._later = "" if self._news is None else self._news.tell
        self._tell()

    # inside

    def _on_opened(self) -> None:
        self._port.news(self._on_news)

    def _on_event(self, event: Event) -> None:
        from brokerdesk.domain.events import ReleasesChanged  # there are none before the paint

        if isinstance(event, ReleasesChanged):
            self._port.news(self._on_news)

    def _on_desk_changed(self) -> None:
        settings = self._desk.settings
        wanted = settings is not None and settings.look_for_updates
        if wanted != self._wanted:
            self._wanted = wanted
            self._tell()

    def _on_news(self, news: NewsFacts) -> None:
        self._news = news
        self._tell()

    def _on_checked(self, news: NewsFacts) -> None:
        self._on_news(news)
        self._show(words(news))

    def _on_failed(self, sentences: str) -> None:
        title = "New versions could not be looked for."
        self._show(UpdatesState(title, tame(sentences)))

    def _on_opened_page(self, opened: bool) -> None:
        self._desk.say("The page opens in your browser." if opened else "No browser was found.")

    def _show(self, state: UpdatesState) -> None:
        self.state = state
        self.changed.emit()

    def _tell(self) -> None:
        """The message under the top bar: only where the user wants to hear of new versions."""
        news = self._news
        wanted = self._wanted and news is not None and news.tell not in ("", self._later)
        self._desk.portfolio.tell_news(banner(news) if wanted and news is not None else None)


def banner(news: NewsFacts) -> Message | None:
    """One line of what is newer."""
    if not news.newer:
        return None
    newest = news.newer[0]
    told = " ".join(newest.changes[:IN_BANNER])
    if len(told) > LONGEST_BANNER:
        told = f"{told[: LONGEST_BANNER - 1].rstrip()}…"
    return Message(
        key="updates",
        kind="info",
        title=f"BrokerDesk {newest.version} is out.",
        text=told,
        actions=(Action(id="updates:known", label="What changed"),),
    )


def words(news: NewsFacts) -> UpdatesState:
    """What the dialog says of what is known."""
    if not news.named:
        return UpdatesState(
            "This copy looks nowhere for new versions.",
            f"BrokerDesk {news.version} was built without the address and the key of a release "
            "list. New versions come the way this copy came to you.",
        )
    if not news.newer:
        return UpdatesState("There is no newer version.", f"This is BrokerDesk {news.version}.")
    newest = news.newer[0]
    skipped = newest.version == news.skipped
    text = f"This is BrokerDesk {news.version}. Nothing is downloaded or installed from here: "
    text += f"the page at {newest.host} opens in your browser."
    if skipped:
        text += " You chose to skip this version."
    return UpdatesState(
        f"BrokerDesk {newest.version} is out.",
        text,
        news.newer,
        newest.version,
        newest.host,
        skippable=not skipped,
    )
