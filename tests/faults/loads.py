"""A load of live orders by HTTP, with its own log of what was acknowledged."""

import json
import subprocess
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from exchange.bench.load.plan import Plan, Told
from exchange.bench.setting import Setting
from exchange.env import PROJECT

#: As many as leave time for everything else on a small machine.
ORDERS_A_SECOND = 200
CONNECTIONS = 16


@dataclass(frozen=True)
class Sent:
    """What a load saw.

    acked  ids of the orders that were acknowledged, in that order
    """

    told: Told
    acked: list[int]


def send_orders(
    setting: Setting,
    *,
    port: int,
    seconds: float,
    directory: Path,
    meanwhile: Callable[[], None],
    waits: bool = False,
) -> Sent:
    """Send pairs of orders that meet; `meanwhile` is called when the load has begun.

    waits  whether a request waits for the engine's answer
    """
    tokens, acked = directory / "tokens", directory / "acked"
    people = User.objects.in_bulk(setting.users)
    tokens.write_text(
        "\n".join(str(AccessToken.for_user(people[user])) for user in setting.users)
    )
    acked.unlink(missing_ok=True)
    plan = Plan(
        host="127.0.0.1",
        port=port,
        tokens=str(tokens),
        acked=str(acked),
        flow="pairs",
        prefix=uuid4().hex,
        seconds=seconds,
        users=len(setting.users),
        connections=CONNECTIONS,
        rate=ORDERS_A_SECOND,
        waits=waits,
    )
    with subprocess.Popen(
        [sys.executable, "-m", "exchange.bench.load"],
        cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as load:  # fmt: skip
        assert load.stdin is not None
        assert load.stdout is not None
        load.stdin.write(json.dumps(plan.as_json()) + "\n")
        load.stdin.flush()
        assert load.stdout.readline() == "ready\n"
        load.stdin.write("\n")
        load.stdin.flush()
        meanwhile()
        answer, _ = load.communicate(timeout=seconds + 60)
    ids = array("q")
    ids.frombytes(acked.read_bytes())
    return Sent(Told(**json.loads(answer)), list(ids))
