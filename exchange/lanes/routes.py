"""Which addresses are hot, and who answers them."""

from accounts.authentication import Bearers
from exchange.lanes.door import Application, FastLane, Route


def routes() -> list[Route]:
    return []


def fast_lane(stock: Application) -> FastLane:
    """Django's HTTP application with the fast lane before it."""
    return FastLane(stock, routes(), Bearers())
