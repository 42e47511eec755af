"""What it was measured on."""

import os
import platform
from pathlib import Path
from typing import Any

from django.db import connection

SETTINGS = (
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "data_checksums",
    "shared_buffers", "max_wal_size",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """The processor, the memory, the programs, and the guarantees that were on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
            [list(SETTINGS)],
        )
        settings = dict(cursor.fetchall())
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "postgresql": settings,
    }


def _first(file: str, word: str) -> str:
    path = Path(file)
    for line in path.read_text().splitlines() if path.is_file() else ():
        if line.startswith(word):
            return line.partition(":")[2].strip()
    return "unknown"
