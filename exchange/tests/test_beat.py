"""What beat starts is there, and goes to the queues of the workers that are for it."""

from exchange.celery import app


def test_beat_starts_tasks_that_exist_and_leaves_the_engines_queues_alone():
    app.loader.import_default_modules()

    entries = app.conf.beat_schedule.values()

    assert {entry["task"] for entry in entries} <= set(app.tasks)
    assert {entry["options"]["queue"] for entry in entries} == {"general", "reports"}
    # What may take seconds is in the way of no tick.
    assert {
        entry["task"] for entry in entries if entry["options"]["queue"] == "reports"
    } >= {"exchange.tasks.audit_recent", "exchange.tasks.audit_everything"}
    # A tick that comes late is worth nothing: the next one is due.
    assert all(
        entry["options"]["expires"] <= entry["schedule"]
        for entry in entries
        if isinstance(entry["schedule"], float)
    )
