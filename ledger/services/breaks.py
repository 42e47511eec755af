"""What an audit found is written down; people acknowledge and resolve it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import User
from ledger.errors import (
    BreakMovedOn,
    BreakReasonMissing,
    MayNotResolveBreaks,
    UnknownBreak,
)
from ledger.models import AuditRun, Break
from ledger.models.breaks import WHAT_MAX

RIGHT_TO_RESOLVE: Final = "ledger.resolve_break"


@dataclass(frozen=True, slots=True)
class Violation:
    """One line that an audit wrote.

    invariant  of which rule, e.g. "L3"
    what       begins with what it is about: "account 17: …"
    assets     ids of the assets concerned; empty when that is not known
    """

    invariant: str
    what: str
    assets: Sequence[int] = ()

    @property
    def subject(self) -> str:
        return self.what.partition(": ")[0][:WHAT_MAX]

    @property
    def kept(self) -> str:
        """As much of the line as a break has room for."""
        return self.what[:WHAT_MAX]


@transaction.atomic
def record_audit(
    *,
    kind: AuditRun.Kind,
    violations: Iterable[Violation],
    checked: int,
    marks: Mapping[str, Any],
    started_at: datetime,
    now: datetime,
) -> AuditRun:
    """Keep an audit, open a break for each subject that has none, and remember up to where
    the balances were compared. Whoever calls it is the only auditor at work.

    checked  how many invariants were looked at
    marks    for the next audit; `transfer` is the id up to which the transfers of every
             account are in AuditedBalance from now on
    """
    found = {(it.invariant, it.subject): it for it in violations}
    known = _known(found)
    counted = {
        invariant
        for (invariant, subject) in found
        if not _is_accepted(known.get((invariant, subject)))
    }
    run = AuditRun.objects.create(
        kind=kind,
        outcome=AuditRun.Outcome.BROKEN if counted else AuditRun.Outcome.CLEAN,
        started_at=started_at,
        finished_at=max(now, started_at),
        checked=checked,
        broken=len(counted),
        marks=dict(marks),
    )
    _remember_balances(run)
    seen = [row.pk for row in known.values() if row is not None]
    Break.objects.filter(pk__in=seen).update(seen=run)
    Break.objects.bulk_create(
        Break(
            invariant=it.invariant,
            subject=it.subject,
            what=it.kept,
            assets=sorted(it.assets),
            found=run,
            seen=run,
            opened_at=now,
        )
        for key, it in found.items()
        if known.get(key) is None
    )
    return run


def record_failed_audit(
    *, kind: AuditRun.Kind, why: str, started_at: datetime, now: datetime
) -> AuditRun:
    """Keep that an audit could not look; the next one goes on from the one before."""
    return AuditRun.objects.create(
        kind=kind,
        outcome=AuditRun.Outcome.FAILED,
        started_at=started_at,
        finished_at=max(now, started_at),
        note=why or "for no reason that was told",
    )


@transaction.atomic
def acknowledge_break(*, break_id: int, actor: User, reason: str, now: datetime) -> Break:
    """Say that somebody is at it, and what is known. Nothing is halted less for it.

    raises  UnknownBreak, MayNotResolveBreaks, BreakReasonMissing, BreakMovedOn; nothing is
            written
    """
    found = _locked(break_id, actor, reason)
    if found.state != Break.State.OPEN:
        raise BreakMovedOn(f"The break is {found.state} already.", state=found.state)
    found.state = Break.State.ACKNOWLEDGED
    found.acknowledged_by, found.acknowledged_at = actor, now
    found.acknowledged_reason = reason.strip()
    found.save(
        update_fields=[
            "state", "acknowledged_by", "acknowledged_at", "acknowledged_reason"
        ]
    )  # fmt: skip
    return found


def mend_break(*, break_id: int, actor: User, reason: str, now: datetime) -> Break:
    """Resolve a break whose cause is gone. Found again, it opens a new one.

    Payouts of its assets go on if no other break is open; its markets stay halted until
    the staff opens them.

    raises  as acknowledge_break
    """
    return _resolve(break_id, actor, reason, now, accepted=False)


def accept_break(*, break_id: int, actor: User, reason: str, now: datetime) -> Break:
    """Resolve a break that stays and is explained. The same line found again opens no
    other; whatever else is found of the same subject does.

    raises  as acknowledge_break
    """
    return _resolve(break_id, actor, reason, now, accepted=True)


def expect_resolver(*, actor: User) -> None:
    """raises  MayNotResolveBreaks"""
    if not actor.has_perm(RIGHT_TO_RESOLVE):
        raise MayNotResolveBreaks


@transaction.atomic
def _resolve(
    break_id: int, actor: User, reason: str, now: datetime, *, accepted: bool
) -> Break:
    found = _locked(break_id, actor, reason)
    if found.state == Break.State.RESOLVED:
        raise BreakMovedOn("The break is resolved already.", state=found.state)
    found.state, found.accepted = Break.State.RESOLVED, accepted
    found.resolved_by, found.resolved_at = actor, now
    found.resolved_reason = reason.strip()
    found.save(
        update_fields=["state", "accepted", "resolved_by", "resolved_at", "resolved_reason"]
    )
    return found


def _locked(break_id: int, actor: User, reason: str) -> Break:
    found = Break.objects.select_for_update().filter(pk=break_id).first()
    if found is None:
        raise UnknownBreak(break_id=str(break_id))
    expect_resolver(actor=actor)
    if not reason.strip():
        raise BreakReasonMissing
    return found


_Key = tuple[str, str]


def _known(found: Mapping[_Key, Violation]) -> dict[_Key, Break | None]:
    """Of each that was found, its unresolved break, or the accepted one, if there is."""
    known: dict[_Key, Break | None] = dict.fromkeys(found)
    rows = Break.objects.filter(
        invariant__in={invariant for invariant, _ in found},
        subject__in={subject for _, subject in found},
    )
    for row in rows.order_by("id"):
        key = row.invariant, row.subject
        is_open = row.state != Break.State.RESOLVED
        if key in found and (is_open or (row.accepted and row.what == found[key].kept)):
            known[key] = row
    return known


def _is_accepted(row: Break | None) -> bool:
    return row is not None and row.accepted


def _remember_balances(run: AuditRun) -> None:
    """Bring AuditedBalance to the run's mark: anew after a full audit, else by what came
    since the marks of the one before. Nothing below a mark is still to appear, so what is
    read now is what the audit saw."""
    upto = run.marks.get("transfer", 0)
    before = AuditRun.objects.exclude(outcome=AuditRun.Outcome.FAILED)
    last = before.filter(pk__lt=run.pk).order_by("-id").first()
    anew = run.kind == AuditRun.Kind.FULL or last is None
    after = 0 if last is None or anew else last.marks.get("transfer", 0)
    with connection.cursor() as cursor:
        if anew:
            cursor.execute("DELETE FROM ledger_auditedbalance")
        cursor.execute(_REMEMBER, {"after": after, "upto": upto})


_REMEMBER: Final = """
    INSERT INTO ledger_auditedbalance (account_id, balance)
    SELECT a.id, sum(CASE a.normal_side WHEN 'C' THEN credit ELSE -credit END)
    FROM (
        SELECT account_id, sum(credit) AS credit FROM (
            SELECT debit_id AS account_id, -amount AS credit FROM ledger_transfer
            WHERE id > %(after)s AND id <= %(upto)s
            UNION ALL
            SELECT credit_id, amount FROM ledger_transfer
            WHERE id > %(after)s AND id <= %(upto)s
        ) AS leg GROUP BY account_id
    ) AS moved JOIN ledger_account a ON a.id = moved.account_id
    GROUP BY a.id
    ON CONFLICT (account_id) DO UPDATE
    SET (balance) = ROW(ledger_auditedbalance.balance + excluded.balance)
"""
