"""What the books said at any moment is the sum of the transfers up to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.units import BIGINT_MAX
from ledger.models import Account, LogMark, Seal, Snapshot, SnapshotBalance, Transfer
from ledger.moments import Moment
from ledger.selectors import balances_at, settled, standings, wrong_snapshots
from ledger.services import index_movements, take_snapshot
from ledger.tests.sealing import (
    LATE,
    available,
    custody,
    folded,
    move,
    pay_in,
    seal,
    skip_ids,
)
from tests.attempts import no_guards, run
from tests.stories import NOON, person

NAMES = ["alice", "bob", "carol"]


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def snapshot() -> Snapshot | None:
    return take_snapshot(now=LATE, every=1)


def one_step(step: str, chance: Random, clock: int) -> None:
    match step:
        case "m":
            giver, taker = chance.sample(NAMES, 2)
            late = chance.choice([0, 0, 0, -1, -3, 2])
            move(available(giver), available(taker), 1, at=NOON + minutes(clock + late))
        case "j":  # a clock that was set wrong for once
            pay_in(chance.choice(NAMES), 1, at=NOON + minutes(chance.choice([-900, 900])))
        case "g":
            skip_ids(chance.randint(1, 3))
        case "s":
            seal(most=chance.randint(1, 6))
        case "n":
            snapshot()
        case "i":
            index_movements(least=1, most=chance.randint(1, 9))


@given(
    seed=st.integers(0, 1 << 32),
    steps=st.lists(st.sampled_from("mmmmmmmmjgsssni"), min_size=5, max_size=50),
)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_moment_is_the_sum_of_the_transfers_up_to_it(db, seed, steps):
    with transaction.atomic():
        chance = Random(seed)
        for name in NAMES:
            pay_in(name, 1_000, at=NOON - minutes(chance.randint(0, 5)))
        for clock, step in enumerate(steps):
            one_step(step, chance, clock)

        times = [None, *(NOON + minutes(it) for it in (-901, -2, 0, 7, 20, 60, 901))]
        lasts = [None, 0, *Transfer.objects.order_by("?").values_list("id", flat=True)[:4]]
        for at in times:
            for last in lasts:
                assert standings(moment=Moment(at, last)) == folded(at, last)
        expect_owners_alike(chance.choice(times), chance.choice(lasts))
        assert list(wrong_snapshots()) == []
        transaction.set_rollback(True)


def expect_owners_alike(at, last) -> None:
    moment, everybody = Moment(at, last), folded(at, last)
    for name in NAMES:
        its = set(Account.objects.filter(owner=person(name)).values_list("id", flat=True))
        mine = {account: sums for account, sums in everybody.items() if account in its}
        assert standings(moment=moment, owner_id=person(name).pk) == mine


def test_a_balance_is_counted_on_the_accounts_normal_side(db):
    pay_in("alice", 70)
    move(available("alice"), available("bob"), 20, at=NOON + minutes(5))

    assert balances_at(moment=Moment(at=NOON)) == {
        custody().pk: 70,
        available("alice").pk: 70,
    }
    assert balances_at(moment=Moment()) == {
        custody().pk: 70,
        available("alice").pk: 50,
        available("bob").pk: 20,
    }
    assert balances_at(moment=Moment(), owner_id=person("bob").pk) == {
        available("bob").pk: 20
    }


def test_the_present_is_what_the_accounts_say(db):
    for number in range(9):
        pay_in(NAMES[number % 3], number + 1, at=NOON - minutes(number))
        seal()
        snapshot()

    now = {it.pk: it.balance for it in Account.objects.exclude(balance=0)}

    assert balances_at(moment=Moment()) == now
    assert balances_at(moment=Moment(transfer=BIGINT_MAX)) == now


def test_what_was_is_told_to_the_transfer(db):
    first = pay_in("alice", 70).transfers.get().pk
    pay_in("alice", 1)

    assert balances_at(moment=Moment(transfer=first))[available("alice").pk] == 70
    assert balances_at(moment=Moment(transfer=0)) == {}
    assert balances_at(moment=Moment.just_before(NOON)) == {}


def test_a_snapshot_has_only_those_who_moved(db):
    pay_in("alice", 1)
    pay_in("bob", 2)
    seal()
    snapshot()
    pay_in("bob", 4)
    seal()

    second = snapshot()

    rows = SnapshotBalance.objects.filter(last=second.last)
    assert set(rows.values_list("account_id", "debits", "credits")) == {
        (available("bob").pk, 0, 6),
        (custody().pk, 7, 0),
    }
    assert second.accounts == 2
    assert snapshot() is None  # nothing has been sealed since


def test_a_snapshot_comes_after_so_many_transfers_or_so_many_seals(db):
    for _ in range(3):
        pay_in("alice", 1)
        seal()

    assert take_snapshot(now=LATE, every=4, seals=4) is None
    assert take_snapshot(now=LATE, every=4, seals=3) is not None
    pay_in("alice", 1)
    pay_in("alice", 1)
    seal()
    assert take_snapshot(now=LATE, every=3, seals=2) is None
    assert take_snapshot(now=LATE, every=2, seals=2) is not None


def test_a_past_moment_is_told_by_few_transfers(db):
    for number in range(20):
        pay_in("alice", 1, at=NOON + minutes(number))
        seal()
        snapshot()
    far = pay_in("bob", 1, at=NOON - minutes(5)).transfers.get().pk
    seal()
    last = pay_in("carol", 1, at=NOON + minutes(30)).transfers.get().pk
    seal()

    base = Snapshot.objects.order_by("last")[9].last
    spans = run("SELECT * FROM ledger_spans(%s, NULL, %s)", NOON + minutes(9), base)

    # The ranges that are neither wholly in nor wholly out: only one came late.
    assert spans == [(1, far, far), (1, last + 1, None)]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE ledger_snapshotbalance SET credits = credits + 1", "it says"),
        ("DELETE FROM ledger_snapshotbalance WHERE credits > 0", "it says 0 and 0"),
        (
            "INSERT INTO ledger_snapshotbalance (account_id, last, debits, credits) "
            "SELECT 999, max(last), 5, 5 FROM ledger_snapshot",
            "account 999 turned over 0 and 0, it says 5 and 5",
        ),
        ("DELETE FROM ledger_snapshot", "it is not there"),
    ],
)
def test_a_snapshot_that_was_tampered_with_is_found(db, tampering, found):
    pay_in("alice", 1)
    seal()
    snapshot()
    assert list(wrong_snapshots()) == []

    with no_guards():
        run(tampering)

    lines = list(wrong_snapshots())
    assert lines
    assert all(found in line for line in lines), lines


# Moments that are over ------------------------------------------------------------------


def test_a_settled_moment_is_bound_to_the_last_transfer(db):
    last = pay_in("alice", 1).transfers.get().pk

    assert settled(Moment()) == Moment(transfer=last)
    assert settled(Moment(at=NOON)) == Moment(at=NOON, transfer=last)
    assert settled(Moment(transfer=last - 1)) == Moment(transfer=last - 1)


@contextmanager
def a_late_writer() -> Iterator[None]:
    """Bob gives something to Dave in a transaction that lasts until the block ends."""
    drawn, may_end = threading.Event(), threading.Event()
    bob, dave = available("bob"), available("dave")

    def write() -> None:
        with transaction.atomic():
            move(bob, dave, 1)
            drawn.set()
            may_end.wait(10)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert drawn.wait(10)
        yield
    finally:
        may_end.set()
        writer.join()


def test_a_moment_settles_when_those_who_write_have_ended(committed_db):
    pay_in("bob", 1)

    with a_late_writer():
        # Nothing was known to be safe yet.
        assert settled(Moment(), patience=timedelta(0)) == Moment(transfer=0)

    assert settled(Moment()).transfer == Transfer.objects.latest("id").pk


def test_nothing_is_sealed_beyond_a_transaction_that_may_still_write(committed_db):
    pay_in("alice", 1)
    pay_in("bob", 1)
    seal()

    with a_late_writer():
        # A higher id, and it can be seen before the lower one.
        move(available("alice"), available("carol"), 1)
        assert [seal(), seal()] == [None, None]

    seal()
    assert list(Seal.objects.order_by("number").values_list("rows", flat=True)) == [2, 2]


def test_two_sealers_at_once_do_not_both(committed_db):
    pay_in("alice", 1)
    seal()
    pay_in("alice", 1)
    outcomes = []

    def another() -> None:
        outcomes.extend([seal(), snapshot()])
        connection.close()

    with transaction.atomic():
        LogMark.objects.select_for_update().get(name="transfers")
        sealer = threading.Thread(target=another)
        sealer.start()
        sealer.join(10)

    assert outcomes == [None, None]
    assert (seal().number, snapshot().accounts) == (2, 2)
