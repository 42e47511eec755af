"""A bell rings after the commit, carries ids, and never undoes anything."""

import pytest
from django.db import transaction
from django.dispatch import Signal

from kernel.doorbell import ring_after_commit


class Listener:
    """Remembers what it heard."""

    def __init__(self, bell: Signal) -> None:
        self.heard: list[dict[str, int]] = []
        bell.connect(self, weak=False)

    def __call__(self, **ids: int) -> None:
        self.heard.append({name: value for name, value in ids.items() if name == "shard"})


@pytest.fixture
def bell() -> Signal:
    return Signal()


def test_a_bell_rings_once_the_transaction_has_committed(bell, committed_db):
    listener = Listener(bell)

    with transaction.atomic():
        ring_after_commit(bell, shard=3)
        assert listener.heard == []

    assert listener.heard == [{"shard": 3}]


def test_a_bell_is_silent_after_a_rollback(bell, committed_db):
    listener = Listener(bell)

    with transaction.atomic():
        ring_after_commit(bell, shard=3)
        transaction.set_rollback(True)

    assert listener.heard == []


def test_a_bell_outside_a_transaction_rings_at_once(bell, committed_db):
    listener = Listener(bell)

    ring_after_commit(bell, shard=3)

    assert listener.heard == [{"shard": 3}]


def test_a_listener_that_fails_neither_undoes_the_commit_nor_deafens_the_others(
    bell, committed_db, caplog
):
    def deaf(**_: object) -> None:
        raise RuntimeError("cotton wool")

    bell.connect(deaf)
    listener = Listener(bell)

    with transaction.atomic():
        ring_after_commit(bell, shard=3)

    assert listener.heard == [{"shard": 3}]
    [warning] = [record for record in caplog.records if record.name == "kernel.doorbell"]
    assert warning.getMessage() == "a bell was not heard; the sweep will find it"
    assert "cotton wool" in warning.why
