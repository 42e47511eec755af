"""Bells of the engines."""

from django.dispatch import Signal

#: Event batches were logged in a shard. Carries `shard`.
events_logged = Signal()
