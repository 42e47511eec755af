"""Exports are made, one at a time, and their files kept for a while.

Who makes one holds a lock of the database that ends with its session: a worker that died
has lost it, so the next look finds the export that nobody is making any more.
"""

import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

from django.core.cache import cache
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.db import connection
from redis.exceptions import RedisError

from kernel.errors import ExchangeError
from kernel.failpoint import failpoint
from reports.errors import ExportMovedOn
from reports.formats import format_of
from reports.models import Export
from reports.selectors.exports import PROGRESS_KEY
from reports.services.asking import NEWS, STOP_KEY, move_export
from reports.services.manifests import Manifest, pinned, write_report
from reports.states import PENDING, State, Step

log = logging.getLogger(__name__)

#: So long after it was asked for a file is kept.
KEPT: Final = timedelta(days=30)
#: So often an export is taken up again after its worker died.
LOST_MAX: Final = 3
#: How often the rows so far are told, in rows.
TOLD_EVERY: Final = 10_000
#: The first half of the advisory locks' names; the second is the export's id, or 0 for the
#: one who makes exports.
_LOCKS: Final = 5_150_101
_MAKING: Final = ".making-"
_NUMBERED: Final = re.compile("([0-9]{6,18})-", re.ASCII)


class Stopped(Exception):
    """Somebody cancelled it while it was made."""


def make_exports(*, now: Callable[[], datetime]) -> int:
    """Make all exports that wait, the oldest first; how many. Two at once do not both.

    now  tells the time at each step, since an export may take long
    """
    count = 0
    with _locked(0) as is_ours:
        while is_ours and (export := Export.objects.filter(state=State.QUEUED).first()):
            _make(export, now)
            count += 1
    return count


def take_up_lost_exports(*, now: datetime) -> int:
    """Queue the exports again whose worker died; after a few times, give them up."""
    count = 0
    for export in Export.objects.filter(state=State.RUNNING):
        with _locked(export.pk) as nobody_else:
            if not nobody_else:
                continue
            starts = export.events.filter(after=State.RUNNING).count()
            step = Step.LOSE if starts < LOST_MAX else Step.FAIL
            reason = f"The worker ended while it made the export, {starts} times."
            try:
                move_export(export=export, step=step, now=now, reason=reason)
            except ExportMovedOn:
                continue
            count += 1
    return count


def expire_exports(*, now: datetime) -> int:
    """Delete the files that were kept long enough, and those that nobody knows; the
    manifests stay.
    """
    count = 0
    for export in Export.objects.filter(state=State.DONE, created_at__lte=now - KEPT):
        storages["exports"].delete(export.file)
        move_export(export=export, step=Step.EXPIRE, now=now)
        count += 1
    _delete_leftovers()
    return count


def _delete_leftovers() -> None:
    """Whole files whose worker died before it could say so: another made them again."""
    storage = storages["exports"]
    if not storage.exists(""):
        return
    _, names = storage.listdir("")
    numbers = {int(it[1]) for name in names if (it := _NUMBERED.match(name))}
    ended = Export.objects.exclude(state__in=PENDING).in_bulk(list(numbers))
    for name in names:
        match = _NUMBERED.match(name)
        export = ended.get(int(match[1])) if match else None
        if export and name not in (export.file, f"{export.file}.manifest.json"):
            storage.delete(name)


def _make(export: Export, now: Callable[[], datetime]) -> None:
    with _locked(export.pk) as is_ours:
        assert is_ours, "whoever makes exports is alone"
        try:
            move_export(export=export, step=Step.START, now=now())
            _write(export, now)
        except (ExportMovedOn, Stopped):
            return  # cancelled: there is nothing to keep
        except ExchangeError as refused:
            _give_up(export, refused.detail or refused.title, now())
        except Exception:
            log.exception("an export failed", extra={"export": export.pk})
            _give_up(export, "It failed on our side; the log has the cause.", now())


def _give_up(export: Export, why: str, now: datetime) -> None:
    try:
        move_export(export=export, step=Step.FAIL, now=now, reason=why)
    except ExportMovedOn:
        return


def _write(export: Export, now: Callable[[], datetime]) -> None:
    """Into a temporary file first: what has no manifest is nobody's."""
    report, params = pinned(report=export.report, said=export.parameters, cut=export.cut)
    form = format_of(name=export.format, report=report)
    with _workshop() as made:
        manifest = write_report(
            out=made,
            report=report,
            params=params,
            form=form,
            made_by=export.asked_by.email,
            now=now(),
            heard=_teller(export.pk),
        )
        made.seek(0)
        name = storages["exports"].save(
            f"{export.pk:06}-{report.name}.{form.suffix}", File(made)
        )
    _keep(export, name, manifest, now())


def _keep(export: Export, name: str, manifest: Manifest, now: datetime) -> None:
    """The file counts from here on; or it is thrown away, if somebody cancelled it."""
    storage = storages["exports"]
    beside = storage.save(f"{name}.manifest.json", ContentFile(manifest.text))
    _make_durable(name, beside)
    failpoint("export_written")
    try:
        move_export(
            export=export, step=Step.FINISH, now=now, manifest=manifest.facts, file=name
        )
    except ExportMovedOn:
        storage.delete(name)
        storage.delete(beside)
        raise


def _make_durable(*names: str) -> None:
    """What is said to be done survives the machine; other storages see to it themselves."""
    for name in names:
        try:
            path = Path(storages["exports"].path(name))
        except NotImplementedError:
            return
        for place in (path, path.parent):
            handle = os.open(place, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


@contextmanager
def _workshop() -> Iterator[IO[bytes]]:
    """A file to write into, near the others. Of those who died here, the rest goes away."""
    place = Path(getattr(storages["exports"], "location", tempfile.gettempdir()))
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in place.glob(f"{_MAKING}*"):
        left.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=place, prefix=_MAKING) as made:
        yield made


def _teller(export_id: int) -> Callable[[int], None]:
    told = 0

    def tell(rows: int) -> None:
        nonlocal told
        failpoint("in_export")
        if rows < told + TOLD_EVERY:
            return
        told = rows
        with suppress(RedisError):
            cache.set(PROGRESS_KEY.format(export_id), rows, timeout=NEWS)
            if cache.get(STOP_KEY.format(export_id)):
                raise Stopped

    return tell


@contextmanager
def _locked(number: int) -> Iterator[bool]:
    """Whether the lock of this number is ours; given back at the end of the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, number])
        [is_ours] = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, number])
