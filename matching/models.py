"""Where each engine stands, and the log of what happened in each market."""

from django.db import models

from orders.commands import SEQUENCE_BITS
from orders.models import Market


class Cursor(models.Model):
    """One row per shard: its engine's lock, checkpoint and fence.

    position    the id of the last command that was settled
    holder      the engine that works on the shard, empty when none does
    time        the latest time of a command up to there, as kernel.pgcopy.timestamp: the
                engine's own clock, by which orders expire
    renewed_at  when the holder last showed that it lives; by the database's clock
    """

    shard = models.PositiveSmallIntegerField(primary_key=True)
    position = models.BigIntegerField(default=0)
    time = models.BigIntegerField(default=0, db_default=0)
    holder = models.CharField(max_length=40, blank=True, default="")
    renewed_at = models.DateTimeField(null=True, blank=True)


class MarketSequence(models.Model):
    """How far a market's gapless sequences have come; moves with the cursor.

    reference  the price in ticks around which the market's bands lie; NULL before the
               first trade
    refresh    when the last price becomes the reference, as kernel.pgcopy.timestamp
    """

    market = models.OneToOneField(
        Market, models.PROTECT, primary_key=True, related_name="+"
    )
    trades = models.BigIntegerField(default=0)
    events = models.BigIntegerField(default=0)
    reference = models.BigIntegerField(null=True)
    refresh = models.BigIntegerField(default=0, db_default=0)


class EventBatch(models.Model):
    """What one batch did to one market, for those who follow it. Append-only.

    id       market × 2^40 + the gapless event sequence of the market
    payload  JSON; matching/events.py gives its shape
    """

    id = models.BigIntegerField(primary_key=True)
    payload = models.TextField()
    created_at = models.DateTimeField()

    @property
    def market_id(self) -> int:
        return self.pk >> SEQUENCE_BITS

    @property
    def sequence(self) -> int:
        return self.pk & (1 << SEQUENCE_BITS) - 1
