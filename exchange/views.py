"""The pages that show several apps: the list of markets, and trading."""

import hmac
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exchange.metrics import CONTENT_TYPE, as_text
from kernel.decimals import format_decimal
from orders.errors import UnknownMarket
from orders.models import Market
from orders.selectors import market_by_symbol, markets, rates_of

#: What a trader may place, in the order of the form; words of the API.
ORDER_TYPES: Final = (
    ("limit", "Limit"),
    ("market", "Market"),
    ("stop", "Stop"),
    ("stop_limit", "Stop limit"),
    ("take_profit", "Take profit"),
    ("take_profit_limit", "Take profit limit"),
    ("trailing_stop", "Trailing stop"),
    ("oco", "OCO"),
    ("bracket", "Bracket"),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """All markets; prices arrive by the page's own script."""
    return render(request, "home.html", {"markets": [_facts(each) for each in markets()]})


@require_safe
def trade(request: HttpRequest, symbol: str) -> HttpResponse:
    """One market: its book, its trades, and what the visitor does in it."""
    try:
        market = market_by_symbol(symbol)
    except UnknownMarket as unknown:
        raise Http404(unknown.detail) from unknown
    trader_id = request.user.pk
    facts = _facts(market) | {"trader": trader_id is not None}
    if trader_id is not None:
        facts["takerPpm"] = rates_of(user_id=trader_id, market=market.rules)[1]
    context = {
        "market": market,
        "facts": facts,
        "order_types": ORDER_TYPES,
        # Four decimals of a percent are parts per million.
        "slippage": format_decimal(market.slippage_ppm, scale=4).rstrip("0").rstrip("."),
        "symbols": [each.symbol for each in markets()],
        "return_to": request.path,
    }
    return render(request, "trade.html", context)


def _facts(market: Market) -> dict[str, Any]:
    """What the page's script needs to read, show and check amounts exactly.

    tick, lot  decimal strings in quote and base
    """
    base, quote = market.base, market.quote
    return {
        "symbol": market.symbol,
        "base": base.code,
        "quote": quote.code,
        "name": base.name,
        "baseScale": base.scale,
        "quoteScale": quote.scale,
        "tick": format_decimal(market.tick_size, scale=quote.scale),
        "lot": format_decimal(market.lot_size, scale=base.scale),
        "takerPpm": market.taker_ppm,
        "slippagePpm": market.slippage_ppm,
        "selfTradeAllowed": market.self_trade_allowed,
    }


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """How the exchange is doing, for Prometheus and the staff; nobody else finds it."""
    if not (_has_metrics_token(request) or _is_verified_staff(request)):
        raise Http404
    answer = HttpResponse(as_text(), content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def _has_metrics_token(request: HttpRequest) -> bool:
    """Whether METRICS_TOKEN is set and was sent."""
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())


def _is_verified_staff(request: HttpRequest) -> bool:
    """Whether the visitor may enter the admin site, one-time password and all."""
    return admin.site.has_permission(request)
