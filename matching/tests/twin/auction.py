"""How a market opens that collected orders: all that can trade does, at one price."""

from matching.tests.twin.endings import cancel_other_leg, fill
from matching.tests.twin.prices import auction_price
from matching.tests.twin.state import State, TwinOrder
from matching.tests.twin.taking import set_state, show, trade
from orders.commands import MarketState


def open_market(state: State) -> None:
    set_state(state, MarketState.OPEN, until=0)
    if state.crossed():
        _uncross(state)


def _uncross(state: State) -> None:
    price, lots = auction_price(
        [(o.price, o.left) for o in state.side(buys=True)],
        [(o.price, o.left) for o in state.side(buys=False)],
        state.reference,
    )
    traded: list[TwinOrder] = []
    while lots:
        bid = next(o for o in state.side(buys=True) if o.left)
        ask = next(o for o in state.side(buys=False) if o.left)
        part = min(bid.left, ask.left, lots)
        older, younger = sorted((bid, ask), key=lambda order: order.queue)
        trade(state, older, younger, part, price, auction=True)
        lots -= part
        traded += [o for o in (bid, ask) if o not in traded]
    state.reference = price
    for order in traded:
        cancel_other_leg(state, order)
        if order.left:
            show(order)
        else:
            fill(state, order)
