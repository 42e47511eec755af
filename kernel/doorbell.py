"""News travels up by doorbell: commit first, then ring, with ids only.

A bell may be lost. Who hears it reads the log from its own cursor, and a periodic sweep
covers the bells that nobody heard (ADR 0006).
"""

import functools
import logging

from django.db import transaction
from django.dispatch import Signal

from kernel.failpoint import failpoint

log = logging.getLogger(__name__)


def ring_after_commit(bell: Signal, **ids: int) -> None:
    """Send `bell` with `ids` once the current transaction has committed.

    Outside a transaction it rings at once. A listener that fails is logged and does not
    undo what has been committed, nor keep the other listeners from hearing it.
    """
    transaction.on_commit(functools.partial(ring_committed, bell, ids))


def ring_committed(bell: Signal, ids: dict[str, int]) -> None:
    """Send `bell` with `ids` of what has been committed already."""
    failpoint("after_commit")
    for listener, answer in bell.send_robust(sender=None, **ids):
        if isinstance(answer, Exception):
            log.warning(
                "a bell was not heard; the sweep will find it",
                extra={"listener": str(listener), "why": repr(answer)},
            )
