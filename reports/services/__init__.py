"""Reports are written, proven and exported. One function is one verb."""

from reports.services.asking import (
    RIGHT_TO_READ,
    cancel_export,
    hand_out_export,
    request_export,
)
from reports.services.fixing import fix_rates
from reports.services.making import (
    KEPT,
    expire_exports,
    make_exports,
    take_up_lost_exports,
)
from reports.services.manifests import Manifest, read_manifest, write_report
from reports.services.verifying import Check, verify_manifest

__all__ = [
    "KEPT",
    "RIGHT_TO_READ",
    "Check",
    "Manifest",
    "cancel_export",
    "expire_exports",
    "fix_rates",
    "hand_out_export",
    "make_exports",
    "read_manifest",
    "request_export",
    "take_up_lost_exports",
    "verify_manifest",
    "write_report",
]
