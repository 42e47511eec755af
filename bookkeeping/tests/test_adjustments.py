"""What was booked wrongly is taken back: proposed by one, approved by another."""

import pytest

from bookkeeping.errors import (
    AdjustmentMovedOn,
    BookkeepingReasonMissing,
    MayNotAdjust,
    MayNotApproveAdjustment,
    NotReversible,
    OwnAccount,
    SameBookkeeper,
    SelectionInvalid,
    TakenBackAlready,
    UnknownAdjustment,
    UnknownTransfer,
)
from bookkeeping.models import Adjustment
from bookkeeping.selectors import (
    adjustment_case,
    adjustment_of_entry,
    adjustments_of,
    reversal_of,
    undecided_adjustments,
)
from bookkeeping.services import approve_adjustment, reject_adjustment
from bookkeeping.tests.offices import (
    HOUR,
    approved,
    deposited,
    fay,
    fred,
    has,
    proposed,
)
from exchange.audit import audit
from ledger.errors import InsufficientFunds
from ledger.models import Entry, Transfer
from tests.attempts import run
from tests.staff import member
from tests.stories import NOON, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "bookkeeping_adjustment",
            "bookkeeping_adjustmentline",
            "bookkeeping_adjustmentevent",
            "ledger_entry",
            "ledger_transfer",
            "ledger_account",
        )
    ]


# The way of two people ------------------------------------------------------------------


def test_the_mirror_image_of_what_was_wrong_is_posted_and_linked():
    alice = person("alice")
    right, wrong = deposited(alice, "5")

    adjustment = approved(proposed([wrong]))

    entry = Entry.objects.get(key=f"adjustment:{adjustment.pk}")
    mirror = Transfer.objects.get(entry=entry)
    assert has(alice) == "2.5"
    assert (
        entry.kind,
        entry.reference,
        entry.memo,
        entry.created_by,
        entry.created_at,
    ) == (
        "adjustment",
        "takes back wrong:0",
        "It was somebody else's.",
        fred(),
        NOON + 2 * HOUR,
    )
    assert (
        mirror.debit_id,
        mirror.credit_id,
        mirror.amount,
        mirror.code,
        mirror.ref,
        mirror.created_at,
    ) == (wrong.credit_id, wrong.debit_id, wrong.amount, 90, wrong.pk, NOON + 2 * HOUR)
    assert reversal_of(transfer_id=wrong.pk).reversal == mirror
    assert reversal_of(transfer_id=right.pk) is None
    assert adjustment_of_entry(entry_id=entry.pk) == adjustment
    assert adjustments_of(entry_id=wrong.entry_id) == [adjustment]
    assert [finding for finding in audit() if finding.violations] == []


def test_nothing_moves_before_a_second_person_has_approved():
    alice = person("alice")

    adjustment = proposed(deposited(alice, "5"))

    assert (adjustment.state, has(alice)) == ("proposed", "5")
    assert undecided_adjustments() == 1


def test_what_was_rejected_may_be_proposed_again():
    alice = person("alice")
    transfers = deposited(alice, "5")
    first = proposed(transfers)

    reject_adjustment(adjustment_id=first.pk, actor=fred(), reason="No.", now=NOON + HOUR)
    approved(proposed(transfers))

    assert has(alice) == "0"
    case = adjustment_case(adjustment_id=first.pk)
    assert (case.adjustment.state, case.posted) == ("rejected", None)
    assert [(it.after, it.actor, it.reason) for it in case.events] == [
        ("rejected", fred(), "No.")
    ]


def test_what_took_something_back_wrongly_is_taken_back_too():
    alice = person("alice")
    adjustment = approved(proposed(deposited(alice, "5")))
    mirrors = Transfer.objects.filter(entry__key=f"adjustment:{adjustment.pk}")

    approved(proposed(list(mirrors)))

    assert has(alice) == "5"


# Refusals -------------------------------------------------------------------------------


def test_who_proposed_it_does_not_decide_on_it():
    adjustment = proposed(actor=fay())
    before = everything()

    with pytest.raises(SameBookkeeper):
        approve_adjustment(adjustment_id=adjustment.pk, actor=fay(), now=NOON)
    with pytest.raises(SameBookkeeper):
        reject_adjustment(adjustment_id=adjustment.pk, actor=fay(), reason="r", now=NOON)

    assert everything() == before


