"""Markets are opened and halted."""

from django.db import IntegrityError, transaction

from kernel.errors import Refused
from kernel.units import Atoms, Lots, Ppm, Ticks
from ledger.models import AccountKind, Asset
from ledger.services import open_account
from orders.models import Market


@transaction.atomic
def open_market(
    *,
    base: Asset,
    quote: Asset,
    tick_size: Atoms,
    lot_size: Atoms,
    price_max: Ticks,
    quantity_min: Lots,
    quantity_max: Lots,
    notional_min: Atoms,
    maker_ppm: Ppm,
    taker_ppm: Ppm,
    shard: int = 0,
) -> Market:
    """Open a market, and the house's fee accounts that it needs.

    tick_size     quote atoms per whole base unit, for one tick
    lot_size      base atoms in one lot
    notional_min  quote atoms
    raises        Refused when one tick times one lot is not a whole number of quote
                  atoms, or the limits could overflow a bigint; nothing is written
    """
    base_unit = 10**base.scale
    tick_value, rest = divmod(tick_size * lot_size, base_unit)
    if rest or not tick_value:
        raise Refused("One tick times one lot must be a whole number of quote atoms.")
    try:
        with transaction.atomic():
            market = Market.objects.create(
                symbol=f"{base.code}-{quote.code}",
                base=base,
                quote=quote,
                base_unit=base_unit,
                tick_size=tick_size,
                lot_size=lot_size,
                tick_value=tick_value,
                price_max=price_max,
                quantity_min=quantity_min,
                quantity_max=quantity_max,
                notional_min=notional_min,
                maker_ppm=maker_ppm,
                taker_ppm=taker_ppm,
                shard=shard,
            )
    except IntegrityError as refused:
        raise Refused(f"The database refuses this market: {refused}") from refused
    for asset in (base, quote):
        open_account(asset_id=asset.pk, kind=AccountKind.FEES, label=market.symbol)
    return market


def halt_market(*, market_id: int) -> None:
    """Stop taking and matching orders in a market; cancels still work."""
    Market.objects.filter(pk=market_id).update(state=Market.State.HALTED)
