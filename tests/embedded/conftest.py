"""Clones in directories of their own, which everybody may enter unless a test says no."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.clones import Clone


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """pytest's own directories are ours alone, and would hide the clones from `nobody`."""
    directory = Path(tempfile.mkdtemp(prefix="fb-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def new_clone(open_directory: Path) -> Iterator[Callable[..., Clone]]:
    """Makes clones, and removes them with all that runs in them, before their directory."""
    made: list[Clone] = []

    def make(root: Path, **options: object) -> Clone:
        made.append(Clone(root, **options))
        return made[-1]

    yield make
    for clone in made:
        clone.remove()


@pytest.fixture
def clone(new_clone: Callable[..., Clone], open_directory: Path) -> Clone:
    return new_clone(open_directory / "clone")
