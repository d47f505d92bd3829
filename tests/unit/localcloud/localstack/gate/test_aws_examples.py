"""The worked examples of AWS's documentation: the S3 API reference, "Examples: Signature Calculations"."""

import io
from datetime import UTC, datetime

import pytest

from localcloud.localstack.gate.canonical import EMPTY_HASH
from localcloud.localstack.gate.chunks import verify_chunks
from localcloud.localstack.gate.faults import RefusedError
from localcloud.localstack.gate.presigned import verify_presigned
from localcloud.localstack.gate.signature import Key, verify
from tests.unit.localcloud.localstack.gate.signing import Sent

KEY = Key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOW = datetime(2013, 5, 24, tzinfo=UTC)
SCOPE = "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"

CHUNKS = (
    (65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
)


def find(access_key_id: str) -> Key | None:
    return KEY if access_key_id == "AKIAIOSFODNN7EXAMPLE" else None


def signed(method: str, url: str, names: str, signature: str, **headers: str) -> Sent:
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    authorization = f"AWS4-HMAC-SHA256 {SCOPE},SignedHeaders={names},Signature={signature}"
    return Sent(method, url, {"Authorization": authorization, "X-Amz-Date": "20130524T000000Z", **written})


def test_get_object_with_a_range() -> None:
    request = signed(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        Range="bytes=0-9",
        x_amz_content_sha256=EMPTY_HASH,
    )
    assert verify(request.received, request.hash, find, NOW).scope.region == "us-east-1"


def test_list_objects() -> None:
    request = signed(
        "GET",
        "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        x_amz_content_sha256=EMPTY_HASH,
    )
    verify(request.received, request.hash, find, NOW)


def test_a_presigned_address() -> None:
    url = (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = Sent("GET", url, {})
    assert verify_presigned(request.received, request.hash, find, NOW).scope.access_key_id


def chunked(content: bytes) -> bytes:
    body, at = b"", 0
    for size, signature in CHUNKS:
        body += f"{size:x};chunk-signature={signature}\r\n".encode() + content[at : at + size] + b"\r\n"
        at += size
    return body


def test_a_body_in_signed_chunks() -> None:
    request = signed(
        "PUT",
        "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
        "x-amz-storage-class",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        x_amz_storage_class="REDUCED_REDUNDANCY",
        x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        Content_Encoding="aws-chunked",
        x_amz_decoded_content_length="66560",
        Content_Length="66824",
    )
    verified = verify(request.received, request.hash, find, NOW)
    body = chunked(b"a" * 66560)
    verify_chunks(io.BytesIO(body), verified)
    for other in (chunked(b"a" * 66559 + b"b"), body.replace(b"ad80", b"ad81"), body[:-100], body[:10], b""):
        with pytest.raises(RefusedError):
            verify_chunks(io.BytesIO(other), verified)
