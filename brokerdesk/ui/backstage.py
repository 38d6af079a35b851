"""Work of pages on the I/O thread, and the settings: what the desk hands its pages' wishes to.

It knows the engine and the settings file; of the window it knows only how settings are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from brokerdesk.errors import SettingsError
from brokerdesk.io_thread import IoThread
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.bus import IoRunner
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.locale_qt import use_figures
from brokerdesk.ui.theme import theme

if TYPE_CHECKING:
    from brokerdesk.services.container import Services

T = TypeVar("T")
_BUSY = ("page:", "window:load", "window:open", "window:settings", "window:aside")


class RunningBackstage:
    """``desk.Backstage`` over an engine that is open."""

    def __init__(
        self, engine: Engine, runner: IoRunner, io: IoThread, file: SettingsFile, settings: Settings
    ) -> None:
        self._engine, self._runner, self._io = engine, runner, io
        self._file, self._settings = file, settings
        self._held = False

    def run(
        self,
        name: str,
        make: Callable[[Services], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None,
        failed: Callable[[BaseException], object] | None,
        policy: Any,
    ) -> None:
        self._runner.run(name, lambda: make(self._engine.services), done, failed, policy=policy)

    def busy(self) -> bool:
        """Whether something that a page waits for is under way."""
        return any(name.startswith(_BUSY) for name in self._io.supervisor.names)

    def settings(self) -> Settings:
        return self._settings

    def hold(self, on: bool) -> None:
        """While the profile is replaced by another one, its settings are not to be written."""
        self._held = on

    def take(self, settings: Settings) -> None:
        """These settings were put into the file; show them."""
        names = [item.name for item in fields(settings)]
        changed = [one for one in names if getattr(settings, one) != getattr(self._settings, one)]
        self._settings = settings
        show(settings, changed)

    def change_settings(
        self,
        values: Mapping[str, object],
        done: Callable[[], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Check and apply at once, then keep. What cannot be kept is said and still applies."""
        if self._held:
            return
        tell = failed or self._runner.problem
        try:
            changed = self._settings.with_values(values)
        except SettingsError as error:
            tell(error)
            return
        self._settings = changed
        show(changed, values)

        async def keep() -> None:
            try:
                # At once: whoever changes something later must write it later, too, and taking
                # settings over may wait for rounds to end.
                self._file.save(changed)
            finally:
                await self._engine.adopt(changed)

        self._runner.run("window:settings", keep, None if done is None else lambda _: done(), tell)


def show(settings: Settings, changed: Iterable[str]) -> None:
    """Let the window look as the changed settings say; what the command line chose stays."""
    look, changed = theme(), set(changed)
    if "reduced_motion" in changed:
        look.set_motion(not settings.reduced_motion)
    if "colour_vision" in changed:
        look.set_colour_vision(settings.colour_vision)
    if "theme" in changed:
        look.apply(settings.theme)
    if "text_scale" in changed:
        look.set_scale(settings.text_scale / 100)
    if "compact_rows" in changed:
        look.set_compact(settings.compact_rows)
    if "figures" in changed:
        use_figures(settings.figures)
        look.scaled.emit()  # every page writes its figures anew
