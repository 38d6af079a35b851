"""The exact sentences of the states in which figures are missing, old, past or in doubt.

One function a state: title, text and the words on the buttons. Who shows them decides what the
buttons do. Names come in as they are and are tamed by whoever draws them. Knows no row, no service.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.state import LEFT, Action, Message

_FRIDAY = 4
SHORT_NAME = 10
"""What a button has room for besides its own words."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: a title in bold, a sentence after it, and the words on the buttons."""

    title: str
    text: str = ""
    labels: tuple[str, ...] = ()

    def and_then(self, text: str) -> Words:
        """The same with another sentence at the end."""
        return replace(self, text=f"{self.text} {text}".strip()) if text else self

    def message(self, key: str, kind: str, *actions: str, until: datetime | None = None) -> Message:
        """A message whose buttons do ``actions``, as many as are given."""
        buttons = tuple(
            Action(id=action, label=label)
            for action, label in zip(actions, self.labels, strict=False)
        )
        return Message(
            key=key, kind=kind, title=self.title, text=self.text, actions=buttons, until=until
        )


# nothing there


def no_accounts() -> Words:
    """State 1."""
    return Words(
        "No accounts yet.",
        "Connect a broker to see balances and positions here. Your figures stay on this computer.",
        ("Connect a broker", "Try practice data"),
    )


def no_positions(account: str, checked: datetime) -> Words:
    """State 2: the broker confirmed it."""
    return Words("No positions.", f"{account} holds cash only, checked {_minute(checked)}.")


def no_orders() -> Words:
    """State 3."""
    return Words("No orders today.", "Press Ctrl+N to write one.", ("New order",))


def nothing_matches(text: str, hidden: int, one: str = "position") -> Words:
    """State 4: a filter hides all rows."""
    verb = "is" if hidden == 1 else "are"
    return Words(
        f"Nothing matches “{text}”.",
        f"{fmt.count(hidden, one)} {verb} hidden by the filter.",
        ("Clear filter",),
    )


def first_load(accounts: int) -> Words:
    """State 5."""
    return Words(f"Reading {fmt.count(accounts, 'account')} for the first time.", "", ("Stop",))


# not of now


OFFLINE, ORDERS_OFF = "You are offline.", "Orders are off until a broker answers."


def offline(saved: datetime | None, now: datetime | None) -> Words:
    """State 6."""
    shown = "Showing saved figures."
    if saved is not None and now is not None:
        shown = f"Showing figures saved at {_when(saved, now)}."
    return Words(OFFLINE, f"{shown} {ORDERS_OFF}", ("Try again",))


def past(moment: datetime) -> Words:
    """State 7."""
    return Words(
        f"Viewing snapshot of {_day(moment)}.",
        f"Prices, positions and balances are as they were at {_minute(moment)}. "
        "Orders and refresh are off.",
        ("Return to now",),
    )


def end_of_day(moment: datetime) -> Words:
    """As state 7, for a day on which nothing was saved."""
    return Words(
        f"Viewing the end of {_day(moment)}.",
        "Figures are the last ones that were saved before. Orders and refresh are off.",
        ("Return to now",),
    )


def viewing(moment: datetime) -> Words:
    """Which of the two: at the end of a day nothing was saved on it."""
    return end_of_day(moment) if fmt.is_end_of_day(moment) else past(moment)


def no_snapshot(day: date, nearest: datetime | None) -> Words:
    """State 8."""
    title = f"No snapshot on {fmt.day(day)}."
    if nearest is None:
        return Words(title, "No day has been saved yet.")
    local = nearest.astimezone(fmt.market_zone())
    short = _short_day(local.date(), day)
    return Words(title, f"The nearest is {short}, {local:%H:%M} ET.", (f"Show {short}",))


def split_since(symbol: str, units: int, each: int, day: date, *, probable: bool) -> Words:
    """A split between the day that is shown and now."""
    what = f"{units} for {each} on {fmt.day(day)}."
    as_they_were = "Quantities and prices are as they were."
    if not probable:
        return Words(f"{symbol} split {what}", as_they_were)
    guess = "Its quantity and price jumped by that ratio, and no entry explains it."
    return Words(f"{symbol} probably split {what}", f"{guess} {as_they_were}")


# signing in


