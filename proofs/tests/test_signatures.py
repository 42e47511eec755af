"""A signature counts for the address whose key made it, and for no other."""

import pytest
from coincurve import PrivateKey
from Crypto.Hash import keccak
from Crypto.Signature import eddsa
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.signatures import SCHEMES, NotSigned, signed_by
from proofs.tests.proving import ONE, by_bitcoin

#: What the whole world knows of the key 1.
BITCOIN_OF_ONE = (
    "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN",
    "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm",
)
ETHEREUM_OF_ONE = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


def by_ethereum(key, message):
    body = message.encode()
    said = b"\x19Ethereum Signed Message:\n" + str(len(body)).encode() + body
    digest = keccak.new(digest_bits=256, data=said).digest()
    raw = key.sign_recoverable(digest, hasher=None)
    return "0x" + (raw[:64] + bytes([raw[64] + 27])).hex()


def by_ed25519(seed, message):
    key = eddsa.import_private_key(seed)
    address = key.public_key().export_key(format="raw").hex()
    return address, eddsa.new(key, "rfc8032").sign(message.encode()).hex()


def test_a_published_signature_of_ethereum_is_read():
    address = signed_by(
        scheme="ethereum",
        address="0x2c7536e3605d9c16a7a3d7b1898e529396a65c23",
        message="Some data",
        signature="0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
        "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c",
    )

    assert address == "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"


@given(st.text(min_size=1, max_size=400))
@settings(max_examples=20, deadline=None)
def test_what_a_key_signed_counts_for_its_addresses(message):
    ethereum = by_ethereum(ONE, message)
    bitcoin = by_bitcoin(ONE, message)

    assert (
        signed_by(
            scheme="ethereum",
            address=ETHEREUM_OF_ONE.lower(),
            message=message,
            signature=ethereum,
        )
        == ETHEREUM_OF_ONE
    )
    for address in BITCOIN_OF_ONE:
        assert address == signed_by(
            scheme="bitcoin", address=address, message=message, signature=bitcoin
        )


@pytest.mark.parametrize("header", [27, 31, 35, 39])
def test_the_kinds_of_headers_of_bitcoins_wallets_are_read(header):
    for address in BITCOIN_OF_ONE:
        signature = by_bitcoin(ONE, "hello", header)
        signed_by(scheme="bitcoin", address=address, message="hello", signature=signature)


def test_an_auditors_key_may_attest_what_no_chain_knows():
    address, signature = by_ed25519(bytes(range(32)), "a balance")

    assert (
        signed_by(
            scheme="ed25519",
            address=address.upper(),
            message="a balance",
            signature=signature,
        )
        == address
    )


def forged(scheme, message, signature):
    address = {
        "ethereum": ETHEREUM_OF_ONE,
        "bitcoin": BITCOIN_OF_ONE[1],
        "ed25519": by_ed25519(bytes(32), message)[0],
    }[scheme]
    with pytest.raises(NotSigned):
        signed_by(scheme=scheme, address=address, message=message, signature=signature)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "nonsense", ["", "0x", "zz", "00" * 65, "0x" + "ff" * 65, "A" * 88, "é", "00" * 64]
)
def test_nonsense_is_no_signature(scheme, nonsense):
    forged(scheme, "hello", nonsense)


def test_another_key_or_another_message_does_not_count():
    two = PrivateKey.from_int(2)

    forged("ethereum", "hello", by_ethereum(two, "hello"))
    forged("ethereum", "hello", by_ethereum(ONE, "hello!"))
    forged("bitcoin", "hello", by_bitcoin(two, "hello"))
    forged("bitcoin", "hello", by_bitcoin(ONE, "hello!"))
    forged("ed25519", "hello", by_ed25519(bytes(range(32)), "hello")[1])
    forged("ed25519", "hello", by_ed25519(bytes(32), "hello!")[1])


def test_a_key_is_written_in_one_way_so_that_it_counts_once():
    address, signature = by_ed25519(bytes(range(32)), "hello")

    for other in (f"{address[:2]} {address[2:]}", f" {address}", f"0x{address}"):
        with pytest.raises(NotSigned):
            signed_by(scheme="ed25519", address=other, message="hello", signature=signature)


@pytest.mark.parametrize("address", ["", "zz", "00" * 31, "00" * 33])
def test_an_address_that_is_no_key_signs_nothing(address):
    _, signature = by_ed25519(bytes(32), "hello")

    with pytest.raises(NotSigned):
        signed_by(scheme="ed25519", address=address, message="hello", signature=signature)
