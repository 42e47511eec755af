"""Where the embedded servers live: a function of the var directory and of who asks.

PostgreSQL refuses to run as root. For root it runs as `nobody`, who must reach its
binaries, data and socket. A clone below a home directory that only root may enter hides
them, and opening that directory is not ours to do: the files then live in /var/lib.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from exchange.embedded.errors import EmbeddedServersError

PROJECT = Path(__file__).resolve().parents[2]
POSTGRES_PORT = 5432
LONGEST_SOCKET_PATH = 107  # bytes, what Linux's sockaddr_un leaves for a name
SHARED_HOMES = Path("/var/lib/fairbook")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The unprivileged user that PostgreSQL runs as when root starts it."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Places:
    """The paths of one set of servers."""

    var: Path
    home: Path
    """Where PostgreSQL's files are: `var`, or a place that its user can reach."""
    sockets: Path
    run_as: ServerUser | None
    """None: PostgreSQL runs as whoever we are."""

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "postgres"

    @property
    def logs(self) -> Path:
        """One log for each server, and the keeper's."""
        return self.var / "log"

    @property
    def redis_data(self) -> Path:
        """Redis's working directory; it stores nothing there."""
        return self.var / "redis"

    @property
    def redis_socket(self) -> Path:
        """What Redis listens on."""
        return self.sockets / "redis.sock"

    @property
    def users_lock(self) -> Path:
        """Shared by each process that uses the servers."""
        return self.var / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the one keeper; the file holds its process id."""
        return self.var / "keeper.lock"

    @property
    def up_lock(self) -> Path:
        """Held by the one `make up`; the file holds its process id."""
        return self.var / "up.lock"

    def ready_lock(self, server: str) -> Path:
        """Held by the keeper while that server answers."""
        return self.var / f"{server}.ready.lock"

    def make_var(self) -> None:
        """Make the directories that everybody needs."""
        make_directory(self.var)
        make_directory(self.logs)

    def make_home(self) -> None:
        """Make the servers' directories, and link var to PostgreSQL's if elsewhere."""
        if self.home != self.var:
            make_directory(SHARED_HOMES)
            _make_private(self.home, self.run_as)
            self._link_data()
        _make_private(self.sockets, self.run_as)
        make_directory(self.redis_data)

    def _link_data(self) -> None:
        link = self.var / "postgres"
        if link.is_symlink() and link.readlink() != self.data:
            raise EmbeddedServersError(
                f"{link} points to {link.readlink()}, the data of another clone (was this "
                f"one copied or moved?). Remove the link to start with empty data here."
            )
        if link.is_dir() and not link.is_symlink():
            raise EmbeddedServersError(
                f"PostgreSQL's data is in {link}, but its user cannot enter a directory "
                f"above it any more. Open that directory, or move {link} to {self.data}."
            )
        if not link.is_symlink():
            link.symlink_to(self.data)


def places() -> Places:
    """Where this project's servers live; FAIRBOOK_VAR names another directory than var."""
    var = (PROJECT / (os.environ.get("FAIRBOOK_VAR") or "var")).resolve()
    run_as = _server_user() if os.geteuid() == 0 else None
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    reachable = run_as is None or all(_may_enter(p, run_as) for p in (var, *var.parents))
    home = var if reachable else SHARED_HOMES / digest
    sockets = home / "run"
    if len(os.fsencode(sockets / f".s.PGSQL.{POSTGRES_PORT}")) > LONGEST_SOCKET_PATH:
        owner = run_as.uid if run_as else os.geteuid()
        sockets = Path(f"/tmp/fairbook-{owner}-{digest}")  # noqa: S108 - owner and mode are checked
    return Places(var=var, home=home, sockets=sockets, run_as=run_as)


def make_directory(path: Path) -> None:
    """Make `path` and what is missing above it, open to enter and list whatever the umask.

    What exists already is left as it is.
    """
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(0o755)


def _make_private(path: Path, owner: ServerUser | None) -> None:
    uid = owner.uid if owner else os.geteuid()
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        # In a directory like /tmp anybody may have been here first.
        status = path.lstat()
        is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid in {uid, os.geteuid()}
        if not is_ours or stat.S_IMODE(status.st_mode) & 0o077:
            raise EmbeddedServersError(
                f"{path} exists, and is not a private directory of ours. Remove it."
            ) from None
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)


def _server_user() -> ServerUser:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedServersError(
            "PostgreSQL refuses to run as root, and this machine has no user `nobody` to "
            "run it as. Run as an ordinary user, or set DATABASE_URL."
        ) from None
    return ServerUser(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _may_enter(directory: Path, user: ServerUser) -> bool:
    try:
        status = directory.stat()
    except FileNotFoundError:
        return True  # we shall make it, and open
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