def test_nobody_has_a_hand_in_an_adjustment_of_their_own_accounts():
    freds, fays = deposited(fred()), deposited(fay())
    adjustment = proposed(freds, actor=fay())
    before = everything()

    with pytest.raises(OwnAccount):
        proposed(fays, actor=fay())
    with pytest.raises(OwnAccount):
        approve_adjustment(adjustment_id=adjustment.pk, actor=fred(), now=NOON)

    assert everything() == before


def test_who_has_no_right_neither_proposes_nor_decides():
    erin = member("erin", "bookkeeping.view_adjustment")
    adjustment = proposed()
    before = everything()

    with pytest.raises(MayNotAdjust):
        proposed(deposited(), actor=erin)
    with pytest.raises(MayNotApproveAdjustment):
        approve_adjustment(adjustment_id=adjustment.pk, actor=erin, now=NOON)

    assert everything()[:3] == before[:3]


def test_of_two_decisions_the_first_counts():
    adjustment = approved()
    before = everything()

    with pytest.raises(AdjustmentMovedOn):
        approve_adjustment(adjustment_id=adjustment.pk, actor=fred(), now=NOON)
    with pytest.raises(AdjustmentMovedOn):
        reject_adjustment(adjustment_id=adjustment.pk, actor=fred(), reason="r", now=NOON)

    assert everything() == before


@pytest.mark.parametrize("reason", ["", "  ", "r" * 501])
def test_a_proposal_and_a_rejection_say_why(reason):
    transfers = deposited()
    adjustment = proposed(transfers[:1])
    before = everything()

    with pytest.raises(BookkeepingReasonMissing):
        proposed(transfers[1:], reason=reason)
    with pytest.raises(BookkeepingReasonMissing):
        reject_adjustment(
            adjustment_id=adjustment.pk, actor=fred(), reason=reason, now=NOON
        )

    assert everything() == before


def test_a_transfer_is_taken_back_once():
    transfers = deposited()
    proposed(transfers[:1])
    before = everything()

    with pytest.raises(TakenBackAlready):
        proposed(transfers)

    assert everything() == before


def test_the_chosen_transfers_are_of_one_entry_each_once():
    one, other = deposited(), deposited()
    before = everything()

    for ids in ([], [one[0].pk, one[0].pk], [one[0].pk, other[0].pk], [*range(201)]):
        with pytest.raises(SelectionInvalid):
            proposed(transfer_ids=ids)
    with pytest.raises(UnknownTransfer):
        proposed(transfer_ids=[10**9])

    assert everything() == before


def test_what_orders_count_on_is_not_taken_back():
    market, alice = make_market(), person("alice")
    fund(alice, "BTC", "1")
    place(alice, market, "sell", "0.5", at="60000")
    settle()
    hold = Transfer.objects.get(code=1)
    before = everything()

    with pytest.raises(NotReversible):
        proposed([hold])

    assert everything() == before


def test_a_fee_is_given_back():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "1")
    fund(bob, "USDT", "100000")
    place(alice, market, "sell", "0.5", at="60000")
    place(bob, market, "buy", "0.5", at="60000")
    settle()
    fee = Transfer.objects.filter(code=22, debit__owner=bob).get()

    approved(proposed([fee]))

    assert has(bob) == "0.5"
    assert [finding for finding in audit() if finding.violations] == []


def test_what_was_spent_meanwhile_is_not_taken_back():
    market, alice = make_market(), person("alice")
    adjustment = proposed(deposited(alice, "5"))
    place(alice, market, "sell", "0.5", at="60000")
    settle()
    before = everything()

    with pytest.raises(InsufficientFunds):
        approved(adjustment)

    assert everything() == before
    assert Adjustment.objects.get().state == "proposed"


def test_an_unknown_adjustment_is_not_found():
    with pytest.raises(UnknownAdjustment):
        approve_adjustment(adjustment_id=1, actor=fred(), now=NOON)
    with pytest.raises(UnknownAdjustment):
        adjustment_case(adjustment_id=1)