def sign_in_ends_soon(connection: str, ends: datetime) -> Words:
    """State 9. The time that is left is filled in when it is shown."""
    local = ends.astimezone(fmt.market_zone())
    what = "weekend syncs" if local.weekday() >= _FRIDAY else "syncs"
    return Words(
        f"{connection} sign-in ends in {LEFT}.", f"Renew now to keep {what} running.", ("Renew",)
    )


def sign_in_ended(account: str, broker: str, since: datetime | None, now: datetime) -> Words:
    """State 10. ``account``: who has to sign in, by broker and last four or by name."""
    text = f"{broker} reports the login ended."
    return Words(f"{account}: sign in again.", f"{text}{_from(since, now)}", ("Sign in",))


def sign_in_wanted(account: str, reason: str, since: datetime | None, now: datetime) -> Words:
    """As state 10, where something else than the broker ended the sign-in."""
    return Words(f"{account}: sign in again.", f"{reason}{_from(since, now)}", ("Sign in",))


# a broker's bad day


def rate_limited(broker: str, since: datetime | None, now: datetime, *, timed: bool) -> Words:
    """State 15. ``timed``: it is known when the next try comes."""
    following = f"Next try in {LEFT}." if timed else "The next try follows by itself."
    return Words(f"{broker} is limiting requests.", following + _from(since, now, exact=True))


def not_answering(
    broker: str, since: datetime | None, now: datetime, *, others_fine: bool
) -> Words:
    """State 16."""
    parts = ["Other brokers are up to date."] if others_fine else []
    if since is not None:
        parts.append(f"Showing {broker} as of {_when(since, now)}.")
    again = f"Try {broker} again" if len(broker) <= SHORT_NAME else "Try again"
    return Words(f"{broker} is not answering.", " ".join(parts), (again,))


def emptied(account: str, before: int) -> Words:
    """State 17."""
    kept = "it" if before == 1 else "those"
    return Words(
        f"{account} returned no positions.",
        f"The last good sync had {before}. Kept {kept} until you decide.",
        ("Keep last good", "Accept as empty"),
    )


def doubtful(account: str, reason: str, since: datetime | None, now: datetime) -> Words:
    """As state 17, where the newest answer is not empty but looks wrong."""
    return Words(
        f"{account}: the newest answer looks wrong.",
        f"{reason} The last good figures are kept until you decide.{_from(since, now)}",
        ("Keep last good", "Accept the new figures"),
    )


def part_read(unread: int, listed: int) -> Words:
    """State 18: ``unread`` of ``listed`` positions."""
    have, them = ("It is", "it") if unread == 1 else ("They are", "them")
    return Words(
        f"{unread} of {fmt.count(listed, 'position')} could not be read.",
        f"{have} listed as unread and left out of totals.",
        (f"Show {them}",),
    )


def counted_twice(account: str, known: str, *, certain: bool) -> Words:
    """State 19: an account that seems to be here already, through another connection."""
    looks = "seems to be the same account as" if certain else "may be the same account as"
    return Words(
        "Counted twice?",
        f"{account} {looks} {known}. Until you choose a source, totals contain both.",
        ("Choose source",),
    )


# this computer


def keychain_locked() -> Words:
    """State 29."""
    return Words(
        "The system keychain is locked.",
        "Unlock it to sign in. Saved figures can still be read.",
        ("Unlock",),
    )


def snapshot_damaged(moment: datetime, *, shown: bool = True) -> Words:
    """State 30. Not ``shown``: nothing of it can be read any more."""
    what = "It is shown but not used in totals."
    return Words(
        f"The snapshot of {_day(moment)} fails its checksum.",
        what if shown else "Nothing of it can be read, and totals leave it out.",
        ("Details",),
    )


# times


def _from(since: datetime | None, now: datetime, *, exact: bool = False) -> str:
    if since is None:
        return ""
    return f" Figures are from {_when(since, now, exact=exact)}."


def _when(at: datetime, now: datetime, *, exact: bool = False) -> str:
    """16:00 ET for a time of today, else with its day and, of another year, with that, too."""
    zone = fmt.market_zone()
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return fmt.time_of_day(at) if exact else _minute(at)
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M} ET"
    return fmt.stamp(at)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(fmt.market_zone()):%H:%M} ET"


def _day(at: datetime) -> str:
    return fmt.day(at.astimezone(fmt.market_zone()).date())


def _short_day(day: date, beside: date) -> str:
    return f"{day.day} {day:%b}" if day.year == beside.year else fmt.day(day)
