"""What a load process is told, and what it answers: JSON both ways."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from exchange.bench.figures import percentile
from exchange.bench.load import traffic
from exchange.bench.load.pacing import Tally
from exchange.bench.load.traffic import Step


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    tokens       file with one access token a line
    acked        file to which the ids of acknowledged orders go, as int64
    flow         a function of traffic.py; `path` is what is read, or the recorded day
    owned        of reads_of_own: (user, order id)
    connections  kept alive; each has one request under way at most
    rate         requests a second, or 0: as fast as answers come
    waits        for the engine's answer, as by default; else `Prefer: respond-async`
    """

    host: str
    port: int
    tokens: str
    acked: str
    flow: str
    prefix: str
    seconds: float
    users: int
    seed: int = 1
    connections: int = 64
    rate: float = 0.0
    waits: bool = False
    path: str = ""
    size: int = 100
    limit: int = 10**9
    owned: tuple[tuple[int, int], ...] = ()

    def steps(self) -> Iterator[Step]:
        match self.flow:
            case "pairs":
                return traffic.pairs(users=self.users, seed=self.seed, prefix=self.prefix)
            case "batches":
                return traffic.batches(
                    users=self.users, seed=self.seed, prefix=self.prefix, size=self.size
                )
            case "recorded":
                path = Path(self.path)
                return traffic.recorded(
                    path, users=self.users, prefix=self.prefix, limit=self.limit
                )
            case "reads":
                return traffic.reads(users=self.users, path=self.path)
            case "reads_of_own":
                return traffic.reads_of_own(owned=self.owned)
            case unknown:
                raise ValueError(f"there is no flow {unknown!r}")

    def prepared(self, steps: Iterator[Step]) -> list[Step]:
        """As many steps as will hardly be done in time, so that none is made meanwhile."""
        each = self.rate or (2_000 if self.flow == "batches" else 25_000)
        return list(islice(steps, min(int(each * self.seconds), 400_000)))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to; times in seconds, latencies in milliseconds.

    orders  how many the exchange has acknowledged
    unsent  requests that were due and found no free connection to the end; their waits
            are in the percentiles
    """

    answers: int
    orders: int
    lost: int
    unsent: int
    seconds: float
    statuses: dict[str, int]
    p50: float
    p90: float
    p99: float
    worst: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def refused(self) -> set[str]:
        """The statuses that are no 2xx."""
        return {status for status in self.statuses if not status.startswith("2")}


def told_of(tally: Tally) -> Told:
    latencies = sorted(tally.latencies)
    return Told(
        answers=sum(tally.statuses.values()),
        orders=len(tally.acked),
        lost=tally.lost,
        unsent=tally.unsent,
        seconds=tally.ended - tally.began,
        statuses={status.decode(): n for status, n in tally.statuses.items()},
        p50=1e3 * percentile(latencies, 50),
        p90=1e3 * percentile(latencies, 90),
        p99=1e3 * percentile(latencies, 99),
        worst=1e3 * (latencies[-1] if latencies else 0.0),
    )
