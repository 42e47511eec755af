"""A validator written after the public description of BitMEX's proof of liabilities, and
after nothing of ours: it shares no line with proofs/tree.py or with our own verifier.

The description: the file's first line is `block_height:N`; each further line is a node,
`digest,sum`, root first, then level by level from the left; there are 2^n leaves. A parent
is SHA-256 over left digest, left sum, right digest, right sum, numbers being eight bytes,
lowest first. A leaf is HMAC-SHA256 over value and index, keyed with the nonce of the
account in this tree: SHA-256 over its own nonce, the block height and its number. It scans
all leaves for the account's and follows each up to the root.
"""

import csv
import hashlib
import hmac
import io
import struct

#: The figures that the description gives: four accounts are owed 1,000, 3,000,
#: 4,000,000,000 and nothing at height 100.
EXAMPLE = """\
block_height:100
85b0a83970a74a6ad0ee5d4bec5d3afe0048d18b8342e31e2d3a45e0f17879c7,4000004000
4e6661db50e4ec1c42204c471c0a6fa2a8749127368f3358c340752208b160c9,963611993
128b3b2bd3f6bde35d5ac2ba0a37def53fad7a607e6cdd76ee4ad39472b44447,3036392007
448e972f7919df255c250b61d6ae1ea165f94cae229f3f610359ae0e2e63acb9,963610699
bfa7eddb8a0a00f8e1eda939c41eaba51f9555b32d45b6f5828bca3950eea31f,1294
51fb2bcf79c0439694c391960cfc0838db369b6fb2687c1fd4636476a2c34ca7,2039
9649f6034051c9c81e3d246ae90473da35a8c02b4321c1b61436b75da139cf53,3036389968
69c492be8d5b1f3cc507047460cabc116495e03fa6c76a7767655a94c2b9ae4f,963610032
acb9b9fb9ae63ae09927dac870fa203d0113dade58f20a9855193b121d3ed035,667
cbcdfae2f947e2b5b7dc2268f0f02f230867b77a0742940af16eff46f457a10e,0
003c7fc49a6a476894dd6edfca066d5e3fe01cc63906214134fb6e2ee06a7d83,1294
4c28a5dda0bb0dc42af1d942ea12b1f5fe1e3a22049de33166262c724363df63,333
2150701b63061ebffa09aa4a0fb239fd59143e6f7ba7cdec3714412d09b97db3,1706
f7c28544e2beb1abe170ca4d1aa177236f8e43383c2e83420bcbe8375aa4ba9b,1543636957
943f858e804d09d241b05c9d063030da551ca4bde5133b303c8f23a4b76a5fde,1492753011
"""
#: What account 2 of that example was given.
EXAMPLE_NONCE = "b88860add96111d84d38a500266df715158f91375d9aaa98aa58356f9a872412"


class Mismatch(Exception):
    pass


def validated(text: str, *, account: int, account_nonce: str) -> tuple[int, int]:
    """What the file says of the account, and of all.

    raises  Mismatch when the file contradicts itself on the way up
    """
    rows = list(csv.reader(io.StringIO(text)))
    label, height = rows[0][0].split(":")
    if label != "block_height":
        raise Mismatch(label)
    levels = _levels([(bytes.fromhex(digest), int(value)) for digest, value in rows[1:]])
    nonce = hashlib.sha256(
        bytes.fromhex(account_nonce) + struct.pack("<QQ", int(height), account)
    ).digest()
    own = 0
    for index, (digest, value) in enumerate(levels[-1]):
        message = struct.pack("<QQ", value, index)
        if hmac.new(nonce, message, hashlib.sha256).digest() == digest:
            _climb(levels, index)
            own += value
    return own, levels[0][0][1]


def _levels(nodes):
    levels, size = [], 1
    while nodes:
        if len(nodes) < size:
            raise Mismatch("the last level is not complete")
        levels.append(nodes[:size])
        nodes, size = nodes[size:], size * 2
    return levels


def _climb(levels, index):
    for above, level in zip(levels[-2::-1], levels[:0:-1], strict=True):
        left = level[index & ~1]
        right = level[index | 1]
        index >>= 1
        body = left[0] + struct.pack("<Q", left[1]) + right[0] + struct.pack("<Q", right[1])
        if above[index] != (hashlib.sha256(body).digest(), left[1] + right[1]):
            raise Mismatch(f"node {index} of a level with {len(above)}")
