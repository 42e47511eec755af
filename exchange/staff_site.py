"""The admin site: nobody enters without a verified one-time password."""

from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm, OTPAdminSite
from django_otp.models import Device

from accounts.models import User


class StaffLoginForm(OTPAdminAuthenticationForm):  # type: ignore[misc]  # untyped
    """Asks which device only those who have several."""

    def _chosen_device(self, user: User) -> Device | None:
        chosen = super()._chosen_device(user)
        if chosen is not None or self.cleaned_data.get("otp_device"):
            return chosen
        devices = list(devices_for_user(user, for_verify=True))
        return devices[0] if len(devices) == 1 else None


class StaffSite(OTPAdminSite):  # type: ignore[misc]  # django-otp is untyped
    site_header = "Fairbook"
    site_title = "Fairbook staff"
    index_title = "Compliance and books"
    login_form = StaffLoginForm
