"""`python -m exchange.bench.twin …`: granian, which ends when the benchmark does."""

import runpy

from exchange import supervised

if __name__ == "__main__":
    supervised.follow_if_asked()
    runpy.run_module("granian", run_name="__main__", alter_sys=True)
