#!/usr/bin/env python
"""Django's command line, in the same servers as `make up`."""

import os
import sys

#: These change tables; everything else acts as the restricted role.
OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "sqlmigrate",
    "showmigrations",
    "bench",
    "replay",
}
#: These talk to no server.
OFFLINE_COMMANDS = {
    "help",
    "--help",
    "--version",
    "version",
    "check",
    "spectacular",
    "collectstatic",
}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")
    if command in OWNER_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    if command not in OFFLINE_COMMANDS:
        # `env` reads .env, which may name the servers, before they are held.
        from exchange import embedded, env, supervised  # noqa: F401

        supervised.follow_if_asked()
        embedded.hold()

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
