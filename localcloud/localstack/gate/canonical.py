"""A request as its signature sees it: Signature Version 4's canonical form; pure.

Source: IAM user guide, "Create a signed AWS API request" and "Elements of an AWS API request signature"; S3
API reference, "Authenticating Requests: Using Query Parameters". Written for speed: each request comes here.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from botocore.utils import normalize_url_path

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~/]*", re.ASCII)
_SAFE = "-._~"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: path and query as they were sent, headers by their names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, Sequence[str]]

    def header(self, name: str) -> str:
        """Give a header that can be there once, empty where it is not."""
        values = self.headers.get(name)
        return values[0] if values else ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a signature is from, and what it is for: ``Credential`` of a signature."""

    access_key_id: str
    date: str
    region: str
    service: str

    @property
    def text(self) -> str:
        """Give it as the string to sign has it."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def is_s3(self) -> bool:
        """Whether paths are encoded once and bodies may stay unsigned, as S3 has it."""
        return self.service.startswith("s3")


@lru_cache(maxsize=512)  # the same all day
def read_scope(credential: str) -> Scope | None:
    """Read a ``Credential``, None where it is none."""
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        return None
    return Scope(*parts[:4])


def read_authorization(header: str) -> dict[str, str]:
    """Read the parts of an ``Authorization`` header behind its algorithm."""
    _, _, rest = header.partition(" ")
    parts = (part.strip().partition("=") for part in rest.split(","))
    return {name: value for name, _, value in parts}


def split_target(target: str) -> tuple[str, str]:
    """Split what a request line names into path and query; of an absolute address, its path counts."""
    path, _, query = target.partition("?")
    if "://" in path and not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path or "/", query


def canonical_requests(
    received: Received, scope: Scope, signed: Sequence[str], body_hash: str, left_out: str = ""
) -> Iterator[bytes]:
    """Write a request as its signer may have: what clients leave unencoded, they differ in.

    - `scope`: whom and what the signature is for.
    - `signed`: the names of the headers that are signed, in their order.
    - `left_out`: a parameter of the query that is not signed: the signature itself.
    """
    headers = "".join(f"{name}:{canonical_header(received.headers.get(name, ()))}\n" for name in signed)
    rest = f"\n{headers}\n{';'.join(signed)}\n{body_hash}"
    seen = set()
    for path in _paths(received.path, scope.is_s3):
        for query in _queries(received.query, left_out):
            text = f"{received.method}\n{path}\n{query}{rest}"
            if text not in seen:
                seen.add(text)
                yield text.encode("latin-1", "replace")  # headers: the bytes that came


def canonical_header(values: Sequence[str]) -> str:
    """Write a header's values: in their order, with single spaces."""
    if len(values) == 1:
        value = values[0]
        return value.strip() if "  " not in value and "\t" not in value else " ".join(value.split())
    return ",".join(" ".join(value.split()) for value in values)


def string_to_sign(scope: Scope, stamp: str, request: bytes) -> bytes:
    """Write what is signed of a canonical request."""
    return f"{ALGORITHM}\n{stamp}\n{scope.text}\n{hashlib.sha256(request).hexdigest()}".encode()


def sign(key: bytes, text: bytes) -> str:
    """Sign."""
    return hmac.digest(key, text, "sha256").hex()


@lru_cache(maxsize=512)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key of a day, a region and a service."""
    key = hmac.digest(f"AWS4{secret}".encode(), date.encode(), "sha256")
    for part in (region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def key_of(secret: str, scope: Scope) -> bytes:
    """Give the key that signs within a scope."""
    return signing_key(secret, scope.date, scope.region, scope.service)


def parameters(query: str) -> dict[str, str]:
    """Read the parameters of a query, each by its last value."""
    found = (part.partition("=") for part in query.split("&") if part)
    return {decoded(name): decoded(value) for name, _, value in found}


def decoded(text: str) -> str:
    """Take away the encoding of a part of an address; a plus sign stays one."""
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def encoded(text: str, safe: str = _SAFE) -> str:
    """Encode a part of an address as signatures do, whatever was encoded of it before."""
    return quote(unquote_to_bytes(text), safe=safe)


def _paths(path: str, is_s3: bool) -> Iterator[str]:
    if is_s3:  # the key's bytes, encoded once
        yield path if _PLAIN_PATH.fullmatch(path) else encoded(path, "-._~/")
        yield path
        return
    normal = path if path == "/" else normalize_url_path(path)
    yield normal if _PLAIN_PATH.fullmatch(normal) else quote(normal, safe="/-._~")
    if normal != path:
        yield quote(path, safe="/-._~")  # some SDKs leave dots and double slashes


def _queries(query: str, left_out: str) -> Iterator[str]:
    if not query:
        yield ""
        return
    parts = [part.partition("=") for part in query.split("&") if part]
    kept = [(name, value) for name, _, value in parts if name != left_out]
    yield _joined((encoded(name), encoded(value)) for name, value in kept)
    yield _joined(kept)  # as it was sent
    if "+" in query:  # a space, as forms have it
        spaced = [(name.replace("+", "%20"), value.replace("+", "%20")) for name, value in kept]
        yield _joined((encoded(name), encoded(value)) for name, value in spaced)


def _joined(pairs: "Iterator[tuple[str, str]] | Sequence[tuple[str, str]]") -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
