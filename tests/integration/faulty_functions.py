"""The deployment's functions with faults put into them, and taken out again."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.stack import Stack
from tests.integration.wire import eventually

ONCE = """
import os, pathlib
from lambda_src.{name} import handler as real

def lambda_handler(event, context):
    marker = pathlib.Path(os.environ["MARKER"])
    if not marker.exists():
        marker.touch()
        {fault}
    return real.lambda_handler(event, context)
"""

ALWAYS = """
import os

def lambda_handler(event, context):
    os._exit(1)
"""


@contextmanager
def environment_of(stack: Stack, function: str, **variables: str) -> Iterator[None]:
    """Give a function other environment variables within the block."""
    functions, name = stack.functions, stack.one_of("functions", function)["name"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def put(values: dict[str, str]) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": values})
        _settle(stack, name)

    put({**before, **variables})
    try:
        yield
    finally:
        put(dict(before))


@contextmanager
def raising_once(stack: Stack, marker: Path) -> Iterator[None]:
    """Let the answer function raise at its next event, within the block; the marker is there once it has."""
    with _failing_once(stack, "answer_task", marker, 'raise RuntimeError("once")'):
        yield


@contextmanager
def dying_once(stack: Stack, function: str, marker: Path) -> Iterator[None]:
    """Let the process of a function end at its next event, within the block."""
    with _failing_once(stack, function, marker, "os._exit(1)"):
        yield


@contextmanager
def dying(stack: Stack, function: str) -> Iterator[None]:
    """Let the process of a function end at each event, within the block."""
    with _replaced(stack, function, ALWAYS):
        yield


@contextmanager
def _failing_once(stack: Stack, function: str, marker: Path, fault: str) -> Iterator[None]:
    with (
        environment_of(stack, function, MARKER=str(marker)),
        _replaced(stack, function, ONCE.format(name=function, fault=fault)),
    ):
        yield


@contextmanager
def _replaced(stack: Stack, function: str, source: str) -> Iterator[None]:
    """Give a function another handler within the block, beside its own code."""
    functions, name = stack.functions, stack.one_of("functions", function)["name"]
    package = (stack.home / "packages" / f"{function}.zip").read_bytes()
    content = io.BytesIO(package)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("faulty.py", source)
    handler = functions.get_function_configuration(FunctionName=name)["Handler"]

    def put(code: bytes, entry: str) -> None:
        functions.update_function_code(FunctionName=name, ZipFile=code)
        _settle(stack, name)
        functions.update_function_configuration(FunctionName=name, Handler=entry)
        _settle(stack, name)

    put(content.getvalue(), "faulty.lambda_handler")
    try:
        yield
    finally:
        put(package, handler)


def _settle(stack: Stack, function: str) -> None:
    """Wait until a function is what it was last told to be."""
    eventually(
        lambda: stack.functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"],
        "Successful".__eq__,
    )
