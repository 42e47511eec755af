"""The only reader of the wall clock. Everything below an interface takes `now`."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)
