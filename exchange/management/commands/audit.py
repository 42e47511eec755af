"""`manage.py audit`: check every invariant; exit 1 when one is broken."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from exchange.audit import audit


class Command(BaseCommand):
    help = "Checks every invariant of the books, orders and engines; one line each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = []
        for finding in audit():
            rule, broken = finding.invariant, finding.violations
            style = self.style.ERROR if broken else self.style.SUCCESS
            self.stdout.write(
                f"{style('BROKEN' if broken else 'ok    ')} {rule.id:<4} {rule.sentence}"
            )
            for violation in broken:
                self.stdout.write(f"            {violation}")
            rows.append({"id": rule.id, "rule": rule.sentence, "violations": broken})
        broken_count = sum(bool(row["violations"]) for row in rows)
        if options["json"]:
            report = {"ok": not broken_count, "invariants": rows}
            options["json"].write_text(json.dumps(report, indent=2) + "\n")
        if broken_count:
            self.stderr.write(
                self.style.ERROR(f"audit: {broken_count} invariants are BROKEN.")
            )
            sys.exit(1)
        self.stdout.write(f"audit: all {len(rows)} invariants hold.")
