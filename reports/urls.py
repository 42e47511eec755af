"""Addresses below /api/v1/, and those of the staff's pages, below /admin/reports/."""

from django.contrib import admin
from django.urls import URLPattern, path

from reports.views import pages as views

urlpatterns: list[URLPattern] = []
pages = [
    path("", admin.site.admin_view(views.index), name="reports_index"),
    path(
        "trace/<slug:kind>/<str:key>/",
        admin.site.admin_view(views.thing),
        name="reports_trace",
    ),
    path("<slug:name>/", admin.site.admin_view(views.report), name="reports_report"),
]
