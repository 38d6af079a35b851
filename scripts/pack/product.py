"""What is said about the program in every package, from one place."""

from __future__ import annotations

import os
import re
import subprocess
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


DECISIONS = ("identifier", "publisher", "contact")
_PLACEHOLDER = re.compile(r"(^|[.@])example\.|\.invalid\b|\bnot set\b|^\W*$", re.I)


def unset(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of the decisions for which a placeholder stands, or nothing."""
    return tuple(each for each in DECISIONS if _PLACEHOLDER.search(str(told.get(each, ""))))


@dataclass(frozen=True, kw_only=True)
class Product:
    name: str
    summary: str
    identifier: str
    publisher: str
    contact: str
    macos_minimum: str
    version: str
    moment: int
    """The commit's time, in seconds: what files and packages are dated by, so that two builds of
    one commit are alike. SOURCE_DATE_EPOCH overrules it."""

    @property
    def date(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self.moment))

    @property
    def four_numbers(self) -> str:
        """The version as Windows has it: 0.1.0 becomes 0.1.0.0, 1.2rc1 becomes 1.2.0.0."""
        numbers = []
        for part in self.version.split(".")[:4]:
            digits = ""
            for each in part:
                if not each.isdigit():
                    break
                digits += each
            numbers.append(digits or "0")
        return ".".join([*numbers, *["0"] * (4 - len(numbers))])

    @property
    def unset(self) -> tuple[str, ...]:
        """What nobody has decided yet; no package that is signed or published may say it."""
        return unset({name: getattr(self, name) for name in DECISIONS})

    def fill(self, text: str, **more: str) -> str:
        """``@field@`` replaced by what the field says."""
        fields = {name: str(getattr(self, name)) for name in self.__dataclass_fields__}
        for name, value in {**fields, "date": self.date, **more}.items():
            text = text.replace(f"@{name}@", value)
        return text


@cache
def product() -> Product:
    told = tomllib.loads((ROOT / "packaging" / "product.toml").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return Product(**told, version=project["version"], moment=_moment())


def _moment() -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdigit():
        return int(given)
    try:
        asked = subprocess.run(
            ["git", "log", "-1", "--format=%ct"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return int(asked.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return int((ROOT / "pyproject.toml").stat().st_mtime)  # an archive of the sources
