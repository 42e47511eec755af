"""The admin site: nobody enters without a verified one-time password."""

from django_otp.admin import OTPAdminSite


class StaffSite(OTPAdminSite):  # type: ignore[misc]  # django-otp is untyped
    site_header = "Fairbook"
    site_title = "Fairbook staff"
    index_title = "Compliance and books"
