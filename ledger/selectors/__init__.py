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
    "Balance",
    "Movement",
    "MovementLag",
    "Standing",
    "asset_by_code",
    "assets",
    "balances_at",
    "balances_by_owner",
    "balances_of",
    "house_account",
    "movement_backlog",
    "movement_lag",
    "movements_of",
    "movements_page",
    "standings",
]
