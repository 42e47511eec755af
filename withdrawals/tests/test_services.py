"""A withdrawal's ways through the services, and what the books say of each."""

from datetime import timedelta

import pytest

from kernel.errors import ExchangeError, InvariantBroken
from ledger.errors import InsufficientFunds
from ledger.models import Entry, Transfer
from ledger.transfers import TransferCode
from tests.attempts import run, the_owner
from tests.staff import member
from tests.stories import NOON, asset, fund, person
from withdrawals.errors import (
    ClientWithdrawalIdReused,
    MayNotDecide,
    OwnWithdrawal,
    TxidMissing,
    UnknownWithdrawal,
    WithdrawalMovedOn,
    WithdrawalReasonMissing,
)
from withdrawals.models import Withdrawal, WithdrawalEvent
from withdrawals.services import (
    RIGHT_TO_DECIDE,
    approve_withdrawal,
    cancel_withdrawal,
    mark_withdrawal_failed,
    mark_withdrawal_paid,
    reject_withdrawal,
)
from withdrawals.tests.wishes import (
    alice_with,
    approved,
    carol,
    custody,
    dave,
    purse,
    steps_of,
    wish,
)

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
TXID = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"


def approve(asked: Withdrawal, actor, **terms) -> Withdrawal:
    said = {"digest": asked.digest} | terms
    return approve_withdrawal(withdrawal_id=asked.pk, actor=actor, now=LATER, **said)


def booked(asked: Withdrawal) -> list[tuple[str, int, int]]:
    """(key, amount, code) of every entry about withdrawals."""
    entries = Entry.objects.filter(kind=Entry.Kind.WITHDRAWAL).order_by("id")
    return [
        (entry.key, transfer.amount, transfer.code)
        for entry in entries
        for transfer in Transfer.objects.filter(entry=entry, ref=asked.pk)
    ]


def everything() -> list[list[tuple]]:
    """All that a withdrawal could have written."""
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "withdrawals_withdrawal",
            "withdrawals_event",
            "ledger_account",
            "ledger_entry",
            "ledger_transfer",
        )
    ]


# Request --------------------------------------------------------------------------------


def test_a_requested_amount_is_held_at_once():
    alice = alice_with("2")

    asked = wish(alice, "0.5")

    assert asked.state == "requested"
    assert purse(alice) == ("1.5", "0.5")
    assert custody() == "2"
    assert booked(asked) == [
        (f"withdrawal:{asked.pk}:hold", 50_000_000, TransferCode.WITHDRAWAL_HOLD)
    ]


def test_who_has_too_little_withdraws_nothing():
    alice = alice_with("2")
    wish(alice, "1.9")
    before = everything()

    with pytest.raises(InsufficientFunds):
        wish(alice, "0.10000001")

    assert everything() == before


def test_who_never_had_anything_withdraws_nothing():
    before = everything()

    with pytest.raises(InsufficientFunds):
        wish(person("bob"), "0.1")

    assert everything() == before


def test_a_resend_under_the_same_client_id_returns_the_first():
    alice = alice_with("2")
    first = wish(alice, "0.5", client_withdrawal_id="rent-november")
    before = everything()

    again = wish(alice, "0.5", client_withdrawal_id="rent-november", now=LATER)

    assert again == first
    assert everything() == before


@pytest.mark.parametrize(
    "other", [{"amount": "0.6"}, {"address": "bc1qsomewhereelse"}], ids=str
)
def test_a_client_id_does_not_name_two_withdrawals(other):
    alice = alice_with("2")
    wish(alice, "0.5", client_withdrawal_id="rent-november")
    before = everything()

    with pytest.raises(ClientWithdrawalIdReused):
        wish(alice, **{"amount": "0.5", "client_withdrawal_id": "rent-november"} | other)

    assert everything() == before


def test_two_people_may_use_the_same_client_id():
    alice, bob = alice_with("2"), person("bob")
    fund(bob, "BTC", "1")

    one = wish(alice, client_withdrawal_id="1")
    other = wish(bob, client_withdrawal_id="1")

    assert one != other


# Decide ---------------------------------------------------------------------------------


