"""A running exchange with people and tokens, and the loads that are sent to it."""

import json
import subprocess
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from exchange.bench.load.plan import Plan, Told
from exchange.bench.processes import Processes, exchange_processes, free_port, python
from exchange.bench.setting import Setting
from exchange.env import PROJECT
from matching.models import Cursor, MarketSequence
from orders.models import Command

HOST = "127.0.0.1"
GRACE_SECONDS = 60.0
#: Tokens are good for five minutes.
TOKENS_SECONDS = 120.0


class LoadFailed(Exception):
    """The load did not come through, or the exchange refused what it must take."""


class Lost(Exception):
    """What was acknowledged and what is stored are not the same."""


@dataclass(slots=True)
class Venue:
    """Where loads go.

    port       of the web process
    directory  for tokens and logs; only we may enter
    sent       orders that the loads' own logs say were acknowledged
    runs       how many loads there were; part of each client order id
    """

    setting: Setting
    processes: Processes
    directory: Path
    port: int
    sent: int = 0
    runs: int = 0
    logs: list[Path] = field(default_factory=list)

    @property
    def tokens(self) -> Path:
        return self.directory / "tokens"

    def issue_tokens(self) -> None:
        """An access token for everybody, as a login issues it; good for five minutes."""
        people = User.objects.in_bulk(self.setting.users)
        words = (str(AccessToken.for_user(people[user])) for user in self.setting.users)
        self.tokens.write_text("\n".join(words))

    def _renew_tokens(self) -> None:
        """Have fresh tokens where the last ones could end within a load of a minute."""
        if time.time() - self.tokens.stat().st_mtime > TOKENS_SECONDS:
            self.issue_tokens()

    def load(
        self,
        flow: str,
        *,
        seconds: float,
        port: int = 0,
        meanwhile: Callable[[], None] | None = None,
        **more: Any,
    ) -> Told:
        """Run a load to its end.

        port       of another server than the exchange's
        meanwhile  called when the load begins
        raises     LoadFailed, unless an order ended before its cancel came (409)
        """
        self._renew_tokens()
        self.runs += 1
        log = self.directory / f"acked-{self.runs}"
        plan = Plan(
            host=HOST, port=port or self.port, tokens=str(self.tokens), acked=str(log),
            flow=flow, prefix=f"r{self.runs}", seconds=seconds, seed=self.runs,
            users=len(self.setting.users), **more,
        )  # fmt: skip
        told = _play(plan, meanwhile)
        refused = told.refused() - {"409"}
        if told.lost or refused:
            raise LoadFailed(f"{flow}: {told.lost} lost; answers {told.statuses}")
        if not port:
            self.logs.append(log)
            self.sent += told.orders
        return told

    def trades(self) -> int:
        """How many trades the market has settled."""
        return MarketSequence.objects.get(market=self.setting.market).trades

    def is_settled(self) -> bool:
        last = Command.objects.order_by("-id").values_list("id", flat=True).first()
        return last is None or Cursor.objects.filter(position__gte=last).exists()

    def wait_until_settled(self) -> None:
        """raises  LoadFailed when the engine does not come to an end"""
        deadline = time.monotonic() + GRACE_SECONDS
        while not self.is_settled():
            self.processes.expect_alive("matching")
            if time.monotonic() > deadline:
                raise LoadFailed("the engine does not come to an end of the orders")
            time.sleep(0.05)

    def expect_all_stored(self) -> int:
        """Compare the orders that the loads saw acknowledged with those in the log.

        returns  how many they are
        raises   Lost
        """
        acked: set[int] = set()
        for log in self.logs:
            ids = array("q")
            ids.frombytes(log.read_bytes())
            acked.update(ids)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM orders_command WHERE client_order_id ~ '^r[0-9]+-'"
            )
            stored = {row[0] for row in cursor.fetchall()}
        if acked != stored or len(acked) != self.sent:
            raise Lost(
                f"{self.sent} orders were acknowledged ({len(acked)} different ones), "
                f"{len(stored)} are stored; {len(acked - stored)} are missing."
            )
        return len(stored)


def _play(plan: Plan, meanwhile: Callable[[], None] | None) -> Told:
    process = subprocess.Popen(  # noqa: S603  our own words
        python("-m", "exchange.bench.load"),
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(plan.as_json()) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            raise LoadFailed(f"{plan.flow}: the load process did not get ready")
        if meanwhile:
            meanwhile()
        answer, _ = process.communicate("\n", timeout=plan.seconds + GRACE_SECONDS)
    if process.returncode:
        raise LoadFailed(f"{plan.flow}: the load process ended with {process.returncode}")
    return Told(**json.loads(answer))


@contextmanager
def venue(setting: Setting) -> Iterator[Venue]:
    """Room for loads; nothing runs yet."""
    with tempfile.TemporaryDirectory() as directory, exchange_processes() as processes:
        place = Venue(setting, processes, Path(directory), free_port())
        place.issue_tokens()
        yield place
