"""Addresses below /api/v1/."""

from django.urls import path

from withdrawals.api import WithdrawalDetail, WithdrawalList

urlpatterns = [
    path("withdrawals", WithdrawalList.as_view()),
    path("withdrawals/<int:withdrawal_id>", WithdrawalDetail.as_view()),
]
