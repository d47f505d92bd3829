"""The guided tour as a person takes it, on a terminal, with nothing fake behind it."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from driver.commands.doctor.deployer import POLICY_FILE
from tests.integration.stack import ROOT, Stack, answers, local_cloud

pytestmark = pytest.mark.integration

FILE = "Your CSV file of coordinates [the sample]:"
LOOKS = [
    "lambda:GetFunctionConfiguration",
    "lambda:ListFunctions",
    "s3:ListAllMyBuckets",
    "sagemaker:ListPipelines",
]
_STYLES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A command on a terminal."""

    def __init__(self, stack: Stack, *arguments: str, **environment: str) -> None:
        self._read = ""
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "invoke", *arguments],
            cwd=str(ROOT),
            env={**stack.environment, "TERM": "xterm-256color", **environment},
            dimensions=(50, 160),
            timeout=240,
            encoding="utf-8",
            echo=False,
        )

    def answers(self, question: str, answer: str) -> None:
        """Wait for a question and answer it."""
        self.sees(question)
        self._child.sendline(answer)

    def sees(self, text: str) -> None:
        """Wait until it has written something."""
        self._child.expect_exact(text)
        self._read += f"{self._child.before}{self._child.after}"

    def ends(self) -> str:
        """Wait until it has ended well; returns all it wrote."""
        self._child.expect(pexpect.EOF)
        self._read += str(self._child.before)
        self._child.close()
        text = _STYLES.sub("", self._read)
        assert self._child.exitstatus == 0, text
        return text

    def leaves(self) -> None:
        """End it, however it stands."""
        self._child.close(force=True)


@contextmanager
def terminal(stack: Stack, *arguments: str, **environment: str) -> Iterator[Terminal]:
    """Run a command on a terminal of 160 columns."""
    session = Terminal(stack, *arguments, **environment)
    try:
        yield session
    finally:
        session.leaves()


def objects(stack: Stack) -> dict[str, str]:
    """List what is in the bucket: key and contents."""
    bucket = "sagestep-000000000000-us-west-2"
    found = stack.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {stored["Key"]: stored["ETag"] for stored in found}


def revision(stack: Stack, name: str) -> tuple[str, dict[str, str]]:
    """Tell which version of a function there is, and its settings."""
    found = stack.functions.get_function_configuration(FunctionName=name)
    return found["RevisionId"], found["Environment"]["Variables"]


def deployers_policy(folder: Path) -> Path:
    """Write the policy of who deploys, and what this test itself looks at, into a file."""
    listed = json.loads(POLICY_FILE.read_text(encoding="utf-8").replace("${name_prefix}", "sagestep"))
    statements = [statement for policy in listed for statement in policy["Statement"]]
    assert "sts:" not in json.dumps(statements), "GetCallerIdentity needs no permission"
    looks = {"Sid": "LooksOfTheTest", "Effect": "Allow", "Action": LOOKS, "Resource": "*"}
    file = folder / "deployer.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [*statements, looks]}))
    return file


def test_the_walk_on_the_cloud_of_somebody_else(tmp_path: Path) -> None:
    """With no more permissions than `invoke permissions --deployer` and doctor name."""
    with local_cloud(tmp_path, "--deployer-policy", str(deployers_policy(tmp_path))) as port:
        stack = Stack(tmp_path / "home", port, target="localstack", cloud_state=tmp_path / "state")
        walk_and_keep_the_bucket(stack)
        take_the_bucket_back_in(stack)
        walk_without_an_update(stack)
        stack.invoke("down", "--yes")
        assert stack.s3.list_buckets()["Buckets"] == []
        assert stack.sagemaker.list_pipelines()["PipelineSummaries"] == []
        assert {path.relative_to(stack.state).parts[0] for path in stack.state.rglob("*")} == {"runs"}
        assert answers(port), "down must not stop a cloud that it did not start"


def walk_and_keep_the_bucket(stack: Stack) -> None:
    """Deploy, run and destroy all but bucket and queues, each of which takes the provider 25 s."""
    with terminal(stack, "scenario") as walk:
        walk.answers(FILE, "")
        for name in ("11 state machines", "pipeline", "Lambda functions"):
            walk.answers(f"Delete {name}", "y")
        walk.answers("Delete queues", "n")
        for name in ("topic", "image repository", "role"):
            walk.answers(f"Delete {name}", "y")
        walk.answers("Delete bucket", "n")
        walk.answers("Destroy the rest? [y/N]", "y")
        assert "Anchorage" in walk.ends()
    assert any(key.startswith("outputfiles/") for key in objects(stack))
    assert stack.functions.list_functions()["Functions"] == []
    assert "keep only queue, bucket" in stack.invoke("run-pipeline", expect=3).output


def take_the_bucket_back_in(stack: Stack) -> None:
    """Deploy the rest again: bucket and queues are what they were."""
    kept, made = objects(stack), stack.s3.list_buckets()["Buckets"][0]["CreationDate"]
    up = stack.invoke("up").output
    assert "module.bucket" not in up
    assert "module.queue" not in up
    assert objects(stack) == kept
    assert stack.s3.list_buckets()["Buckets"][0]["CreationDate"] == made


def walk_without_an_update(stack: Stack) -> None:
    """Run once more, decline both the update of the functions and the clean-up."""
    name, kept = stack.one_of("functions", "geospatial")["name"], objects(stack)
    before = revision(stack, name)
    settings = stack.home / "sagestep.toml"
    settings.write_text('[terraform]\nlog_level = "DEBUG"\n')
    with terminal(stack, "scenario", SAGESTEP_CONFIG=str(settings)) as walk:
        walk.answers("update them? [y/N]", "n")
        walk.answers(FILE, "")
        walk.answers("Delete 11 state machines", "q")
        assert "everything stays as it is" in walk.ends()
    assert revision(stack, name) == before
    assert set(kept) < set(objects(stack))
