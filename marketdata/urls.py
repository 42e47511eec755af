"""Addresses below /api/v1/."""

from django.urls import path

from marketdata.api import Auction, Depth, TickerOfMarket, Tickers, Trades

urlpatterns = [
    path("markets/<str:symbol>/depth", Depth.as_view()),
    path("markets/<str:symbol>/auction", Auction.as_view()),
    path("markets/<str:symbol>/trades", Trades.as_view()),
    path("markets/<str:symbol>/ticker", TickerOfMarket.as_view()),
    path("tickers", Tickers.as_view()),
]
