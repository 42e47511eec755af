"""Proofs that tests begin with."""

import base64
import hashlib

from coincurve import PrivateKey

from accounts.models import User
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.audit import SEALED
from ledger.models import TRANSFERS_LOG, Seal
from ledger.selectors import streams_of
from ledger.services import seal_stream
from proofs.models import Proof, ProofTree
from proofs.selectors import proof_case, reserve_message
from proofs.services import (
    RIGHT_TO_PUBLISH,
    RIGHT_TO_TAKE,
    Claim,
    enter_reserves,
    publish_proof,
    take_proof,
)
from tests.staff import member
from tests.stories import NOON, asset, fund, person

RIGHTS = (RIGHT_TO_TAKE, RIGHT_TO_PUBLISH, "proofs.view_proof")
SEED = bytes(range(32))
#: The key 1, whose addresses the whole world knows, and one of them.
ONE = PrivateKey.from_int(1)
ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


def frank() -> User:
    """Of finance."""
    return member("frank", *RIGHTS)


def seal_the_books() -> Seal:
    """Seal all transfers there are; the last seal."""
    [stream] = streams_of(next(log for log in SEALED if log.name == TRANSFERS_LOG))
    for _ in range(3):
        seal_stream(stream=stream, now=clock.now(), least=1)
    return Seal.objects.filter(log=TRANSFERS_LOG).latest("number")


def funded() -> None:
    """Alice has 0.5 BTC and 30,000 USDT, Bob has 0.25 BTC."""
    fund(person("alice"), "BTC", "0.5")
    fund(person("alice"), "USDT", "30000")
    fund(person("bob"), "BTC", "0.25")
    seal_the_books()


def taken(key: str = "a test", **facts: object) -> Proof:
    """Frank takes a proof of what is `funded` at NOON."""
    if not Seal.objects.exists():
        funded()
    asset("ETH")
    said = {"key": key, "seed": SEED, "actor": frank(), "now": NOON} | facts
    return take_proof(**said)


def published(key: str = "a test", **facts: object) -> Proof:
    proof = taken(key, **facts)
    publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)
    return proof


def entered(proof: Proof, amount: str = "0.6") -> Proof:
    """Frank enters the signature of the key 1 for some BTC."""
    enter_reserves(
        proof_id=proof.pk, claims=[claim(proof, amount)], actor=frank(), now=NOON
    )
    return proof


def tree_of(proof: Proof, code: str = "BTC") -> ProofTree:
    return next(
        it for it in proof_case(proof_id=proof.pk).trees.all() if it.asset.code == code
    )


def claim(proof: Proof, amount: str = "0.6", *, address: str = ADDRESS) -> Claim:
    """What the key 1 signs for its own address."""
    tree = tree_of(proof)
    atoms = Atoms(parse_decimal(amount, scale=8))
    said = {"address": address, "amount": atoms, "as_of": "block 900000"}
    signature = by_bitcoin(ONE, reserve_message(tree=tree, **said))
    return Claim(asset="BTC", scheme="bitcoin", signature=signature, **said)


def by_bitcoin(key: PrivateKey, message: str, header: int = 31) -> str:
    """What a wallet's `signmessage` answers."""
    body = message.encode()
    size = len(body)
    count = bytes([size]) if size < 253 else b"\xfd" + size.to_bytes(2, "little")
    said = b"\x18Bitcoin Signed Message:\n" + count + body
    digest = hashlib.sha256(hashlib.sha256(said).digest()).digest()
    raw = key.sign_recoverable(digest, hasher=None)
    return base64.b64encode(bytes([header + raw[64]]) + raw[:64]).decode()
