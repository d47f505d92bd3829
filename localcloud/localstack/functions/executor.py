"""Gives LocalStack's Lambda service our sandboxes in place of its Docker containers."""

import os
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from localstack.runtime.events import infra_stopping
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from localcloud.localstack.functions import faults, node, processes
from localcloud.localstack.functions.environment import function_environment, make_runtime_directory
from localcloud.localstack.functions.exchange import Ending, Invocation
from localcloud.localstack.functions.forking import ForkServer
from localcloud.localstack.functions.images import (
    Configuration,
    ImageError,
    ImageFunction,
    find_image,
    make_ready,
)
from localcloud.localstack.functions.layers import as_on_aws, merge
from localcloud.localstack.functions.report import Invoked, log_of
from localcloud.localstack.functions.sandbox import Run, Sandbox
from localcloud.localstack.settings import DEFAULT_SERVICES, IMAGES_VARIABLE


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """LocalStack finds this plugin by name where ``LAMBDA_RUNTIME_EXECUTOR=process`` is set."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> type[RuntimeExecutor]:
        """Give the executor's class."""
        return ProcessExecutor


class UnsupportedFunctionError(Exception):
    """The function is none that can run as a process."""


class ProcessExecutor(RuntimeExecutor):
    """One of LocalStack's execution environments, on one sandbox after the other."""

    def __init__(self, environment_id: str, function_version: FunctionVersion) -> None:
        super().__init__(environment_id, function_version)
        self._lock = threading.Lock()
        self._variables: dict[str, object] = {}
        self._sandbox: Sandbox | None = None
        self._task_root: Path | None = None  # of the sandbox, or of the last one
        self._is_busy = False
        self._is_stopped = False

    def start(self, env_vars: dict[str, object]) -> None:
        """Start the process and do not wait: what goes wrong in there belongs to the first invocation."""
        self._variables = env_vars
        with self._lock:
            self._usable_sandbox()

    def stop(self) -> None:
        """End the process; one that is busy ends after its invocation, unless the runtime is stopping.

        So it is on AWS: to update or delete a function does not interrupt what is running.
        """
        with self._lock:
            self._is_stopped = True
            if not self._is_busy or infra_stopping.is_set():
                self._discard_sandbox()

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Serve one invocation, in a new process where the last one ended."""
        config, request_id = self.function_version.config, payload["invoke-id"]
        invocation = Invocation(
            request_id=request_id,
            function_arn=payload["invoked-function-arn"],
            payload=payload["payload"].encode(),
            timeout=float(config.timeout),
            trace_id=payload["trace-id"],
        )
        run = self._run(invocation)
        invoked = Invoked(request_id, self.function_version.id.qualifier, config.memory_size, config.timeout)
        printed = self._tracebacks_as_on_aws(run.printed)
        log = log_of(invoked, run.outcome, printed, run.peak_memory, datetime.now(UTC))
        is_error = run.outcome.ending is not Ending.RESPONSE
        answer = _answer(invocation, run)
        if is_error:
            answer = as_on_aws(answer, self._places())
        return InvocationResult(request_id, answer, is_error=is_error, logs=log)

    def get_logs(self) -> str:
        """Give what the current process has printed."""
        return self._sandbox.output() if self._sandbox else ""

    def get_address(self) -> str:
        """Name the address of the process: this machine."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Name the host at which the process reaches LocalStack."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Give the address of LocalStack's own runtime protocol, which a process does not speak."""
        return ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack the code; what is raised here becomes the reason of the function's state ``Failed``."""
        serving = _serving(function_version)
        _fork_server().prepare()
        if isinstance(serving, ImageFunction):
            with _refusing("this container image"):
                make_ready(serving, function_version.config.image.image_uri)
            return
        function_version.config.code.prepare_for_execution()
        for layer in function_version.config.layers:
            layer.code.prepare_for_execution()
        _layers(function_version)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Leave the code where it is: LocalStack removes it once no version uses it."""

    @classmethod
    def validate_environment(cls) -> bool:
        """Need nothing but this interpreter."""
        return True

    def _run(self, invocation: Invocation) -> Run:
        with self._lock:
            sandbox = self._usable_sandbox()
            self._is_busy = True
        try:
            return sandbox.invoke(invocation)
        finally:
            with self._lock:
                self._is_busy = False
                if self._is_stopped:
                    self._discard_sandbox()

    def _usable_sandbox(self) -> Sandbox:
        if self._is_stopped:
            raise InterruptedError(f"execution environment {self.id} is stopped")
        if self._sandbox and self._sandbox.used_up:
            self._discard_sandbox()
        if self._sandbox is None:
            self._sandbox = self._new_sandbox()
        return self._sandbox

    def _discard_sandbox(self) -> None:
        if self._sandbox:
            self._sandbox.discard()
            self._sandbox = None

    def _new_sandbox(self) -> Sandbox:
        directory = _private(_private(_files() / "sandboxes") / f"{self.id}-{uuid.uuid4().hex[:8]}")
        temporary = _private(directory / "tmp")
        serving, variables = _serving(self.function_version), self._variables
        if isinstance(serving, ImageFunction):
            variables = {**serving.variables, **variables, "_HANDLER": serving.handler}
            code, program = serving.entry.folder, serving.program
        else:
            code, program = self.function_version.config.code.get_unzipped_code_location(), serving
            variables = {
                **variables,
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
            }
        self._task_root = code
        environment = function_environment(variables, code, _runtime_directory(), temporary)
        layers = _layers(self.function_version)
        return Sandbox(directory, code, environment, _fork_server(), layers=layers, program=program)

    def _places(self) -> list[tuple[Path | None, str]]:
        """Pair the folders of this machine with those they stand for."""
        runtime = Path(processes.__file__).parent if _is_node(self.function_version) else _runtime_directory()
        layers = _layers(self.function_version)
        return [(self._task_root, "/var/task"), (layers, "/opt"), (runtime, "/var/runtime")]

    def _tracebacks_as_on_aws(self, printed: str) -> str:
        if _is_node(self.function_version):
            return node.as_printed(printed, self._places())
        if 'File "' not in printed:
            return printed
        places = [(here and Path(f'File "{here}'), f'File "{there}') for here, there in self._places()]
        return as_on_aws(printed.encode(), places).decode()


def _is_node(function_version: FunctionVersion) -> bool:
    return function_version.config.runtime in node.RUNTIMES


def _serving(function_version: FunctionVersion) -> ImageFunction | tuple[str, ...]:
    """Tell what serves a function: an image, or a program; no program is a fork of the fork server.

    Raises `UnsupportedFunctionError`, whose message is the reason of the function's state.
    """
    config = function_version.config
    if config.image is not None:
        named = config.image_config
        wanted = Configuration(
            config.image.image_uri,
            (named and named.command) or (),
            (named and named.entrypoint) or (),
            (named and named.working_directory) or "",
        )
        with _refusing("this container image"):
            return find_image(_registry(), wanted)
    if _is_node(function_version):
        with _refusing(str(config.runtime)):
            return node.program()
    if not config.runtime or not config.runtime.startswith("python"):
        known = f"Python and {', '.join(node.RUNTIMES)}"
        raise UnsupportedFunctionError(
            f"the local cloud runs functions of {known}, not runtime {config.runtime}"
        )
    return ()


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    try:
        yield
    except (node.NoNodeError, ImageError) as error:
        raise UnsupportedFunctionError(f"the local cloud cannot run {what}: {error}") from error


def _registry() -> Path | None:
    file = os.environ.get(IMAGES_VARIABLE)
    return None if file is None else Path(file)


def _answer(invocation: Invocation, run: Run) -> bytes:
    outcome = run.outcome
    match outcome.ending:
        case Ending.RESPONSE | Ending.ERROR:
            return outcome.payload
        case Ending.INIT_ERROR:
            return faults.init_error(invocation.request_id, outcome.payload)
        case Ending.EXIT:
            return faults.exit_error(invocation.request_id, outcome.payload.decode())
        case Ending.TIMEOUT:
            return faults.timeout_error(invocation.request_id, invocation.timeout)


@cache
def _fork_server() -> ForkServer:
    return ForkServer(_runtime_directory(), DEFAULT_SERVICES)


@cache
def _runtime_directory() -> Path:
    return make_runtime_directory(_files() / "lambda-runtime")


def _layers(function_version: FunctionVersion) -> Path | None:
    layers = function_version.config.layers
    unpacked = {layer.layer_version_arn: layer.code.get_unzipped_code_location() for layer in layers}
    return merge(unpacked, _files() / "layers")


def _files() -> Path:
    return Path(tempfile.gettempdir())


def _private(directory: Path) -> Path:
    """Make a directory that its owner alone can enter, whatever the umask."""
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory
