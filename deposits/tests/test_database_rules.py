"""What the database refuses of deposits, by raw SQL. README.md lists the rules."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from accounts.models import User
from deposits.models import Deposit
from deposits.services import confirm_deposit, refuse_deposit
from deposits.states import ARROWS, State
from deposits.tests.arrivals import TXID, arrived, carol, dave
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db
EVENT = (
    "INSERT INTO deposits_event (deposit_id, before, after, actor_id, reason, created_at) "
    "VALUES (%s, %s, %s, %s, %s, now())"
)
DEPOSIT = (
    "INSERT INTO deposits_deposit "
    "(user_id, asset_id, amount, reference, entered_by_id, state, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, now())"
)
#: What a commit checks, checked now.
COMMIT = "SET CONSTRAINTS ALL IMMEDIATE"


def insert_event(deposit: Deposit, before: str, after: str, actor, reason="why") -> None:
    run(EVENT, deposit.pk, before, after, actor.pk, reason)


def insert_deposit(**other: object) -> None:
    facts = {
        "user": person("alice").pk,
        "asset": asset("BTC").pk,
        "amount": 50_000_000,
        "reference": TXID,
        "entered_by": carol().pk,
        "state": "entered",
    } | other
    run(DEPOSIT, *facts.values())


def state_of(deposit: Deposit) -> str:
    deposit.refresh_from_db()
    return deposit.state


@contextmanager
def unguarded(trigger: str) -> Iterator[None]:
    """Act as the owner, with a guard of the deposits off, to see what is behind it."""
    with the_owner():
        run(f"ALTER TABLE deposits_deposit DISABLE TRIGGER {trigger}")
        try:
            yield
        finally:
            run(f"ALTER TABLE deposits_deposit ENABLE TRIGGER {trigger}")


# Facts ----------------------------------------------------------------------------------


def test_a_deposit_is_of_something():
    for amount in (0, -1):
        with refused("deposit_amount_positive"):
            insert_deposit(amount=amount)


def test_a_reference_is_printable_ascii_without_spaces():
    for reference in ("", "two words", "tab\t", "line\n", "é"):
        with refused("deposit_reference_is_plain"):
            insert_deposit(reference=reference)


def test_a_payment_is_entered_once_unless_it_was_refused():
    deposit = arrived(reference=TXID)

    with refused("deposit_reference_is_unique"):
        insert_deposit(amount=1)
    refuse_deposit(deposit_id=deposit.pk, actor=dave(), reason="why", now=NOON)
    insert_deposit(amount=1)


def test_a_deposit_begins_entered():
    for state in set(State) - {State.ENTERED}:
        with refused("a deposit begins entered"):
            insert_deposit(state=state)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "id + 1"),
        ("user_id", "user_id + 1"),
        ("asset_id", "asset_id + 1"),
        ("amount", "amount + 1"),
        ("reference", "'other'"),
        ("entered_by_id", "entered_by_id + 1"),
        ("created_at", "now()"),
        ("state", "'credited'"),
        ("decided_by_id", "user_id"),
        ("decided_at", "now()"),
    ],
)
def test_a_deposit_keeps_its_facts_and_moves_only_by_events(column, value):
    arrived()
    before = run("SELECT * FROM deposits_deposit")
    change = f"UPDATE deposits_deposit SET {column} = {value}"

    with refused("permission denied" if column != "id" else "moves only by an event"):
        run(change)
    with the_owner(), refused("moves only by an event"):
        run(change)

    assert run("SELECT * FROM deposits_deposit") == before


def test_deposits_are_never_deleted():
    arrived()

    for statement in (
        "DELETE FROM deposits_deposit",
        "TRUNCATE deposits_deposit CASCADE",
    ):
        refused_to_all(statement, why="deposits_deposit is append-only")

    assert Deposit.objects.count() == 1


# Events ---------------------------------------------------------------------------------


def test_events_are_for_ever():
    confirm_deposit(deposit_id=arrived().pk, actor=dave(), now=NOON)

    is_append_only("deposits_event")


def test_an_event_moves_its_deposit():
    deposit = arrived()

    insert_event(deposit, "entered", "refused", dave())

    assert state_of(deposit) == "refused"
    assert deposit.decided_by == dave()


def test_an_event_begins_where_the_deposit_is():
    deposit = arrived()
    insert_event(deposit, "entered", "refused", dave())

    with refused(f"deposit {deposit.pk} is not entered"):
        insert_event(deposit, "entered", "credited", dave())

    assert state_of(deposit) == "refused"


def test_a_state_is_entered_once():
    deposit = arrived()
    insert_event(deposit, "entered", "refused", dave())

    with the_owner(), refused("deposit_enters_a_state_once"):
        insert_event(deposit, "entered", "refused", dave())


@pytest.mark.parametrize(("before", "after"), [*itertools.product(State, State)])
def test_an_event_follows_an_arrow_of_the_table(before, after):
    deposit = arrived()

    if (before, after) in {(start, end) for (start, _), end in ARROWS.items()}:
        with transaction.atomic():
            insert_event(deposit, before, after, dave())
            assert state_of(deposit) == after
            transaction.set_rollback(True)  # for the books know nothing of it
    else:
        with refused("deposit_event_follows_an_arrow"):
            insert_event(deposit, before, after, dave())


@pytest.mark.parametrize("after", ["credited", "refused"])
def test_who_entered_a_deposit_does_not_decide_on_it(after):
    deposit = arrived(actor=carol())

    with refused("deposit_is_decided_by_another"):
        insert_event(deposit, "entered", after, carol())

    assert state_of(deposit) == "entered"


def test_nobody_handles_a_deposit_to_themselves():
    deposit = arrived(dave(), actor=carol())

    with refused("deposit_is_handled_by_others"):
        insert_event(deposit, "entered", "credited", dave())
    with refused("deposit_is_handled_by_others"):
        insert_deposit(user=carol().pk, reference="own")

    assert state_of(deposit) == "entered"


def test_every_event_has_its_actor():
    deposit = arrived()

    with refused("null value in column"):
        insert_event(deposit, "entered", "credited", User(pk=None))

    assert state_of(deposit) == "entered"


def test_a_decision_has_its_maker():
    arrived()

    with unguarded("deposits_move_by_events"):
        for state in ("credited", "refused"):
            with refused("deposit_decision_has_its_maker"):
                run("UPDATE deposits_deposit SET state = %s", state)
        with refused("deposit_decision_has_its_maker"):
            run("UPDATE deposits_deposit SET decided_by_id = %s", dave().pk)


def test_a_refusal_has_its_reason():
    deposit = arrived()

    with refused("deposit_refusal_has_its_reason"):
        insert_event(deposit, "entered", "refused", dave(), reason="")

    assert state_of(deposit) == "entered"


# The books ------------------------------------------------------------------------------


def test_nothing_is_committed_as_credited_without_its_entry():
    deposit = arrived()

    with refused(f"the books have no entry deposit:{deposit.pk}"):
        insert_event(deposit, "entered", "credited", dave())
        run(COMMIT)

    assert state_of(deposit) == "entered"
