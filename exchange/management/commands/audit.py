"""`manage.py audit`: check every invariant; exit 1 when one is broken."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.audit import Finding, audit, rules_of
from exchange.audit_runs import AuditAtWork, run_audit

#: How long another audit may take until this one begins.
WAIT: Final = 600.0


class Command(BaseCommand):
    help = "Checks every invariant of the books, orders and engines; one line each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", type=Path, metavar="FILE", help="also write it there")
        parser.add_argument(
            "--incremental",
            action="store_true",
            help="only what came since the last audit, and what is live",
        )
        parser.add_argument(
            "--without-replay",
            action="store_true",
            help="leave out O8, which takes longest: `verify` does the same",
        )
        parser.add_argument(
            "--unrecorded",
            action="store_true",
            help="look at everything, keep nothing and halt nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["unrecorded"] and options["incremental"]:
            raise CommandError("What is not recorded is not incremental either.")
        findings: list[Finding] = []
        replay = not options["without_replay"]

        def tell(finding: Finding) -> None:
            findings.append(finding)
            self._tell(finding)

        if options["unrecorded"]:
            for finding in audit(rules=rules_of(replay=replay)):
                tell(finding)
        else:
            try:
                run_audit(
                    full=not options["incremental"], replay=replay, wait=WAIT, tell=tell
                )
            except AuditAtWork as other:
                raise CommandError("Another audit is at work; try again.") from other
        broken = sum(bool(it.violations) for it in findings)
        if options["json"]:
            options["json"].write_text(_as_json(findings))
        if broken:
            self.stderr.write(self.style.ERROR(f"audit: {broken} invariants are BROKEN."))
            sys.exit(1)
        self.stdout.write(f"audit: all {len(findings)} invariants hold.")

    def _tell(self, finding: Finding) -> None:
        rule, broken = finding.invariant, finding.violations
        style = self.style.ERROR if broken else self.style.SUCCESS
        self.stdout.write(
            f"{style('BROKEN' if broken else 'ok    ')} {rule.id:<4} {rule.sentence}"
        )
        for violation in broken:
            self.stdout.write(f"            {violation}")


def _as_json(findings: list[Finding]) -> str:
    rows = [
        {
            "id": it.invariant.id,
            "rule": it.invariant.sentence,
            "violations": it.violations,
            "seconds": round(it.seconds, 3),
        }
        for it in findings
    ]
    ok = not any(it.violations for it in findings)
    return json.dumps({"ok": ok, "invariants": rows}, indent=2) + "\n"
