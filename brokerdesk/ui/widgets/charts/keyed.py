"""When the focus ring is drawn: after keys, not after a click, and not because a window opened."""

from __future__ import annotations

from PySide6.QtCore import Qt

_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_UNCHANGED = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


def ringed(reason: Qt.FocusReason, before: bool) -> bool:
    """Whether a widget that gets the focus shows it, having shown it ``before`` it went away."""
    if reason in _UNCHANGED:
        return before
    return reason in _KEYS