def test_an_approved_amount_stays_held_until_it_is_paid():
    alice = alice_with("2")
    asked = wish(alice, "0.5")

    decided = approve(asked, carol())

    assert (decided.state, decided.decided_by, decided.decided_at) == (
        "approved",
        carol(),
        LATER,
    )
    assert purse(alice) == ("1.5", "0.5")
    assert steps_of(asked) == [("requested", "approved", "carol@example.com", "")]
    assert WithdrawalEvent.objects.get().digest == asked.digest


def test_a_paid_amount_leaves_the_user_and_custody():
    alice = alice_with("2")
    asked = approved(alice, "0.5")

    paid = mark_withdrawal_paid(withdrawal_id=asked.pk, actor=dave(), txid=TXID, now=LATER)

    assert (paid.state, paid.txid, paid.decided_by) == ("paid", TXID, carol())
    assert purse(alice) == ("1.5", "0")
    assert custody() == "1.5"
    assert steps_of(asked)[1:] == [("approved", "paid", "dave@example.com", TXID)]
    assert booked(asked)[1:] == [
        (f"withdrawal:{asked.pk}:paid", 50_000_000, TransferCode.WITHDRAWAL_PAID)
    ]


def test_a_rejected_amount_is_available_again():
    alice = alice_with("2")
    asked = wish(alice, "0.5")

    rejected = reject_withdrawal(
        withdrawal_id=asked.pk, actor=carol(), reason=" No such address. ", now=LATER
    )

    assert (rejected.state, rejected.decided_by) == ("rejected", carol())
    assert purse(alice) == ("2", "0")
    assert steps_of(asked) == [
        ("requested", "rejected", "carol@example.com", "No such address.")
    ]
    assert booked(asked)[1:] == [
        (f"withdrawal:{asked.pk}:released", 50_000_000, TransferCode.WITHDRAWAL_RELEASE)
    ]


def test_a_failed_amount_is_available_again():
    alice = alice_with("2")
    asked = approved(alice, "0.5")

    failed = mark_withdrawal_failed(
        withdrawal_id=asked.pk, actor=dave(), reason="The node refused it.", now=LATER
    )

    assert failed.state == "failed"
    assert purse(alice) == ("2", "0")
    assert custody() == "2"
    assert [key for key, _, _ in booked(asked)] == [
        f"withdrawal:{asked.pk}:hold",
        f"withdrawal:{asked.pk}:released",
    ]


def test_the_requester_may_cancel_until_somebody_has_decided():
    alice = alice_with("2")
    asked = wish(alice, "0.5")

    cancelled = cancel_withdrawal(user_id=alice.pk, withdrawal_id=asked.pk, now=LATER)

    assert (cancelled.state, cancelled.decided_by) == ("cancelled", None)
    assert purse(alice) == ("2", "0")
    assert steps_of(asked) == [("requested", "cancelled", "alice@example.com", "")]


def test_cancelling_again_changes_nothing():
    alice = alice_with("2")
    asked = wish(alice, "0.5")
    cancel_withdrawal(user_id=alice.pk, withdrawal_id=asked.pk, now=LATER)
    before = everything()

    again = cancel_withdrawal(user_id=alice.pk, withdrawal_id=asked.pk, now=LATER)

    assert again.state == "cancelled"
    assert everything() == before


# Refusals -------------------------------------------------------------------------------


def is_refused(why: type[ExchangeError], step) -> None:
    """Expect that `step` is refused for that reason, and that nothing is written."""
    before = everything()

    with pytest.raises(why):
        step()

    assert everything() == before


def all_steps(asked: Withdrawal, actor):
    """Every step that the staff has, as functions without arguments."""
    target = {"withdrawal_id": asked.pk, "actor": actor, "now": LATER}
    return {
        "approve": lambda: approve_withdrawal(digest=asked.digest, **target),
        "reject": lambda: reject_withdrawal(reason="why", **target),
        "pay": lambda: mark_withdrawal_paid(txid=TXID, **target),
        "fail": lambda: mark_withdrawal_failed(reason="why", **target),
    }


@pytest.mark.parametrize("step", ["approve", "reject", "pay", "fail"])
def test_nobody_decides_on_their_own_withdrawal(step):
    alice_with("2")
    alice = member("alice", RIGHT_TO_DECIDE)
    asked = wish(alice) if step in ("approve", "reject") else approved(alice)

    is_refused(OwnWithdrawal, all_steps(asked, alice)[step])


