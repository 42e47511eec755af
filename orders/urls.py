"""Addresses below /api/v1/."""

from django.urls import path

from orders.api import FillList, MarketDetail, MarketList, OrderDetail, OrderList

urlpatterns = [
    path("markets", MarketList.as_view()),
    path("markets/<str:symbol>", MarketDetail.as_view()),
    path("orders", OrderList.as_view()),
    path("orders/<int:order_id>", OrderDetail.as_view()),
    path("fills", FillList.as_view()),
]
