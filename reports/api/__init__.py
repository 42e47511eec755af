"""The reports' part of the API."""

from reports.api.reporting import ReportDetail, ReportList, TraceDetail
from reports.api.statement import Statement

__all__ = ["ReportDetail", "ReportList", "Statement", "TraceDetail"]
