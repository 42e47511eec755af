"""PostgreSQL and Redis without an installation, for development and tests.

Used where DATABASE_URL or REDIS_URL is unset. Every process that needs them calls `hold`;
a keeper process (keeper.py) owns the servers and stops them after the last user has gone.
Knows neither Django nor the settings, which ask it for the URLs.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from exchange.embedded.durability import refuse_unsafe
from exchange.embedded.errors import EmbeddedServersError, UnsafeDurabilityError
from exchange.embedded.places import POSTGRES_PORT, make_directory, places
from exchange.embedded.users import hold, stop_unused, wanted

__all__ = [
    "EmbeddedServersError",
    "UnsafeDurabilityError",
    "Urls",
    "hold",
    "refuse_unsafe",
    "stop_unused",
    "urls",
    "var_dir",
    "wanted",
]


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the embedded servers listen, running or not."""

    database_url: str
    redis_url: str


def urls() -> Urls:
    """The embedded servers' addresses. Starts nothing; the same in every process."""
    where = places()
    sockets = quote(str(where.sockets), safe="")
    return Urls(
        database_url=f"postgresql://fairbook@/fairbook?host={sockets}&port={POSTGRES_PORT}",
        redis_url=f"unix://{quote(str(where.redis_socket))}?db=0",
    )


def var_dir() -> Path:
    """The directory for what this clone keeps: `var`, or FAIRBOOK_VAR. Made if missing."""
    directory = places().var
    make_directory(directory)
    return directory
