"""Runs a `pipeline.py` and writes down the pipeline that it makes, without AWS.

This file runs in another Python, which has the SageMaker SDK, and imports nothing of the driver. Whatever the
program asks AWS for is answered here: uploads are kept as files, and the caller is a role that stands for the
pipeline's. All else is refused, so that nothing is read from, or changed in, an account.

``python run_program.py REQUEST.json`` writes ``result.json`` into the folder that the request names:
``{"definition": …, "name": …, "reads": …}`` or ``{"error": …, "line": …}``. `reads` are the files and folders
outside the program's own, but for Python's, that it has read.
"""

from __future__ import annotations

import importlib
import inspect
import io
import json
import os
import runpy
import sys
import sysconfig
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# ruff: noqa: PLC0415 - botocore need not be there

ALIASES = {
    "session": ("session", "pipeline_session", "sagemaker_session"),
    "role_arn": ("role_arn", "role", "execution_role"),
    "region": ("region", "aws_region", "region_name"),
    "bucket_name": ("bucket_name", "bucket", "default_bucket"),
    "images": ("images",),
    "functions": ("functions",),
    "queue_url": ("queue_url",),
}
FUNCTION, VARIABLE = "get_pipeline", "pipeline"
_S3 = "http://s3.amazonaws.com/doc/2006-03-01/"


class Reads:
    """Records what this process opens and lists, and what it makes itself.

    https://docs.python.org/3/library/audit_events.html
    """

    def __init__(self) -> None:
        self._read: set[str] = set()
        self._made: set[str] = set()

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note one event."""
        if event not in {"open", "os.listdir", "os.scandir", "os.mkdir"}:
            return
        path = arguments[0]
        if isinstance(path, str | bytes):
            writes = event == "os.mkdir" or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
            (self._made if writes else self._read).add(str(Path(os.fsdecode(path)).absolute()))

    def outside(self, folder: Path) -> list[str]:
        """Return what is there and neither made by the program nor in its folder, nor a part of Python."""
        modules = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
        packages = {path for path in sys.path if path.endswith(("-packages", ".zip"))}
        python = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *packages}
        system = {"/dev", "/etc", "/proc", "/sys", "/usr", str(Path(__file__).parent)}
        left_out = {*map(os.path.realpath, {str(folder), *python, *system, *self._made})}
        on_path = {os.path.realpath(path) for path in sys.path}
        return sorted(
            path
            for path in {os.path.realpath(path) for path in self._read | modules if path}
            if (Path(path).is_file() or (Path(path).is_dir() and path not in on_path))
            and "__pycache__" not in path
            and not any(path == other or path.startswith(f"{other}/") for other in left_out)
        )


class ProgramError(Exception):
    """The program cannot be used as it is."""


class Answers:
    """Answers requests of botocore in AWS's place; `send` takes the place of its HTTP session's."""

    def __init__(self, folder: Path, values: dict[str, Any]) -> None:
        self.folder = folder
        self.values = values
        self.definition: str | None = None
        self._parts: dict[str, dict[int, bytes]] = {}

    def send(self, request: Any) -> Any:
        """Answer one request."""
        address = urlsplit(request.url)
        service = (address.hostname or "").split(".")
        body = _body(request.body)
        operation = str(request.headers.get("X-Amz-Target", b"")).rpartition(".")[2].strip("'")
        if "s3" in service or any(part.startswith("s3-") for part in service):
            return self._s3(request, address, body)
        if "sts" in service and b"GetCallerIdentity" in body:
            return self._identity(request)
        if "iam" in service:
            denied = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
            return _answer(request, 403, f"<ErrorResponse>{denied}</ErrorResponse>")
        if operation in {"CreatePipeline", "UpdatePipeline"}:
            self.definition = json.loads(body)["PipelineDefinition"]
            return _answer(request, 200, json.dumps({"PipelineArn": "arn:aws:sagemaker:::pipeline/p"}))
        asked = operation or f"{request.method} {request.url}"
        raise ProgramError(
            f"it asks AWS for {asked}. A pipeline is made without AWS: "
            'what starts or looks for something belongs below `if __name__ == "__main__":`.'
        )

    def _identity(self, request: Any) -> Any:
        role, account = self.values["role_arn"].rpartition("/")[2], self.values["account_id"]
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/sagestep"
        text = f"<Arn>{arn}</Arn><UserId>A</UserId><Account>{account}</Account>"
        answer = f"<GetCallerIdentityResult>{text}</GetCallerIdentityResult>"
        return _answer(request, 200, f"<GetCallerIdentityResponse>{answer}</GetCallerIdentityResponse>")

    def _s3(self, request: Any, address: Any, body: bytes) -> Any:
        bucket, path = self.values["bucket_name"], unquote(address.path).lstrip("/")
        host = address.hostname or ""
        found, key = (path.partition("/")[0], path.partition("/")[2])
        if not host.startswith("s3"):
            found, key = host.partition(".s3")[0], path
        if found not in {"", bucket}:
            raise ProgramError(f"it uses the bucket {found}: give the session no bucket of its own.")
        query = parse_qs(address.query, keep_blank_values=True)
        if not key and request.method in {"GET", "PUT"}:  # what lies in the bucket, or making it
            listed = f"<Buckets><Bucket><Name>{bucket}</Name></Bucket></Buckets>"
            return _answer(request, 200, f'<R xmlns="{_S3}"><Name>{bucket}</Name>{listed}</R>')
        if request.method == "HEAD":
            return _answer(request, 404 if key else 200, "")
        if request.method == "POST" and "uploads" in query:
            self._parts[key] = {}
            return _answer(
                request,
                200,
                f'<R xmlns="{_S3}"><Bucket>{bucket}</Bucket><Key>k</Key><UploadId>u</UploadId></R>',
            )
        if request.method == "PUT" and "partNumber" in query:
            self._parts[key][int(query["partNumber"][0])] = body
            return _answer(request, 200, "", {"ETag": '"0"'})
        if request.method == "POST" and "uploadId" in query:
            body = b"".join(part for _, part in sorted(self._parts.pop(key).items()))
        elif request.method != "PUT":
            raise ProgramError(f"it reads s3://{bucket}/{key}: a pipeline is made without AWS.")
        target = self.folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return _answer(request, 200, f'<R xmlns="{_S3}"><ETag>"0"</ETag></R>', {"ETag": '"0"'})


def _method(answers: Answers) -> Any:
    def send(_session: object, request: Any) -> Any:
        return answers.send(request)

    return send


def _body(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return bytes(body.read())  # type: ignore[attr-defined]


def _answer(request: Any, status: int, text: str, headers: dict[str, str] | None = None) -> Any:
    from botocore.awsrequest import AWSResponse, HeadersDict

    class Raw(io.BytesIO):
        def stream(self, *_: object, **__: object) -> Any:
            yield self.read()

    given: Any = HeadersDict(headers or {})
    return AWSResponse(request.url, status, given, Raw(text.encode()))


def session_of(values: dict[str, Any]) -> Any:
    """Make the session of the SDK that is installed; None without one."""
    for name in ("sagemaker.workflow.pipeline_context", "sagemaker.core.workflow.pipeline_context"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        made: Any = module.PipelineSession
        prefix = (
            {"default_bucket_prefix": values["prefix"]}
            if "default_bucket_prefix" in inspect.signature(made).parameters
            else {}
        )
        return made(default_bucket=values["bucket_name"], **prefix)
    return None


def pipeline_of(program: Path, values: dict[str, Any], answers: Answers) -> tuple[str, str]:
    """Run the program; returns the pipeline's definition and name."""
    names = runpy.run_path(str(program), run_name="pipeline")
    made = names.get(VARIABLE)
    if FUNCTION in names:
        made = names[FUNCTION](**_arguments(names[FUNCTION], values))
    if made is None and answers.definition:
        return answers.definition, ""
    if made is None or not hasattr(made, "definition"):
        raise ProgramError(
            f"it makes no pipeline: write a function {FUNCTION}(session, role_arn) that returns one, "
            f"or give it the name {VARIABLE}."
        )
    definition = made.definition() if callable(made.definition) else made.definition
    return str(definition), str(getattr(made, "name", ""))


