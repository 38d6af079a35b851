#!/usr/bin/env python3
"""Pictures of every view under every condition, and one sheet per condition to look at.

    python3 scripts/contact_sheet.py FOLDER [--only NAME]...

Conditions: practice data, an empty profile, hostile names with every state at its worst, 10,000
positions; two sizes, device scale 1.5 and 2, 150 % text. Run from a checkout that is set up.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
THUMB = 480
COLUMNS = 4


@dataclass(frozen=True)
class Condition:
    """One row of runs: which profile, and how the window is drawn."""

    name: str
    profile: str
    arguments: tuple[str, ...] = ()


CONDITIONS = (
    Condition("practice-1440", "practice"),
    Condition("practice-1100", "practice", ("--size", "1100x700", "--theme", "light")),
    Condition("practice-text-150", "practice", ("--text", "150", "--theme", "dark")),
    Condition("practice-scale-150", "practice", ("--scale", "1.5", "--theme", "light")),
    Condition("practice-scale-200", "practice", ("--scale", "2", "--theme", "dark")),
    Condition("extreme-1440", "extreme"),
    Condition("extreme-1100-text-150", "extreme",
              ("--size", "1100x700", "--text", "150", "--theme", "light")),
    Condition("large-1440", "large", ("--theme", "light")),
    Condition("empty-1440", "empty"),
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", default=[], help="only these conditions")
    options = parser.parse_args()
    profiles = options.folder / "profiles"
    _make_profiles(profiles)
    failed = []
    for one in CONDITIONS:
        if options.only and one.name not in options.only:
            continue
        folder = options.folder / one.name
        if _draw(one, profiles / one.profile, folder):
            failed.append(one.name)
        _sheet(sorted(folder.glob("*.png")), options.folder / f"sheet-{one.name}.png")
    for name in failed:
        sys.stderr.write(f"{name}: not every picture was drawn\n")
    return 1 if failed else 0


def _make_profiles(folder: Path) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from support import profiles

    for name, make in (
        ("empty", profiles.empty),
        ("extreme", profiles.extreme),
        ("large", profiles.large),
    ):
        if not (folder / name).exists():
            make(folder / name)


def _draw(one: Condition, profile: Path, folder: Path) -> int:
    command = [sys.executable, "-m", "brokerdesk", "screenshots", str(folder)]
    command += [*one.arguments, "--data-dir", str(profile)]
    if one.profile == "practice":
        command.append("--practice")
    return subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode


def _sheet(pictures: list[Path], target: Path) -> None:
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

    if not pictures:
        return
    application = QGuiApplication.instance() or QGuiApplication([])
    thumbs = [
        QImage(str(each)).scaledToWidth(THUMB, Qt.TransformationMode.SmoothTransformation)
        for each in pictures
    ]
    cell = max(each.height() for each in thumbs) + 28
    rows = -(-len(thumbs) // COLUMNS)
    sheet = QImage(COLUMNS * (THUMB + 12), rows * cell, QImage.Format.Format_RGB32)
    sheet.fill(QColor("#888888"))
    with QPainter(sheet) as painter:
        for place, (file, thumb) in enumerate(zip(pictures, thumbs, strict=True)):
            x, y = place % COLUMNS * (THUMB + 12), place // COLUMNS * cell
            painter.drawImage(x, y + 22, thumb)
            painter.drawText(QRect(x + 4, y, THUMB, 20), 0, file.stem)
    sheet.save(str(target))
    del application


if __name__ == "__main__":
    sys.exit(main())
