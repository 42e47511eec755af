"""The project's settings, on embedded servers that only tests use (var/test)."""

import os
from pathlib import Path

os.environ.setdefault("FAIRBOOK_VAR", str(Path(__file__).parents[1] / "var" / "test"))
os.environ.setdefault("LOGIN_RATE", "100000/min")

from exchange.settings import *  # noqa: F403
