"""Who may do what, beyond being logged in."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from accounts.errors import OtpNeeded
from accounts.services import OTP_CLAIM


class HasOtp(BasePermission):
    """A token that was made with a one-time password, or a session that was."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """raises  OtpNeeded"""
        if not request.user.is_authenticated:
            return False
        if isinstance(request.auth, Token):
            was_given = request.auth.get(OTP_CLAIM) is True
        else:
            # OTPMiddleware gives it to whoever comes with a session.
            is_verified = getattr(request.user, "is_verified", None)
            was_given = is_verified is not None and is_verified()
        if not was_given:
            raise OtpNeeded
        return True
