"""The demo traders at work: ordinary API clients that quote, take, and outlive outages."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any, Final, NoReturn

from exchange.demo.cast import (
    FUNDS,
    MAKERS,
    MARKETS,
    TAKERS,
    TRADER_PASSWORD,
    MarketPlan,
)
from exchange.demo.client import Away, Client, Said
from exchange.demo.prices import SCALE, FairPrices
from exchange.demo.quoting import (
    ICEBERG_PARTS,
    PASSING_SECONDS,
    STOP_ONE_IN,
    Quote,
    Resting,
    Steps,
    lean,
    plan_round,
    stop_beyond,
    style_of,
    take,
)
from kernel import clock
from kernel.decimals import format_decimal, parse_decimal

log = logging.getLogger(__name__)

WALK_SECONDS: Final = 1.0
ROUND_SECONDS: Final = 1.5
#: New quotes of one maker in one market and round; more where its book is empty.
QUOTES_A_ROUND: Final = 2
QUOTES_AT_FIRST: Final = 16
TAKE_SECONDS: Final = 1.5
FUNDS_SECONDS: Final = 10.0
REPORT_SECONDS: Final = 60.0
PATIENCE_SECONDS: Final = (0.5, 10.0)

_UNIT: Final = 10**SCALE


class Floor:
    """What the traders share: what they believe in, what they count, whether it works."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.prices = FairPrices(chance)
        self.done: Counter[str] = Counter()
        self._is_away = False
        self._told: set[str] = set()

    async def forever(
        self, work: Callable[[], Awaitable[None]], pause: Callable[[], float]
    ) -> NoReturn:
        """Repeat `work`; when the exchange is away, ever more patiently."""
        patience, most = PATIENCE_SECONDS
        while True:
            try:
                await work()
            except Away as away:
                self._went(away)
                await asyncio.sleep(patience * (1 + self.chance.random()))
                patience = min(patience * 2, most)
                continue
            except Said as said:
                self._was_told(said)
            else:
                self._came_back()
            patience = PATIENCE_SECONDS[0]
            await asyncio.sleep(pause())

    async def walk(self) -> NoReturn:
        """Move the fair prices."""
        while True:
            await asyncio.sleep(WALK_SECONDS)
            self.prices.step()

    async def report(self) -> NoReturn:
        """Say in one line what was done, and let refusals be told again."""
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            if self.done:
                counts = ", ".join(f"{n} {what}" for what, n in self.done.items())
                log.info("demo traders: %s in %d s", counts, REPORT_SECONDS)
            self.done.clear()
            self._told.clear()

    def _went(self, away: Away) -> None:
        if not self._is_away:
            log.info("demo traders: the exchange is away (%s); trying again", away)
        self._is_away = True

    def _came_back(self) -> None:
        if self._is_away:
            log.info("demo traders: the exchange answers")
        self._is_away = False

    def _was_told(self, said: Said) -> None:
        """Each kind of refusal is worth one line a minute."""
        if said.code not in self._told:
            log.warning("demo traders: refused: %s", said)
        self._told.add(said.code)


