"""A process dies at the point that its environment names, and nowhere else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from kernel.failpoint import failpoint; failpoint('after_match'); print('alive')"


@pytest.mark.parametrize(
    ("named", "ends_with", "prints"),
    [
        ("after_match", -signal.SIGKILL, ""),
        ("after_fetch", 0, "alive\n"),
        ("", 0, "alive\n"),
    ],
)
def test_only_the_named_point_is_deadly(named, ends_with, prints):
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"FAIRBOOK_FAILPOINT": named},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (process.returncode, process.stdout) == (ends_with, prints)
