"""What the exchange does by HTTP: order entry, full cycles, latency, reads."""

from collections.abc import Callable
from typing import Final, NamedTuple

from exchange.bench.load.plan import Told
from exchange.bench.plain import NAME as PLAIN
from exchange.bench.rows import Goal, Limit, Row, measured, unmeasured
from exchange.bench.venue import Venue
from exchange.env import PROJECT
from orders.models import Order

#: As the prototype was measured: enough that a commit carries some dozens of orders.
CONNECTIONS: Final = 64
PLAIN_CONNECTIONS: Final = 32
BATCH: Final = 100
RECORDED: Final = PROJECT.parent / "shared/data/bitstamp-btcusd-2015-05-01.csv.xz"
PAIRS_A_SECOND: Final = 25
BUSY_ORDERS_A_SECOND: Final = 3_000


class Effort(NamedTuple):
    """How long and how often."""

    runs: int
    seconds: float


def order_entry(venue: Venue, plain: int | None, effort: Effort) -> list[Row]:
    """Single orders and batches, durable, while no engine runs.

    plain  the port of the textbook's twin; None: there is none
    """
    ours, theirs, batches = list[float](), list[float](), list[float]()
    for _ in range(effort.runs):
        told = venue.load("pairs", seconds=effort.seconds, connections=CONNECTIONS)
        ours.append(told.rate)
        if plain:
            told = venue.load(
                "pairs", seconds=effort.seconds, connections=PLAIN_CONNECTIONS, port=plain
            )
            theirs.append(told.rate)
        told = venue.load("batches", seconds=effort.seconds, connections=8, size=BATCH)
        batches.append(told.orders / told.seconds)
    beside = _plain("orders", theirs)
    single = Limit("single orders by POST", ours, "orders/s")
    return [
        measured("single orders by POST, durable", ours, "orders/s", beside=beside,
                 goal=Goal(10, "×")),
        measured(f"orders in POSTs of {BATCH}, durable", batches, "orders/s", beside=single,
                 goal=Goal(5, "×")),
    ]  # fmt: skip


def full_cycles(venue: Venue, effort: Effort) -> list[Row]:
    """Trades that are settled while pairs of orders come in and the engine runs."""
    runs = [cycles(venue, seconds=effort.seconds) for _ in range(effort.runs)]
    return [
        measured("full cycles by single POSTs, engine running", runs, "cycles/s",
                 goal=Goal(5_000)),
    ]  # fmt: skip


def cycles(venue: Venue, *, seconds: float) -> float:
    """Cycles a second: trades settled while the load lasts, but no more than pairs came.

    What is still to settle when the load ends does not count.
    """
    before = list[int]()
    told = venue.load(
        "pairs",
        seconds=seconds,
        connections=2 * CONNECTIONS,
        meanwhile=lambda: before.append(venue.trades()),
    )
    settled = venue.trades() - before[0]
    venue.wait_until_settled()
    return min(settled, told.orders / 2) / told.seconds


def recorded_day(venue: Venue, effort: Effort) -> list[Row]:
    """The orders and cancels of another exchange's day, as fast as they are taken."""
    stage, unit = "a recorded day by single requests", "requests/s"
    if not RECORDED.is_file():
        return [unmeasured(stage, unit, why="there is no recorded day here")]
    told = venue.load(
        "recorded", seconds=effort.seconds, connections=CONNECTIONS, path=str(RECORDED)
    )
    venue.wait_until_settled()
    return [measured(stage, [told.rate], unit)]


def answers(venue: Venue, effort: Effort) -> list[Row]:
    """POST to the final answer with its fills: idle, and at a rate."""
    idle, busy = list[Told](), list[Told]()
    for _ in range(effort.runs):
        idle.append(
            venue.load(
                "pairs", seconds=effort.seconds, connections=4, rate=2 * PAIRS_A_SECOND,
                waits=True,
            )
        )  # fmt: skip
        busy.append(
            venue.load(
                "pairs", seconds=effort.seconds, connections=2 * CONNECTIONS,
                rate=BUSY_ORDERS_A_SECOND, waits=True,
            )
        )  # fmt: skip
        venue.wait_until_settled()
    return [
        _answer(f"POST to final answer, idle ({2 * PAIRS_A_SECOND}/s), p99", idle, 15),
        _answer(f"POST to final answer at {BUSY_ORDERS_A_SECOND:,}/s, p99", busy, 50),
    ]


def _answer(stage: str, runs: list[Told], bound: float) -> Row:
    undecided = sum(told.statuses.get("202", 0) for told in runs)
    middle = sorted(told.p50 for told in runs)[len(runs) // 2]
    note = f"p50 {middle:.1f} ms"
    if unsent := sum(told.unsent for told in runs):
        note += f"; {unsent} found no free connection"
    if undecided:
        note += f"; {undecided} of {sum(told.answers for told in runs)} undecided in time"
    values = [told.p99 for told in runs]
    return measured(stage, values, "ms", goal=Goal(bound, at_most=True), note=note)


def reads(venue: Venue, plain: int | None, effort: Effort) -> list[Row]:
    """Balances, one order with its fills, and a page of orders."""
    places = {user: place for place, user in enumerate(venue.setting.users)}
    newest = Order.objects.order_by("-id").values_list("user_id", "id")[:2_000]
    owned = tuple((places[user], order) for user, order in newest)
    kinds: dict[str, Callable[[int], Told]] = {
        "balances": lambda port: _read(venue, port, effort, "/api/v1/balances"),
        "one order with its fills": lambda port: venue.load(
            "reads_of_own", seconds=effort.seconds, connections=PLAIN_CONNECTIONS,
            owned=owned, port=port,
        ),
        "orders, a page of 50": lambda port: _read(
            venue, port, effort, "/api/v1/orders?limit=50"
        ),
    }  # fmt: skip
    rows = []
    for name, read in kinds.items():
        ours, theirs = list[float](), list[float]()
        for _ in range(effort.runs):
            ours.append(read(0).rate)
            if plain:
                theirs.append(read(plain).rate)
        beside = _plain(name, theirs)
        rows.append(
            measured(f"reads: {name}", ours, "answers/s", beside=beside, goal=Goal(5, "×"))
        )
    return rows


def _read(venue: Venue, port: int, effort: Effort, path: str) -> Told:
    return venue.load(
        "reads", seconds=effort.seconds, connections=PLAIN_CONNECTIONS, path=path, port=port
    )


def _plain(what: str, values: list[float]) -> Limit:
    missing = "" if values else "granian cannot be installed"
    return Limit(PLAIN, values, f"{what}/s", missing=missing)
