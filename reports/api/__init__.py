"""The reports' part of the API."""

from reports.api.exporting import (
    ExportCancellation,
    ExportDetail,
    ExportFile,
    ExportList,
    ExportManifest,
)
from reports.api.reporting import ReportDetail, ReportList, TraceDetail
from reports.api.statement import Statement

__all__ = [
    "ExportCancellation",
    "ExportDetail",
    "ExportFile",
    "ExportList",
    "ExportManifest",
    "ReportDetail",
    "ReportList",
    "Statement",
    "TraceDetail",
]
