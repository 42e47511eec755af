"""Addresses below /api/v1/."""

from django.urls import path

from ledger.api import AssetList, BalanceList, MovementList

urlpatterns = [
    path("assets", AssetList.as_view()),
    path("balances", BalanceList.as_view()),
    path("balances/<str:asset>/movements", MovementList.as_view()),
]
