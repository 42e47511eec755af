"""Seals over finished ranges of the append-only logs, and snapshots of the balances."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from django.db import models
from django.db.models import F, Q

from ledger.models.books import Account

#: What stands where a chain begins.
GENESIS: Final = "0" * 64
#: The chain that the books are read by.
TRANSFERS_LOG: Final = "transfers"


class Seal(models.Model):
    """A link of a hash chain: the rows of a log with ids from `first` to `last`. For ever.

    The ranges of a log follow each other without a gap, so a row that turns up later
    between sealed ones is found. ADR 0020 has the texts that are hashed.

    log       the chain, e.g. "transfers", or "trades:3" of the third market
    number    from 1, without a gap
    earliest  the least `created_at` of its rows: later ids may have earlier times
    latest    the greatest
    content   SHA-256, in hex, over the rows
    previous  the hash of the seal before it
    sha256    the hash over this seal's own fields, `content` and `previous` among them
    """

    log = models.CharField(max_length=40)
    number = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    rows = models.IntegerField()
    earliest = models.DateTimeField()
    latest = models.DateTimeField()
    content = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["log", "number"], name="seal_number_is_unique"),
            models.UniqueConstraint(fields=["log", "last"], name="seal_range_is_unique"),
            models.CheckConstraint(
                condition=Q(first__lte=F("last"), rows__gt=0, earliest__lte=F("latest")),
                name="seal_covers_rows",
            ),
            models.CheckConstraint(
                condition=Q(
                    content__regex="^[0-9a-f]{64}$",
                    previous__regex="^[0-9a-f]{64}$",
                    sha256__regex="^[0-9a-f]{64}$",
                ),
                name="seal_hashes_are_hex",
            ),
        ]
        indexes = [models.Index(fields=["log", "latest"], name="seal_by_latest")]

    def __str__(self) -> str:
        return f"{self.log} #{self.number}"

    def own_text(self) -> str:
        """What its hash is made of; `ledger_seal_text` is the same in SQL."""
        told = (
            self.log, self.number, self.first, self.last, self.rows,
            _plain(self.earliest), _plain(self.latest), self.content, self.previous,
        )  # fmt: skip
        return "|".join(map(str, told))

    def own_hash(self) -> str:
        """SHA-256, in hex, over its text."""
        return hashlib.sha256(self.own_text().encode()).hexdigest()


def _plain(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


class Snapshot(models.Model):
    """What every account had turned over up to a seal's last transfer. For ever.

    No fact: it follows from the transfers. Its rows are sparse: an account has one only if
    it moved since the snapshot before.

    last      the id of the last transfer that is in it
    accounts  how many rows it has
    """

    last = models.BigIntegerField(primary_key=True)
    accounts = models.IntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class SnapshotBalance(models.Model):
    """One account's turnover, in atoms, of all transfers up to `last`.

    debits, credits  sums of amounts; beyond a bigint after enough years
    """

    pk = models.CompositePrimaryKey("account_id", "last")
    account = models.ForeignKey(
        Account, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    last = models.BigIntegerField()
    debits = models.DecimalField(max_digits=40, decimal_places=0)  # noqa: TID251  whole, but beyond a bigint
    credits = models.DecimalField(max_digits=40, decimal_places=0)  # noqa: TID251  the same

    class Meta:
        default_permissions = ()
