"""`python -m exchange.bench.load`: reads a plan, says "ready", goes when told, and tells.

Standard input: the plan in one line of JSON, later an empty line for "go". Standard output:
"ready", later what came back in one line of JSON. Knows neither Django nor the database.
"""

import asyncio
import gc
import json
import sys
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import uvloop

from exchange.bench.load.pacing import Crew, Source, Tally
from exchange.bench.load.plan import Plan, told_of


async def play(plan: Plan) -> Tally:
    tokens = Path(plan.tokens).read_text().split()
    steps = plan.steps()
    ready = chain(plan.prepared(steps), steps)
    extra = b"" if plan.waits else b"Prefer: respond-async\r\n"
    source = Source(ready, tokens=tokens, host=f"{plan.host}:{plan.port}", extra=extra)
    crew = Crew(source, cancels=plan.flow == "recorded")
    await crew.connect(plan.host, plan.port, connections=plan.connections)
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    return await crew.run(seconds=plan.seconds, rate=plan.rate)


def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    tally = uvloop.run(play(plan))
    with Path(plan.acked).open("ab") as log:
        tally.acked.tofile(log)
    sys.stdout.write(json.dumps(asdict(told_of(tally))) + "\n")


if __name__ == "__main__":
    main()
