"""Exports: which there are, and how far the one is that is being made."""

from typing import Final

from django.core.cache import cache
from redis.exceptions import RedisError

from reports.errors import UnknownExport
from reports.models import Export, ExportEvent
from reports.states import State

#: Where Redis says how many rows there are so far. Nobody relies on it.
PROGRESS_KEY: Final = "export:{}:rows"


def exports_page(*, before: int | None, limit: int) -> list[Export]:
    """The newest first.

    before  the id after which the page starts
    """
    rows = Export.objects.select_related("asked_by").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def export_of(*, export_id: int) -> Export:
    """raises  UnknownExport"""
    export = Export.objects.select_related("asked_by").filter(pk=export_id).first()
    if export is None:
        raise UnknownExport(export_id=str(export_id))
    return export


def story_of(*, export_id: int) -> list[ExportEvent]:
    """What happened to it, in order."""
    events = ExportEvent.objects.filter(export_id=export_id).select_related("actor")
    return list(events.order_by("pk"))


def rows_so_far(*, export: Export) -> int | None:
    """How many rows are written; None while nobody knows."""
    if export.state != State.RUNNING:
        return None if export.manifest is None else int(export.manifest["rows"])
    try:
        rows = cache.get(PROGRESS_KEY.format(export.pk))
    except RedisError:
        return None
    return None if rows is None else int(rows)
