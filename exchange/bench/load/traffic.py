"""What is asked: endless or recorded streams of steps, the same in every run. Pure.

A step becomes a request when the token of its user is put in the middle:

    (request line and headers up to the token, user, the rest of the request, number)

A user is a place in the list of tokens. The number is that of an order, counted from 1,
so that a later step can cancel it; 0 for what places none; below 0 it cancels that order,
and its first part has a gap for the id that the exchange gave.
"""

import csv
import lzma
import random
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

Step = tuple[bytes, int, bytes, int]

MARKET: Final = b"BTC-USDT"
#: Decimals of a price and of a quantity in exchange/bench/setting.py's market.
PRICE_DECIMALS, LOT_DECIMALS = 2, 5
MID: Final = 6_500_000
LOWEST: Final = 100_000
#: Volumes of the recorded day have eight decimals; its rows, these columns.
VOLUME_PER_LOT: Final = 10 ** (8 - LOT_DECIMALS)
SIDES: Final = {"bid": b"buy", "ask": b"sell"}


def pairs(*, users: int, seed: int, prefix: str) -> Iterator[Step]:
    """Somebody sells at a price that wanders, somebody else buys as much there, for ever.

    prefix  of the client order ids, so that no two runs share one
    """
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    price, number = MID, 0
    while True:
        price = max(LOWEST, price + chance.randint(-50, 50))
        seller, buyer = chance.sample(range(users), 2)
        lots = chance.randint(1, 1_000)
        for user, side in ((seller, b"sell"), (buyer, b"buy")):
            number += 1
            yield placing(user, order(side, price, lots, f"{prefix}-{number}"), number)


def batches(*, users: int, seed: int, prefix: str, size: int) -> Iterator[Step]:
    """`size` orders of one user in one request, which do not meet each other."""
    chance = random.Random(seed)  # noqa: S311  the same flow in every run
    for number in count(1):
        side = b"sell" if number % 2 else b"buy"
        items = (
            b'{"op":"place",'
            + order(
                side,
                MID
                + (chance.randint(1, 5_000) if number % 2 else -chance.randint(1, 5_000)),
                chance.randint(1, 1_000),
                f"{prefix}-{number}-{place}",
            )[1:]
            for place in range(size)
        )
        body = b'{"items":[' + b",".join(items) + b"]}"
        yield posted(b"/api/v1/orders/batch", number % users, body, number)


def reads(*, users: int, path: str) -> Iterator[Step]:
    """Everybody in turn asks for the same address."""
    line = b"GET " + path.encode() + b" HTTP/1.1\r\n"
    for number in count():
        yield line, number % users, b"\r\n", 0


def reads_of_own(*, owned: Iterable[tuple[int, int]]) -> Iterator[Step]:
    """Orders, each asked for by its owner, over and over.

    owned  (user, order id)
    """
    steps = [
        (b"GET /api/v1/orders/%d HTTP/1.1\r\n" % order_id, user, b"\r\n", 0)
        for user, order_id in owned
    ]
    while steps:
        yield from steps


def recorded(path: Path, *, users: int, prefix: str, limit: int) -> Iterator[Step]:
    """The orders and cancels of a recorded day, as far as `limit` rows.

    Buyers are other people than sellers. Quantities are rounded up to whole lots.
    """
    numbers, counter = dict[str, int](), count(1)
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        for row, _ in zip(csv.DictReader(lines), range(limit), strict=False):
            key, buys = row["id"], row["direction"] == "bid"
            user = 2 * (int(key) % (users // 2)) + buys
            if row["action"] == "created":
                numbers[key] = next(counter)
                lots = -(-int(row["volume"]) // VOLUME_PER_LOT)
                price = round(float(row["price"]) * 10**PRICE_DECIMALS)
                body = order(SIDES[row["direction"]], price, lots, f"{prefix}-{key}")
                yield placing(user, body, numbers[key])
            elif row["action"] == "deleted" and key in numbers:
                yield cancelling(user, numbers.pop(key))


def order(side: bytes, price: int, lots: int, client_order_id: str) -> bytes:
    """The body of a limit order; ticks and lots become decimals."""
    return (
        b'{"market":"%b","side":"%b","type":"limit","price":"%d.%02d","quantity":"%d.%05d"'
        b',"client_order_id":"%b"}'
        % (
            MARKET,
            side,
            *divmod(price, 10**PRICE_DECIMALS),
            *divmod(lots, 10**LOT_DECIMALS),
            client_order_id.encode(),
        )
    )


def placing(user: int, body: bytes, number: int) -> Step:
    return posted(b"/api/v1/orders", user, body, number)


def posted(path: bytes, user: int, body: bytes, number: int) -> Step:
    rest = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    return b"POST " + path + b" HTTP/1.1\r\n", user, rest % (len(body), body), number


def cancelling(user: int, number: int) -> Step:
    return b"DELETE /api/v1/orders/%d HTTP/1.1\r\n", user, b"\r\n", -number
