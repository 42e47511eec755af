"""The demo's proof of liabilities: what everybody begins with, published at once."""

import contextlib
import secrets
from datetime import datetime
from typing import Final

from accounts.models import User
from ledger.audit import SEALED
from ledger.models import TRANSFERS_LOG
from ledger.selectors import streams_of
from ledger.services import seal_stream
from proofs.errors import NothingSealed
from proofs.models import Proof
from proofs.services import publish_proof, take_proof

KEY: Final = "demo-opening"


def publish_a_proof(*, takes: User, publishes: User, now: datetime) -> None:
    """Let two of finance show what is owed, unless that was done before.

    No reserves stand beside it: the demo has no wallet whose key could sign.
    """
    if Proof.objects.filter(key=KEY, decision__isnull=False).exists():
        return
    _seal_the_transfers(now)
    # Where others write at this very moment nothing may be sealed yet. The next start of
    # the demo makes up for it.
    with contextlib.suppress(NothingSealed):
        proof = take_proof(key=KEY, seed=secrets.token_bytes(32), actor=takes, now=now)
        publish_proof(proof_id=proof.pk, actor=publishes, now=now)


def _seal_the_transfers(now: datetime) -> None:
    """Now instead of in a minute. The first look remembers who writes, the second one seals
    what they have written."""
    [log] = [it for it in SEALED if it.name == TRANSFERS_LOG]
    for _ in range(2):
        seal_stream(stream=streams_of(log)[0], now=now, least=1)
