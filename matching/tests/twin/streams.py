"""Random streams of everything that can be asked of a market. Pure: a seed, a stream.

Prices are few, users are few and not rich, so that things meet and money runs out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from kernel.units import Atoms, Lots, Ppm, Ticks
from matching.tests.twin.markets import MARKET, market_of
from orders.commands import (
    PLAIN,
    Amend,
    Cancel,
    CancelAll,
    Clock,
    Command,
    Configure,
    Extra,
    MarketState,
    OrderSide,
    OrderType,
    Place,
    PostOnly,
    SelfTrade,
    TimeInForce,
    Unit,
    UnitKind,
)
from orders.rules import MarketRules

STAFF = 99
SECOND = 1_000_000
GTC, IOC, FOK, GTD = (
    TimeInForce.GTC,
    TimeInForce.IOC,
    TimeInForce.FOK,
    TimeInForce.GTD,
)
Asked = tuple[Command | Unit, int]
_WHY = {"reason": "It is only a test."}


@dataclass
class Stream:
    """Makes one unit after another; remembers what it asked for, to ask for changes.

    seed     of what the whole stream has in common: fees, prices, what is asked at all
    """

    market: MarketRules
    seed: int
    now: int = 1_000 * SECOND
    last_id: int = 0
    placed: list[Place] = field(default_factory=list)
    closed: bool = False

    @classmethod
    def begun(cls, seed: int) -> "Stream":
        return cls(market_of(Random(seed)), seed)

    def __post_init__(self) -> None:
        random = Random(self.seed)
        self.fees = random.choice([(0, 0), (1_000, 2_000), (333_333, 1)])
        self.middle = random.choice([100, 100, 100, 5])
        self.width = random.choice([3, 10])
        self.users = random.choice([2, 3, 4, 4])
        self.modes = random.choice(
            [list(SelfTrade), [SelfTrade.CANCEL_TAKER], [SelfTrade.NONE]]
        )
        makers: list[Callable[[Random], Command | Unit]] = [
            self._market_order, self._by_budget, self._stop, self._stop, self._pair,
            self._bracket, self._all_or_none, self._cancel, self._cancel_all, self._amend,
            self._amend, self._configure, self._clock,
        ]  # fmt: skip
        # Every stream leaves some things out, so that the others meet more often.
        self.makers = random.sample(makers, random.randint(3, len(makers)))
        self.makers += [self._limit] * random.randint(2, len(self.makers))

    def next(self, seed: int) -> Asked:
        """The unit of a seed; that of 0 does nothing."""
        if not seed:
            return self._clock(Random(0)), self.now
        random = Random(seed)
        self.now += random.choice([0, 0, 0, 1, SECOND, SECOND, 30 * SECOND, 90 * SECOND])
        created = self.now - random.choice([0, 0, 0, 0, 2 * SECOND])
        if self.closed and random.random() < 0.2:
            return self._open(), created
        return random.choice(self.makers)(random), created

    def funds(self) -> dict[tuple[int, str], int]:
        """What everybody has in the beginning."""
        random = Random(self.seed)
        lots = random.choice([30, 60, 200, 10_000])
        worth = lots * self.middle * self.market.tick_value
        return {
            (user, asset): amount + random.randint(0, 9)
            for user in self.everybody
            for asset, amount in (
                ("base", lots * self.market.lot_size),
                ("quote", worth),
            )
        }

    @property
    def everybody(self) -> range:
        return range(1, self.users + 1)

    # Orders that stand alone.

    def _limit(self, random: Random) -> Place:
        kind = random.choice([GTC] * 8 + [IOC, FOK, GTD])
        post_only, display, quantity = PostOnly.NO, 0, self._lots(random)
        if kind in {GTC, GTD}:
            post_only = random.choice([PostOnly.NO] * 9 + list(PostOnly))
            display = random.choice([0, 0, 0, random.randint(1, quantity)])
        return self._place(
            random,
            OrderType.LIMIT,
            kind=kind,
            price=self._price(random),
            quantity=quantity,
            extra=Extra(post_only=post_only, display=display),
        )

    def _market_order(self, random: Random) -> Place:
        return self._place(
            random,
            OrderType.MARKET,
            quantity=self._lots(random),
            extra=Extra(slippage_ppm=self._slippage(random)),
        )

    def _by_budget(self, random: Random) -> Place:
        return self._place(
            random,
            OrderType.MARKET,
            budget=self._budget(random),
            extra=Extra(slippage_ppm=self._slippage(random)),
        )

    def _stop(self, random: Random) -> Place:
        return self._armed(
            random,
            random.choice(
                [
                    OrderType.STOP,
                    OrderType.STOP_LIMIT,
                    OrderType.TAKE_PROFIT,
                    OrderType.TAKE_PROFIT_LIMIT,
                    OrderType.TRAILING_STOP,
                ]
            ),
        )

    def _armed(
        self,
        random: Random,
        type_: OrderType,
        *,
        quantity: int = 0,
        at_once: bool = True,
        **like: int,
    ) -> Place:
        """An order that waits; in a pair it has the pair's quantity, side and user."""
        with_price = type_ in {OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
        trails = type_ is OrderType.TRAILING_STOP
        by_distance = random.random() < 0.5
        side = like.pop("side", random.choice(list(OrderSide)))
        by_budget = (
            not quantity
            and type_ in {OrderType.STOP, OrderType.TAKE_PROFIT}
            and side == OrderSide.BUY
            and random.random() < 0.3
        )
        return self._place(
            random,
            type_,
            side=side,
            kind=random.choice([GTC, GTC, GTD, *([IOC, FOK] if with_price else [])]),
            price=self._price(random) if with_price else 0,
            quantity=0 if by_budget else quantity or self._lots(random),
            budget=self._budget(random) if by_budget else 0,
            extra=Extra(
                trigger=0 if trails else self._price(random),
                trail=random.randint(1, 6) if trails and by_distance else 0,
                trail_ppm=(
                    random.choice([1, 20_000, 55_555]) if trails and not by_distance else 0
                ),
                slippage_ppm=0 if with_price else self._slippage(random),
            ),
            **like,
        )

    # Orders that stand together.

    def _pair(self, random: Random) -> Unit:
        return Unit(UnitKind.OCO.value, self._legs(random))

    def _legs(self, random: Random, **like: int) -> tuple[Place, Place]:
        quantity = like.pop("quantity", self._lots(random))
        limit = self._place(
            random,
            OrderType.LIMIT,
            kind=random.choice([GTC, GTC, GTD]),
            price=self._price(random),
            quantity=quantity,
            extra=Extra(display=random.choice([0, 0, 0, random.randint(1, quantity)])),
            **like,
        )
        stop = self._armed(
            random,
            random.choice([OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP]),
            quantity=quantity,
            user=limit.user,
            side=limit.side,
        )
        return limit, stop

    def _bracket(self, random: Random) -> Unit:
        market = random.random() < 0.3
        entry = self._place(
            random,
            OrderType.MARKET if market else OrderType.LIMIT,
            kind=GTC if market else random.choice([GTC, GTC, IOC, FOK, GTD]),
            price=0 if market else self._price(random),
            quantity=self._lots(random),
            extra=Extra(slippage_ppm=self._slippage(random)) if market else PLAIN,
        )
        legs = self._legs(
            random,
            user=entry.user,
            side=OrderSide(entry.side).other,
            quantity=entry.quantity,
        )
        return Unit(UnitKind.BRACKET.value, (entry, *legs))

    def _all_or_none(self, random: Random) -> Unit:
        user = random.choice(self.everybody)
        commands: list[Command] = []
        for _ in range(random.randint(1, 4)):
            if random.random() < 0.7:
                commands.append(self._simple_limit(random, user))
            elif random.random() < 0.5:
                commands.append(self._cancel(random, user))
            else:
                commands.append(self._amend(random, user))
        return Unit(UnitKind.ALL_OR_NONE.value, tuple(commands))

    def _simple_limit(self, random: Random, user: int) -> Place:
        return self._place(
            random,
            OrderType.LIMIT,
            user=user,
            kind=random.choice([GTC, GTC, GTD]),
            price=self._price(random),
            quantity=self._lots(random),
            extra=Extra(
                post_only=random.choice([PostOnly.NO, PostOnly.NO, PostOnly.REJECT])
            ),
        )

    # Changes.

    def _target(self, random: Random, user: int = 0) -> tuple[int, int]:
        """Whose order, and which; most often a late one of the user."""
        known = [place for place in self.placed if user in {0, place.user}][-8:]
        if not known:
            return user or 1, 1
        place = random.choice(known)
        stranger = random.choice(self.everybody)
        return user or (place.user if random.random() < 0.95 else stranger), place.id

    def _cancel(self, random: Random, user: int = 0) -> Cancel:
        user, order = self._target(random, user)
        return Cancel(self._id(), MARKET, user, order)

    def _cancel_all(self, random: Random) -> CancelAll:
        user = random.choice(self.everybody)
        return CancelAll(self._id(), MARKET, user, random.randint(0, 2))

    def _amend(self, random: Random, user: int = 0) -> Amend:
        user, order = self._target(random, user)
        return Amend(
            self._id(),
            MARKET,
            user,
            order,
            *self._changes(random, next((p for p in self.placed if p.id == order), None)),
        )

    def _changes(self, random: Random, place: Place | None) -> tuple[Ticks, Lots, Ticks]:
        """New price, quantity and trigger; mostly of those that the order has."""
        fits = place is not None and random.random() < 0.9
        chosen = [
            random.random() < 0.5 and (bool(has) or not fits)
            for has in (
                (place.price, place.quantity, place.extra.trigger) if place else (1, 1, 1)
            )
        ]
        if not any(chosen):
            chosen[1] = True
        price, quantity, trigger = chosen
        return (
            Ticks(self._price(random) if price else 0),
            Lots(self._lots(random) if quantity else 0),
            Ticks(self._price(random) if trigger else 0),
        )

    def _configure(self, random: Random) -> Configure:
        settings: dict[str, int] = random.choice(
            [
                self._state(MarketState.OPEN),
                self._state(MarketState.OPEN),
                self._state(random.choice(list(MarketState)[:4])),
                self._state(MarketState.AUCTION),
                self._state(MarketState.AUCTION),
                self._state(
                    MarketState.AUCTION, self.now + random.choice([1, 60]) * SECOND
                ),
                {"band_ppm": random.choice([0, 20_000, 50_000])},
                {"halt_ppm": random.choice([0, 20_000, 50_000])},
                {"max_open_orders": random.choice([0, 4])},
                {"band_caps": random.random() < 0.5},
            ]
        )
        if "state" in settings:
            self.closed = settings["state"] != MarketState.OPEN
        return Configure(self._id(), MARKET, STAFF, settings | _WHY)

    def _open(self) -> Configure:
        """Markets that stay closed for long are dull."""
        self.closed = False
        return Configure(self._id(), MARKET, STAFF, self._state(MarketState.OPEN) | _WHY)

    def _state(self, state: MarketState, until: int = 0) -> dict[str, int]:
        return {"state": state.value, "until": until}

    def _clock(self, random: Random) -> Clock:
        return Clock(self._id(), MARKET, STAFF)

    # The parts.

    def _place(
        self,
        random: Random,
        type_: OrderType,
        *,
        kind: TimeInForce = GTC,
        price: int = 0,
        quantity: int = 0,
        budget: int = 0,
        extra: Extra = PLAIN,
        user: int = 0,
        side: int = 0,
    ) -> Place:
        if kind == GTD:
            ends = self.now + random.choice([1, 5, 60, 60, 300]) * SECOND
            ends -= random.choice([0] * 11 + [300 * SECOND])
            extra = extra._replace(expires=ends)
        place = Place(
            self._id(),
            MARKET,
            user or random.choice(self.everybody),
            int(side or random.choice(list(OrderSide))),
            type_.value,
            kind.value,
            random.choice(self.modes).value,
            Ticks(price),
            Lots(quantity),
            Atoms(budget),
            Ppm(self.fees[0]),
            Ppm(self.fees[1]),
            Extra(*map(int, extra)),
        )
        self.placed.append(place)
        return place

    def _id(self) -> int:
        self.last_id += 1
        return self.last_id

    def _price(self, random: Random) -> int:
        price = self.middle + random.randint(-self.width, self.width)
        return max(1, min(price, self.market.price_max))

    def _lots(self, random: Random) -> int:
        return random.choice([random.randint(1, 5), random.randint(1, 30)])

    def _budget(self, random: Random) -> int:
        """Often just about what some lots cost."""
        worth = self._price(random) * self._lots(random) * self.market.tick_value
        price = self._price(random) * self.market.tick_value
        return random.choice(
            [worth, worth + random.randint(0, price), random.randint(1, worth)]
        )

    def _slippage(self, random: Random) -> int:
        return random.choice([1, 20_000, 50_000, 100_000, 1_000_000])
