"""Write docs/conformance.md anew from the contract's tests and docs/fidelity.md."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def main() -> int:
    from support.conformance import KEPT, document

    KEPT.write_text(document(), "utf-8")
    print(KEPT.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
