"""Addresses below /api/v1/."""

from django.urls import path

from ledger.api import AssetList, BalanceList

urlpatterns = [
    path("assets", AssetList.as_view()),
    path("balances", BalanceList.as_view()),
]
