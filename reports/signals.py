"""Bells of the reports."""

from django.dispatch import Signal

#: An export waits to be made. Carries `export_id`.
export_asked = Signal()
