"""What every test runs under: no display, no surprises from the environment, nothing leaked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = ["support.guards"]
