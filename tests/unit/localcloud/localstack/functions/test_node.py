"""Functions in Node.js, served by the program of this machine: what they see, and what callers get."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from localcloud.localstack.functions import node
from localcloud.localstack.functions.exchange import Ending, Exchange, Invocation, Outcome
from localcloud.localstack.functions.runtime_api import serve

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on PATH")
ARN = "arn:aws:lambda:us-west-2:000000000000:function:f"


class Function:
    """A process that serves a function, and what it has printed."""

    def __init__(self, folder: Path, files: Mapping[str, str], handler: str) -> None:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        self.exchange = Exchange()
        self.numbers = iter(range(100))
        ours, theirs = socket.socketpair()
        environment = {"PATH": "/usr/bin:/bin", "LAMBDA_TASK_ROOT": str(folder), "_HANDLER": handler}
        environment |= {"AWS_LAMBDA_FUNCTION_NAME": "f", "GREETING": "hello"}
        with theirs:
            self.process = subprocess.Popen(
                [*node.program(), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd=folder,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        Thread(target=serve, args=(ours, self.exchange), daemon=True).start()

    def invoke(self, event: object = None) -> Outcome:
        payload = json.dumps(event).encode()
        return self.exchange.invoke(Invocation(f"r-{next(self.numbers)}", ARN, payload, 10.0), 10.0)

    def answer(self, event: object = None) -> Any:
        outcome = self.invoke(event)
        assert outcome.ending is Ending.RESPONSE, outcome
        return json.loads(outcome.payload)

    def error(self, event: object = None, ending: Ending = Ending.ERROR) -> tuple[str, str]:
        """Give type and message of the error that an invocation ends with."""
        outcome = self.invoke(event)
        assert outcome.ending is ending, outcome
        error = json.loads(outcome.payload)
        assert isinstance(error["trace"], list)
        return error["errorType"], error["errorMessage"]

    def printed(self) -> list[list[str]]:
        """End the process; give the fields of the lines that it has printed, without their times."""
        self.exchange.end(Ending.EXIT)
        output, _ = self.process.communicate(timeout=60)
        return [line.split("\t")[1:] for line in output.splitlines()]


Start = Callable[..., Function]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Function] = []

    def make(source: str, name: str = "index.js", handler: str = "index.handler", **others: str) -> Function:
        files = {name: source} | {name.replace("_", "."): text for name, text in others.items()}
        started.append(Function(tmp_path, files, handler))
        return started[-1]

    yield make
    for function in started:
        function.process.kill()
        with suppress(ValueError):
            function.process.communicate()


@needs_node
def test_an_async_handler_gets_event_and_context_and_logs_as_on_aws(start: Start) -> None:
    function = start("""
exports.handler = async (event, context) => {
  console.log('got %s', event.a, { b: 1 })
  console.error('two\\nlines')
  return { env: process.env.GREETING, left: context.getRemainingTimeInMillis() > 5000, context }
}""")
    answer = function.answer({"a": 1})
    assert (answer["env"], answer["left"]) == ("hello", True)
    assert answer["context"] == {
        "callbackWaitsForEmptyEventLoop": True,
        "functionName": "f",
        "invokedFunctionArn": ARN,
        "awsRequestId": "r-0",
    }
    assert function.answer({"a": 2})["context"]["awsRequestId"] == "r-1"
    assert function.printed()[:2] == [["r-0", "INFO", "got 1 { b: 1 }"], ["r-0", "ERROR", "two"]]


@needs_node
@pytest.mark.parametrize(
    ("name", "handler", "source"),
    [
        (
            "index.mjs",
            "index.handler",
            "import os from 'node:os'\nexport const handler = async () => 'it works'",
        ),
        ("src/app.js", "src/app.api.go", "exports.api = { go: async () => 'it works' }"),
        ("index.cjs", "index.handler", "exports.handler = (event, context) => context.succeed('it works')"),
    ],
)
def test_handlers_are_found_in_modules_of_every_kind(
    start: Start, name: str, handler: str, source: str
) -> None:
    assert start(source, name, handler).answer() == "it works"


@needs_node
def test_a_package_of_type_module_has_es_modules_in_js_files(start: Start) -> None:
    source = "import { x } from './x.js'\nexport const handler = async () => x"
    function = start(source, package_json='{"type": "module"}', x_js="export const x = 5")
    assert function.answer() == 5


@needs_node
def test_callbacks_wait_for_the_event_loop_unless_told_otherwise(start: Start) -> None:
    function = start("""
