"""The rule book of price-time priority, one example for each rule."""

from hypothesis import given
from hypothesis import strategies as st

from matching.book import Book, BookOrder
from orders.commands import OrderSide, OrderType

BUY, SELL = OrderSide.BUY.value, OrderSide.SELL.value


def order(number: int, side: int, lots: int, *, at: int) -> BookOrder:
    return BookOrder(
        id=number,
        user=number,
        side=side,
        type=OrderType.LIMIT.value,
        price=at,
        quantity=lots,
        budget=0,
        maker_ppm=0,
        taker_ppm=0,
        created=0,
    )


def book_of(*orders: BookOrder) -> Book:
    book = Book()
    for resting in orders:
        book.rest(resting)
        book.check()
    return book


def fills(
    book: Book, side: int, lots: int, *, at: int | None
) -> list[tuple[int, int, int]]:
    """(maker, lots, price) of an incoming order."""
    made = [
        (maker.id, matched, maker.price) for maker, matched in book.take(side, at, lots)
    ]
    book.check()
    return made


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


def test_without_a_limit_the_whole_side_may_be_taken():
    book = book_of(order(1, BUY, 1, at=100), order(2, BUY, 1, at=1))

    assert fills(book, SELL, 5, at=None) == [(1, 1, 100), (2, 1, 1)]
    assert book.best(BUY) is None


def test_a_cancelled_order_leaves_the_middle_of_its_queue():
    middle = order(2, SELL, 2, at=100)
    book = book_of(order(1, SELL, 1, at=100), middle, order(3, SELL, 3, at=100))

    book.remove(middle)

    book.check()
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
    resting: dict[int, BookOrder] = {}
    for number, (what, side, lots, price) in enumerate(stream, start=1):
        incoming = order(number, side, lots, at=price)
        if what == "remove" and book.orders:
            book.remove(book.orders[min(book.orders)])
        else:
            before = sum(o.remaining for o in book.orders.values())
            matched = sum(lots for _, lots in book.take(side, price, lots))
            assert sum(o.remaining for o in book.orders.values()) == before - matched
            incoming.remaining -= matched
            if what == "add" and incoming.remaining:
                book.rest(incoming)
                resting[number] = incoming
        book.check()
