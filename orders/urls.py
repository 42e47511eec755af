"""Addresses below /api/v1/."""

from django.urls import path

from orders import api

urlpatterns = [
    path("markets", api.MarketList.as_view()),
    path("markets/<str:symbol>", api.MarketDetail.as_view()),
    path("fees", api.FeeList.as_view()),
    path("orders", api.OrderList.as_view()),
    path("orders/oco", api.OcoList.as_view()),
    path("orders/bracket", api.BracketList.as_view()),
    path("orders/batch", api.Batch.as_view()),
    path("orders/cancel-after", api.CancelAfterSwitch.as_view()),
    path("orders/<int:order_id>", api.OrderDetail.as_view()),
    path("orders/<int:order_id>/replace", api.OrderReplacement.as_view()),
    path("orders/<int:order_id>/timeline", api.OrderTimeline.as_view()),
    path("fills", api.FillList.as_view()),
    path("prevented-matches", api.PreventedMatchList.as_view()),
]
