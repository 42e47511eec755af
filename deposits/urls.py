"""Addresses below /api/v1/."""

from django.urls import path

from deposits.api import DepositList

urlpatterns = [path("deposits", DepositList.as_view())]
