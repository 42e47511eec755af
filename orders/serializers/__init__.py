"""Markets, orders and fills as the API reads and shows them.

The functions are plain: both lanes of the API, and the sockets, read and answer with them.
"""

from orders.serializers.answers import (
    FillAnswer,
    FillPage,
    MarketAnswer,
    OrderAnswer,
    OrderPage,
    OrderWithFills,
    fill_body,
    market_body,
    order_and_fills_body,
    order_body,
    status_word,
)
from orders.serializers.fees import FeeAnswer, fee_body
from orders.serializers.figures import figures
from orders.serializers.lists import (
    BatchAnswer,
    CancelAfterAnswer,
    CancelAllAnswer,
    OrderListAnswer,
    ReplaceAnswer,
)
from orders.serializers.previews import (
    PreventedMatchPage,
    PreviewAnswer,
    prevented_body,
    preview_body,
    refused_body,
)
from orders.serializers.requests import (
    AmendOrder,
    CancelAfter,
    CancelAllQuery,
    MarketQuery,
    OrdersQuery,
    PlaceBatch,
    PlaceBracket,
    PlaceOco,
    PlaceOrder,
    ReplaceOrder,
)
from orders.serializers.terms import amended, bracket_terms, oco_terms, order_terms
from orders.serializers.timeline import Timeline, timeline_body
from orders.serializers.verdicts import is_decided, refusal, refusal_of
from orders.serializers.words import PENDING, SIDES, STATUSES

__all__ = [
    "PENDING",
    "SIDES",
    "STATUSES",
    "AmendOrder",
    "BatchAnswer",
    "CancelAfter",
    "CancelAfterAnswer",
    "CancelAllAnswer",
    "CancelAllQuery",
    "FeeAnswer",
    "FillAnswer",
    "FillPage",
    "MarketAnswer",
    "MarketQuery",
    "OrderAnswer",
    "OrderListAnswer",
    "OrderPage",
    "OrderWithFills",
    "OrdersQuery",
    "PlaceBatch",
    "PlaceBracket",
    "PlaceOco",
    "PlaceOrder",
    "PreventedMatchPage",
    "PreviewAnswer",
    "ReplaceAnswer",
    "ReplaceOrder",
    "Timeline",
    "amended",
    "bracket_terms",
    "fee_body",
    "figures",
    "fill_body",
    "is_decided",
    "market_body",
    "oco_terms",
    "order_and_fills_body",
    "order_body",
    "order_terms",
    "prevented_body",
    "preview_body",
    "refusal",
    "refusal_of",
    "refused_body",
    "status_word",
    "timeline_body",
]
