"""Bells of the orders."""

from django.dispatch import Signal

#: Commands wait for a shard's engine. Carries `shard`.
commands_logged = Signal()
