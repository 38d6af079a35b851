"""How far the person is on Plaid's page, read from what Plaid tells about a link token."""

from __future__ import annotations

from dataclasses import dataclass

from brokerdesk.brokers.plaid import wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean, clean_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """``added`` has the public token of a new login; ``ended``: the newest session is over.

    ``exited``: it was left without a result, and ``said`` is what Plaid told the person.
    """

    public_token: str = ""
    institution_id: str = ""
    institution: str = ""
    ended: bool = False
    exited: bool = False
    said: str = ""


def progress(answer: wire.LinkAnswer) -> Progress:
    """A result in any session counts, the newest first; else the newest session's state.

    The address may be opened several times, and each time is a session of its own.
    """
    sessions = sorted(answer.link_sessions or (), key=lambda one: one.started_at or "")
    for session in reversed(sessions):
        found = _added(session)
        if found is not None:
            return found
    if not sessions:
        return Progress()
    newest = sessions[-1]
    left = newest.exit or newest.on_exit
    error = left.error if left else None
    said = clean((error.display_message or error.error_message) if error else "", MESSAGE_LENGTH)
    ended = bool(newest.finished_at) or left is not None
    return Progress(ended=ended, exited=left is not None, said=said)


def _added(session: wire.LinkSession) -> Progress | None:
    results = session.results.item_add_results if session.results else None
    if results:
        newest = results[-1]
        return _progress(newest.public_token, newest.institution)
    success = session.on_success
    if success is not None and success.public_token:
        where = success.metadata.institution if success.metadata else None
        return _progress(success.public_token, where)
    return None


def _progress(public_token: str, where: wire.Institution | None) -> Progress:
    return Progress(
        public_token=public_token,
        institution_id=(where.institution_id if where else None) or "",
        institution=clean_name(where.name) if where else "",
        ended=True,
    )
