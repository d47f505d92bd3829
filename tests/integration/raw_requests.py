"""Requests to every operation of a service, as no SDK would write them: empty, wrongly typed, nonsense."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from tests.integration.stack import CLOUD_PYTHON
from tests.integration.wire import REGION, Cloud

SERVICES = (
    "s3", "sqs", "sns", "lambda", "iam", "sts", "kms", "logs", "events", "stepfunctions",
    "ecr", "sagemaker", "sagemaker-geospatial", "sagemaker-metrics", "sagemaker-runtime",
)  # fmt: skip

KINDS = ("empty", "null", "wrong", "nonsense", "plausible", "required")

WRONG: dict[str, object] = {
    "integer": "x", "long": "x", "float": "x", "double": "x", "boolean": "x", "timestamp": "x",
    "string": 7, "blob": 7, "list": "x", "structure": [], "map": [],
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def code(self) -> str:
        """AWS's error code."""
        found = re.search(r'"__type": ?"(?:[^"]*#)?([^"]*)"|<Code>([^<]*)</Code>', self.text)
        return (found[1] or found[2]) if found else ""


@dataclass(frozen=True)
class Raw:
    """A request before it is signed."""

    service: str
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes = ""


@cache
def newest(service: str) -> ServiceModel:
    """Give the model of the tests' own botocore, which knows more than the local cloud's."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def known(service: str) -> frozenset[str]:
    """Name the operations that the local cloud's botocore knows."""
    [data] = CLOUD_PYTHON.parents[1].glob("lib/python3.*/site-packages/botocore/data")
    model = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    return frozenset(model.load_service_model(service, "service-2")["operations"])


def send(cloud: Cloud, raw: Raw) -> Answer:
    """Send a request, signed with the keys of the tests' clients."""
    request = AWSRequest(raw.method, f"http://127.0.0.1:{cloud.port}{raw.path}", raw.headers, raw.body)
    signer = S3SigV4Auth if raw.service == "s3" else SigV4Auth
    signer(keys(cloud), newest(raw.service).signing_name, REGION).add_auth(request)
    prepared = request.prepare()
    answer = _pool().request(
        raw.method, prepared.url, headers=dict(prepared.headers), body=raw.body, timeout=30
    )
    return Answer(answer.status, answer.headers, answer.data.decode(errors="replace"))


def keys(cloud: Cloud) -> Credentials:
    """Give the keys that this cloud asks for: those in its state folder, where it has written some."""
    file = cloud.folder / "state" / "credentials.json"
    if not file.exists():
        return Credentials("test", "test")
    made = json.loads(file.read_text(encoding="utf-8"))
    return Credentials(made["access_key_id"], made["secret_access_key"])


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False)


def requests_to(service: str, operation: OperationModel) -> Iterator[tuple[str, Raw]]:
    """Write one request of each kind."""
    write = {"json": _json, "query": _query, "rest-json": _rest, "rest-xml": _rest}
    for kind in KINDS:
        values = {
            name: _value(kind, name, member)
            for name, member in _members(operation).items()
            if kind != "required" or name in _required(operation)
        }
        yield kind, write[operation.service_model.protocol](service, operation, kind, values)


def _members(operation: OperationModel) -> Mapping[str, Shape]:
    return operation.input_shape.members if operation.input_shape else {}


def _required(operation: OperationModel) -> Sequence[str]:
    return operation.input_shape.required_members if operation.input_shape else ()


def _value(kind: str, name: str, shape: Shape) -> object:
    if kind in {"empty", "null"}:
        return None
    if kind == "wrong":
        return WRONG[shape.type_name]
    return _well_typed(name, shape, kind != "nonsense")


