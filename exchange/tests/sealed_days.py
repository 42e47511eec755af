"""A day of an exchange that was sealed, and what is found of it afterwards."""

from datetime import timedelta

from exchange.seals import broken_seals, streams
from kernel.invariants import Scope
from ledger.services import seal_stream, take_snapshot
from tests.stories import NOON, fund, make_market, person, place, settle

EVERYTHING, A_MINUTE = Scope(full=True), Scope(full=False)
#: Long after everything happened: whatever waits has waited long enough.
LATE = NOON + timedelta(days=3650)


def a_day() -> None:
    """Some seals of the transfers, and one or more of every other log that has rows."""
    market = make_market()
    fund(person("dave"), "USDT", "100000")
    for hour, name in enumerate(("alice", "bob", "carol")):
        fund(person(name), "BTC", "1")
        fund(person(name), "USDT", "100000")
        place(person(name), market, "sell", "0.1", at="60000")
        place(person("dave"), market, "buy", "0.1", at="60000")
        settle()
        seal_everything()
        take_snapshot(now=NOON + timedelta(hours=hour), every=1)
    person("mallory")


def seal_everything() -> None:
    for stream in streams():
        while seal_stream(stream=stream, now=LATE, least=1, most=7):
            pass


def found(scope: Scope = EVERYTHING) -> list[str]:
    return list(broken_seals(scope))
