"""``LogPort`` over the profile's log file; files are read in a thread, never on the GUI's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.log import LogPiece, LogRow

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.services.log_reading import Piece

Failed = Callable[[BaseException], object]


class LogGateway:
    """What the page asks, through the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def newest(self, done: Callable[[LogPiece], object], failed: Failed) -> None:
        async def read(services: Services) -> LogPiece:
            from brokerdesk.services import log_reading
            from brokerdesk.tasks import run_blocking

            folder = services.paths.log_dir
            return await run_blocking("brokerdesk-log", lambda: _rows(log_reading.newest(folder)))

        self._desk.run("log:newest", read, done, failed)

    def older(self, before: Any, done: Callable[[LogPiece], object], failed: Failed) -> None:
        async def read(services: Services) -> LogPiece:
            from brokerdesk.services import log_reading
            from brokerdesk.tasks import run_blocking

            folder = services.paths.log_dir
            return await run_blocking(
                "brokerdesk-log", lambda: _rows(log_reading.older(folder, before))
            )

        self._desk.run("log:older", read, done, failed)

    def since(self, after: Any, done: Callable[[LogPiece | None], object], failed: Failed) -> None:
        async def read(services: Services) -> LogPiece | None:
            from brokerdesk.services import log_reading
            from brokerdesk.tasks import run_blocking

            def look() -> LogPiece | None:
                piece = log_reading.since(services.paths.log_dir, after)
                return None if piece is None else _rows(piece)

            return await run_blocking("brokerdesk-log", look)

        self._desk.run("log:since", read, done, failed)


def _rows(piece: Piece) -> LogPiece:
    rows = tuple(
        LogRow.of(one.at, one.level, one.where, one.text, one.line) for one in piece.entries
    )
    return LogPiece(rows, piece.before, piece.after)
