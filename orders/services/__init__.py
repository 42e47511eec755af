"""Writes about markets and orders.

The API side appends commands and nothing else. Tables (`ORDERS` …), `start_…` and
`record_…` are the engine's pen, used by matching/settlement.py in its batch's transaction.
"""

from orders.services.batch import (
    AmendItem,
    BatchItem,
    CancelItem,
    PlaceItem,
    Refusal,
    submit_batch,
)
from orders.services.changing import (
    amend_order,
    amend_values,
    cancel_all,
    cancel_values,
    check_live,
    replace_order,
    request_cancel,
    terms_of,
)
from orders.services.clock import (
    fire_cancel_after,
    renew_cancel_after,
    run_clock,
    set_cancel_after,
)
from orders.services.fees import count_volumes, set_fee_tier
from orders.services.history import forget_history, index_fills, index_orders
from orders.services.intake import Intake
from orders.services.log import append_commands
from orders.services.markets import configure_market, open_market
from orders.services.pen import (
    EVENTS,
    ORDERS,
    TRADES,
    pack_prevented,
    pack_special_order,
    record_alterations,
    record_changes,
    record_market_change,
    record_prevented_matches,
    start_special_orders,
)
from orders.services.placing import (
    order_values,
    place_list,
    place_order,
    refuse_as_placed,
    stamp_order,
)

__all__ = [
    "EVENTS",
    "ORDERS",
    "TRADES",
    "AmendItem",
    "BatchItem",
    "CancelItem",
    "Intake",
    "PlaceItem",
    "Refusal",
    "amend_order",
    "amend_values",
    "append_commands",
    "cancel_all",
    "cancel_values",
    "check_live",
    "configure_market",
    "count_volumes",
    "fire_cancel_after",
    "forget_history",
    "index_fills",
    "index_orders",
    "open_market",
    "order_values",
    "pack_prevented",
    "pack_special_order",
    "place_list",
    "place_order",
    "record_alterations",
    "record_changes",
    "record_market_change",
    "record_prevented_matches",
    "refuse_as_placed",
    "renew_cancel_after",
    "replace_order",
    "request_cancel",
    "run_clock",
    "set_cancel_after",
    "set_fee_tier",
    "stamp_order",
    "start_special_orders",
    "submit_batch",
    "terms_of",
]
