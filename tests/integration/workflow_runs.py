"""Workflows as a user runs them, several at once if need be: each told by the execution that it names."""

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.stack import ROOT, Stack
from tests.integration.wire import Cloud, Document, eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, HistoryEventTypeDef

WINE = ROOT / "resources" / "wine.csv"
_NAMED = re.compile(r"Workflow execution (arn:\S+)")


@dataclass(frozen=True)
class Run:
    """An execution that a command has followed to its end: what that said, how it exited."""

    stack: Stack
    arn: str
    code: int
    said: str

    @property
    def text(self) -> str:
        """What was said, without the ends of its lines."""
        return self.said.replace("\n", "")

    def describe(self) -> "DescribeExecutionOutputTypeDef":
        return self.stack.states.describe_execution(executionArn=self.arn)

    def output(self) -> Document:
        """Give the output; it must have succeeded."""
        assert self.code == 0, self.said
        output: Document = json.loads(self.describe()["output"])
        return output

    def events(self, kind: str) -> "Sequence[HistoryEventTypeDef]":
        return events(self.stack, self.arn, kind)


def run(stack: Stack, *arguments: str, expect: int | None = 0) -> Run:
    """Run a command that follows an execution to its end."""
    result = stack.invoke(*arguments, expect=expect)
    named = _NAMED.search(result.output)
    assert named, result.output
    return Run(stack, named[1], result.code, result.output)


def run_workflow(stack: Stack, workflow: str, *, expect: int | None = 0, **inputs: object) -> Run:
    """Run a workflow with these inputs."""
    return run(stack, "run", "--workflow", workflow, "--input", json.dumps(inputs), expect=expect)


@dataclass(frozen=True)
class Followed:
    """A workflow that is being followed by a command of its own."""

    stack: Stack
    workflow: str
    arn: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, stack: Stack, workflow: str, **inputs: object) -> "Followed":
        """Run a workflow in the background; gives it once its execution has begun."""
        process = stack.start("run", "--workflow", workflow, "--input", json.dumps(inputs))
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if named := _NAMED.search(line):
                return cls(stack, workflow, named[1], process)
        process.communicate()
        raise AssertionError(said)

    def end(self) -> Run:
        """Wait for the command's end."""
        said, _ = self.process.communicate(timeout=60)
        assert "Traceback" not in said
        return Run(self.stack, self.arn, self.process.returncode, said)


def events(stack: Stack, arn: str, kind: str) -> "Sequence[HistoryEventTypeDef]":
    """Give the events of this type in an execution's history so far."""
    history = stack.states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    return [event for event in history if event["type"] == kind]


def wait_for(stack: Stack, arn: str, kind: str, count: int = 1) -> "HistoryEventTypeDef":
    """Wait until an execution's history has so many events of this type; give the last."""
    return eventually(lambda: events(stack, arn, kind), lambda seen: len(seen) >= count, seconds=60)[-1]


def cloud_of(stack: Stack) -> Cloud:
    """Give the cloud of a deployment to those who ask it directly."""
    return Cloud(stack.home, stack.port, stack.state / "cloud")


def wine() -> tuple[list[str], list[int]]:
    """Give the sample's rows without header and target, and the class of each."""
    head, *lines = WINE.read_text(encoding="utf-8").splitlines()
    place = head.split(",").index("target")
    rows = [line.split(",") for line in lines]
    return [",".join(row[:place] + row[place + 1 :]) for row in rows], [int(row[place]) for row in rows]
