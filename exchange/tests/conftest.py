"""Sealed days, and a place for their heads that is each test's own."""

from pathlib import Path

import pytest

from exchange.seal_heads import heads_directory
from exchange.tests.sealed_days import a_day


@pytest.fixture
def outside(settings, tmp_path) -> Path:
    """Where the heads of this test's seals go."""
    settings.SEALS_DIR = tmp_path / "seals"
    return heads_directory()


@pytest.fixture
def a_sealed_day(db) -> None:
    a_day()
