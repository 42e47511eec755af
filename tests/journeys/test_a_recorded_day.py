"""A real morning of a real exchange, against a matcher that shares no code with ours."""

import csv
import hashlib
import json
import lzma
from pathlib import Path

import pytest
from django.core.management import call_command

DAY = Path(__file__).parents[3] / "shared" / "data" / "bitstamp-btcusd-2015-05-01.csv.xz"

pytestmark = pytest.mark.skipif(not DAY.exists(), reason="the recorded day is not here")


def match_naively(path: Path) -> dict[str, object]:
    """Price-time priority with nothing but lists: the expected figures of the replay."""
    book: dict[str, list[list[int]]] = {
        "bid": [],
        "ask": [],
    }  # [id, cents, left], by arrival
    digest, orders, cancels, trades, volume, last = hashlib.sha256(), 0, 0, 0, 0, 0
    with lzma.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            side, number = row["direction"], int(row["id"])
            if row["action"] == "deleted":
                left = [order for order in book[side] if order[0] != number]
                cancels += len(book[side]) - len(left)
                book[side] = left
            if row["action"] != "created":
                continue
            orders += 1
            taker = [number, int(row["price"].replace(".", "")), int(row["volume"])]
            others = book["ask" if side == "bid" else "bid"]
            while taker[2] and others:
                best = (min if side == "bid" else max)(others, key=lambda order: order[1])
                if best[1] > taker[1] if side == "bid" else best[1] < taker[1]:
                    break
                lots, last = min(taker[2], best[2]), best[1]
                digest.update(f"{best[0]},{number},{best[1]},{lots}\n".encode())
                trades, volume = trades + 1, volume + lots
                taker[2] -= lots
                best[2] -= lots
                if not best[2]:
                    others.remove(best)
            if taker[2]:
                book[side].append(taker)
    return {
        "orders": orders,
        "cancels": cancels,
        "trades": trades,
        "volume_atoms": volume,
        "last_price": f"{last // 100}.{last % 100:02}",
        "open_orders": len(book["bid"]) + len(book["ask"]),
        "trades_sha256": digest.hexdigest(),
    }


def test_the_replayed_day_trades_as_an_independent_matcher_says(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest, tmp_path: Path
) -> None:
    expected = match_naively(DAY)

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("replay", str(DAY), json=tmp_path / "out.json")

    report = json.loads((tmp_path / "out.json").read_text())
    assert {name: report[name] for name in expected} == expected
