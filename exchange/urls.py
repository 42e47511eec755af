"""Every address. Apps keep their own; this page puts them together."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from accounts.views import LoginPage, LogoutPage, SignUpPage
from exchange import views
from exchange.docs import error_codes
from exchange.errors_api import bad_request, server_error, unknown_address
from proofs import views as proof_pages
from reports.urls import pages as report_pages

api = [
    path("", include("accounts.urls")),
    path("", include("orders.urls")),
    path("", include("ledger.urls")),
    path("", include("deposits.urls")),
    path("", include("withdrawals.urls")),
    path("", include("marketdata.urls")),
    path("", include("reports.urls")),
    path("", include("proofs.urls")),
]
pages = [
    path("", views.home, name="home"),
    path("trade/<str:symbol>", views.trade, name="trade"),
    path("login", LoginPage.as_view(), name="login"),
    path("sign-up", SignUpPage.as_view(), name="sign-up"),
    path("logout", LogoutPage.as_view(), name="logout"),
    path("proofs", proof_pages.latest, name="proofs"),
    path("proofs/<int:proof_id>", proof_pages.one, name="proof"),
]
urlpatterns = [
    path("", include(pages)),
    path("api/v1/", include(api)),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/docs/errors", error_codes, name="error-codes"),
    re_path("^api/", unknown_address),
    path("metrics", views.metrics, name="metrics"),
    path("admin/reports/", include(report_pages)),
    path("admin/", admin.site.urls),
]
handler400 = bad_request
handler500 = server_error
