"""What of the reports is sealed: who asked for what, and who took it."""

from typing import Final

from kernel.sealed import SealedLog

SEALED: Final = (
    SealedLog(
        "exports",
        "reports_export",
        ("asked_by_id", "key", "report", "format", "parameters", "cut", "created_at"),
    ),
    SealedLog(
        "export_events",
        "reports_export_event",
        (
            "export_id",
            "before",
            "after",
            "actor_id",
            "reason",
            "manifest",
            "file",
            "created_at",
        ),
    ),
)
