"""October 2026, which tests are told was booked in, audited, sealed and closed."""

from datetime import UTC, datetime, timedelta

from accounts.models import User
from bookkeeping.models import Period
from bookkeeping.selectors import period_case
from bookkeeping.services import (
    close_days,
    confirm_closing,
    open_period,
    propose_closing,
    reopen_day,
)
from bookkeeping.states import PeriodKind
from bookkeeping.tests.offices import fay, fred
from kernel.units import Atoms
from ledger.models import AccountKind, AuditRun, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from tests.attempts import run
from tests.stories import asset, person

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
#: When October is closed.
DESK = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def booked(at: datetime, amount: int = 100, *, to: User | None = None) -> Entry:
    """Some atoms of BTC are alice's, by an entry dated `at`."""
    btc = asset("BTC").pk
    custody = open_account(asset_id=btc, kind=AccountKind.CUSTODY, label="main")
    owner = (to or person("alice")).pk
    available = open_account(asset_id=btc, kind=AccountKind.AVAILABLE, owner_id=owner)
    move = Transfer(custody.pk, available.pk, btc, Atoms(amount), TransferCode.HOUSE, 1)
    key = f"booked:{Entry.objects.count()}"
    return post_entry(kind=Entry.Kind.HOUSE, key=key, transfers=[move], now=at)


def in_suspense(at: datetime, amount: int = 7) -> Entry:
    """Some atoms of BTC arrived, and nobody knows whose they are."""
    btc = asset("BTC").pk
    custody = open_account(asset_id=btc, kind=AccountKind.CUSTODY, label="main")
    suspense = open_account(asset_id=btc, kind=AccountKind.SUSPENSE)
    move = Transfer(custody.pk, suspense.pk, btc, Atoms(amount), TransferCode.HOUSE, 1)
    return post_entry(kind=Entry.Kind.HOUSE, key="whose?", transfers=[move], now=at)


def audited(at: datetime = DESK, outcome: str = "clean", kind: str = "full") -> AuditRun:
    broken = int(outcome == "broken")
    return AuditRun.objects.create(
        kind=kind, outcome=outcome, started_at=at, finished_at=at, broken=broken
    )


def sealed() -> None:
    """All transfers that are there, in one more seal of their chain."""
    run(
        """
        WITH before AS (
            SELECT * FROM ledger_seal WHERE log = 'transfers' ORDER BY number DESC LIMIT 1
        ), made AS (
            SELECT jsonb_populate_record(NULL::ledger_seal, jsonb_build_object(
                'log', 'transfers',
                'number', coalesce((SELECT number FROM before), 0) + 1,
                'first', coalesce((SELECT last FROM before), 0) + 1,
                'last', max(id), 'rows', count(*),
                'earliest', min(created_at), 'latest', max(created_at),
                'content', repeat('a', 64),
                'previous', coalesce((SELECT sha256 FROM before), repeat('0', 64)),
                'sealed_at', now())) AS seal
            FROM ledger_transfer WHERE id > coalesce((SELECT last FROM before), 0)
        )
        INSERT INTO ledger_seal (log, number, first, last, rows, earliest, latest, content,
            previous, sealed_at, sha256)
        SELECT (seal).log, (seal).number, (seal).first, (seal).last, (seal).rows,
            (seal).earliest, (seal).latest, (seal).content, (seal).previous,
            (seal).sealed_at,
            encode(sha256(convert_to(ledger_seal_text(seal), 'UTF8')), 'hex')
        FROM made WHERE (seal).rows > 0
        """
    )


def october() -> Period:
    return open_period(kind=PeriodKind.MONTH, day=OCTOBER.date(), actor=fay())


def day(at: datetime) -> Period:
    return open_period(kind=PeriodKind.DAY, day=at.date(), actor=fay())


def ready() -> Period:
    """October, with two bookings, and nothing in the way of its closing."""
    booked(OCTOBER + 28 * DAY)
    booked(OCTOBER + 29 * DAY, 50)
    booked(NOVEMBER, 25)
    sealed()
    close_days(now=DESK)
    audited()
    return october()


def proposed_closing(reason: str = "") -> Period:
    return propose_closing(period_id=ready().pk, actor=fay(), reason=reason, now=DESK)


def closed() -> Period:
    """October, closed for good by Fay and Fred."""
    return confirm_closing(period_id=proposed_closing().pk, actor=fred(), now=DESK)


def everything() -> list[list[tuple]]:
    return [
        run(f"SELECT * FROM {table} ORDER BY id")
        for table in (
            "bookkeeping_period",
            "bookkeeping_periodevent",
            "bookkeeping_frozenbalance",
            "ledger_entry",
            "ledger_transfer",
        )
    ]


def story(period: Period) -> list[tuple[str, object, str]]:
    return [
        (event.after, event.actor, event.reason)
        for event in period_case(period_id=period.pk).events
    ]


def reopened(at) -> Period:
    return reopen_day(period_id=day(at).pk, actor=fay(), reason="late slip", now=DESK)
