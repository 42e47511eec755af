"""Addresses below /api/v1/, and those of the staff's pages, below /admin/reports/."""

from django.contrib import admin
from django.urls import path, re_path

from reports.api import (
    ExportCancellation,
    ExportDetail,
    ExportFile,
    ExportList,
    ExportManifest,
    ReportDetail,
    ReportList,
    Statement,
    TraceDetail,
)
from reports.catalogue import REPORTS
from reports.views import pages as views

urlpatterns = [
    path("reports", ReportList.as_view()),
    path("reports/<str:name>", ReportDetail.as_view()),
    path("exports", ExportList.as_view()),
    path("exports/<int:export_id>", ExportDetail.as_view()),
    path("exports/<int:export_id>/cancel", ExportCancellation.as_view()),
    path("exports/<int:export_id>/file", ExportFile.as_view()),
    path("exports/<int:export_id>/manifest", ExportManifest.as_view()),
    path("trace/<str:thing>/<str:id>", TraceDetail.as_view()),
    path("statement", Statement.as_view()),
]
pages = [
    path("", admin.site.admin_view(views.index), name="reports_index"),
    path(
        "trace/<slug:kind>/<str:key>/",
        admin.site.admin_view(views.thing),
        name="reports_trace",
    ),
    re_path(
        rf"^(?P<name>{'|'.join(REPORTS)})/$",
        admin.site.admin_view(views.report),
        name="reports_report",
    ),
]
