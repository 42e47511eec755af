"""The same log gives the same answers, byte for byte, in whatever process it is told."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = 3_000


def recorded(*, seed: int, hash_seed: str) -> bytes:
    command = [sys.executable, "-m", "matching.tests.twin.record", str(seed), str(UNITS)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True
    ).stdout


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_a_replay_in_another_process_gives_the_same_bytes(seed):
    first, second = (recorded(seed=seed, hash_seed=n) for n in ("0", "20261121"))

    assert len(first) > 100_000
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()
