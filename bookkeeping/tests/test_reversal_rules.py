"""What the database refuses of reversals, by raw SQL. README.md lists the rules."""

import pytest

from bookkeeping.tests.by_hand import (
    COMMIT,
    TRANSFER,
    approve_by_hand,
    insert_event,
    insert_mirror,
    owning,
)
from bookkeeping.tests.offices import approved, deposited, fred, proposed
from ledger.models import Entry, Transfer
from tests.attempts import refused, run

pytestmark = pytest.mark.django_db


def state_of(adjustment) -> str:
    adjustment.refresh_from_db()
    return adjustment.state


def test_what_is_approved_is_taken_back_in_the_same_transaction():
    one, other = deposited()
    adjustment = proposed([one, other])

    with refused(f"adjustment {adjustment.pk} is approved and not in the books"):
        insert_event(adjustment, "proposed", "approved", fred())
        run(COMMIT)
    with refused(f"adjustment {adjustment.pk} is approved and not in the books"):
        insert_mirror(approve_by_hand(adjustment), one)
        run(COMMIT)

    assert state_of(adjustment) == "proposed"


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 1},
        {"ref": 1},
        {"turned": False},
        {"entry": "another"},
    ],
    ids=str,
)
def test_a_reversal_is_the_mirror_image_of_what_was_approved(other):
    one, _ = deposited()
    adjustment = proposed([one])
    facts = {k: v for k, v in other.items() if k in ("amount", "ref")}
    if "turned" in other:
        facts |= {"debit": one.debit_id, "credit": one.credit_id}

    with owning(), refused("takes back, once, what an approved adjustment names"):
        entry = approve_by_hand(adjustment)
        insert_mirror(one.entry_id if "entry" in other else entry, one, **facts)

    assert state_of(adjustment) == "proposed"


def test_a_reversal_comes_once():
    one, other, *_ = deposited() + deposited()  # more than enough for each
    approved(proposed([one]))
    entry = Entry.objects.get(kind="adjustment").pk

    with owning(), refused("takes back, once, what an approved adjustment names"):
        insert_mirror(entry, one)
    with owning(), refused("takes back, once, what an approved adjustment names"):
        insert_mirror(entry, other)
    with owning(), refused("takes back, once, what an approved adjustment names"):
        run(
            f"{TRANSFER}, (%s, %s, %s, %s, %s, %s, %s, now())",
            *[approve_by_hand(proposed([other])), *mirrored(other)],
            *[Entry.objects.latest("id").pk, *mirrored(other)],
        )


def mirrored(of: Transfer) -> list[int]:
    return [of.credit_id, of.debit_id, of.asset_id, of.amount, 90, of.pk]


def test_an_adjustment_takes_back_and_does_nothing_else():
    one, _ = deposited()
    adjustment = proposed([one])

    with owning(), refused("an adjustment takes back, and does nothing else"):
        insert_mirror(approve_by_hand(adjustment), one, code=80)
