"""Data capture: requests and answers of an endpoint as JSON Lines in S3.

Form and place are those of the developer guide, "Capture data from real-time endpoint", and of captured files
in public repositories: ``<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl``. AWS
collects for up to minutes before it writes a file; here it is two seconds.
"""

import base64
import json
import logging
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localcloud.containers.http import Reply, Request
from localcloud.errors import ServiceError
from localcloud.ports import Objects
from localcloud.sagemaker.clock import Clock, StartTimer
from localcloud.sagemaker.hosting.features import Capture
from localcloud.sagemaker.hosting.routing import Draw

LOG = logging.getLogger(__name__)

_SECONDS = 2.0  # from a captured request to its file


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `inference_id`: the caller's own name of it."""

    request: Request
    reply: Reply
    inference_id: str | None = None


def captured(capture: Capture, exchange: Exchange, event_id: str, now: datetime) -> str:
    """Give the line that tells of a request and its answer."""
    asked, told = exchange.request.headers, exchange.reply.headers
    parts: dict[str, object] = {}
    if "Input" in capture.modes:
        body = exchange.request.body or b""
        parts["endpointInput"] = _part(capture, asked.get("Content-Type"), "INPUT", body)
    if "Output" in capture.modes:
        parts["endpointOutput"] = _part(capture, told.get("content-type"), "OUTPUT", exchange.reply.body)
    metadata: dict[str, object] = {"eventId": event_id, "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    if attributes := told.get("x-amzn-sagemaker-custom-attributes"):
        metadata["customAttributes"] = [attributes]
    return json.dumps({"captureData": parts, "eventMetadata": metadata, "eventVersion": "0"})


def _part(capture: Capture, content_type: str | None, mode: str, data: bytes) -> Mapping[str, object]:
    kind = (content_type or "").partition(";")[0].strip()
    encoding = "CSV" if kind in capture.csv_types else "JSON" if kind in capture.json_types else "BASE64"
    try:
        text = data.decode() if encoding != "BASE64" else base64.b64encode(data).decode()
    except UnicodeDecodeError:
        encoding, text = "BASE64", base64.b64encode(data).decode()
    told: dict[str, object] = {"mode": mode, "data": text, "encoding": encoding}
    return told if content_type is None else {"observedContentType": content_type, **told}


class DataCapture:
    """Collects what an endpoint captures, and writes it; safe to use from any thread.

    `submit`: does something soon, on another thread.
    """

    def __init__(
        self,
        endpoint: str,
        clock: Clock,
        timer: StartTimer,
        draw: Draw,
        submit: Callable[[Callable[[], None]], None],
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._timer = timer
        self._draw = draw
        self._submit = submit
        self._lock = threading.Lock()  # guards the lines
        self._lines: dict[tuple[Capture, str], tuple[Objects, list[str]]] = {}

    def take(self, capture: Capture, variant: str, objects: Objects, exchange: Exchange) -> None:
        """Capture a request, if it is drawn."""
        if self._draw() * 100 >= capture.percentage:
            return
        line = captured(capture, exchange, str(uuid.uuid4()), self._clock())
        with self._lock:
            key = (capture, variant)
            is_first = key not in self._lines
            self._lines.setdefault(key, (objects, []))[1].append(line)
        if is_first:
            self._timer(_SECONDS, lambda: self._submit(lambda: self._write(key)))

    def write(self) -> None:
        """Write at once what is captured, before the local cloud ends."""
        for key in list(self._lines):
            self._write(key)

    def _write(self, key: tuple[Capture, str]) -> None:
        with self._lock:
            found = self._lines.pop(key, None)
        if found is None:  # it is written already
            return
        objects, lines = found
        capture, variant = key
        now = self._clock()
        place = f"{now:%Y/%m/%d/%H/%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        target = capture.target.below(f"{self._endpoint}/{variant}/{place}")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "captured")
            file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            try:
                objects.upload(target.bucket, target.key, file, capture.kms_key_id)
            except ServiceError:
                LOG.warning("%d captured requests of %s are lost", len(lines), self._endpoint, exc_info=True)
