"""Every address. Apps keep their own; this page puts them together."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

api = [
    path("auth/", include("accounts.urls")),
    path("", include("orders.urls")),
    path("", include("ledger.urls")),
    path("", include("deposits.urls")),
    path("", include("withdrawals.urls")),
    path("", include("marketdata.urls")),
]
urlpatterns = [
    path("api/v1/", include(api)),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("admin/", admin.site.urls),
]
