"""The generated year has everything in it, and the ledger agrees with it."""

from collections import Counter
from itertools import pairwise

from exchange.audit import audit
from ledger.models import AccountKind, Entry
from ledger.transfers import TransferCode
from tests.books.facts import BEGINS, ENDS
from tests.books.writing import balances_now


def test_it_has_100_000_transactions_of_every_kind(year):
    assert year.facts == len({(it.entry, it.ref, _what(it.code)) for it in year.moves})
    assert year.facts >= 100_000
    assert {it.code for it in year.moves} == set(TransferCode)
    assert {it.kind for it in year.bookings} == set(Entry.Kind)
    assert {it.kind for it in year.balances} == set(AccountKind)
    assert min(it.at for it in year.moves) >= BEGINS
    assert max(it.at for it in year.moves) < ENDS


def _what(code: TransferCode) -> str:
    """The transfers of one trade are one transaction."""
    return "trade" if 20 <= code < 40 else code.name


def test_it_has_midnights_and_writers_whose_clocks_differ(year):
    times = [it.at for it in year.moves]

    assert any(one > other for one, other in pairwise(times))
    assert Counter(it.time().isoformat() for it in times)["00:00:00"] > 50


def test_the_ledger_has_the_balances_that_the_year_has(year, written):
    assert balances_now(written) == {
        key: year.balances.get(key, 0) for key in written.accounts
    }


def test_no_rule_of_the_ledger_is_broken(written):
    """Of orders there are only the ends: what the engine was asked for is not made up."""
    ledgers = [it for it in audit() if it.invariant.id.startswith("L")]

    assert len(ledgers) > 5
    assert {it.invariant.id: it.violations for it in ledgers if it.violations} == {}
