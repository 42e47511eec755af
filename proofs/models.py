"""Proofs of liabilities and the reserves beside them. README.md has the rules."""

from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ledger.models import Asset
from proofs.signatures import SCHEMES
from proofs.tree import SCALE_MAX

HEX_64: Final = r"^[0-9a-f]{64}$"
#: So many nodes of a tree are one row.
PAGE_NODES: Final = 4_096


class Proof(models.Model):
    """What was owed to all customers after one transfer, and not yet shown to anybody.

    key       makes a second attempt harmless, e.g. "scheduled:2026-11-16"
    transfer  the last transfer that counts; the moment is `transfer:<id>`
    seal      the number of the seal behind it, which ends with that transfer
    sha256    that seal's hash
    at        when the latest of these transfers was made
    seed      secret, 32 bytes in hex: with it and the books the same trees grow again
    taken_by  a member of the staff; None for the clock
    """

    key = models.CharField(max_length=80)
    transfer = models.BigIntegerField()
    seal = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    seed = models.CharField(max_length=64)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("take_proof", "Can take proofs of liabilities and enter reserves"),
            ("publish_proof", "Can publish or discard proofs of liabilities"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="proof_is_taken_once"),
            models.CheckConstraint(
                condition=Q(sha256__regex=HEX_64, seed__regex=HEX_64),
                name="proof_hashes_are_hex",
            ),
        ]

    def __str__(self) -> str:
        return f"proof {self.pk}"


class ProofTree(models.Model):
    """What was owed of one asset, as a Merkle-sum tree (proofs/tree.py).

    id      the tree's number; the file calls it `block_height`
    scale   its unit is 10^-scale: the asset's, or coarser where that would not fit
    total   what is owed, in that unit; each customer's part is rounded up
    root    the digest of the root, in hex
    leaves  how many; customers are fewer
    """

    proof = models.ForeignKey(Proof, models.PROTECT, db_index=False, related_name="trees")
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="+")
    scale = models.PositiveSmallIntegerField()
    total = models.BigIntegerField()
    root = models.CharField(max_length=64)
    leaves = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["proof", "asset"], name="proof_has_an_asset_once"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=0, leaves__gte=2, scale__lte=SCALE_MAX),
                name="tree_fits_the_format",
            ),
            models.CheckConstraint(
                condition=Q(root__regex=HEX_64), name="tree_root_is_hex"
            ),
        ]


class TreePage(models.Model):
    """Some nodes of a tree: those at the places from `number` times PAGE_NODES on."""

    tree = models.ForeignKey(
        ProofTree, models.PROTECT, db_index=False, related_name="pages"
    )
    number = models.IntegerField()
    nodes = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["tree", "number"], name="tree_page_is_unique")
        ]


class TreeShare(models.Model):
    """What a tree says of one customer: how much, and in which leaves. Shown to them only.

    amount  atoms of the asset, exact
    leaves  indexes, counted from the left
    """

    tree = models.ForeignKey(
        ProofTree, models.PROTECT, db_index=False, related_name="shares"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    leaves = ArrayField(models.BigIntegerField())

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["tree", "user"], name="tree_share_is_unique"),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="tree_share_is_of_something"
            ),
        ]


class Reserve(models.Model):
    """What lies at an address, as its own key said of this proof.

    amount     atoms of the tree's asset
    as_of      when it lay there, in the signer's words: a block, a date
    message    what was signed; it names proof, root, address and amount
    signature  as it was given
    """

    tree = models.ForeignKey(
        ProofTree, models.PROTECT, db_index=False, related_name="reserves"
    )
    scheme = models.CharField(max_length=12, choices=[(it, it) for it in SCHEMES])
    address = models.CharField(max_length=128)
    amount = models.BigIntegerField()
    as_of = models.CharField(max_length=80)
    message = models.TextField()
    signature = models.CharField(max_length=256)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["tree", "address"], name="reserve_counts_an_address_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="reserve_is_of_something"
            ),
        ]


class ProofDecision(models.Model):
    """What became of a proof: everybody may see it, or nobody will. Final."""

    proof = models.OneToOneField(Proof, models.PROTECT, related_name="decision")
    published = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(published=True) | Q(reason__regex=r"\S"),
                name="discarded_proof_has_its_reason",
            )
        ]