def _well_typed(name: str, shape: Any, plausible: bool, depth: int = 0) -> object:
    kind = shape.type_name
    simple: dict[str, object] = {
        "integer": 3, "long": 3, "float": 0.5, "double": 0.5, "boolean": True,
        "timestamp": 1_700_000_000, "blob": "eHh4",
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if kind == "string":
        return _text(name, shape) if plausible else (shape.enum or ["x"])[0]
    if depth > 4:
        return [] if kind == "list" else {}
    if kind == "list":
        return [_well_typed(name.removesuffix("s"), shape.member, plausible, depth + 1)]
    if kind == "map":
        key = _well_typed("key", shape.key, plausible, depth + 1)
        return {key: _well_typed("value", shape.value, plausible, depth + 1)}
    members = list(shape.members.items())[: 1 if shape.is_tagged_union else None]
    return {
        member.serialization.get("name", key): _well_typed(key, member, plausible, depth + 1)
        for key, member in members
    }


def _text(name: str, shape: Any) -> str:
    """Write a text that may be what the member's name says."""
    lower = name.lower()
    if shape.enum:
        return str(shape.enum[0])
    if lower.endswith(("arn", "arns")):
        return f"arn:aws:iam:{REGION}:000000000000:role/plausible"
    if lower.endswith("queueurl"):
        return "http://127.0.0.1/000000000000/plausible"
    if lower.endswith("accountid"):
        return "000000000000"
    if "policy" in lower or "document" in lower or "definition" in lower:
        return '{"Version": "2012-10-17", "Statement": []}'
    return "plausible"


def _json(service: str, operation: OperationModel, kind: str, values: Mapping[str, object]) -> Raw:
    meta = operation.service_model.metadata
    headers = {
        "X-Amz-Target": f"{meta['targetPrefix']}.{operation.name}",
        "Content-Type": f"application/x-amz-json-{meta['jsonVersion']}",
    }
    return Raw(service, headers=headers, body=json.dumps({} if kind == "empty" else values))


def _query(service: str, operation: OperationModel, kind: str, values: Mapping[str, object]) -> Raw:
    fields: dict[str, str] = {}
    _flatten("", {name: value for name, value in values.items() if value is not None}, fields)
    if kind == "wrong":
        fields = dict.fromkeys(fields, "x")
    fields |= {"Action": operation.name, "Version": operation.service_model.api_version}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Raw(service, headers=headers, body=urlencode(fields))


def _flatten(prefix: str, value: object, fields: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _flatten(f"{prefix}.{key}" if prefix else key, item, fields)
    elif isinstance(value, list):
        for index, item in enumerate(value, start=1):
            _flatten(f"{prefix}.member.{index}", item, fields)
    else:
        fields[prefix] = str(value)


def _rest(service: str, operation: OperationModel, kind: str, values: Mapping[str, object]) -> Raw:
    path = operation.http["requestUri"]
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: dict[str, object] = {}
    for name, member in _members(operation).items():
        location, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
        value = values.get(name)
        if location == "uri":
            filled = str(value) if isinstance(value, str | int) and kind != "wrong" else "xxxxxxxxxxxx"
            path = re.sub(rf"\{{{re.escape(wire_name)}\+?\}}", filled, path)
        elif location in {"querystring", "header"}:
            if wire_name.lower().startswith(("content-", "expect")):
                continue
            if value is not None or name in _required(operation):
                place = query if location == "querystring" else headers
                place[wire_name] = "x" if kind == "wrong" else _inline(member, value)
        elif location is None and value is not None:
            body[wire_name] = value
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    if operation.http["method"] in {"GET", "HEAD", "DELETE"}:
        return Raw(service, operation.http["method"], path, headers)
    return Raw(service, operation.http["method"], path, headers, _body(operation, kind, body))


def _inline(member: Shape, value: object) -> str:
    if member.type_name == "timestamp":
        rfc = member.serialization.get("location") == "header"
        return "Mon, 02 Jan 2023 00:00:00 GMT" if rfc else "2023-01-02T00:00:00Z"
    if isinstance(value, list):
        value = value[0]
    return str(value).lower() if isinstance(value, bool) else "x" if value is None else str(value)


def _body(operation: OperationModel, kind: str, body: Mapping[str, object]) -> str:
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    if payload:
        member = _members(operation)[payload]
        name = member.serialization.get("name", payload)
        if member.type_name in {"blob", "string"}:
            return "x"
        if operation.service_model.protocol == "rest-json":
            return json.dumps(body.get(name, {}))
        return _xml(name, body[name]) if name in body else ""
    return json.dumps(body) if operation.service_model.protocol == "rest-json" else ""


def _xml(tag: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{tag}>{''.join(_xml(key, item) for key, item in value.items())}</{tag}>"
    if isinstance(value, list):
        return "".join(_xml(tag, item) for item in value)
    return f"<{tag}>{value}</{tag}>"
