"""Take over the table of the last run of the fault matrix into docs/fault-matrix.md.

Run ``python dev.py test tests/contract/test_fault_matrix.py`` before, read the difference after.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILT = ROOT / "build" / "fault-matrix"
KEPT = ROOT / "docs" / "fault-matrix.md"


def main() -> int:
    text = KEPT.read_text("utf-8")
    head, *sections = text.split("\n## ")
    kept = {section.partition("\n")[0]: section for section in sections}
    for built in sorted(BUILT.glob("*.md")):
        kept[built.stem] = built.read_text("utf-8").removeprefix("## ")
    KEPT.write_text("\n## ".join([head, *kept.values()]).rstrip() + "\n", "utf-8")
    print(f"{KEPT.relative_to(ROOT)}: {', '.join(kept)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
