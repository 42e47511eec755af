"""What of the proofs is sealed; their nodes and shares follow from the seed, and are told
again by the roots.
"""

from typing import Final

from kernel.sealed import NO_TIME, SealedLog

SEALED: Final = (
    # Without its seed, which is a secret; with another one the roots would not fit.
    SealedLog(
        "proofs",
        "proofs_proof",
        ("key", "transfer", "seal", "sha256", "at", "taken_by_id", "taken_at"),
        time="taken_at",
    ),
    SealedLog(
        "proof_trees",
        "proofs_prooftree",
        ("proof_id", "asset_id", "scale", "total", "root", "leaves"),
        time=NO_TIME,
    ),
    SealedLog(
        "proof_reserves",
        "proofs_reserve",
        (
            "tree_id", "scheme", "address", "amount", "as_of", "message", "signature",
            "entered_by_id", "entered_at",
        ),
        time="entered_at",
    ),
    SealedLog(
        "proof_decisions",
        "proofs_proofdecision",
        ("proof_id", "published", "by_id", "reason", "at"),
        time="at",
    ),
)  # fmt: skip
