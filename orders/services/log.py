"""The one way into the command log."""

from collections.abc import Sequence

from django.db import connection, transaction

from kernel import pgcopy
from kernel.database import copy_in
from kernel.doorbell import ring_after_commit
from orders.models import Command
from orders.signals import commands_logged


@transaction.atomic
def append_commands(*, commands: Sequence[Command]) -> list[int]:
    """Append commands of one shard in one durable commit, in this order.

    Their ids are set and returned. The database lets one transaction at a time insert and
    notifies the engine at its commit. Place commands have passed `check_order`.

    raises  IntegrityError when a client order id is taken; nothing is written
    """
    copy_in(_COPY_COMMANDS, [_packed(command) for command in commands])
    # Nobody else draws ids until this transaction ends (migration 0002), so those of the
    # rows just written are the last ones, without a gap.
    with connection.cursor() as cursor:
        cursor.execute("SELECT currval(pg_get_serial_sequence('orders_command', 'id'))")
        last = cursor.fetchone()[0]
    ids = list(range(last - len(commands) + 1, last + 1))
    for command, command_id in zip(commands, ids, strict=True):
        command.pk = command_id
    ring_after_commit(commands_logged, shard=commands[0].shard)
    return ids


_COPY_COMMANDS = (
    "COPY orders_command (market_id, shard, kind, user_id, side, type, time_in_force, "
    "price, quantity, budget, order_id, maker_ppm, taker_ppm, created_at, client_order_id) "
    "FROM STDIN (FORMAT binary)"
)
_pack_command = pgcopy.row_packer("qhhqhhhqqqqiiq", texts=1)


def _packed(command: Command) -> bytes:
    return _pack_command(
        command.market_id, command.shard, command.kind, command.user_id, command.side,
        command.type, command.time_in_force, command.price, command.quantity,
        command.budget, command.order_id, command.maker_ppm, command.taker_ppm,
        pgcopy.timestamp(command.created_at),
    ) + pgcopy.text(command.client_order_id)  # fmt: skip
