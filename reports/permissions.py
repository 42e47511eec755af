"""Who may read reports by the API."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import HasOtp


class MayReadReports(HasOtp):
    """The right to it, and a one-time password, as on the staff's pages."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """raises  OtpNeeded for those who have the right, but not that"""
        may = request.user.has_perm("reports.view_report")
        return may and super().has_permission(request, view)
