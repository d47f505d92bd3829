"""Event streams on the wire: ``application/vnd.amazon.eventstream``, as botocore reads it.

LocalStack's serializer writes events and neither exceptions nor the headers of the answer. The form is that
of Smithy's specification, "Amazon Event Stream": lengths, headers, payload, checksums.
"""

import json
import struct
from binascii import crc32
from collections.abc import Iterator, Mapping

from localstack.http import Response

_TEXT = 7  # the type of a header that is a text


def streamed(events: Iterator[Mapping[str, Mapping[str, object]]], headers: Mapping[str, object]) -> Response:
    """Make an answer of events; each is one member of the stream: its payload, or an exception."""
    response = Response(response=(_encoded(event) for event in events), status=200)
    response.headers["Content-Type"] = "application/vnd.amazon.eventstream"
    for name, value in headers.items():
        response.headers[name] = str(value)
    return response


def _encoded(event: Mapping[str, Mapping[str, object]]) -> bytes:
    ((name, members),) = event.items()
    if "Bytes" in members:
        payload = members["Bytes"]
        assert isinstance(payload, bytes)
        told = {":event-type": name, ":content-type": "application/octet-stream", ":message-type": "event"}
    else:
        payload = json.dumps(members).encode()
        told = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return message(told, payload)


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Encode one message."""
    written = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(written) + len(payload), len(written))
    whole = prelude + struct.pack("!I", crc32(prelude)) + written + payload
    return whole + struct.pack("!I", crc32(whole))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack("!B", len(key)) + key + struct.pack("!BH", _TEXT, len(text)) + text
