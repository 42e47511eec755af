"""Any moment of the year is the fold of the transfers up to it, sealed or not."""

import io
import random
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

import pytest

from exchange.seals import streams
from ledger.models import DEBIT_KINDS, Snapshot
from ledger.moments import Moment
from ledger.selectors import balances_at
from ledger.services import seal_stream, take_snapshot
from reports.formats import DIALECTS, Sink, write_journal
from tests.books.facts import BEGINS, ENDS

CHANCE = random.Random(7)


def fold(year, written, moment: Moment) -> dict[int, int]:
    """The naive way: all transfers, one after the other."""
    told: dict[int, int] = defaultdict(int)
    for number, it in zip(written.transfers, year.moves, strict=True):
        if (moment.at is None or it.at <= moment.at) and (
            moment.transfer is None or number <= moment.transfer
        ):
            for key, change in ((it.debit, -it.amount), (it.credit, it.amount)):
                grows = -change if key.kind in DEBIT_KINDS else change
                told[written.accounts[key]] += grows
    return told


@pytest.fixture(scope="module")
def moments(year, written) -> list[Moment]:
    """Any instants, a midnight and the instant before it, transfers, and both at once."""
    midnight = BEGINS + timedelta(days=181)
    instants = [BEGINS + (ENDS - BEGINS) * CHANCE.random() for _ in range(4)]
    transfers = CHANCE.sample(written.transfers, 3)
    # Where the clocks of two writers differ, the times and the ids cut differently.
    numbered = list(zip(written.transfers, year.moves, strict=True))[90_000:]
    crossed = next(
        (number, it.at)
        for (number, it), (_, after) in pairwise(numbered)
        if it.at > after.at
    )
    return [
        *(Moment(at=it) for it in instants),
        Moment(at=midnight),
        Moment.just_before(midnight),
        *(Moment(transfer=it) for it in transfers),
        Moment(at=crossed[1] - timedelta(microseconds=1), transfer=crossed[0] + 1),
    ]


def journal_of_the_week() -> bytes:
    out, since = io.BytesIO(), BEGINS + timedelta(days=152)
    write_journal(
        Sink(out),
        dialect=DIALECTS["hledger"],
        since=since,
        until=since + timedelta(days=7),
    )
    return out.getvalue()


def test_every_moment_is_the_fold_of_the_transfers_before_it(year, written, moments):
    """With nothing sealed, with most of it sealed, and with snapshots on some seals."""
    folds = [fold(year, written, it) for it in moments]
    week = journal_of_the_week()
    assert [balances_at(moment=it) for it in moments] == folds

    (stream,) = (it for it in streams() if it.name == "transfers")
    for number in range(12):
        seal_stream(stream=stream, now=ENDS, least=1, most=12_345)
        if number in (2, 3, 7):
            take_snapshot(now=ENDS, every=1)

    assert Snapshot.objects.count() == 3
    assert [balances_at(moment=it) for it in moments] == folds
    assert journal_of_the_week() == week


def test_one_customers_balances_are_those_among_all(year, written, moments):
    owner = written.users[7]
    own = {pk for key, pk in written.accounts.items() if key.owner == 7}

    for moment in moments:
        everybodys = balances_at(moment=moment)
        assert balances_at(moment=moment, owner_id=owner) == {
            pk: balance for pk, balance in everybodys.items() if pk in own
        }
