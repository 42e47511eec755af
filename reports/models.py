"""Exports and what became of them. README.md lists what the database enforces."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from reports.states import ARROWS, FIRST, State

STATES = [(state.value, state.value) for state in State]


class Export(models.Model):
    """Somebody asked for a report as a file; it is made behind the scenes.

    What was asked never changes. The rest follows the events: the database itself moves it
    when an event is inserted, and nobody else may.

    key         of the asker: the same key again is the same export
    parameters  texts by their public names, as they were given
    cut         the moment at which it is made (ledger.moments), pinned when it was asked
    expected    about how many rows it will have; None: nobody can tell
    manifest    of the file, once that is made
    file        its name in the storage of exports
    moved_at    when it came into its state
    """

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    key = models.CharField(max_length=80)
    report = models.CharField(max_length=40)
    format = models.CharField(max_length=12)
    parameters = models.JSONField()
    cut = models.CharField(max_length=80)
    expected = models.BigIntegerField(null=True)
    created_at = models.DateTimeField("asked for at")

    state = models.CharField(max_length=12, choices=STATES, default=FIRST)
    moved_at = models.DateTimeField()
    manifest = models.JSONField(null=True, blank=True)
    file = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        default_permissions = ()
        permissions = [("view_report", "Can read reports and export them")]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by", "key"], name="export_key_is_unique"
            ),
            models.CheckConstraint(condition=Q(key__gt=""), name="export_has_a_key"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[State.DONE, State.EXPIRED],
                    manifest__isnull=False,
                    file__gt="",
                )
                | Q(manifest__isnull=True, file="")
                & ~Q(state__in=[State.DONE, State.EXPIRED]),
                name="export_has_a_file_when_done",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="export_by_state")]

    def __str__(self) -> str:
        return f"{self.report} as {self.format}"

    @property
    def facts(self) -> dict[str, Any]:
        """The manifest, or nothing yet."""
        return self.manifest or {}


class ExportEvent(models.Model):
    """One step of an export's life. Inserting a row is what moves the export.

    actor     who cancelled it or took the file; None: the house
    reason    why it failed or was lost
    manifest  and file: of what was finished
    """

    export = models.ForeignKey(
        Export, models.PROTECT, db_index=False, related_name="events"
    )
    before = models.CharField(max_length=12, choices=STATES)
    after = models.CharField(max_length=12, choices=STATES)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, default="")
    manifest = models.JSONField(null=True, blank=True)
    file = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "reports_export_event"
        default_permissions = ()
        indexes = [models.Index(fields=["export", "id"], name="export_event_by_export")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    *(
                        Q(before=before, after=after)
                        for (before, _), after in ARROWS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="export_event_follows_an_arrow",
            ),
            models.CheckConstraint(
                condition=Q(
                    before=State.RUNNING,
                    after=State.DONE,
                    manifest__isnull=False,
                    file__gt="",
                )
                | Q(manifest__isnull=True, file="")
                & ~Q(before=State.RUNNING, after=State.DONE),
                name="export_event_brings_its_file",
            ),
            models.CheckConstraint(
                condition=~Q(after=State.FAILED) | Q(reason__gt=""),
                name="export_failure_has_its_reason",
            ),
            models.CheckConstraint(
                condition=~Q(after=State.CANCELLED, actor__isnull=True)
                & ~Q(before=State.DONE, after=State.DONE, actor__isnull=True),
                name="export_is_handled_by_somebody",
            ),
        ]
