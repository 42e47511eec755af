"""Exports are asked for, cancelled and handed out. One verb is one transaction."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from redis.exceptions import RedisError

from accounts.models import User
from kernel.doorbell import ring_after_commit
from reports.catalogue import report_of
from reports.errors import (
    ExportKeyReused,
    ExportMovedOn,
    MayNotReadReports,
    UnknownExport,
)
from reports.formats import format_of
from reports.models import Export, ExportEvent
from reports.selectors import read_params
from reports.signals import export_asked
from reports.states import State, Step, state_after
from reports.table import Params, Report

RIGHT_TO_READ: Final = "reports.view_report"
#: Where Redis says that somebody cancelled an export. A hint: the event is what counts.
STOP_KEY: Final = "export:{}:stop"
#: How long news about an export are of use, in seconds.
NEWS: Final = 3_600


@transaction.atomic
def request_export(
    *,
    report: str,
    said: Mapping[str, str],
    form: str,
    key: str,
    actor: User,
    now: datetime,
) -> Export:
    """Ask for a report as a file; it is made behind the scenes.

    The same key with the same wishes again returns the first export.

    report  and form: their names
    said    parameters by their public names
    key     of the asker, 1 to 80 characters
    raises  MayNotReadReports, UnknownReport, UnknownFormat, UnknownParameter,
            MissingParameter, InvalidParameter, ExportKeyReused; nothing is written
    """
    if not actor.has_perm(RIGHT_TO_READ):
        raise MayNotReadReports
    found = report_of(report)
    given = {name: text for name, text in said.items() if text != ""}
    if first := Export.objects.filter(asked_by=actor, key=key).first():
        return _resent(first, found.name, form, given)
    params = read_params(report=found, said=given, now=now)
    format_of(name=form, report=found).expect(params)
    try:
        with transaction.atomic():
            export = Export.objects.create(
                asked_by=actor,
                key=key,
                report=found.name,
                format=form,
                parameters=given,
                cut=str(params.cut),
                expected=_expected(found, params),
                created_at=now,
                moved_at=now,
            )
    except IntegrityError as broken:
        if "export_key_is_unique" not in str(broken):
            raise
        # The same request at the same time was a moment quicker.
        first = Export.objects.get(asked_by=actor, key=key)
        return _resent(first, found.name, form, given)
    ring_after_commit(export_asked, export_id=export.pk)
    return export


def _expected(report: Report, params: Params) -> int | None:
    """About how many rows it will have, as PostgreSQL's planner guesses."""
    query = report.query(params)
    if query is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT json) {query.sql}", query.args)
        [told] = cursor.fetchone()
    plan = json.loads(told) if isinstance(told, str) else told
    return int(plan[0]["Plan"]["Plan Rows"])


def _resent(first: Export, report: str, form: str, given: dict[str, str]) -> Export:
    if (first.report, first.format, first.parameters) != (report, form, given):
        raise ExportKeyReused(export_id=str(first.pk))
    return first


def cancel_export(*, export_id: int, actor: User, now: datetime) -> Export:
    """End an export that is still to be made. Cancelling it again changes nothing.

    raises  MayNotReadReports, UnknownExport, ExportMovedOn; nothing is written
    """
    export = _readable(export_id, actor)
    if export.state == State.CANCELLED:
        return export
    move_export(export=export, step=Step.CANCEL, now=now, actor=actor)
    with suppress(RedisError):
        cache.set(STOP_KEY.format(export.pk), 1, timeout=NEWS)
    return export


@transaction.atomic
def hand_out_export(*, export_id: int, actor: User, now: datetime) -> File[bytes]:
    """Open an export's file for somebody, and write down who took it.

    raises  MayNotReadReports, UnknownExport, ExportMovedOn when there is no file (yet or
            any more); nothing is written
    """
    export = _readable(export_id, actor)
    move_export(export=export, step=Step.HAND_OUT, now=now, actor=actor)
    try:
        return storages["exports"].open(export.file)
    except FileNotFoundError as gone:
        raise ExportMovedOn("The file is not where it was kept.") from gone


def _readable(export_id: int, actor: User) -> Export:
    if not actor.has_perm(RIGHT_TO_READ):
        raise MayNotReadReports
    export = Export.objects.filter(pk=export_id).first()
    if export is None:
        raise UnknownExport(export_id=str(export_id))
    return export


@transaction.atomic
def move_export(
    *,
    export: Export,
    step: Step,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    manifest: Mapping[str, object] | None = None,
    file: str = "",
) -> None:
    """Go along an arrow of the table: the event moves the row, which is read anew.

    raises  ExportMovedOn when it is in another state by now; nothing is written
    """
    before = State(export.state)
    after = state_after(before, step)
    if after is None:
        raise ExportMovedOn(f"The export is {before}.", state=before)
    try:
        with transaction.atomic():
            ExportEvent.objects.create(
                export=export,
                before=before,
                after=after,
                actor=actor,
                reason=reason[:500],
                manifest=manifest,
                file=file,
                created_at=now,
            )
    except IntegrityError as broken:
        # The trigger found it in another state: somebody was quicker.
        if f"export {export.pk} is not {before}" not in str(broken):
            raise
        export.refresh_from_db()
        raise ExportMovedOn(
            f"The export is {export.state}.", state=export.state
        ) from broken
    export.refresh_from_db()
