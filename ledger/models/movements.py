"""The lists of each account's transfers, kept behind the hot path (ADR 0018)."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ledger.models.books import Account
from ledger.models.marks import SafeMark


class MovementsOfAccount(models.Model):
    """A stretch of an account's transfers: their ids, ascending; STRETCH of them at most.

    Listed behind the hot path (ADR 0018). No fact: it follows from the transfers, and can
    be made again.
    """

    pk = models.CompositePrimaryKey("account_id", "first")
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    first = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())


#: So many ids fit into a row that PostgreSQL does not store in pieces.
STRETCH: Final = 200
#: Where so few transfers wait, readers are as fast without the lists.
SLICE_MIN: Final = 10_000


class MovementCursor(SafeMark):
    """How far the transfers have been listed. There is one row, `transfers`.

    position  the id up to which all transfers are in the lists
    """

    position = models.BigIntegerField(default=0)
