"""Sign a digest with a raw key, and recover who signed: strict, because contracts are.

A signature is 65 bytes: r, s, v, with v 27 or 28 and s in the lower half of the order. Anything
else that some libraries accept (compact form, v of 0 or 1, high s) could give one promise two
spellings and is refused.

Sources: EIP-2 (low s), Solidity's ``ecrecover``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from eth_keys.backends import get_backend
from eth_keys.backends.coincurve import CoinCurveECCBackend
from eth_keys.datatypes import PrivateKey, Signature
from eth_typing import ChecksumAddress

from audiera.errors import InputError, SignatureError
from audiera.protocol.hashing import bytes32, keccak
from audiera.protocol.ids import to_address

__all__ = ["MAX_S", "check_signer", "recover", "sign"]

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_BACKEND: Final = get_backend()  # found once: to find it takes as long as to use it

MAX_S: Final = _ORDER // 2
"""The greatest s that is accepted."""


def sign(digest: bytes, key: bytes) -> bytes:
    """Return the 65-byte signature of a digest by a raw private key (deterministic, RFC 6979).

    Raises:
        InputError: if the digest or the key is not 32 bytes, or the key is not on the curve.
    """
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < _ORDER:
        # The key itself must never reach a message or a log.
        raise InputError("The private key is not usable; give 32 bytes that are a secp256k1 key.")
    made = _signing(key)(bytes32(digest))
    return made[:64] + bytes([made[64] + 27])


@lru_cache(maxsize=8)
def _signing(key: bytes) -> Callable[[bytes], bytes]:
    """Return what signs digests by a key, made once: that computes the public key, which takes as long as to sign."""
    if isinstance(_BACKEND, CoinCurveECCBackend):  # which makes the key anew for each signature
        return partial(_BACKEND.keys.PrivateKey(key).sign_recoverable, hasher=None)
    private = PrivateKey(key, _BACKEND)
    return lambda digest: private.sign_msg_hash(digest).to_bytes()


def recover(digest: bytes, signature: bytes) -> ChecksumAddress:
    """Return the address whose key signed `digest`.

    Raises:
        SignatureError: if the signature is not in the one accepted form.
    """
    if len(signature) != 65:
        raise SignatureError(f"A signature has 65 bytes, this has {len(signature)}; sign again.")
    r, s, v = signature[:32], signature[32:64], signature[64]
    if v not in (27, 28):
        raise SignatureError(f"A signature ends in 27 or 28, this in {v}; sign again.")
    if int.from_bytes(s, "big") > MAX_S:
        raise SignatureError("The signature has a high s and could be forged twice; sign again.")
    bytes32(digest)
    try:
        public_key = _recovered(digest, r + s + bytes([v - 27]))
    except Exception as error:
        raise SignatureError("The signature is not by any key; sign the digest again.") from error
    return to_address(f"0x{keccak(public_key)[12:].hex()}")


def _recovered(digest: bytes, signature: bytes) -> bytes:
    """Return the public key of who signed, 64 bytes; raises whatever the library does where there is none."""
    if isinstance(_BACKEND, CoinCurveECCBackend):  # without the objects in which it puts what it found
        made = _BACKEND.keys.PublicKey.from_signature_and_message(signature, digest, hasher=None)
        return bytes(made.format(compressed=False)[1:])
    return Signature(signature, backend=_BACKEND).recover_public_key_from_msg_hash(digest).to_bytes()


def check_signer(digest: bytes, signature: bytes, signer: str) -> None:
    """Return if `signer` signed `digest`.

    Raises:
        SignatureError: if it did not.
    """
    found = recover(digest, signature)
    if found != to_address(signer):
        raise SignatureError(f"The signature is by {found} and not by {signer}; sign with its key.")
