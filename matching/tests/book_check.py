"""What must hold of every book."""

from matching.book import Book


def check_book(book: Book) -> None:
    """Assert what must hold between any two commands."""
    seen = 0
    for half in (book.bids, book.asks, book.rising, book.falling):
        assert list(half.all_ranks) == sorted(half.levels)
        assert bool(half.ranks) == bool(half.levels)
        for rank, level in half.levels.items():
            lots, hidden, before, order = 0, 0, None, level.first
            assert order is not None
            while order is not None:
                assert order.remaining > 0 or order.budget
                assert order.level is level
                assert order.before is before
                assert book.live[order.user][order.id] is order
                assert before is None or before.priority < order.priority
                if half is book.bids or half is book.asks:
                    assert half is book.half(order.side)
                    assert rank == order.price * half.sign
                else:
                    assert rank == order.trigger * half.sign
                lots, hidden = lots + order.remaining, hidden + order.hidden
                before, order = order, order.after
                seen += 1
            assert (level.lots, level.hidden) == (lots, hidden)
            assert level.last is before
