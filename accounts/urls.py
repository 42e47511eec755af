"""Addresses below /api/v1/."""

from django.urls import path

from accounts.api import LogoutView, MeView, RefreshView, RegisterView, TokenView

urlpatterns = [
    path("auth/register", RegisterView.as_view()),
    path("auth/token", TokenView.as_view()),
    path("auth/refresh", RefreshView.as_view()),
    path("auth/logout", LogoutView.as_view()),
    path("me", MeView.as_view()),
]
