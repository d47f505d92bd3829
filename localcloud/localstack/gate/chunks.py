"""Whether a body that comes in signed chunks is what its signer sent; pure.

Source: S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in
Multiple Chunks" and "… Including trailing headers": each chunk's signature builds on the one before.
"""

import hashlib
import hmac
from typing import BinaryIO

from localcloud.localstack.gate.canonical import EMPTY_HASH, key_of, sign
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.signature import Verified

_PIECE = 1 << 16
_LONGEST_LINE = 1 << 13
_MARK = b";chunk-signature="
_TRAILER_MARK = b"x-amz-trailer-signature:"


def verify_chunks(body: BinaryIO, verified: Verified) -> None:
    """Read a body to its end; `RefusedError` where a chunk is not as it was signed."""
    key = key_of(verified.key.secret, verified.scope)
    head = f"{verified.stamp}\n{verified.scope.text}\n"
    last = verified.signature
    while True:
        size, signature = _read_head(body)
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{head}{last}\n{EMPTY_HASH}\n{_hash_chunk(body, size)}"
        last = _same(sign(key, text.encode()), signature)
        if size == 0:
            break
        if body.read(2) != b"\r\n":
            raise _malformed()
    if verified.body_hash.endswith("-TRAILER"):
        trailer, signature = _read_trailer(body)
        text = f"AWS4-HMAC-SHA256-TRAILER\n{head}{last}\n{hashlib.sha256(trailer).hexdigest()}"
        _same(sign(key, text.encode()), signature)


def _read_head(body: BinaryIO) -> tuple[int, str]:
    size, _, signature = body.readline(_LONGEST_LINE).partition(_MARK)
    try:
        return int(size, 16), signature.rstrip(b"\r\n").decode("ascii")
    except ValueError:
        raise _malformed() from None


def _hash_chunk(body: BinaryIO, size: int) -> str:
    digest, left = hashlib.sha256(), size
    while left > 0:
        piece = body.read(min(left, _PIECE))
        if not piece:
            raise _malformed()
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


def _read_trailer(body: BinaryIO) -> tuple[bytes, str]:
    lines: list[bytes] = []
    while line := body.readline(_LONGEST_LINE):
        line = line.rstrip(b"\r\n")
        if line.startswith(_TRAILER_MARK):
            return b"".join(lines), line.removeprefix(_TRAILER_MARK).strip().decode("ascii", "replace")
        if line:
            lines.append(line + b"\n")
    raise _malformed()


def _same(expected: str, given: str) -> str:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise RefusedError(
            Fault.WRONG_SIGNATURE,
            "The signature of a chunk of the body does not match: the body is not the one that was signed.",
        )
    return expected


def _malformed() -> RefusedError:
    return RefusedError(
        Fault.OTHER_BODY, "The body is not in signed chunks, as the header x-amz-content-sha256 says it is."
    )
