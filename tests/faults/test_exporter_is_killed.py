"""However a worker that makes exports dies, no half file counts and another makes it."""

import json
import subprocess
from typing import Any

import pytest
from django.core.files.storage import storages

from exchange.bench.setting import Setting
from kernel import clock
from reports.models import Export
from reports.services import read_manifest, request_export, verify_manifest
from reports.states import State
from tests.faults.house import CELERY, House, wait_until
from tests.staff import member

SWEEP = (
    "import django; django.setup();"
    "from reports.tasks import look_after_exports as sweep;"
    "sweep.apply_async(queue='reports')"
)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["in_export", "export_written"])
def test_an_export_whose_worker_is_killed_is_made_again_and_whole(
    house: House, setting: Setting, settings: Any, where: str
) -> None:
    options = {"location": str(house.var / "exports")}
    exports = {**settings.STORAGES["exports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "exports": exports}
    export = request_export(
        report="journal",
        said={},
        form="csv",
        key=where,
        actor=member("erin", "reports.view_report"),
        now=clock.now(),
    )

    first = start_worker(house, failpoint=where)
    sweep(house)
    assert first.wait(timeout=60) == -9
    export.refresh_from_db()
    assert (export.state, export.manifest) == (State.RUNNING, None)

    second = start_worker(house)
    sweep(house)
    wait_until(lambda: is_done(export), seconds=60)

    second.terminate()
    told = [it.after for it in export.events.order_by("id")]
    assert told == ["running", "queued", "running", "done"]
    manifest = read_manifest(text=json.dumps(export.manifest))
    with storages["exports"].open(export.file) as file:
        found = verify_manifest(manifest=manifest, file=file)
    assert {it.name: it.is_good for it in found if it.name != "manifest"} == {
        "file": True, "seal": None, "books": True,
    }  # fmt: skip
    assert not list((house.var / "exports").glob(".making-*"))


def start_worker(house: House, *, failpoint: str = "") -> subprocess.Popen[str]:
    arguments = [it if it != "solo" else "threads" for it in CELERY]
    return house._start(
        [*arguments, "--concurrency", "2", "-Q", "reports"], FAIRBOOK_FAILPOINT=failpoint
    )


def sweep(house: House) -> None:
    """What beat does once a minute."""
    house.run("-c", SWEEP)


def is_done(export: Export) -> bool:
    export.refresh_from_db()
    return export.state == State.DONE
