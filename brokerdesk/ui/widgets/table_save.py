"""Asks where a table is to be written. The dialog opens and lets everything go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from brokerdesk.ui.models.table_export import TableExport
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.widgets.table import Table

Exporter = Callable[[TableExport[Any], Path], None]


def taken(title: str, table: Table, *, selected: bool = False) -> TableExport[Any]:
    """The table as it stands: rows that pass the filter in their order, or the selected lines.

    Children are left out of the whole (their parents are their sums) and kept in a selection.
    """
    model, columns = table.rows, table.columns.shown_in_order()
    lines = model.export_lines(table.selected_lines() if selected else None)
    return TableExport(
        title=title,
        columns=tuple(model.columns[place] for place in columns),
        rows=[row for row, _ in lines],
        sections=[section for _, section in lines] if any(s for _, s in lines) else (),
        now=model.now,
        hide=privacy().on,
    )


def ask_where(parent: QWidget, export: TableExport[Any], write: Exporter) -> QFileDialog:
    """Ask for a file name; ``write`` is called with the answer, and not called without one."""
    title = f"Export {export.title} as CSV"
    if export.hide:
        title += ". Amounts are hidden and stay hidden in the file"
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter("CSV files (*.csv)")
    dialog.setDefaultSuffix("csv")
    name = "-".join(word for word in export.title.casefold().split() if word.isalnum()) or "table"
    dialog.selectFile(f"brokerdesk-{name}-{export.now:%Y-%m-%d}.csv")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(partial(_chosen, export, write))
    dialog.open()
    return dialog


def _chosen(export: TableExport[Any], write: Exporter, file: str) -> None:
    if file:
        write(export, Path(file))
