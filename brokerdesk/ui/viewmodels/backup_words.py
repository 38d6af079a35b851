"""What is said of backups: facts as they come from the services, and their words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame

_STAGES = {
    "copying": "Copying the database",
    "packing": "Packing",
    "checking": "Reading it back",
    "unpacking": "Unpacking",
    "preparing": "Checking and preparing",
    "swapping": "Putting it in place",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far it is: a stage of ``services.watched`` and the bytes done of it."""

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished backup."""

    file: str
    size: int
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """One of the program's own copies."""

    path: str
    made: datetime
    size: int
    before_upgrade: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFacts:
    """What a backup says of itself. ``size`` is that of the file, in bytes."""

    path: str
    own_copy: bool
    made: datetime
    program: str
    accounts: int
    environments: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFacts:
    """How a restore ended. ``aside`` is the folder with the former data, "" when there was none."""

    made: datetime
    connections: int
    aside: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """One of the program's own copies, ready to show."""

    path: str
    title: str
    note: str


def size_words(size: int) -> str:
    """Bytes for people: 12.4 MB."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1000), ("MB", 1000**2), ("GB", 1000**3)):
        if size < factor * 1000 or unit == "GB":
            tenths = (size * 10 + factor // 2) // factor
            return f"{tenths // 10}.{tenths % 10} {unit}"
    raise AssertionError


def step_words(step: Step) -> str:
    """A stage in words, with the share done where it is known."""
    words = _STAGES.get(step.stage, step.stage)
    return f"{words}, {step.done * 100 // step.total}%" if step.total else f"{words}…"


def share(step: Step) -> float | None:
    """How much of the stage is done, None where nobody knows."""
    return min(1.0, step.done / step.total) if step.total else None


def copy_row(copy: CopyFacts) -> CopyRow:
    kind = "before an upgrade" if copy.before_upgrade else "weekly copy"
    return CopyRow(
        path=copy.path, title=fmt.stamp(copy.made), note=f"{kind}, {size_words(copy.size)}"
    )


def content_rows(content: ContentFacts) -> tuple[tuple[str, str], ...]:
    program = "" if content.own_copy else f"BrokerDesk {tame(content.program)}"
    accounts = fmt.count(content.accounts, "account")
    kinds = " and ".join(content.environments)
    return tuple(
        (label, value)
        for label, value in (
            ("Made", fmt.stamp(content.made)),
            ("Made by", program or "this computer, by itself"),
            ("Holds", f"{accounts}, {kinds}" if kinds else accounts),
            ("Size", size_words(content.size)),
            ("File", tame(Path(content.path).name)),
        )
    )


def what_happens(content: ContentFacts) -> tuple[str, ...]:
    settings = "The settings stay as they are." if content.own_copy else (
        "The settings come from the backup, but for proxy, certificate file and backup folder."
    )  # fmt: skip
    return (
        "The profile is closed for a moment and shows the figures of that time afterwards.",
        "The present data is not deleted: it is moved into a folder of its own in the profile.",
        "Sign-ins are not in it: you sign in again at each connection.",
        settings,
    )


def warning_of(content: ContentFacts, *, practice: bool) -> str:
    only_practice = set(content.environments) == {"practice"}
    if practice and content.environments and "practice" not in content.environments:
        return "This backup holds real accounts. This window is for practice data."
    if not practice and only_practice:
        return "This backup holds practice accounts only."
    if not content.accounts:
        return "This backup holds no accounts."
    return ""


def what_happened(done: RestoredFacts) -> tuple[str, ...]:
    sentences = [f"The figures of {fmt.stamp(done.made)} are back."]
    if done.connections:
        where = fmt.count(done.connections, "connection")
        sentences.append(f"Sign in again at {where} to get new figures.")
    if done.aside:
        sentences.append(f"The former data is kept in {tame(Path(done.aside).name)}.")
    return (*sentences, *(tame(note) for note in done.notes))
