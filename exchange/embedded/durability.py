"""Acknowledged means durable: refuse a PostgreSQL that is told to cut corners."""

from collections.abc import Mapping

from exchange.embedded.errors import UnsafeDurabilityError

GUARDED_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")


def refuse_unsafe(settings: Mapping[str, str]) -> None:
    """Raise UnsafeDurabilityError when a durability setting is off, or was not read.

    `settings` maps each of GUARDED_SETTINGS to what `SHOW <name>` answers. The same check
    guards the embedded server at its start and a given server when the exchange boots.
    """
    off = [name for name in GUARDED_SETTINGS if settings.get(name, "off") == "off"]
    if off:
        raise UnsafeDurabilityError(
            f"PostgreSQL runs with {', '.join(off)} off: a crash could lose trades that "
            f"were acknowledged. Run `ALTER SYSTEM RESET {off[0]}` (and so on), reload, "
            f"and start again."
        )
