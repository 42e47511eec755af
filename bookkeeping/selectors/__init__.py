"""Reads about the books' keeping, for the staff and for reports."""

from bookkeeping.selectors.statements import count_at, rate_at, value_of

__all__ = ["count_at", "rate_at", "value_of"]
