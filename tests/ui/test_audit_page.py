"""The audit log as a page: entries as they come, verify, export, what a broken chain looks like."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from support.clock import FakeClock
from support.desk import FakeDesk, sample_figures
from support.ledger import FakeTrading, entry, trouble
from support.ui import HOSTILE, NOW

from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.events import TradingChanged
from brokerdesk.services.trading_audit import exported
from brokerdesk.ui.viewmodels.audit import AuditHead, kind_words, short, verdict
from brokerdesk.ui.views.audit.page import AuditPage, head_text
from brokerdesk.ui.views.registry import page as spec_of

Make = Callable[..., tuple[AuditPage, FakeTrading]]


@pytest.fixture
def make(qtbot: Any) -> Make:
    def made(*entries: Any, trading: FakeTrading | None = None) -> tuple[AuditPage, FakeTrading]:
        trading = trading or FakeTrading(entries=list(entries))
        desk = FakeDesk(sample_figures(), services=SimpleNamespace(trading=trading))
        page = spec_of("audit").make(desk)
        assert isinstance(page, AuditPage)
        qtbot.addWidget(page)
        page.resize(1240, 700)
        page.show()
        page.enter()
        QApplication.processEvents()
        return page, trading

    return made


def texts(page: AuditPage, line: int = 0) -> list[str]:
    columns = page.table.columns.shown_in_order()
    return [page.rows.cell_at(line, column).text for column in columns]


def test_entries_stand_newest_first_in_our_words(make: Make) -> None:
    page, _ = make(
        entry(1, "sign-in connected", broker="schwab"),
        entry(2, "order sending", symbol="JPM", side="buy"),
        entry(3, "strange_new thing", what="x"),
    )
    assert [texts(page, n)[0] for n in range(3)] == ["3", "2", "1"]
    assert texts(page, 1)[2:] == ["Order sent once", "symbol: JPM · side: buy"]
    assert texts(page, 0)[2] == "Strange new thing"
    assert page.pane._count.whole == "3 entries"
    page.table.select_row("2")
    assert page.detail.detail is not None
    fields = {f.label: f.text for s in page.detail.detail.sections for f in s.fields}
    assert fields["Hash"] == (2).to_bytes(32, "big").hex()
    assert kind_words("halt on") == "New orders halted"
    assert kind_words("order rejected", "cancel") == "Cancel refused"
    assert kind_words("order unknown", "replace") == "Change: outcome unknown"
    assert kind_words("order rejected", "place") == "Order refused"


def test_the_filter_finds_facts(make: Make) -> None:
    page, _ = make(entry(1, symbol="JPM"), entry(2, symbol="AAPL"))
    assert page.pane.filter_field is not None
    page.pane.filter_field.setText("jpm")
    page.pane.apply_filter()
    assert page.rows.rowCount() == 1


def test_ten_thousand_come_in_pages_and_later_only_what_is_new(make: Make) -> None:
    page, trading = make(*(entry(n) for n in range(1, 10_001)))
    assert page.rows.rowCount() == 10_000
    asked = [one[1:] for one in trading.asked if one[0] == "audit"]
    assert len(asked) == 11
    page.table.select_row("9000")
    scroll = page.table.verticalScrollBar().value()
    trading.entries.append(entry(10_001))
    page.desk.happened.emit(TradingChanged())
    assert page._later.isActive()
    page._later.timeout.emit()
    assert page.rows.rowCount() == 10_001
    assert trading.asked[-1] == ("audit", 10_000, 1000)
    assert page.table.current_row().key == "9000"
    assert page.table.verticalScrollBar().value() >= scroll


def test_verify_says_in_words_what_it_found(make: Make) -> None:
    page, trading = make(entry(1), entry(2))
    page.verify.click()
    assert page.note.isVisible()
    assert page.note.accessibleName() == "2 entries, unbroken. Head 0000 0000 0000 0000…"
    trading.broken = 2
    page.verify.click()
    assert page.note.message is not None
    assert page.note.message.kind == "error"
    assert page.note.accessibleName().startswith("The audit log is broken at entry 2.")
    trading.error = trouble()
    page.verify.click()
    assert "The journal is damaged." in page.note.accessibleName()
    assert page.verify.isEnabled()


def test_the_words_of_every_verdict() -> None:
    assert verdict(AuditHead(count=0, hash="")).title == "The audit log is empty."
    first = verdict(AuditHead(count=0, hash="", broken=1))
    assert "No entry before it" not in first.text
    assert verdict(AuditHead(count=1204, hash="ab" * 32)).title == "1,204 entries, unbroken."
    assert short("0123456789abcdef" * 4) == "0123 4567 89ab cdef"


def test_an_export_shows_and_copies_the_head(make: Make, tmp_path: Path) -> None:
    page, trading = make(entry(1), entry(7))
    assert page.export()
    assert page.dialog is not None
    page.dialog.fileSelected.emit(str(tmp_path / "log.jsonl"))
    page.dialog.close()
    assert ("export_audit", tmp_path / "log.jsonl") in trading.asked
    head = AuditHead(count=7, hash=(7).to_bytes(32, "big").hex())
    assert QApplication.clipboard().text() == head_text(head)
    assert page.sheet is not None
    assert page.sheet.title == "7 entries exported"
    names = " ".join(one.accessibleName() for one in page.sheet.findChildren(QWidget))
    assert head.hash in names


def test_a_file_that_cannot_be_written_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    page, _ = make(entry(1))

    def fail(_path: str, _done: Any, failed: Any) -> None:
        failed(PermissionError(13, "Permission denied"))

    monkeypatch.setattr(page.model._port, "export", fail)
    page.model.export("/nowhere/log")
    assert "Permission denied" in page.note.accessibleName()
    assert page.sheet is None
    assert page.save.isEnabled()


def test_without_a_journal_it_says_so_and_reads_again(make: Make) -> None:
    trading = FakeTrading(error=trouble())
    page, _ = make(trading=trading)
    assert page.note.isVisible()
    trading.error = None
    trading.entries.append(entry(1))
    page.model.look()
    assert page.rows.rowCount() == 1
    assert not page.note.isVisible()


def test_another_profile_has_another_log(make: Make) -> None:
    page, trading = make(entry(1), entry(2))
    trading.entries = [entry(1, "halt on")]
    page.desk.detach()
    page.desk.attach(page.desk.backstage)  # type: ignore[attr-defined]
    assert page.rows.rowCount() == 1
    assert texts(page)[2] == "New orders halted"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_facts_stay_plain_text(make: Make, text: str) -> None:
    page, _ = make(entry(1, text[:50], **{"words": text}))
    for column in range(page.rows.columnCount()):
        cell = page.rows.cell_at(0, column)
        assert "\u202e" not in cell.text + cell.hint
        assert "\x00" not in cell.text + cell.hint
    page.table.selectAll()
    page.table.copy_rows()
    assert QApplication.clipboard().text().count("\n") == 0
    assert page.grab().height() > 0


def test_the_real_chain_verified_and_broken(tmp_path: Path) -> None:
    """What the page is told by a real journal: a tampered entry is named."""
    import sqlite3

    clock = FakeClock(NOW)
    path = tmp_path / "journal.db"

    async def write() -> None:
        journal = Journal(path, clock)
        for number in range(5):
            await journal.note("setting", {"name": f"n{number}"})
        found = await journal.verify()
        assert verdict(_head(found)).title == "5 entries, unbroken."
        journal.close()

    async def look() -> None:
        journal = Journal(path, clock)
        found = await journal.verify()
        assert verdict(_head(found)).title == "The audit log is broken at entry 3."
        journal.close()

    asyncio.run(write())
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER audit_keep_UPDATE")
        raw.execute("UPDATE audit SET kind = 'other' WHERE seq = 3")
    raw.close()
    asyncio.run(look())


def _head(found: Any) -> AuditHead:
    return AuditHead(count=found.head.count, hash=found.head.hash.hex(), broken=found.broken)


def test_an_exported_file_is_private(tmp_path: Path) -> None:
    from brokerdesk.paths import write_private

    data, head = exported([entry(1), entry(2)])
    file = tmp_path / "a.jsonl"
    write_private(file, data)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert head.hash.hex() in file.read_text("ascii")


def test_every_control_has_a_name(make: Make) -> None:
    page, _ = make(entry(1))
    assert page.help_text().count(".") >= 3
    assert {page.verify.accessibleName(), page.save.accessibleName()} == {"Verify", "Export…"}
    assert page.focus_filter()
    assert page.pane.filter_field is not None
    QTest.keyClicks(page.pane.filter_field, "zzz")
    page.pane.apply_filter()
    assert page.rows.rowCount() == 0
