"""Bells of the books."""

from django.dispatch import Signal

#: A customer's balances changed by an entry (the engine's batches ring their own bell).
#: Carries `user_id`.
balances_changed = Signal()
