"""The one way into the command log."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from django.db import connection, transaction

from kernel import pgcopy
from kernel.database import copy_in
from kernel.doorbell import ring_after_commit
from orders.models import Command, NewCommand
from orders.signals import commands_logged


@transaction.atomic
def append_commands(*, commands: Sequence[Command]) -> list[int]:
    """Append commands of one shard in one durable commit, in this order.

    Their ids are set and returned. The database lets one transaction at a time insert and
    notifies the engine at its commit. Place commands have passed `check_order`.

    raises  IntegrityError when a client order id is taken; nothing is written
    """
    if _is_plain(commands):
        copy_in(_COPY_PLAIN, [_packed(command) for command in commands])
    else:
        copy_in(_COPY_SPECIAL, [_packed_wide(command) for command in commands])
    with connection.cursor() as cursor:
        cursor.execute(LAST_ID)
        last = cursor.fetchone()[0]
    ids = list(range(last - len(commands) + 1, last + 1))
    for command, command_id in zip(commands, ids, strict=True):
        command.pk = command_id
    ring_after_commit(commands_logged, shard=commands[0].shard)
    return ids


def copies_of(
    *, lots: Sequence[Sequence[Command | NewCommand]]
) -> tuple[list[Command | NewCommand], list[str], list[bytes]]:
    """What writes several requests' commands in one transaction.

    A lot with a special command is written with the columns of those, all of it, so that
    its order stays.

    returns  the commands in the order in which they will be numbered; the COPY statements;
             what each of them reads
    """
    plain: list[Command | NewCommand] = []
    special: list[Command | NewCommand] = []
    for lot in lots:
        (plain if _is_plain(lot) else special).extend(lot)
    statements, copies = [], []
    if plain:
        statements.append(_COPY_PLAIN)
        copies.append(b"".join([_packed(command) for command in plain]))
    if special:
        statements.append(_COPY_SPECIAL)
        copies.append(b"".join([_packed_wide(command) for command in special]))
    return plain + special, statements, copies


#: Nobody else draws ids until the transaction ends that has written commands (migration
#: 0002), so those of the rows just written are the last ones, without a gap.
LAST_ID: Final = "SELECT currval(pg_get_serial_sequence('orders_command', 'id'))"


def _is_plain(commands: Iterable[Command | NewCommand]) -> bool:
    """Whether none of them has what only special commands have."""
    return all(map(_NOTHING.__eq__, map(_special, commands)))


def _moment(at: datetime | None) -> bytes:
    return pgcopy.bigint(pgcopy.timestamp(at) if at else None)


# A plain command is most of what comes: it is written without the columns that only
# special ones have. A COPY has one list of columns, so a special command lets those that
# are appended together with it carry their NULLs.
_PLAIN: Final = (
    "market_id", "shard", "kind", "user_id", "side", "type", "time_in_force", "price",
    "quantity", "budget", "order_id", "maker_ppm", "taker_ppm", "created_at",
    "self_trade", "client_order_id",
)  # fmt: skip
_SPECIAL: Final[dict[str, Callable[[Any], bytes]]] = {
    "post_only": pgcopy.smallint,
    "trigger_price": pgcopy.bigint,
    "trail": pgcopy.bigint,
    "trail_ppm": pgcopy.integer,
    "display": pgcopy.bigint,
    "slippage_ppm": pgcopy.integer,
    "expires_at": _moment,
    "unit": pgcopy.smallint,
    "position": pgcopy.smallint,
    "follow": pgcopy.smallint,
    "settings": pgcopy.jsonb,
}
_NOTHING: Final = (None,) * len(_SPECIAL)
_special = attrgetter(*_SPECIAL)
_FIELDS: Final = "qhhqhhhqqqqiiqh"
_pack_plain = pgcopy.row_packer(_FIELDS, texts=1)
_pack_wide = pgcopy.row_packer(_FIELDS, texts=1 + len(_SPECIAL))


def _copy(columns: Iterable[str]) -> str:
    return f"COPY orders_command ({', '.join(columns)}) FROM STDIN (FORMAT binary)"


_COPY_PLAIN: Final = _copy(_PLAIN)
_COPY_SPECIAL: Final = _copy((*_PLAIN, *_SPECIAL))


def _packed(
    command: Command | NewCommand, pack: Callable[..., bytes] = _pack_plain
) -> bytes:
    return pack(
        command.market_id, command.shard, command.kind, command.user_id, command.side,
        command.type, command.time_in_force, command.price, command.quantity,
        command.budget, command.order_id, command.maker_ppm, command.taker_ppm,
        pgcopy.timestamp(command.created_at), command.self_trade,
    ) + pgcopy.text(command.client_order_id)  # fmt: skip


def _packed_wide(command: Command | NewCommand) -> bytes:
    special = zip(_SPECIAL.values(), _special(command), strict=True)
    return _packed(command, _pack_wide) + b"".join([pack(value) for pack, value in special])
