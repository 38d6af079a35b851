"""What the review sheet says of itself as a whole."""

from __future__ import annotations

from brokerdesk.ui.viewmodels.review_state import Phase, ReviewState

VOID = (
    "A review holds for a minute, so that nothing is sent at old figures. "
    "Nothing was sent. Review again for a fresh price."
)


def title(state: ReviewState) -> str:
    if state.phase is Phase.SENT:
        return "What became of it" if len(state.outcomes) < 2 else "What became of them"
    return state.title


def spoken(state: ReviewState) -> str:
    blocked = sum(len(one.blocking) for one in state.orders)
    if blocked:
        return "This cannot be sent as it is."
    return f"{state.warnings} warnings to read" if state.warnings else "No warnings"
