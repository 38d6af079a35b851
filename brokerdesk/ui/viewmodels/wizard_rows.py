"""The wizard's rows: accounts as they were found, and as they are read for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from brokerdesk.ui.viewmodels.wizard_state import FoundRow, SyncMark, SyncRow

Rows = tuple[SyncRow, ...]


def waiting(included: Iterable[str], found: Iterable[FoundRow]) -> Rows:
    """The accounts that are about to be read."""
    labels = {row.key: f"{row.label} {row.name}".strip() for row in found}
    return tuple(
        SyncRow(key=key, label=labels.get(key, key), mark=SyncMark.WAITING, words="waiting")
        for key in included
    )


def marked(rows: Rows, account: str, mark: SyncMark, words: str) -> Rows:
    """What was heard of one account."""
    return tuple(
        replace(row, mark=mark, words=words) if row.key == account else row for row in rows
    )


def ended(rows: Rows) -> Rows:
    """The reading is over: what nothing was heard of was not read."""
    return tuple(
        replace(row, mark=SyncMark.FAILED, words="not read yet")
        if row.mark is SyncMark.WAITING
        else row
        for row in rows
    )


def found_row(item: Any) -> FoundRow:
    account = item.account
    words = [account.raw_type or account.type.value]
    if account.tax_status.value != "unknown":
        words.append(account.tax_status.value.replace("_", " "))
    return FoundRow(
        key=account.id,
        label=account.number_mask,
        type=", ".join(words).lower(),
        name=account.name,
        through=item.already_through or "",
    )
