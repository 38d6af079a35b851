"""Writes what a table shows into a CSV file, away from the GUI thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokerdesk.services.exporting import write_csv
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.table_export import TableExport
from brokerdesk.ui.viewmodels.desk import Toast

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

Exporter = Callable[[TableExport[Any], Path], None]


def csv_writer(desk: Desk) -> Exporter:
    """What a table pane calls with a file that the reader named."""
    return partial(_write, desk)


def _write(desk: Desk, export: TableExport[Any], path: Path) -> None:
    desk.run(
        f"export:{path}",
        lambda _services: written(_services, export, path),
        partial(_told, desk, path),
    )


async def written(_services: Services, export: TableExport[Any], path: Path) -> int:
    """Write the file; how many rows are in it."""
    table = await asyncio.to_thread(export.table)
    await write_csv(path, table)
    return len(table.rows)


def _told(desk: Desk, path: Path, rows: int) -> None:
    counted = fmt.count(rows, "row")
    desk.toast(Toast("Exported.", f"{counted} in {path.name}"))
    desk.say(f"Exported {counted} to {path.name}.")
