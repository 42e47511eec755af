"""`python -m exchange.embedded status|stop|wipe`: the embedded servers, for people."""

import argparse
import os
import shutil
import signal
import sys

from exchange import embedded
from exchange.embedded import children
from exchange.embedded.errors import EmbeddedServersError
from exchange.embedded.locks import is_held, is_used
from exchange.embedded.places import Places, places

UP_SECONDS = 15.0
#: What the exchange keeps about its data beside it, unless it is told another place. With
#: heads of the seals of data that is gone, the next audit would halt all markets.
BESIDE = ("seals", "exports")


def status(where: Places) -> str:
    """What runs, and where."""
    addresses = embedded.urls()
    lines = [f"files     {where.var}"]
    if where.home != where.var:
        lines.append(f"          {where.home} (PostgreSQL's, for its user `nobody`)")
    for name, url in (("postgres", addresses.database_url), ("redis", addresses.redis_url)):
        state = "answers" if is_held(where.ready_lock(name)) else "stopped"
        lines.append(f"{name:9} {state}  {url}")
    lines.append(f"in use    {'yes' if is_used(where.users_lock) else 'no'}")
    return "\n".join(lines)


def stop(where: Places) -> str:
    """End `make up` if it runs here, and then the servers."""
    if is_held(where.up_lock):
        os.kill(int(where.up_lock.read_text()), signal.SIGTERM)
        children.wait_until(lambda: not is_held(where.up_lock), UP_SECONDS)
    if not embedded.stop_unused():
        raise EmbeddedServersError(
            "The servers are still in use: end the commands that use them (a shell, a "
            "test run), and stop again."
        )
    return "Stopped; the data is kept."


def wipe(where: Places) -> str:
    """Stop, and delete all data. The next start is a first start."""
    stop(where)
    data = where.var / "postgres"
    if data.is_symlink():
        data.unlink()
    if where.home != where.var:
        shutil.rmtree(where.home, ignore_errors=True)
    beside = [where.var / name for name in BESIDE]
    for directory in (
        where.data, where.data.with_suffix(".new"), where.redis_data, *beside
    ):  # fmt: skip
        shutil.rmtree(directory, ignore_errors=True)
    shutil.rmtree(where.sockets, ignore_errors=True)
    return f"Deleted the data in {where.var}."


def main() -> int:
    """Do what the argument says, and say how it went in one line; 1 on a refusal."""
    deeds = {"status": status, "stop": stop, "wipe": wipe}
    parser = argparse.ArgumentParser(prog="exchange.embedded", description=__doc__)
    parser.add_argument("deed", choices=deeds)
    try:
        sys.stdout.write(deeds[parser.parse_args().deed](places()) + "\n")
    except EmbeddedServersError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
