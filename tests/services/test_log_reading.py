"""Logs of any size and shape, written and rotated while they are read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.errors import StorageError
from brokerdesk.log import start_log
from brokerdesk.services import log_reading as reading
from brokerdesk.services.log_reading import Entry, Place, newest, older, parse, since


def line(number: int, level: str = "INFO", text: str = "") -> str:
    stamp = f"2026-11-20 16:{number // 60 % 60:02d}:{number % 60:02d},{number % 1000:03d}"
    return f"{stamp} {level} 4711 MainThread brokerdesk.http: {text or f'line {number}'}"


def write(folder: Path, *lines: str, number: int = 0) -> Path:
    file = reading.log_file(folder, number)
    with file.open("a", encoding="utf-8", newline="\n") as stream:
        stream.writelines(one + "\n" for one in lines)
    return file


def test_what_the_program_logs_is_read(tmp_path: Path) -> None:
    handle = start_log(tmp_path)
    try:
        logging.getLogger("brokerdesk.tests").info("first & <b>bold</b>")
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("brokerdesk.tests").info("second", exc_info=True)
    finally:
        handle.close()
    entries = newest(tmp_path).entries
    assert [(one.level, one.where) for one in entries] == [("INFO", "brokerdesk.tests")] * 2
    assert entries[0].text == "first & <b>bold</b>"
    assert entries[1].text.startswith("second\nTraceback (most recent call last):")
    assert entries[1].text.endswith("ValueError: why")


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    piece = newest(tmp_path)
    assert piece.entries == ()
    assert piece.before is None
    assert since(tmp_path, piece.after) is not None
    write(tmp_path, line(1))
    assert since(tmp_path, piece.after) is None  # there is a file now: begin anew


def test_pieces_fit_together_without_gap_or_overlap(tmp_path: Path) -> None:
    first = [line(n) for n in range(400)]
    second = [line(n, text=f"later {n}\n  deeper {n}") for n in range(400)]
    write(tmp_path, *first, number=1)
    write(tmp_path, *second)
    piece = newest(tmp_path, 4096)
    found = list(piece.entries)
    pieces = 1
    while piece.before is not None:
        piece = older(tmp_path, piece.before, 4096)
        found[:0] = piece.entries
        pieces += 1
    assert pieces > 10
    assert [one.text for one in found] == [f"line {n}" for n in range(400)] + [
        f"later {n}\n  deeper {n}" for n in range(400)
    ]


def test_what_is_written_later_is_followed(tmp_path: Path) -> None:
    file = write(tmp_path, line(1))
    piece = newest(tmp_path)
    write(tmp_path, line(2))
    with file.open("a", encoding="utf-8") as stream:
        stream.write(line(3))  # half written
    more = since(tmp_path, piece.after)
    assert more is not None
    assert [one.text for one in more.entries] == ["line 2"]
    with file.open("a", encoding="utf-8") as stream:
        stream.write(" to its end\n")
    more = since(tmp_path, more.after)
    assert more is not None
    assert [one.text for one in more.entries] == ["line 3 to its end"]
    again = since(tmp_path, more.after)
    assert again is not None
    assert again.entries == ()


def test_a_rotation_meanwhile_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, *(line(n) for n in range(200)))
    piece = newest(tmp_path, 2048)
    assert piece.before is not None
    reading.log_file(tmp_path).rename(reading.log_file(tmp_path, 1))
    write(tmp_path, line(999, text="after the rotation"))
    assert since(tmp_path, piece.after) is None
    before = older(tmp_path, piece.before, 1 << 20)
    texts = [one.text for one in (*before.entries, *piece.entries)]
    assert texts == [f"line {n}" for n in range(200)]


def test_bytes_that_are_no_text_do_not_end_it(tmp_path: Path) -> None:
    reading.log_file(tmp_path).write_bytes(b"\xff\xfe\x00 loose\n" + line(1).encode() + b"\n\xff\n")
    entries = newest(tmp_path).entries
    assert entries[0].at == ""
    assert entries[1].level == "INFO"
    assert entries[1].text.startswith("line 1\n")


def test_one_endless_line_is_cut(tmp_path: Path) -> None:
    write(tmp_path, line(1, text="x" * 3_000_000))
    piece = newest(tmp_path)
    assert all(len(one.text) <= reading.LONGEST for one in piece.entries)


def test_a_folder_in_place_of_the_log(tmp_path: Path) -> None:
    reading.log_file(tmp_path).mkdir()
    with pytest.raises(StorageError, match="The log cannot be read"):
        reading.older(tmp_path, Place(0, 10))


def test_ten_megabytes_take_pieces(tmp_path: Path) -> None:
    block = "\n".join(line(n, text="x" * 100) for n in range(1000)) + "\n"
    reading.log_file(tmp_path).write_text(block * 60, encoding="utf-8")
    piece = newest(tmp_path)
    assert sum(len(one.text) for one in piece.entries) < reading.PIECE
    assert piece.before is not None


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters="\n", codec="utf-8"))))
def test_any_lines_make_entries_that_keep_the_text(lines: list[str]) -> None:
    entries = parse([line(1), *lines])
    assert entries[0].at
    joined = "\n".join(one.line for one in entries)
    assert all(one in joined for one in lines)


def test_an_entry_is_copied_as_it_was_written() -> None:
    (entry,) = parse([line(1, "WARNING", "careful")])
    assert entry.line == "2026-11-20 16:00:01,001 WARNING brokerdesk.http: careful"
    assert Entry("", "", "", "loose").line == "loose"
