"""Order entry by the fast lane: plain requests, many of them to a commit (ADR 0017).

forms.py     plain bodies, read into what DRF's serializers make of them
venues.py    the markets and the rates, remembered for a moment
waiting.py   who waits for the engine
desk.py      the log, the orders and the answers, as all handles use them
placing.py, changing.py, batches.py   what orders/api/ does, for what is plain

A handle returns None before anything is written, and DRF does all of it.
"""

from orders.lane.batches import batch
from orders.lane.changing import amend, cancel
from orders.lane.desk import Desk
from orders.lane.placing import place
from orders.lane.venues import Venues
from orders.lane.waiting import Told, Waiting

__all__ = ["Desk", "Told", "Venues", "Waiting", "amend", "batch", "cancel", "place"]