class Trader:
    """One person's orders and funds, over the API."""

    def __init__(self, floor: Floor, client: Client) -> None:
        self.floor = floor
        self._client = client
        self._target = {
            code: parse_decimal(amount, scale=SCALE)
            for code, amount in FUNDS[client.email].items()
        }
        self._has = dict(self._target)
        self._counted_at = 0.0

    async def inventory(self, code: str) -> tuple[int, int]:
        """What it has of an asset, held or not, and what it wants to have; in atoms."""
        now = asyncio.get_running_loop().time()
        if now - self._counted_at > FUNDS_SECONDS:
            self._counted_at = now
            for balance in _rows(await self._client.get("/balances")):
                parts = (balance["available"], balance["held"])
                self._has[balance["asset"]] = sum(
                    parse_decimal(part, scale=SCALE) for part in parts
                )
        return self._has[code], self._target[code]

    async def resting(self, plan: MarketPlan) -> list[Resting]:
        answer = await self._client.get(
            "/orders", status="open", market=plan.symbol, limit="200"
        )
        return [
            Resting(
                order["id"],
                order["side"],
                parse_decimal(order["price"], scale=SCALE) // plan.tick_size,
            )
            for order in _rows(answer)
        ]

    async def quote(self, plan: MarketPlan, quote: Quote) -> None:
        """Place a limit order, now and then of a special kind."""
        chance = self.floor.chance
        terms: dict[str, str] = {}
        match style_of(quote, steps=_steps(plan), chance=chance):
            case "post_only":
                terms = {"post_only": "slide"}
            case "iceberg":
                shown = -(-quote.quantity // ICEBERG_PARTS)
                terms = {"display_quantity": _text(shown * plan.lot_size)}
            case "passing":
                terms = _until(chance.randint(*PASSING_SECONDS))
            case "plain":
                pass
        await self._place(
            plan,
            quote.side,
            type="limit",
            price=_text(quote.price * plan.tick_size),
            quantity=_text(quote.quantity * plan.lot_size),
            **terms,
        )

    async def guard(self, plan: MarketPlan, quote: Quote) -> None:
        """Place a stop that goes along with the market if it moves, and expires."""
        price = self.floor.prices.of(plan.symbol)
        trigger, seconds = stop_beyond(
            price, quote.side, steps=_steps(plan), chance=self.floor.chance
        )
        await self._place(
            plan,
            quote.side,
            type="stop",
            trigger_price=_text(trigger * plan.tick_size),
            quantity=_text(quote.quantity * plan.lot_size),
            **_until(seconds),
        )

    async def take(self, plan: MarketPlan, quote: Quote) -> None:
        """Place a market order: a sell by quantity, a buy by what that is worth."""
        atoms = quote.quantity * plan.lot_size
        if quote.side == "sell":
            await self._place(plan, "sell", type="market", quantity=_text(atoms))
        else:
            budget = atoms * self.floor.prices.of(plan.symbol) // _UNIT
            budget = max(budget, plan.notional_min)
            await self._place(plan, "buy", type="market", quote_budget=_text(budget))

    async def cancel(self, order: Resting) -> None:
        with contextlib.suppress(Said):  # filled in the meantime: as good
            await self._client.delete(f"/orders/{order.id}")
            self.floor.done["cancels"] += 1

    async def _place(self, plan: MarketPlan, side: str, **order: str) -> None:
        await self._client.post("/orders", {"market": plan.symbol, "side": side, **order})
        self.floor.done["orders"] += 1


async def trade(url: str, chance: Random) -> None:
    """Trade on the exchange at `url` until cancelled."""
    floor = Floor(chance)
    async with contextlib.AsyncExitStack() as stack:

        async def enter(email: str) -> Trader:
            client = Client(url=url, email=email, password=TRADER_PASSWORD)
            return Trader(floor, await stack.enter_async_context(client))

        makers = [await enter(email) for email in MAKERS]
        takers = [await enter(email) for email in TAKERS]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(floor.walk())
            tasks.create_task(floor.report())
            for maker in makers:
                for plan in MARKETS:
                    tasks.create_task(_keep_quoting(maker, plan))
            for taker in takers:
                tasks.create_task(_keep_taking(taker))


async def _keep_quoting(maker: Trader, plan: MarketPlan) -> NoReturn:
    chance = maker.floor.chance
    steps = _steps(plan)
    base, _ = plan.symbol.split("-")

    async def one_round() -> None:
        has, wants = await maker.inventory(base)
        price = lean(maker.floor.prices.of(plan.symbol), has=has, wants=wants)
        resting = await maker.resting(plan)
        todo = plan_round(
            price=price,
            resting=resting,
            steps=steps,
            chance=chance,
            at_most=QUOTES_A_ROUND if resting else QUOTES_AT_FIRST,
        )
        for order in todo.cancels:
            await maker.cancel(order)
        for quote in todo.quotes:
            await maker.quote(plan, quote)

    await maker.floor.forever(one_round, lambda: _about(ROUND_SECONDS, chance))


async def _keep_taking(taker: Trader) -> NoReturn:
    chance = taker.floor.chance

    async def one_take() -> None:
        plan = chance.choice(MARKETS)
        has, wants = await taker.inventory(plan.symbol.split("-")[0])
        order = take(has=has, wants=wants, steps=_steps(plan), chance=chance)
        act = taker.take if chance.randrange(STOP_ONE_IN) else taker.guard
        await act(plan, order)

    await taker.floor.forever(one_take, lambda: _about(TAKE_SECONDS, chance))


def _about(seconds: float, chance: Random) -> float:
    return seconds * (0.5 + chance.random())


def _steps(plan: MarketPlan) -> Steps:
    return Steps(plan.tick_size, plan.lot_size, plan.lots)


def _until(seconds: int) -> dict[str, str]:
    """The terms of an order that ends by itself."""
    ends = clock.now() + timedelta(seconds=seconds)
    return {"time_in_force": "gtd", "expires_at": ends.isoformat()}


def _text(atoms: int) -> str:
    return format_decimal(atoms, scale=SCALE)


def _rows(answer: Any) -> list[Any]:
    """The rows of a list, in one page or bare."""
    return list(answer["results"] if isinstance(answer, dict) else answer)
