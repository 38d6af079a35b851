"""The pane of accounts and positions under the name by which the plain window knows it."""

from __future__ import annotations

from brokerdesk.ui.widgets.table_pane import FILTER_PAUSE_MS, TablePane

__all__ = ["FILTER_PAUSE_MS", "Pane"]

Pane = TablePane
