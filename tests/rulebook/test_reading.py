"""The notation of the rule book is read strictly."""

import pytest

from orders.commands import (
    Extra,
    MarketState,
    OrderSide,
    OrderType,
    PostOnly,
    SelfTrade,
    TimeInForce,
    UnitKind,
)
from tests.rulebook.reading import (
    Action,
    Example,
    Showing,
    Unreadable,
    examples_of,
    read_example,
    rules_of,
)
from tests.rulebook.sayings import (
    Amending,
    Cancelling,
    CancellingAll,
    Funding,
    Knocking,
    Opening,
    Placing,
    Rating,
    Setting,
    Waiting,
    read_given,
    read_saying,
)
from tests.rulebook.telling import Units, units_of
from tests.rulebook.words import read_amount, read_share, read_time, tell_amount, tell_time

PAGE = """# Title
## Chapter
### A rule
```example
given a trade at 100
#1 ann sells 5 at 101   → open
                        → #2 cancelled: other leg
book                    bids none; asks 5 at 101
```
### Another rule
```text
### no rule
```
| `slippage` | words | the worst (price) | the next (price) |
| `other_leg` | words | | |
| `insufficient_funds` | words | there (amount) | needed (amount) |
"""
SELLS = Placing(
    "#1",
    "ann",
    OrderSide.SELL,
    OrderType.LIMIT,
    101,
    5,
    0,
    TimeInForce.GTC,
    SelfTrade.CANCEL_TAKER,
    Extra(),
)


def read(*block: str) -> Example:
    return read_example("A rule", 10, list(block))


def test_a_page_has_rules_and_examples():
    action = Action(UnitKind.NONE, [SELLS], ["open"], ["#2 cancelled: other leg"])
    showing = Showing("book", "bids none; asks 5 at 101")

    assert rules_of(PAGE) == ["A rule", "Another rule"]
    assert list(examples_of(PAGE)) == [
        Example("A rule", 4, [Opening(100)], [(6, action), (8, showing)])
    ]


def test_the_table_of_the_reasons_has_the_units():
    assert units_of(PAGE) == {
        "slippage": Units("price", "price"),
        "other_leg": Units("", ""),
        "insufficient_funds": Units("amount", "amount"),
    }


def test_indented_lines_are_one_request():
    example = read(
        "all or none",
        "  ann cancels #2          → cancelled",
        "  #1 ann sells 5 at 101   → open",
        "                          → #3 cancelled: other leg",
    )

    assert example.steps == [
        (
            11,
            Action(
                UnitKind.ALL_OR_NONE,
                [Cancelling("ann", "#2"), SELLS],
                ["cancelled", "open"],
                ["#3 cancelled: other leg"],
            ),
        )
    ]


@pytest.mark.parametrize(
    "block",
    [
        ["#1 ann sells 5 at 101"],  # no outcome
        ["#1 ann sells 5 at 101 →"],
        ["ann sells 5 at 101 → open"],  # no name
        ["#1 zoe sells 5 at 101 → open"],  # a stranger
        ["#1 ann sells 5 → open"],  # neither a price nor at market
        ["#1 ann sells 5 at 101, quickly → open"],
        ["#1 ann sells 5 at 101, ioc, fok → open"],  # the same twice
        ["#1 ann sells 5 at 101, trail 5 → open"],  # there is no such order
        ["ann amends #1 → open"],  # to what
        ["staff sets sails → nothing"],
        ["time noon → nothing"],
        ["→ #1 open"],  # without an action
        ["  #1 ann sells 5 at 101 → open"],  # indented, below nothing
        ["book → bids none; asks none"],
        ["oco"],  # of nothing
        ["clock midnight"],
        ["given luck"],
        ["book bids none; asks none", "given a trade at 100"],  # too late
        ["a remark"],
    ],
)
def test_whatever_is_not_in_the_notation_is_refused(block):
    with pytest.raises(Unreadable, match=r"docs/orders\.md:1[12]: "):
        read(*block)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#1 ann sells 5 at 101", SELLS),
        ("#1 ann sells 5 at market", SELLS._replace(type=OrderType.MARKET, price=0)),
        (
            "#1 ann buys for 12.5 CASH at market",
            SELLS._replace(
                side=OrderSide.BUY, type=OrderType.MARKET, price=0, quantity=0, budget=1_250
            ),
        ),
        (
            "#1 ann sells 5 at 101, gtd 12:05, post-only slide, shows 2",
            SELLS._replace(
                time_in_force=TimeInForce.GTD,
                extra=Extra(
                    post_only=PostOnly.SLIDE, display=2, expires=read_time("12:05:00")
                ),
            ),
        ),
        (
            "#1 ann sells 5 at 101, fok, self-trade cancel both",
            SELLS._replace(time_in_force=TimeInForce.FOK, self_trade=SelfTrade.CANCEL_BOTH),
        ),
        (
            "#1 ann sells 5 at market, stop 95, slippage 2.5%",
            SELLS._replace(
                type=OrderType.STOP, price=0, extra=Extra(trigger=95, slippage_ppm=25_000)
            ),
        ),
        (
            "#1 ann sells 5 at 101, take-profit 102",
            SELLS._replace(type=OrderType.TAKE_PROFIT_LIMIT, extra=Extra(trigger=102)),
        ),
        (
            "#1 ann sells 5 at market, trail 5%",
            SELLS._replace(
                type=OrderType.TRAILING_STOP, price=0, extra=Extra(trail_ppm=50_000)
            ),
        ),
        ("door: #1 ann sells 5 at 101", Knocking(SELLS)),
        ("ann cancels #7", Cancelling("ann", "#7")),
        ("ann cancels all", CancellingAll("ann", 0)),
        ("ann cancels all buys", CancellingAll("ann", 1)),
        ("ann amends #7 to 3 at 102 with trigger 95", Amending("ann", "#7", 102, 3, 95)),
        ("ann amends #7 at 102", Amending("ann", "#7", 102, 0, 0)),
        ("staff sets post-only", Setting({"state": MarketState.POST_ONLY, "until": 0})),
        (
            "staff sets auction until 12:10",
            Setting({"state": MarketState.AUCTION, "until": read_time("12:10")}),
        ),
        ("time 12:05", Waiting(read_time("12:05"))),
    ],
)
def test_a_line_says_what_somebody_does(text, said):
    assert read_saying(text) == said


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("ann has 1.5 COIN and 0 CASH", Funding("ann", 150, 0)),
        ("ann pays maker 0%, taker 0.1%", Rating("ann", 0, 1_000)),
        ("a trade at 100", Opening(100)),
        ("fees maker 1%, taker 2%", Setting({"maker_ppm": 10_000, "taker_ppm": 20_000})),
        ("band 10% that caps", Setting({"band_ppm": 100_000, "band_caps": 1})),
        (
            "halt 5% for 120 seconds",
            Setting({"halt_ppm": 50_000, "halt_seconds": 120}),
        ),
        ("at most 2 live orders", Setting({"max_open_orders": 2})),
    ],
)
def test_a_line_says_how_an_example_begins(text, given):
    assert read_given(text) == given


def test_numbers_are_read_and_told_exactly():
    assert [read_amount(text) for text in ("7", "0.05", "12.3")] == [700, 5, 1_230]
    assert [tell_amount(atoms) for atoms in (700, 5, 1_230)] == ["7", "0.05", "12.3"]
    assert [read_share(text) for text in ("5%", "0.1%", "0.0001%")] == [50_000, 1_000, 1]
    assert tell_time(read_time("12:05")) == "12:05"
    assert tell_time(read_time("12:05:30")) == "12:05:30"
