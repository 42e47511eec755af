"""Replays a stream on an order book of somebody else's; runs where that is installed.

    python adapters.py PACKAGE STREAM

STREAM is JSON: the steps of flows.py. Prints JSON: nanoseconds per step and the lots that
were traded, so that a book that matches otherwise is told apart. This file needs nothing
but Python and the package: it is run in a virtual environment that has no Fairbook.

Each package is given what its own documentation shows: whole numbers where it takes them,
its own order objects where it wants them. Making those is part of the time, as it is for
ours.
"""

import gc
import importlib
import json
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

BUY = 1
Step = tuple[int, int, int]


class Venue(NamedTuple):
    """A book of another package.

    place   (side, price, lots) -> a handle to cancel with
    cancel  takes a handle; an order that is gone is no error
    traded  lots that were traded so far
    close   ends what the package started
    """

    place: Callable[[int, int, int], Any]
    cancel: Callable[[Any], Any]
    traded: Callable[[], int]
    close: Callable[[], Any] = lambda: None


def lightmatchingengine() -> Venue:
    module = importlib.import_module("lightmatchingengine.lightmatchingengine")
    engine = module.LightMatchingEngine()
    count = 0

    def place(side: int, price: int, lots: int) -> Any:
        nonlocal count
        order, trades = engine.add_order("BTC-USDT", price, lots, side)
        if trades:
            # Of each match it tells the taker's fill and those of the makers.
            count += sum(trade.trade_qty for trade in trades) // 2
        return order.order_id

    def cancel(order: int) -> None:
        # It keeps filled orders in its index, and asserts that their price is there.
        with suppress(AssertionError):
            engine.cancel_order(order, "BTC-USDT")

    return Venue(place, cancel, lambda: count)


def pyorderbook() -> Venue:
    module = importlib.import_module("pyorderbook")
    book = module.Book()
    count = 0

    def place(side: int, price: int, lots: int) -> Any:
        nonlocal count
        make = module.bid if side == BUY else module.ask
        order = make("BTC-USDT", price, lots)
        blotter = book.match(order)
        if blotter.trades:
            count += sum(trade.fill_quantity for trade in blotter.trades)
        return order

    def cancel(order: Any) -> None:
        if book.get_order(order.id) is not None:
            book.cancel(order)

    return Venue(place, cancel, lambda: count)


def fastlob() -> Venue:
    module = importlib.import_module("fastlob")
    sides = importlib.import_module("fastlob.enums").OrderSide
    book = module.Orderbook("bench", start=True)
    count = 0

    def place(side: int, price: int, lots: int) -> Any:
        nonlocal count
        params = module.OrderParams(sides.BID if side == BUY else sides.ASK, price, lots)
        result = book(params)
        if result.kind().name != "LIMIT":
            count += int(sum(result.execprices().values()))
        return result.orderid()

    def cancel(order: str) -> None:
        # It takes some filled orders for live ones, and misses their price.
        with suppress(KeyError):
            book.cancel(order)

    return Venue(place, cancel, lambda: count, book.stop)


def _of_akhil4n(name: str) -> Venue:
    module = importlib.import_module(name)
    book, sides = module.OrderBook(), module.OrderSide

    def place(side: int, price: int, lots: int) -> Any:
        order = module.Order(
            side=sides.BID if side == BUY else sides.ASK,
            price=price,
            original_quantity=lots,
        )
        book.add_limit_order(order)
        return order.order_id

    def traded() -> int:
        return sum(trade.quantity_filled for trade in book.trade_log)

    return Venue(place, book.cancel_order, traded)


def akhil4n_orderbook() -> Venue:
    return _of_akhil4n("orderbook")


def cython_orderbook() -> Venue:
    return _of_akhil4n("cython_orderbook.orderbook")


def manticore_orderbook() -> Venue:
    book = importlib.import_module("manticore_orderbook").OrderBook(
        "BTC-USDT", enable_logging=False, max_trade_history=10**9
    )

    def place(side: int, price: int, lots: int) -> Any:
        return book.add_order("buy" if side == BUY else "sell", price, lots)

    def traded() -> int:
        history = book.get_trade_history(limit=10**9)
        return int(sum(trade["quantity"] for trade in history))

    return Venue(place, book.cancel_order, traded, book.expiry_manager.stop)


def obook() -> Venue:
    module = importlib.import_module("obook")
    book = module.Book(max_orders=1_000_000)
    count = 0

    users: dict[int, int] = {}

    def place(side: int, price: int, lots: int) -> Any:
        nonlocal count
        # Two users, one for each side: it prevents trades with oneself.
        result = book.submit(side, module.BUY if side == BUY else module.SELL, price, lots)
        count += sum(it.qty for it in book.events() if it.kind == module.EventKind.TRADE)
        users[result.order_id] = side
        return result.order_id

    def cancel(order: int) -> None:
        book.cancel(order, users[order])

    return Venue(place, cancel, lambda: count, book.close)


VENUES: dict[str, Callable[[], Venue]] = {
    "lightmatchingengine": lightmatchingengine,
    "pyorderbook": pyorderbook,
    "fastlob": fastlob,
    "akhil4n-orderbook": akhil4n_orderbook,
    "manticore-orderbook": manticore_orderbook,
    "cython-orderbook": cython_orderbook,
    "obook": obook,
}


def replay(venue: Venue, steps: list[Step]) -> float:
    """Seconds."""
    place, cancel = venue.place, venue.cancel
    handles: list[Any] = [None]
    gc.collect()
    gc.freeze()
    gc.disable()
    started = time.process_time()
    for side, price, lots in steps:
        if side:
            handles.append(place(side, price, lots))
        else:
            cancel(handles[price])
            handles.append(None)
    return time.process_time() - started


def main() -> None:
    name, path = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    steps = json.loads(Path(path).read_text())
    venue = VENUES[name]()
    try:
        spent = replay(venue, steps)
        traded = venue.traded()
    finally:
        venue.close()
    sys.stdout.write(
        json.dumps({"nanoseconds": 1e9 * spent / len(steps), "traded": traded})
    )


if __name__ == "__main__":
    main()
