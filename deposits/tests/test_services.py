"""A deposit's ways through the services, and what the books say of each."""

from datetime import timedelta

import pytest

from deposits.errors import (
    DepositMovedOn,
    DepositReasonMissing,
    DepositReferenceInvalid,
    MayNotConfirmDeposit,
    MayNotEnterDeposit,
    OwnDeposit,
    ReferenceTaken,
    SameStaff,
    UnknownDeposit,
)
from deposits.models import Deposit
from deposits.services import (
    RIGHT_TO_CONFIRM,
    RIGHT_TO_ENTER,
    confirm_deposit,
    refuse_deposit,
)
from deposits.tests.arrivals import (
    RIGHTS,
    TXID,
    arrived,
    available,
    carol,
    custody,
    dave,
    steps_of,
)
from kernel.errors import ExchangeError
from ledger.models import Entry, Transfer
from ledger.transfers import TransferCode
from tests.attempts import run
from tests.staff import member
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def everything() -> list[list[tuple]]:
    """All that a deposit could have written."""
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "deposits_deposit",
            "deposits_event",
            "ledger_account",
            "ledger_entry",
            "ledger_transfer",
        )
    ]


def is_refused(why: type[ExchangeError], step) -> None:
    """Expect that `step` is refused for that reason, and that nothing is written."""
    before = everything()

    with pytest.raises(why):
        step()

    assert everything() == before


def both_steps(deposit: Deposit, actor):
    """Confirm and refuse, as functions without arguments."""
    target = {"deposit_id": deposit.pk, "actor": actor, "now": LATER}
    return [
        lambda: confirm_deposit(**target),
        lambda: refuse_deposit(reason="why", **target),
    ]


def test_what_was_entered_is_nobodys_yet():
    alice = person("alice")

    deposit = arrived(alice, "0.5")

    assert (deposit.state, deposit.entered_by, deposit.decided_by) == (
        "entered",
        carol(),
        None,
    )
    assert (available(alice), custody()) == ("nothing", "nothing")


def test_what_a_second_person_confirms_is_credited():
    alice = person("alice")
    deposit = arrived(alice, "0.5")

    credited = confirm_deposit(deposit_id=deposit.pk, actor=dave(), now=LATER)

    assert (credited.state, credited.decided_by, credited.decided_at) == (
        "credited",
        dave(),
        LATER,
    )
    assert (available(alice), custody()) == ("0.5", "0.5")
    assert steps_of(deposit) == [("entered", "credited", "dave@example.com", "")]
    entry = Entry.objects.get()
    assert (entry.key, entry.kind, entry.reference, entry.created_by) == (
        f"deposit:{deposit.pk}",
        Entry.Kind.DEPOSIT,
        TXID,
        dave(),
    )
    transfer = Transfer.objects.get()
    assert (transfer.amount, transfer.code, transfer.ref) == (
        50_000_000,
        TransferCode.DEPOSIT,
        deposit.pk,
    )


def test_what_a_second_person_refuses_is_nobodys_for_ever():
    alice = person("alice")
    deposit = arrived(alice, "0.5")

    refused = refuse_deposit(
        deposit_id=deposit.pk, actor=dave(), reason=" 5, not 0.5 ", now=LATER
    )

    assert (refused.state, refused.decided_by) == ("refused", dave())
    assert steps_of(deposit) == [("entered", "refused", "dave@example.com", "5, not 0.5")]
    assert (available(alice), custody()) == ("nothing", "nothing")


def test_a_payment_is_entered_once_for_an_asset():
    arrived(reference=TXID)

    is_refused(ReferenceTaken, lambda: arrived(person("bob"), "3", reference=TXID))
    arrived(reference=TXID, asset_id=asset("ETH").pk)
    arrived(reference="another")


def test_a_refused_payment_may_be_entered_again():
    deposit = arrived(amount="5", reference=TXID)
    both_steps(deposit, dave())[1]()

    again = arrived(amount="0.5", reference=TXID)

    assert again.state == "entered"


@pytest.mark.parametrize("reference", ["", "two words", "é", "x" * 129])
def test_a_payment_has_a_plain_reference(reference):
    carol()

    is_refused(DepositReferenceInvalid, lambda: arrived(reference=reference))


def test_who_entered_a_deposit_does_not_decide_on_it():
    deposit = arrived(actor=carol())

    for step in both_steps(deposit, carol()):
        is_refused(SameStaff, step)


def test_not_even_a_superuser_decides_on_what_they_entered():
    root = person("root")
    root.is_superuser = root.is_staff = True
    root.save()
    deposit = arrived(actor=root)

    for step in both_steps(deposit, root):
        is_refused(SameStaff, step)


def test_nobody_enters_or_decides_on_a_deposit_to_themselves():
    deposit = arrived(dave(), actor=carol())

    is_refused(OwnDeposit, lambda: arrived(carol(), actor=carol(), reference="own"))
    for step in both_steps(deposit, dave()):
        is_refused(OwnDeposit, step)


def test_each_right_is_for_its_own_step():
    enters, confirms = member("erin", RIGHT_TO_ENTER), member("frank", RIGHT_TO_CONFIRM)
    deposit = arrived(actor=carol())

    is_refused(MayNotEnterDeposit, lambda: arrived(actor=confirms, reference="more"))
    for step in both_steps(deposit, enters):
        is_refused(MayNotConfirmDeposit, step)


def test_who_left_decides_nothing():
    deposit, gone = arrived(), member("erin", *RIGHTS)
    gone.is_active = False

    for step in both_steps(deposit, gone):
        is_refused(MayNotConfirmDeposit, step)


@pytest.mark.parametrize("first", [0, 1], ids=["credited", "refused"])
def test_a_decision_is_final(first):
    deposit = arrived()
    both_steps(deposit, dave())[first]()

    for step in both_steps(deposit, dave()):
        is_refused(DepositMovedOn, step)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_who_refuses_says_why(reason):
    said = {"deposit_id": arrived().pk, "actor": dave(), "reason": reason, "now": LATER}

    is_refused(DepositReasonMissing, lambda: refuse_deposit(**said))


def test_a_deposit_that_does_not_exist_is_not_found():
    for step in both_steps(Deposit(pk=1), carol()):
        is_refused(UnknownDeposit, step)