let late = 0
exports.handler = (event, context, callback) => {
  if (event === 'never') return
  if (event === 'fail') return callback(new RangeError('too far'))
  if (event === 'text') return callback('no error object')
  context.callbackWaitsForEmptyEventLoop = event === 'wait'
  setTimeout(() => { late += 1 }, 100)
  callback(null, { get late() { return late } })
}""")
    assert function.answer("wait") == {"late": 1}
    assert function.answer("hurry") == {"late": 1}
    assert function.answer("never") is None
    assert function.error("fail") == ("RangeError", "too far")
    assert function.error("text") == ("string", "no error object")


@needs_node
def test_errors_are_those_of_aws_and_the_function_goes_on(start: Start) -> None:
    function = start("""
exports.handler = async (event) => {
  if (event === 'throw') throw new TypeError('no good')
  if (event === 'circle') { const it = {}; it.it = it; return it }
  if (event === 'stuck') await new Promise(() => {})
  if (event === 'reject') { Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 5000)) }
  return 'well'
}""")
    assert function.error("throw") == ("TypeError", "no good")
    assert function.error("circle") == ("Error", "Unable to stringify response body")
    kind, text = function.error("stuck")
    assert kind == "Runtime.NodeJsExit"
    assert "a Promise that was never settled" in text
    assert function.answer() == "well"
    assert function.error("reject") == ("Runtime.UnhandledPromiseRejection", "Error: lost")
    assert function.process.wait(10) == 128
    first, *_ = function.printed()
    assert first[:3] == ["r-0", "ERROR", "Invoke Error "]
    assert json.loads(first[3])["errorType"] == "TypeError"


@needs_node
@pytest.mark.parametrize(
    ("source", "handler", "kind", "text"),
    [
        ("require('nope')", "index.handler", "ImportModuleError", "Error: Cannot find module 'nope'"),
        ("", "other.handler", "ImportModuleError", "Error: Cannot find module 'other'"),
        ("const x = (", "index.handler", "UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
        ("", "index.handler", "HandlerNotFound", "index.handler is undefined or not exported"),
        ("exports.handler = 1", "index.handler", "HandlerNotFound", "index.handler is not a function"),
        ("", "index", "MalformedHandlerName", "Bad handler"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why(
    start: Start, source: str, handler: str, kind: str, text: str
) -> None:
    found, message = start(source, handler=handler).error(ending=Ending.INIT_ERROR)
    assert found == f"Runtime.{kind}"
    assert message.startswith(text)


@needs_node
def test_the_programs_end_ends_an_invocation_and_the_local_clouds_end_the_program(start: Start) -> None:
    function = start("exports.handler = async () => process.exit(3)")
    Thread(target=lambda: function.exchange.end(Ending.EXIT, str(function.process.wait(10)).encode())).start()
    assert function.invoke().payload == b"3"


def test_without_node_or_with_an_old_one_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(node.NoNodeError, match="there is no program `node` on PATH"):
        node.program()
    (tmp_path / "node").write_text("#!/bin/sh\necho /opt/my node/bin/node 14.2.0\n", "utf-8")
    (tmp_path / "node").chmod(0o755)
    with pytest.raises(node.NoNodeError, match=r"is of version 14\.2\.0; the oldest that can be used is 18"):
        node.program()


def test_places_of_this_machine_are_those_of_aws_in_what_is_printed(tmp_path: Path) -> None:
    text = f"    at handler (file://{tmp_path}/index.mjs:1:2)\n- {tmp_path}/x.js\nand/{tmp_path.name}"
    places = [(tmp_path, "/var/task"), (None, "/opt")]
    assert node.as_printed(text, places) == (
        f"    at handler (file:///var/task/index.mjs:1:2)\n- /var/task/x.js\nand/{tmp_path.name}"
    )
