"""Who may read reports by the API."""

from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import HasOtp


class MayReadReports(HasOtp):
    """The right to it, and a one-time password, as on the staff's pages."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """raises  OtpNeeded for those who have the right, but not that"""
        user = request.user
        # Who left the staff has left its pages, whatever groups they are still in.
        user = request.user
        is_staff = user.is_authenticated and user.is_staff
        may = is_staff and user.has_perm("reports.view_report")
        return may and super().has_permission(request, view)
