"""The rule book of price-time priority, one example for each rule."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.units import Atoms, Lots, Ppm, Ticks
from matching.book import Book, BookOrder, new_order, show
from matching.tests.book_check import check_book
from orders.commands import (
    PLAIN,
    OrderSide,
    OrderType,
    Place,
    SelfTrade,
    TimeInForce,
)

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value


def order(number: int, side: int, lots: int, *, at: int, display: int = 0) -> BookOrder:
    """An order of a user of its own, who has the same number."""
    command = Place(
        id=number,
        market=1,
        user=number,
        side=side,
        type=OrderType.LIMIT.value,
        time_in_force=TimeInForce.GTC.value,
        self_trade=SelfTrade.NONE.value,
        price=Ticks(at),
        quantity=Lots(lots),
        budget=Atoms(0),
        maker_ppm=Ppm(0),
        taker_ppm=Ppm(0),
        extra=PLAIN._replace(display=display),
    )
    made = new_order(command, 0)
    show(made, lots)
    return made


def book_of(*orders: BookOrder) -> Book:
    book = Book()
    for resting in orders:
        book.rest(resting)
        check_book(book)
    return book


def take(
    book: Book, side: int, lots: int, *, at: int, not_from: int = 0
) -> list[tuple[BookOrder, int]]:
    half = book.half(SELL if side == BUY else BUY)
    return book.take(half, at * half.sign, lots, not_from)


def fills(
    book: Book, side: int, lots: int, *, at: int, not_from: int = 0
) -> list[tuple[int, int, int]]:
    """(maker, lots, price) of an incoming order."""
    found = take(book, side, lots, at=at, not_from=not_from)
    check_book(book)
    return [(maker.id, matched, maker.price) for maker, matched in found]


def test_the_better_price_comes_first():
    book = book_of(order(1, SELL, 3, at=101), order(2, SELL, 5, at=100))

    assert fills(book, BUY, 6, at=102) == [(2, 5, 100), (1, 1, 101)]


def test_at_one_price_the_earlier_order_comes_first():
    book = book_of(order(1, BUY, 3, at=100), order(2, BUY, 3, at=100))

    assert fills(book, SELL, 4, at=100) == [(1, 3, 100), (2, 1, 100)]


def test_a_partly_filled_order_keeps_its_place():
    book = book_of(order(1, BUY, 3, at=100), order(2, BUY, 3, at=100))
    fills(book, SELL, 1, at=100)

    assert fills(book, SELL, 3, at=100) == [(1, 2, 100), (2, 1, 100)]


def test_a_trade_is_at_the_makers_price():
    book = book_of(order(1, SELL, 1, at=90))

    assert fills(book, BUY, 1, at=100) == [(1, 1, 90)]


def test_a_limit_is_never_crossed():
    book = book_of(order(1, SELL, 1, at=100), order(2, SELL, 1, at=101))

    assert fills(book, BUY, 5, at=100) == [(1, 1, 100)]
    assert book.best(SELL) == 101


def test_matching_stops_in_front_of_the_orders_of_who_takes():
    book = book_of(order(1, BUY, 1, at=100), order(2, BUY, 1, at=100))

    assert fills(book, SELL, 5, at=99, not_from=2) == [(1, 1, 100)]
    assert book.lots_at(BUY, 100) == 1


def test_an_iceberg_shows_its_next_part_at_the_back_of_the_queue():
    iceberg = order(1, SELL, 5, at=100, display=2)
    book = book_of(iceberg, order(2, SELL, 2, at=100))
    assert book.lots_at(SELL, 100) == 4

    assert fills(book, BUY, 5, at=100) == [(1, 2, 100), (2, 2, 100), (1, 1, 100)]
    assert (iceberg.remaining, iceberg.hidden, iceberg.filled) == (1, 1, 3)


def test_an_iceberg_that_stands_alone_is_met_again_and_again():
    book = book_of(order(1, SELL, 5, at=100, display=2))

    assert fills(book, BUY, 9, at=100) == [(1, 2, 100), (1, 2, 100), (1, 1, 100)]
    assert book.best(SELL) is None


def test_a_cancelled_order_leaves_the_middle_of_its_queue():
    middle = order(2, SELL, 2, at=100)
    book = book_of(order(1, SELL, 1, at=100), middle, order(3, SELL, 3, at=100))

    book.remove(middle)

    check_book(book)
    assert book.lots_at(SELL, 100) == 4
    assert fills(book, BUY, 9, at=100) == [(1, 1, 100), (3, 3, 100)]


def test_an_empty_level_disappears():
    only = order(1, BUY, 1, at=100)
    book = book_of(only, order(2, BUY, 1, at=99))

    book.remove(only)

    assert (book.best(BUY), book.lots_at(BUY, 100)) == (99, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "take", "remove"]),
            st.sampled_from([BUY, SELL]),
            st.integers(1, 9),
            st.integers(95, 105),
        ),
        max_size=60,
    )
)
def test_any_stream_keeps_the_book_whole(stream):
    book = Book()
    for number, (what, side, lots, price) in enumerate(stream, start=1):
        book.command = number
        before = live_orders(book)
        incoming = order(number, side, lots, at=price, display=lots // 2)
        if what == "remove" and before:
            book.remove(before[0])
        else:
            lots_before = sum(resting.rest for resting in before)
            matched = sum(lots for _, lots in take(book, side, lots, at=price))
            lots_after = sum(resting.rest for resting in live_orders(book))
            assert lots_after == lots_before - matched
            if what == "add" and lots > matched:
                incoming.quantity = lots - matched
                show(incoming, lots - matched)
                book.rest(incoming)
        check_book(book)


def live_orders(book: Book) -> list[BookOrder]:
    return [order for mine in book.live.values() for order in mine.values()]
