"""What the database refuses of withdrawals, by raw SQL. README.md lists the rules."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction

from accounts.models import User
from tests.attempts import is_append_only, refused, refused_to_all, run, the_owner
from tests.stories import NOON, asset
from withdrawals.models import Withdrawal
from withdrawals.services import cancel_withdrawal
from withdrawals.states import ARROWS, State
from withdrawals.tests.wishes import ADDRESS, alice_with, approved, carol, dave, wish

pytestmark = pytest.mark.django_db
EVENT = (
    "INSERT INTO withdrawals_event "
    "(withdrawal_id, before, after, actor_id, reason, txid, digest, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, now())"
)
WITHDRAWAL = (
    "INSERT INTO withdrawals_withdrawal "
    "(user_id, asset_id, amount, address, client_withdrawal_id, state, txid, created_at, "
    "updated_at) VALUES (%s, %s, %s, %s, %s, %s, '', now(), now()) RETURNING id"
)
#: What a commit checks, checked now.
COMMIT = "SET CONSTRAINTS ALL IMMEDIATE"
TXID = "00ff"


def insert_event(asked: Withdrawal, before: str, after: str, actor, **other: str) -> None:
    """An event with all that belongs to its state."""
    said = {
        "reason": "why" if after in ("rejected", "failed") else "",
        "txid": TXID if after == "paid" else "",
        "digest": asked.digest if after == "approved" else "",
    } | other
    run(EVENT, asked.pk, before, after, actor.pk, *said.values())


def insert_withdrawal(alice, **other: object) -> int:
    terms = {
        "asset": asset("BTC").pk,
        "amount": 50_000_000,
        "address": ADDRESS,
        "client_id": None,
        "state": "requested",
    } | other
    return run(WITHDRAWAL, alice.pk, *terms.values())[0][0]


def state_of(asked: Withdrawal) -> str:
    asked.refresh_from_db()
    return asked.state


# Terms ----------------------------------------------------------------------------------


def test_a_withdrawal_moves_something():
    alice = alice_with("2")

    for amount in (0, -1):
        with refused("withdrawal_amount_positive"):
            insert_withdrawal(alice, amount=amount)


def test_an_address_is_printable_ascii_without_spaces():
    alice = alice_with("2")

    for address in ("", "two words", "tab\t", "ｆｕｌｌ", "line\n", "é"):
        with refused("withdrawal_address_is_plain"):
            insert_withdrawal(alice, address=address)


def test_a_client_withdrawal_id_names_one_withdrawal_of_a_user():
    alice = alice_with("2")
    wish(alice, client_withdrawal_id="rent")

    with refused("client_withdrawal_id_is_unique"):
        insert_withdrawal(alice, client_id="rent")


def test_a_withdrawal_begins_requested():
    alice = alice_with("2")

    for state in set(State) - {State.REQUESTED}:
        with refused("a withdrawal begins requested"):
            insert_withdrawal(alice, state=state)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "id + 1"),
        ("user_id", "user_id + 1"),
        ("asset_id", "asset_id + 1"),
        ("amount", "amount + 1"),
        ("address", "'bc1qthief'"),
        ("client_withdrawal_id", "'other'"),
        ("created_at", "now()"),
        ("state", "'approved'"),
        ("decided_by_id", "user_id"),
        ("txid", "'00ff'"),
        ("updated_at", "now()"),
    ],
)
def test_a_withdrawal_keeps_its_terms_and_moves_only_by_events(column, value):
    wish(alice_with("2"))
    before = run("SELECT * FROM withdrawals_withdrawal")
    change = f"UPDATE withdrawals_withdrawal SET {column} = {value}"

    why = "permission denied" if column != "id" else "moves only by an event"
    with refused(why):
        run(change)
    with the_owner(), refused("moves only by an event"):
        run(change)

    assert run("SELECT * FROM withdrawals_withdrawal") == before


def test_withdrawals_are_never_deleted():
    wish(alice_with("2"))

    for statement in (
        "DELETE FROM withdrawals_withdrawal",
        "TRUNCATE withdrawals_withdrawal CASCADE",
    ):
        refused_to_all(statement, why="withdrawals_withdrawal is append-only")

    assert Withdrawal.objects.count() == 1


# Events ---------------------------------------------------------------------------------


def test_events_are_for_ever():
    approved(alice_with("2"))

    is_append_only("withdrawals_event")


def test_an_event_moves_its_withdrawal():
    asked = wish(alice_with("2"))

    insert_event(asked, "requested", "approved", carol())

    assert state_of(asked) == "approved"
    assert asked.decided_by == carol()


def test_an_event_begins_where_the_withdrawal_is():
    asked = approved(alice_with("2"))

    with refused(f"withdrawal {asked.pk} is not requested"):
        insert_event(asked, "requested", "rejected", dave())

    assert state_of(asked) == "approved"


@pytest.mark.parametrize(("before", "after"), [*itertools.product(State, State)])
def test_an_event_follows_an_arrow_of_the_table(before, after):
    alice = alice_with("2")
    asked = {"requested": wish, "approved": approved}.get(before, wish)(alice)
    actor = alice if after == "cancelled" else dave()

    if (before, after) in {(start, end) for (start, _), end in ARROWS.items()}:
        with transaction.atomic():
            insert_event(asked, before, after, actor)
            assert state_of(asked) == after
            transaction.set_rollback(True)  # for the books know nothing of it
    else:
        with refused("withdrawal_event_follows_an_arrow"):
            insert_event(asked, before, after, actor)


def test_a_final_state_is_final():
    alice = alice_with("2")
    asked = wish(alice)
    cancel_withdrawal(user_id=alice.pk, withdrawal_id=asked.pk, now=NOON)

    with the_owner(), refused("withdrawal_enters_a_state_once"):
        insert_event(asked, "requested", "cancelled", alice)
    with the_owner(), refused(f"withdrawal {asked.pk} is not requested"):
        insert_event(asked, "requested", "approved", carol())

    assert state_of(asked) == "cancelled"


DECIDED = "withdrawal_is_decided_by_another"
ALL_ELSE = "cancelled by its requester, and all else is done by others"


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("requested", "approved", DECIDED),
        ("requested", "rejected", DECIDED),
        ("approved", "paid", ALL_ELSE),
        ("approved", "failed", ALL_ELSE),
    ],
)
def test_nobody_decides_on_their_own_withdrawal(before, after, why):
    alice = alice_with("2")
    asked = wish(alice) if before == "requested" else approved(alice)

    with refused(why):
        insert_event(asked, before, after, alice)
    with the_owner(), refused(why):
        insert_event(asked, before, after, alice)

    assert state_of(asked) == before


def test_nobody_else_cancels_a_withdrawal():
    asked = wish(alice_with("2"))

    with refused(ALL_ELSE):
        insert_event(asked, "requested", "cancelled", carol())

    assert state_of(asked) == "requested"


def test_every_event_has_its_actor():
    asked = wish(alice_with("2"))

    with refused("null value in column"):
        insert_event(asked, "requested", "approved", User(pk=None))

    assert state_of(asked) == "requested"


def test_a_decision_has_its_maker():
    alice = alice_with("2")
    wish(alice)

    with unguarded("withdrawals_move_by_events"):
        for state in set(State) - {State.REQUESTED, State.CANCELLED}:
            with refused("withdrawal_decision_has_its_maker"):
                run("UPDATE withdrawals_withdrawal SET state = %s, txid = '1'", state)
        with refused("withdrawal_decision_has_its_maker"):
            run("UPDATE withdrawals_withdrawal SET decided_by_id = %s", carol().pk)


def test_a_rejection_and_a_failure_have_their_reason():
    alice = alice_with("2")
    asked, agreed = wish(alice), approved(alice)

    with refused("withdrawal_refusal_has_its_reason"):
        insert_event(asked, "requested", "rejected", dave(), reason="")
    with refused("withdrawal_refusal_has_its_reason"):
        insert_event(agreed, "approved", "failed", dave(), reason="")

    assert (state_of(asked), state_of(agreed)) == ("requested", "approved")


def test_what_is_paid_has_its_txid_and_nothing_else_has_one():
    alice = alice_with("2")
    asked, agreed = wish(alice), approved(alice)

    with refused("withdrawal_paid_has_its_txid"):
        insert_event(agreed, "approved", "paid", dave(), txid="")
    with refused("withdrawal_paid_has_its_txid"):
        insert_event(asked, "requested", "approved", dave(), txid=TXID)

    assert (state_of(asked), state_of(agreed)) == ("requested", "approved")


def test_an_approval_is_bound_to_a_digest_and_nothing_else_is():
    alice = alice_with("2")
    asked, agreed = wish(alice), approved(alice)

    for digest in ("", "x" * 64):
        with refused("withdrawal_approval_is_bound"):
            insert_event(asked, "requested", "approved", dave(), digest=digest)
    with refused("withdrawal_approval_is_bound"):
        insert_event(agreed, "approved", "paid", dave(), digest=agreed.digest)

    assert (state_of(asked), state_of(agreed)) == ("requested", "approved")


def test_an_approval_is_of_these_terms():
    alice = alice_with("2")
    asked, other = wish(alice, "0.5"), wish(alice, "0.1")

    with refused(f"the terms of withdrawal {asked.pk} are not what was approved"):
        insert_event(asked, "requested", "approved", carol(), digest=other.digest)

    assert state_of(asked) == "requested"


def test_what_was_changed_after_the_approval_is_not_paid():
    agreed = approved(alice_with("2"))
    with unguarded("withdrawals_move_by_events"):
        run("UPDATE withdrawals_withdrawal SET amount = amount - 1")

    with refused(f"the terms of withdrawal {agreed.pk} are not what was approved"):
        insert_event(agreed, "approved", "paid", dave())

    assert state_of(agreed) == "approved"


@contextmanager
def unguarded(trigger: str) -> Iterator[None]:
    """Act as the owner, with a guard of the withdrawals off, to see what is behind it."""
    with the_owner():
        run(f"ALTER TABLE withdrawals_withdrawal DISABLE TRIGGER {trigger}")
        try:
            yield
        finally:
            run(f"ALTER TABLE withdrawals_withdrawal ENABLE TRIGGER {trigger}")


# The books ------------------------------------------------------------------------------


def test_no_withdrawal_is_committed_without_its_hold():
    alice = alice_with("2")

    with refused("the books have no entry withdrawal:"):
        insert_withdrawal(alice)
        run(COMMIT)

    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize(
    ("after", "purpose"),
    [
        ("paid", "paid"),
        ("failed", "released"),
        ("rejected", "released"),
        ("cancelled", "released"),
    ],
)
def test_no_end_is_committed_without_its_entry(after, purpose):
    alice = alice_with("2")
    before = "approved" if after in ("paid", "failed") else "requested"
    asked = wish(alice) if before == "requested" else approved(alice)
    actor = alice if after == "cancelled" else dave()

    with refused(f"the books have no entry withdrawal:{asked.pk}:{purpose}"):
        insert_event(asked, before, after, actor)
        run(COMMIT)

    assert state_of(asked) == before