def _arguments(function: Any, values: dict[str, Any]) -> dict[str, Any]:
    known = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            continue
        if name in known:
            value = known[name]
            given[name] = session_of(values) if value == "session" else values[value]
        elif parameter.default is parameter.empty:
            listed = ", ".join(aliases[0] for aliases in ALIASES.values())
            raise ProgramError(f"{FUNCTION} asks for {name}, which is not known. Known are {listed}.")
    return given


def main(request_path: str) -> None:
    """Do what the request says."""
    request = json.loads(Path(request_path).read_text())
    folder, program, values = Path(request["folder"]), Path(request["program"]), request["values"]
    (folder / "files").mkdir()
    reads = Reads()
    sys.addaudithook(reads)
    answers = Answers(folder / "files", values)
    os.environ.update(request["environment"])
    os.chdir(program.parent)
    sys.path.insert(0, str(program.parent))
    sys.argv = [str(program)]
    try:
        try:
            from botocore.httpsession import URLLib3Session
        except ImportError:
            pass
        else:
            URLLib3Session.send = _method(answers)  # type: ignore[method-assign]
        definition, name = pipeline_of(program, values, answers)
        json.loads(definition)
        result: dict[str, object] = {
            "definition": definition,
            "name": name,
            "reads": reads.outside(program.parent),
        }
    except BaseException as error:
        traceback.print_exc()
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(program)
        ]
        line = frames[-1].lineno if frames else 1
        if isinstance(error, SyntaxError) and error.filename == str(program):
            line = error.lineno or 1
        cause = error
        while cause is not None and not isinstance(cause, ProgramError):
            cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
        what = str(cause) if cause is not None else "".join(traceback.format_exception_only(error)).strip()
        result = {"error": what, "line": line}
    (folder / "result.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
