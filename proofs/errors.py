"""What may go wrong with a proof of liabilities.

Invalid
  ProofReasonMissing    who discards a proof says why
  ReserveNotSigned      the signature is not by the address, or not of this message
Refused
  MayNotTakeProof       the right to take proofs and to enter reserves is missing
  MayNotPublishProof    the right to publish and to discard is missing
  ReserveCountedTwice   the address is among the reserves already
  LiabilitiesTooLarge   more is owed of an asset than the format can state
  ProofDisagrees        the books do not say any more what the proof says
NotFound
  UnknownProof          there is none, or it is not published
Conflict
  ProofDecided          it is published or discarded already
Unavailable
  NothingSealed         no transfer is sealed yet, so there is no moment to prove
"""

from kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class ProofReasonMissing(Invalid):
    code = "proof_reason_missing"
    title = "Say why: a discarded proof needs a reason."


class ReserveNotSigned(Invalid):
    code = "reserve_not_signed"
    title = "The signature is not by this address, or not of this message."


class MayNotTakeProof(Refused):
    code = "may_not_take_proof"
    title = "You have no right to take proofs of liabilities."


class MayNotPublishProof(Refused):
    code = "may_not_publish_proof"
    title = "You have no right to publish or discard proofs of liabilities."


class ReserveCountedTwice(Refused):
    code = "reserve_counted_twice"
    title = "This address is among the reserves of this proof already."


class LiabilitiesTooLarge(Refused):
    code = "liabilities_too_large"
    title = "More is owed of this asset than the format of the proof can state."


class ProofDisagrees(Refused):
    code = "proof_disagrees"
    title = "The books do not say what the proof says. Nothing was published."


class UnknownProof(NotFound):
    code = "unknown_proof"
    title = "There is no such published proof."


class ProofDecided(Conflict):
    code = "proof_decided"
    title = "The proof was published or discarded before."


class NothingSealed(Unavailable):
    code = "nothing_sealed"
    title = "No transfer has been sealed yet. Seals are made every minute; try again."