def test_not_even_a_superuser_decides_on_their_own_withdrawal():
    alice = alice_with("2")
    alice.is_superuser = alice.is_staff = True
    alice.save()
    asked = wish(alice)

    is_refused(OwnWithdrawal, all_steps(asked, alice)["approve"])


@pytest.mark.parametrize("step", ["approve", "reject", "pay", "fail"])
def test_who_has_no_right_to_decide_decides_nothing(step):
    alice = alice_with("2")
    asked = wish(alice) if step in ("approve", "reject") else approved(alice)

    is_refused(MayNotDecide, all_steps(asked, member("erin"))[step])


def test_who_lost_the_right_or_the_job_decides_nothing():
    asked = wish(alice_with("2"))
    gone = carol()
    gone.is_active = False

    is_refused(MayNotDecide, all_steps(asked, gone)["approve"])


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        ("requested", {"approve", "reject", "cancel"}),
        ("approved", {"pay", "fail"}),
        ("paid", set()),
        ("failed", set()),
        ("rejected", set()),
        ("cancelled", set()),
    ],
)
def test_only_the_steps_of_the_table_are_possible(state, possible):
    alice = alice_with("2")
    asked = in_state(alice, state)
    steps = all_steps(asked, dave())
    if state != "cancelled":  # which may be repeated
        steps["cancel"] = lambda: cancel_withdrawal(
            user_id=alice.pk, withdrawal_id=asked.pk, now=LATER
        )

    for name in steps.keys() - possible:
        is_refused(WithdrawalMovedOn, steps[name])


def in_state(alice, state: str) -> Withdrawal:
    way = {"requested": [], "approved": ["approve"], "rejected": ["reject"]}
    way |= {"paid": ["approve", "pay"], "failed": ["approve", "fail"], "cancelled": []}
    asked = wish(alice)
    for name in way[state]:
        all_steps(asked, carol())[name]()
    if state == "cancelled":
        cancel_withdrawal(user_id=alice.pk, withdrawal_id=asked.pk, now=LATER)
    return asked


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_who_rejects_or_gives_up_says_why(reason):
    alice = alice_with("2")
    asked, agreed = wish(alice), approved(alice)

    for step, it in ((reject_withdrawal, asked), (mark_withdrawal_failed, agreed)):
        said = {"withdrawal_id": it.pk, "actor": dave(), "reason": reason, "now": LATER}
        is_refused(WithdrawalReasonMissing, lambda step=step, said=said: step(**said))


def test_who_marks_as_paid_names_the_payment():
    agreed = approved(alice_with("2"))
    said = {"withdrawal_id": agreed.pk, "actor": dave(), "txid": " ", "now": LATER}

    is_refused(TxidMissing, lambda: mark_withdrawal_paid(**said))


def test_an_approval_counts_for_the_terms_that_were_seen_only():
    alice = alice_with("2")
    seen, asked = wish(alice, "0.1"), wish(alice, "0.5")

    is_refused(WithdrawalMovedOn, lambda: approve(asked, carol(), digest=seen.digest))


def test_what_was_changed_behind_the_approvers_back_is_not_paid():
    agreed = approved(alice_with("2"))
    with the_owner():
        run("ALTER TABLE withdrawals_withdrawal DISABLE TRIGGER withdrawals_move_by_events")
        run("UPDATE withdrawals_withdrawal SET address = 'bc1qthief'")
    before = everything()

    with pytest.raises(InvariantBroken):
        all_steps(agreed, dave())["pay"]()

    assert everything() == before


def test_a_withdrawal_that_does_not_exist_is_not_found():
    nothing = Withdrawal(pk=1, user=person("alice"), asset=asset("BTC"))

    for step in all_steps(nothing, carol()).values():
        is_refused(UnknownWithdrawal, step)


def test_somebody_elses_withdrawal_is_not_found():
    asked = wish(alice_with("2"))
    said = {"user_id": person("bob").pk, "withdrawal_id": asked.pk, "now": LATER}

    is_refused(UnknownWithdrawal, lambda: cancel_withdrawal(**said))
