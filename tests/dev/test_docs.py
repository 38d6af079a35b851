"""The documents say what the program does: names that people rely on are compared, not trusted."""

from __future__ import annotations

import importlib
import re

import pytest
from support.source import ROOT

CLI = (ROOT / "docs" / "cli.md").read_text("utf-8")


def _parser_text() -> str:
    return (ROOT / "brokerdesk" / "cli" / "parser.py").read_text("utf-8")


def test_every_option_in_the_contract_exists_and_the_other_way_round() -> None:
    from brokerdesk.cli import parser

    documented = set(re.findall(r"--[a-z][a-z-]+", CLI))
    real = set(re.findall(r'"(--[a-z-]+)"', _parser_text())) | {"--version"}
    assert documented == real
    commands = set(re.findall(r"^### ([a-z, -]+)$", CLI, flags=re.M))
    named = {name for line in commands for name in line.split(", ")}
    assert named == {
        *parser.DATA_COMMANDS,
        *re.findall(r'add\(\s*"([a-z-]+)"', _parser_text()),
    }


@pytest.mark.parametrize(
    ("command", "module", "name"),
    [
        ("refresh", "refresh", "COLUMNS"),
        *(
            (command, "reading", command.upper())
            for command in ("connections", "accounts", "balances", "positions", "orders")
        ),
        ("transactions", "reading", "TRANSACTIONS"),
    ],
)
def test_the_keys_of_each_answer_are_the_documented_ones(
    command: str, module: str, name: str
) -> None:
    row = re.search(rf"^\| `{command}` \| `([a-z_ ]+)` \|$", CLI, flags=re.M)
    assert row
    columns = getattr(importlib.import_module(f"brokerdesk.cli.{module}"), name)
    assert row[1].split() == columns


def test_the_documented_exit_codes_are_the_real_ones() -> None:
    from brokerdesk.cli import codes

    documented = [int(code) for code in re.findall(r"^\| (\d) \|", CLI, flags=re.M)]
    assert documented == [
        codes.OK,
        codes.ERROR,
        codes.USAGE,
        codes.NEEDS_SIGN_IN,
        codes.UNAVAILABLE,
        codes.PARTLY,
    ]


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"]
)
def test_files_that_a_document_names_exist(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    named = re.findall(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|sh|toml|lock))`", text)
    bases = [ROOT, ROOT / "brokerdesk", ROOT / "docs"]
    missing = {
        name
        for name in named
        if "NNNN" not in name and not any((base / name).exists() for base in bases)
    }
    assert not missing


def test_every_decision_is_listed_and_every_listed_one_exists() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = {path.name for path in folder.glob("0*.md")}
    listed = set(re.findall(r"\]\((0[\w.-]+\.md)\)", (folder / "README.md").read_text("utf-8")))
    assert listed == pages
    for name in pages:
        assert (folder / name).read_text("utf-8").startswith(f"# {name[:4]}: ")


BAD_INPUT = (ROOT / "docs" / "bad-input.md").read_text("utf-8")


def test_every_proof_of_the_bad_input_page_is_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", BAD_INPUT)
    assert len(named) > 50
    missing = {
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists()
        or not re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.M)
    }
    assert not missing


def test_every_row_of_the_bad_input_page_has_a_proof() -> None:
    rows = [
        line for line in BAD_INPUT.splitlines() if line.startswith("| ") and "what |" not in line
    ]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+` ?[,|]", row)] == []


def test_every_sentence_of_the_bad_input_page_is_in_the_program() -> None:
    sources = [
        # Neighbouring literals are one text.
        re.sub(r'"\s*\n\s*f?"', "", file.read_text("utf-8"))
        for file in (ROOT / "brokerdesk").rglob("*.py")
    ]
    quoted = {part for text in re.findall(r"“([^”]+)”", BAD_INPUT) for part in text.split("…")}
    wanted = {part.strip(" .,:") for part in quoted if len(part.strip(" .,:")) > 3}
    assert len(wanted) > 40
    assert {part for part in wanted if not any(part in source for source in sources)} == set()
