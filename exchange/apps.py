"""The project's own app (commands, checks) and the admin site for staff."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ExchangeConfig(AppConfig):
    name = "exchange"

    def ready(self) -> None:
        # The first registers the system checks; the second is the Celery app to which
        # every `shared_task` binds.
        from exchange import celery, checks  # noqa: F401


class StaffAdminConfig(AdminConfig):
    """`admin.site` asks for a one-time password after the password (django-otp)."""

    default_site = "exchange.staff_site.StaffSite"
