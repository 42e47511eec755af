"""Where a user's orders and fills are, indexed behind the hot path (ADR 0018).

Nothing here is a fact: all of it follows from commands and trades, and can be made again.
"""

from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orders.models.columns import hot
from orders.models.markets import Market

#: So many ids fit into a row that PostgreSQL does not store in pieces.
STRETCH: Final = 200
#: Where so few rows wait, readers are as fast without the lists.
SLICE_MIN: Final = 2_000


class HistoryCursor(models.Model):
    """How far the records have been indexed.

    name      `orders`, or `fills:` and the id of a market
    position  the id up to which all records are in the lists
    """

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)


class OrdersOfUser(models.Model):
    """A stretch of a user's orders: their ids, ascending; STRETCH of them at most."""

    pk = models.CompositePrimaryKey("user_id", "first")
    user = hot(settings.AUTH_USER_MODEL)
    first = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())


class FillsOfUser(models.Model):
    """A stretch of a user's trades in a market: their ids, ascending, each once.

    since  when the first of them was settled; it stands in the key, so that a page, or
           an order's fills, are found by their time
    """

    pk = models.CompositePrimaryKey("user_id", "market_id", "since", "first")
    user = hot(settings.AUTH_USER_MODEL)
    market = hot(Market)
    since = models.DateTimeField()
    first = models.BigIntegerField()
    ids = ArrayField(models.BigIntegerField())
