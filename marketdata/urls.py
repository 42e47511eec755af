"""Addresses below /api/v1/."""

from django.urls import path

from marketdata.api import Depth, TickerOfMarket, Tickers, Trades

urlpatterns = [
    path("markets/<str:symbol>/depth", Depth.as_view()),
    path("markets/<str:symbol>/trades", Trades.as_view()),
    path("markets/<str:symbol>/ticker", TickerOfMarket.as_view()),
    path("tickers", Tickers.as_view()),
]
