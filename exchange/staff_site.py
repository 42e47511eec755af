"""The admin site: nobody enters without a verified one-time password."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm, OTPAdminSite
from django_otp.models import Device

from accounts.models import User
from accounts.views import refusal_of_attempt
from deposits.selectors import unconfirmed_count
from withdrawals.selectors import waiting_count
from withdrawals.states import State

#: What the staff works on stands first; the rest follows by name.
FIRST_APPS: Final = ("withdrawals", "deposits", "orders", "ledger", "accounts")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile of cases on the desk."""

    what: str
    count: int
    address: str


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
    index_title = "Compliance, markets and books"
    login_form = StaffLoginForm
    # The lists need the width; the desk and the way back to it stand on every page.
    enable_nav_sidebar = False

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As many attempts as at the traders' door, counted together with them."""
        refusal = refusal_of_attempt(request) if request.method == "POST" else None
        answer: HttpResponse = refusal or super().login(request, extra_context)
        return answer

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The desk: what waits for whom, then all tables."""
        context = {"waiting": _waiting(request)} | (extra_context or {})
        answer: HttpResponse = super().index(request, context)
        return answer

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """All apps, those of the daily work first."""
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=_turn)


def _turn(app: dict[str, Any]) -> tuple[int, str]:
    label, name = app["app_label"], app["name"]
    turn = FIRST_APPS.index(label) if label in FIRST_APPS else len(FIRST_APPS)
    return turn, name


def _waiting(request: HttpRequest) -> list[Waiting]:
    """The piles that this member of the staff may see."""
    piles = []
    if request.user.has_perm("withdrawals.view_withdrawal"):
        wishes = reverse("admin:withdrawals_withdrawal_changelist")
        for state, what in (
            (State.REQUESTED, "withdrawals to decide on"),
            (State.APPROVED, "withdrawals to pay"),
        ):
            address = f"{wishes}?state__exact={state}"
            piles.append(Waiting(what, waiting_count(state=state), address))
    if request.user.has_perm("deposits.view_deposit"):
        arrivals = reverse("admin:deposits_deposit_changelist")
        address = f"{arrivals}?state__exact=entered"
        piles.append(Waiting("deposits to confirm", unconfirmed_count(), address))
    return piles
