"""Write docs/brokers.md: what each broker's connection can do, out of the registry.

.venv/bin/python scripts/broker_table.py
"""

from __future__ import annotations

from pathlib import Path

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.brokers.registry import all_specs

TARGET = Path(__file__).parents[1] / "docs" / "brokers.md"
HEAD = """# Brokers

What each connection can do. Made by `scripts/broker_table.py` from what the program itself shows on
its cards; facts as of the day that is named.

"""


def _days(spec: BrokerSpec) -> str:
    lasts, words = spec.capabilities.sign_in_lasts, spec.capabilities.sign_in_again
    if words:
        return words[0].lower() + words[1:]
    return f"every {lasts.days} days" if lasts is not None else "when the broker asks"


def rows(specs: tuple[BrokerSpec, ...]) -> list[tuple[str, ...]]:
    """Heading and lines of the table, without the bars."""
    found: list[tuple[str, ...]] = [("", *(one.title for one in specs))]
    can = [one.capabilities for one in specs]
    found.append(("kinds", *(", ".join(one.environments) for one in can)))
    found.append(("reads", *(", ".join(one.reads) for one in can)))
    found.append(("prices as they move", *("yes" if one.streaming else "no" for one in can)))
    found.append(("orders", *("yes" if one.trading else "read only" for one in can)))
    found.append(("needs", *(one.needs for one in can)))
    found.append(("sign-in", *(one.sign_in for one in can)))
    found.append(("again", *map(_days, specs)))
    found.append(("history", *(one.history for one in can)))
    found.append(("fees", *(one.fees for one in can)))
    found.append(("good to know", *(" ".join(one.notes) for one in can)))
    found.append(("as of", *(one.checked_on for one in can)))
    return found


def text() -> str:
    """The whole page."""
    head, *lines = rows(all_specs())
    bars = [head, ("---",) * len(head), *lines]
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in bars)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
