"""What must hold before the exchange starts."""

from typing import Any

from django.core.checks import Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from exchange import embedded

DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")


def refuse_unsafe_database() -> None:
    """Read the server's durability settings and refuse to go on when one is off.

    raises  ImproperlyConfigured: an acknowledged order could be lost
    """
    settings = {}
    with connection.cursor() as cursor:
        for name in DURABILITY:
            cursor.execute(f"SHOW {name}")
            settings[name] = cursor.fetchone()[0]
    try:
        embedded.refuse_unsafe(settings)
    except RuntimeError as refusal:
        raise ImproperlyConfigured(str(refusal)) from refusal


@register(Tags.database)
def database_is_durable(databases: Any = None, **_: Any) -> list[Error]:
    if not databases:
        return []
    try:
        refuse_unsafe_database()
    except ImproperlyConfigured as refusal:
        return [Error(str(refusal), id="exchange.E001")]
    return []
