"""What needs the user, as the Overview lists it, and what it says where there is nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    Action,
    ConnectionRow,
    Message,
    WindowState,
)

_PICTURES = {
    "error": ("error", "loss"),
    "warn": ("warning", "warn"),
    "info": ("info", "accent"),
    "unknown": ("unknown", "warn"),
}
_CLOCKS = ("due:", "sign_in_due:")
QUIET = "Nothing needs you now."
LONGEST_NAME = 48
NO_HISTORY = "No history yet. Every day that is read adds to it."
NO_VALUES = "No values in this range."


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """Something that needs the user, as it stands in the list. Texts are tame."""

    key: str
    picture: str
    tone: str
    title: str
    text: str
    actions: tuple[Action, ...]
    hint: str = ""
    """A name in full that is cut short in the texts."""


def notices(
    messages: Iterable[Message],
    past: datetime | None,
    connections: Iterable[ConnectionRow] = (),
) -> tuple[NoticeRow, ...]:
    """The attention list of now; a past moment has none. Long names of connections are cut."""
    if past is not None:
        return ()
    long = {row.key: tame(row.title) for row in connections if len(row.title) > LONGEST_NAME}
    return tuple(_notice(one, long) for one in messages if one.kind != "past")


def _notice(one: Message, long: Mapping[str, str]) -> NoticeRow:
    picture, tone = _PICTURES.get(one.kind, _PICTURES["info"])
    if one.key.startswith(_CLOCKS):
        picture = "clock"
    actions = one.actions
    verb, _, account = one.key.partition(":")
    if verb == "suspect" and account:
        # The difference is shown where the account is: a decision is made there, not from here.
        actions = (Action(id=f"go:accounts:{account}", label="Review"),)
    title, text = tame(one.title), tame(one.text)
    name = long.get(account, "")
    if name:
        short = f"{name[: LONGEST_NAME - 1].rstrip()}…"
        title, text = title.replace(name, short), text.replace(name, short)
    return NoticeRow(
        key=one.key,
        picture=picture,
        tone=tone,
        title=title[:-1] if title.endswith(".") else title,
        text=text,
        actions=actions,
        hint=name,
    )


def silent_notices(
    silent: Sequence[tuple[str, int]], accounts: Iterable[AccountRow]
) -> tuple[NoticeRow, ...]:
    """Accounts without a reading for so long that the line of the total ends before today."""
    names = {row.key: row for row in accounts}
    found = []
    for key, day in silent:
        row = names.get(key)
        if row is None:
            continue
        actions: tuple[Action, ...] = ()
        if row.connection:
            actions = (Action(id=f"refresh:{row.connection}", label="Refresh"),)
        found.append(
            NoticeRow(
                key=f"silent:{key}",
                picture="clock",
                tone="warn",
                title=f"{tame(row.title)}: no value since {fmt.day(date.fromordinal(day))}",
                text="The value line ends there, because the total is not known without it.",
                actions=actions,
            )
        )
    return tuple(found)


def history_failed(error: BaseException) -> str:
    """Why there is no line, in the error's own words where it has some."""
    title = getattr(error, "title", "")
    return f"The history could not be read. {tame(str(title))}".strip()


def nothing(state: WindowState) -> tuple[str, str, tuple[Action, ...]] | None:
    """Why there is no account to show; None when there is one."""
    figures = state.figures
    if figures.accounts:
        return None
    if state.past is not None:
        return (
            f"Nothing was saved up to {fmt.stamp(state.past)}.",
            "Choose a later day, or return to now.",
            (),
        )
    if figures.connections:
        return (
            "No account is read yet.",
            "Include an account to see its balances and positions here.",
            (Action(id="go:accounts:", label="Show accounts"),),
        )
    said = words.no_accounts()
    return said.title, said.text, (Action(id="connect", label=said.labels[0]),)
