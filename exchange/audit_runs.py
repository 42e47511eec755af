"""An audit that is kept: it is looked, written down, and what follows from it is done."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.db import connection

from exchange.audit import Finding, audit, one_snapshot, rules_of
from exchange.audit_halts import assets_of, halt_markets
from exchange.audit_marks import PATIENCE, Marks, in_words, marks_after, safe_marks
from kernel import clock
from kernel.invariants import EVERYTHING, Invariant, Scope
from ledger.models import AuditRun
from ledger.selectors import last_look
from ledger.services import Violation, record_audit, record_failed_audit

log = logging.getLogger(__name__)

#: The advisory lock of whoever audits: "audit" in ASCII.
LOCK: Final = 0x6175646974
_PAUSE: Final = 0.5


class AuditAtWork(Exception):
    """Another audit is at work; two would write down the same things."""


def run_audit(
    *,
    full: bool,
    replay: bool = True,
    wait: float = 0.0,
    patience: float = PATIENCE,
    tell: Callable[[Finding], None] = lambda _: None,
) -> AuditRun:
    """Look, write down what was found, and halt what must be halted.

    full      look at everything; else at what came since the last audit, and what is live.
              The first audit of a database is full whatever is asked
    replay    whether a full audit replays the commands too, which takes longest
    wait      seconds for another audit to end
    patience  seconds for those to end who are writing
    tell      is told of each finding as it comes
    raises    AuditAtWork
    """
    with _alone(wait):
        last = last_look()
        is_full = full or last is None
        kind = AuditRun.Kind.FULL if is_full else AuditRun.Kind.RECENT
        started_at = clock.now()
        try:
            safe = safe_marks(patience=patience)
            run = _look(kind, last, safe, rules_of(replay=replay), tell)
        except Exception as failure:
            record_failed_audit(
                kind=kind,
                why=f"{type(failure).__name__}: {failure}"[:2_000],
                started_at=started_at,
                now=clock.now(),
            )
            raise
        finally:
            # Also what an earlier audit found and was killed before it could halt.
            halt_markets(now=clock.now())
    return run


def _look(
    kind: AuditRun.Kind,
    last: AuditRun | None,
    safe: Marks | None,
    rules: Sequence[Invariant],
    tell: Callable[[Finding], None],
) -> AuditRun:
    before = last.marks if last is not None else {}
    scope = EVERYTHING
    if kind == AuditRun.Kind.RECENT:
        scope = Scope(full=False, marks=in_words(before))
    started_at = clock.now()
    findings, violations = 0, list[Violation]()
    with one_snapshot():
        for finding in audit(scope, rules=rules):
            tell(finding)
            findings += 1
            violations += _violations(finding)
        marks = marks_after(safe, before)
    run = record_audit(
        kind=kind,
        violations=violations,
        checked=findings,
        marks=marks,
        started_at=started_at,
        now=clock.now(),
    )
    for it in violations:
        log.critical("invariant broken", extra={"rule": it.invariant, "what": it.what})
    return run


def _violations(finding: Finding) -> Sequence[Violation]:
    return [
        Violation(finding.invariant.id, line, assets_of(line))
        for line in finding.violations
    ]


@contextmanager
def _alone(wait: float) -> Iterator[None]:
    """Hold the auditor's lock; it ends with the session, whatever becomes of us."""
    began = time.monotonic()
    while not _ask("pg_try_advisory_lock"):
        if time.monotonic() - began >= wait:
            raise AuditAtWork
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.broken:
            _ask("pg_advisory_unlock")


def _ask(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
