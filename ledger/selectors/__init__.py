"""Reads from the books."""

from ledger.selectors.balances import (
    BALANCES,
    Balance,
    asset_by_code,
    assets,
    balances_by_owner,
    balances_of,
    house_account,
)
from ledger.selectors.breaks import (
    AuditStanding,
    audit_standing,
    break_case,
    break_of,
    last_audit,
    last_look,
    open_breaks,
)
from ledger.selectors.movements import (
    MOVEMENTS_OF,
    Movement,
    MovementLag,
    movement_backlog,
    movement_lag,
    movements_of,
    movements_page,
)
from ledger.selectors.standings import Standing, balances_at, standings

__all__ = [
    "BALANCES",
    "MOVEMENTS_OF",
    "AuditStanding",
    "Balance",
    "Movement",
    "MovementLag",
    "Standing",
    "asset_by_code",
    "assets",
    "audit_standing",
    "balances_at",
    "balances_by_owner",
    "balances_of",
    "break_case",
    "break_of",
    "house_account",
    "last_audit",
    "last_look",
    "movement_backlog",
    "movement_lag",
    "movements_of",
    "movements_page",
    "open_breaks",
    "standings",
]
