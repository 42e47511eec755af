"""Whose key signed a message: what a wallet's owner can show without spending. Pure.

Three ways of signing are read:
- `ethereum`: EIP-191 `personal_sign`, 65 bytes in hex; the address is 0x and 40 digits
- `bitcoin`: `signmessage` in base64 (BIP-137), of a key's own address: 1…, 3… or bc1q…
- `ed25519`: 64 bytes in hex; the address is the public key in hex. For who attests a
  balance that no chain knows: a bank, an auditor
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final

from coincurve import PublicKey
from Crypto.Hash import RIPEMD160, keccak
from Crypto.Signature import eddsa

_KEY: Final = re.compile("[0-9a-fA-F]{64}", re.ASCII)
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_STEPS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class NotSigned(Exception):
    """The signature is not by this address, or is none at all."""


def signed_by(*, scheme: str, address: str, message: str, signature: str) -> str:
    """Make sure that the key of `address` signed the message; the address, well written.

    scheme  one of SCHEMES
    raises  NotSigned
    """
    if scheme not in _READERS:
        raise NotSigned(f"nobody here reads signatures of {scheme[:40]}")
    try:
        return _READERS[scheme](address, message.encode(), signature)
    except (ValueError, binascii.Error) as unreadable:
        raise NotSigned(str(unreadable) or "not a signature") from unreadable


def _ethereum(address: str, message: bytes, signature: str) -> str:
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != 65 or raw[64] not in (0, 1, 27, 28):
        raise NotSigned("an Ethereum signature is 65 bytes in hex, the last one 27 or 28")
    said = b"\x19Ethereum Signed Message:\n%d%s" % (len(message), message)
    key = _recovered(raw[:64], raw[64] % 27, _keccak(said))
    signer = _keccak(key.format(compressed=False)[1:])[-20:].hex()
    if address.lower() != f"0x{signer}":
        raise NotSigned(f"signed by 0x{signer}")
    return _checksummed(signer)


def _bitcoin(address: str, message: bytes, signature: str) -> str:
    raw = base64.b64decode(signature, validate=True)
    if len(raw) != 65 or not 27 <= raw[0] <= 42:
        raise NotSigned("a Bitcoin signature is 65 bytes in base64")
    said = b"\x18Bitcoin Signed Message:\n" + _counted(message)
    key = _recovered(raw[1:], (raw[0] - 27) % 4, _twice_sha256(said))
    known = _addresses_of(key)
    if address not in known:
        raise NotSigned(f"signed by {known[0]}")
    return address


def _ed25519(address: str, message: bytes, signature: str) -> str:
    # `fromhex` lets blanks through, and a key written in two ways would count twice.
    if not _KEY.fullmatch(address):
        raise NotSigned("an Ed25519 address is a public key, 64 digits in hex")
    key = eddsa.import_public_key(bytes.fromhex(address))
    eddsa.new(key, "rfc8032").verify(message, bytes.fromhex(signature))
    return address.lower()


_READERS: Final[Mapping[str, Callable[[str, bytes, str], str]]] = {
    "ethereum": _ethereum,
    "bitcoin": _bitcoin,
    "ed25519": _ed25519,
}
SCHEMES: Final = tuple(_READERS)


def _recovered(numbers: bytes, which: int, digest: bytes) -> PublicKey:
    try:
        return PublicKey.from_signature_and_message(
            numbers + bytes([which]), digest, hasher=None
        )
    except Exception as broken:
        raise NotSigned("no key signs like this") from broken


# Addresses --------------------------------------------------------------------------------


def _addresses_of(key: PublicKey) -> tuple[str, ...]:
    """Every address that this one key alone can spend from, on Bitcoin's main chain."""
    short = _hash160(key.format(compressed=True))
    return (
        _base58(b"\x00" + short),
        _segwit(short),
        _base58(b"\x05" + _hash160(b"\x00\x14" + short)),
        _base58(b"\x00" + _hash160(key.format(compressed=False))),
    )


def _base58(body: bytes) -> str:
    whole = body + _twice_sha256(body)[:4]
    number, text = int.from_bytes(whole), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\x00"))) + text


def _segwit(short: bytes) -> str:
    """The address of version 0 (BIP-173): 20 bytes in groups of five bits."""
    number = int.from_bytes(short)
    groups = [0, *(number >> shift & 31 for shift in range(155, -1, -5))]
    # The letters of "bc", spread as the checksum wants them.
    check = _polymod([3, 3, 0, 2, 3, *groups, 0, 0, 0, 0, 0, 0]) ^ 1
    groups += [check >> shift & 31 for shift in range(25, -1, -5)]
    return "bc1" + "".join(_BECH32[it] for it in groups)


def _polymod(groups: list[int]) -> int:
    check = 1
    for group in groups:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ group
        for bit, step in enumerate(_BECH32_STEPS):
            check ^= step if top >> bit & 1 else 0
    return check


def _checksummed(address: str) -> str:
    """EIP-55: the hash of the small letters says which ones stand upright."""
    digits = _keccak(address.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(digit, 16) > 7 else letter
        for letter, digit in zip(address, digits, strict=False)
    )


def _counted(message: bytes) -> bytes:
    size = len(message)
    if size < 253:
        return bytes([size]) + message
    return b"\xfd" + size.to_bytes(2, "little") + message


def _keccak(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def _hash160(data: bytes) -> bytes:
    return RIPEMD160.new(hashlib.sha256(data).digest()).digest()


def _twice_sha256(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()
