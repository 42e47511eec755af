"""What upper floors let the database refuse of the books, by raw SQL."""

import pytest

from ledger.models import Entry, Transfer
from tests.attempts import refused, run, the_owner
from tests.stories import fund, person

pytestmark = pytest.mark.django_db


def test_a_reversal_belongs_to_an_approved_adjustment():
    fund(person("alice"), "BTC", "1")
    posted = Transfer.objects.get()
    reversal = (
        "INSERT INTO ledger_transfer (entry_id, debit_id, credit_id, asset_id, amount, "
        "code, ref, created_at) SELECT %s, credit_id, debit_id, asset_id, amount, 90, id, "
        "now() FROM ledger_transfer"
    )

    with refused("takes back, once, what an approved adjustment names"):
        run(reversal, posted.entry_id)
    with the_owner():
        for entry in (posted.entry_id, 1 << 40 | 1):
            with refused("takes back, once, what an approved adjustment names"):
                run(reversal, entry)

    assert Transfer.objects.count() == 1


def test_an_adjustment_entry_belongs_to_an_approved_adjustment():
    entry = (
        "INSERT INTO ledger_entry (kind, key, digest, reference, memo, created_at) "
        "VALUES ('adjustment', 'adjustment:1', '', '', '', now())"
    )

    with refused("is not that of an approved adjustment"):
        run(entry)
    with the_owner(), refused("is not that of an approved adjustment"):
        run(entry)

    assert not Entry.objects.exists()
