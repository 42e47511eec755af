"""The fast lane's balances: one query for all who ask meanwhile."""

from typing import Final

from django.db import Error

from kernel.batcher import Batcher
from kernel.errors import Busy
from kernel.lane import Answer, Request, encode
from kernel.wire import Wire
from ledger.selectors import BALANCES, Balance, balances_by_owner
from ledger.serializers import balance_body

#: So many may wait; the next ones are handed over, to wait with DRF.
WAITING_MAX: Final = 5_000
#: So many are asked for at a time.
TOGETHER_MAX: Final = 500


class Balances:
    """GET /balances."""

    def __init__(self) -> None:
        self._wire = Wire()
        self._asked = Batcher(self._read, limit=WAITING_MAX, most=TOGETHER_MAX)

    async def __call__(self, request: Request) -> Answer | None:
        try:
            balances = await self._asked.ask(request.user_id)
        except (Busy, Error):
            return None
        return Answer(200, encode([balance_body(balance) for balance in balances]))

    async def _read(self, owners: list[int]) -> list[list[Balance]]:
        found = balances_by_owner(await self._wire.fetch(BALANCES, [owners]))
        return [found.get(owner, []) for owner in owners]
