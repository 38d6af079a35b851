"""The painted parts under one name: pill, band, tag, progress line, countdown ring."""

from __future__ import annotations

from brokerdesk.ui.widgets.bands import ModeBand
from brokerdesk.ui.widgets.pill import StatePill
from brokerdesk.ui.widgets.progress import CountdownRing, ProgressLine
from brokerdesk.ui.widgets.tags import Badge, Kbd, Tag

__all__ = ["Badge", "CountdownRing", "Kbd", "ModeBand", "ProgressLine", "StatePill", "Tag"]
