"""What must always be true, written so that a machine can look for the contrary."""

from typing import NamedTuple


class Invariant(NamedTuple):
    """One rule and the query that finds its violations.

    id        stable, e.g. "L3"; `manage.py audit` lists them all
    sentence  the rule, for people
    sql       selects one text column, a line for each violation; nothing when the rule
              holds
    """

    id: str
    sentence: str
    sql: str
