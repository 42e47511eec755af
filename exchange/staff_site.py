"""The admin site: nobody enters without a verified one-time password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_otp import devices_for_user
from django_otp.admin import OTPAdminAuthenticationForm, OTPAdminSite
from django_otp.models import Device

from accounts.models import User
from accounts.staff import badge, notable
from accounts.views import refusal_of_attempt
from bookkeeping.selectors import (
    period_standing,
    proposed_months,
    undecided_adjustments,
    undecided_bookings,
)
from deposits.selectors import unconfirmed_count
from exchange.seals import seal_lags
from kernel import clock
from ledger.selectors import AuditStanding, assets, audit_standing, open_breaks
from proofs.selectors import undecided_count
from withdrawals.selectors import waiting_count
from withdrawals.states import State

#: What the staff works on stands first; the rest follows by name.
FIRST_APPS: Final = (
    "withdrawals",
    "deposits",
    "orders",
    "bookkeeping",
    "ledger",
    "accounts",
)
#: The house audits and seals each minute; what is older than this deserves a look.
LATE: Final = timedelta(minutes=3)


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
        standing = _standing() if request.user.has_perm("ledger.view_auditrun") else []
        piles = {"waiting": _waiting(request), "standing": standing}
        context = piles | (extra_context or {})
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


@dataclass(frozen=True, slots=True)
class Pile:
    """What may wait, and who is told of it.

    right  which one must have, as "app.codename"
    table  whose list shows it, as "app_model"; `query` picks what waits
    """

    right: str
    what: str
    count: Callable[[], int]
    table: str
    query: str = ""


PILES: Final = (
    Pile(
        "withdrawals.view_withdrawal",
        "withdrawals to decide on",
        lambda: waiting_count(state=State.REQUESTED),
        "withdrawals_withdrawal",
        f"?state__exact={State.REQUESTED}",
    ),
    Pile(
        "withdrawals.view_withdrawal",
        "withdrawals to pay",
        lambda: waiting_count(state=State.APPROVED),
        "withdrawals_withdrawal",
        f"?state__exact={State.APPROVED}",
    ),
    Pile(
        "deposits.view_deposit",
        "deposits to confirm",
        unconfirmed_count,
        "deposits_deposit",
        "?state__exact=entered",
    ),
    Pile(
        "ledger.view_break",
        "breaks to resolve",
        lambda: open_breaks().count(),
        "ledger_break",
    ),
    Pile(
        "bookkeeping.view_adjustment",
        "adjustments to decide on",
        undecided_adjustments,
        "bookkeeping_adjustment",
        "?state__exact=proposed",
    ),
    Pile(
        "bookkeeping.view_housebooking",
        "bookings to decide on",
        undecided_bookings,
        "bookkeeping_housebooking",
        "?state__exact=proposed",
    ),
    Pile(
        "bookkeeping.view_period",
        "months to close",
        proposed_months,
        "bookkeeping_period",
        "?state__exact=proposed",
    ),
    Pile("proofs.publish_proof", "proofs to publish", undecided_count, "proofs_proof"),
)


def _waiting(request: HttpRequest) -> list[Waiting]:
    """The piles that this member of the staff may see."""
    return [
        Waiting(
            pile.what, pile.count(), reverse(f"admin:{pile.table}_changelist") + pile.query
        )
        for pile in PILES
        if request.user.has_perm(pile.right)
    ]


def _standing() -> list[tuple[str, object]]:
    """How the books are looked after."""
    audits = audit_standing()
    return [
        ("Last audit", _last_audit(audits)),
        ("Last full audit", _ago(audits.full_age)),
        ("Breaks", _broken()),
        ("Seals", _sealed()),
        ("Closed", _closed()),
    ]


def _last_audit(standing: AuditStanding) -> SafeString:
    if standing.age is None or standing.duration is None:
        return notable("never")
    ago = _ago(standing.age)
    seconds = f"in {standing.duration.total_seconds():.1f} s"
    late = standing.age > LATE
    return format_html(
        "{} {}, {}", badge(standing.outcome), notable(ago) if late else ago, seconds
    )


def _broken() -> object:
    """What is not paid, and not traded, as long as nobody resolves them."""
    breaks = list(open_breaks())
    if not breaks:
        return "none"
    concerned = {asset for it in breaks for asset in it.assets}
    codes = sorted(it.code for it in assets() if it.pk in concerned)
    whose = ", ".join(codes) if all(it.assets for it in breaks) else "all assets"
    return notable(f"{len(breaks)} unresolved: {whose} halted, nothing of it is paid")


def _sealed() -> object:
    lags = [it for it in seal_lags(now=clock.now()) if it.rows]
    if not lags:
        return "nothing waits"
    oldest = max(lags, key=lambda it: it.age)
    rows = sum(it.rows for it in lags)
    text = f"{rows:,} rows wait, those of {oldest.log} for {_length(oldest.age)}"
    return notable(text) if oldest.age > LATE else text


def _closed() -> object:
    standing = period_standing(now=clock.now())
    day = f"up to {standing.day.begins:%Y-%m-%d}" if standing.day else "no day yet"
    month = f"up to {standing.month.begins:%Y-%m}" if standing.month else "no month yet"
    text = f"{day}; for good: {month}"
    if not standing.open_days:
        return text
    return format_html("{}; {}", text, notable(f"{standing.open_days} days are open"))


def _ago(age: timedelta | None) -> str:
    return "never" if age is None else f"{_length(age)} ago"


def _length(time: timedelta) -> str:
    """In the largest unit of which there is more than one."""
    seconds = max(int(time.total_seconds()), 0)
    for name, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
