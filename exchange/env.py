"""Every environment variable once: name, type, default, meaning.

`.env.example` lists the same names; a test compares the two.
"""

from pathlib import Path
from typing import Final

import environ

PROJECT: Final = Path(__file__).resolve().parent.parent

env = environ.Env(
    # Where the servers are. Unset: embedded servers start under var/.
    DATABASE_URL=(str, ""),
    DATABASE_OWNER_URL=(str, ""),
    DATABASE_ROLE=(str, "app"),
    DATABASE_POOL=(int, 0),
    REDIS_URL=(str, ""),
    # Django.
    SECRET_KEY=(str, ""),
    DEBUG=(bool, False),
    ALLOWED_HOSTS=(list, ["127.0.0.1", "localhost", "[::1]"]),
    CSRF_TRUSTED_ORIGINS=(list, []),
    HTTPS=(bool, False),
    # Logs: "text" for people, "json" for machines.
    LOG_FORMAT=(str, "text"),
    LOG_LEVEL=(str, "INFO"),
    # Use the matcher that `make compile` has made.
    FAIRBOOK_COMPILED=(bool, False),
    # How long POST /orders waits for the engine's answer, in milliseconds.
    ORDER_WAIT_MS=(int, 250),
    # What Prometheus sends as its bearer token to read /metrics; empty: staff alone may.
    METRICS_TOKEN=(str, ""),
    # Where the heads of the seals are exported to, outside the database; empty: var/seals.
    SEALS_DIR=(str, ""),
    # Where exported reports are kept, for all processes; empty: var/exports.
    EXPORTS_DIR=(str, ""),
    # Requests a minute from one address to sign-up and login.
    LOGIN_RATE=(str, "30/min"),
)
environ.Env.read_env(PROJECT / ".env", overwrite=False)
