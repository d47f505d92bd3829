import json
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.model.exceptions import InterruptedByUserError, TerraformError
from driver.terraform.events import ChangeSummary, Diagnostic, Event, Phase, ResourceEvent
from driver.terraform.infrastructure import Infrastructure
from driver.terraform.process import ChildProcess
from tests.unit.driver.fakes import AWS, LOCAL, OUTPUTS

CREATED = {
    "type": "apply_complete",
    "hook": {"resource": {"addr": "aws_sqs_queue.this"}, "action": "create", "elapsed_seconds": 25},
}
PLAN = {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "plan"}}
APPLY = {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"}}
VALUES = {name: {"sensitive": False, "type": "string", "value": value} for name, value in OUTPUTS.items()}
ERROR = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "denied", "detail": ""}}


@dataclass
class FakeProcess(ChildProcess):
    """A Terraform that writes what it is told, is interrupted by itself, and ends as it is told."""

    messages: Sequence[Mapping[str, object]]
    code: int = 0
    ctrl_c: int = 0
    received: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Iterable[str]:
        return self._lines()

    def _lines(self) -> Iterator[str]:
        for message in self.messages:
            yield json.dumps(message) + "\n"
        for _ in range(self.ctrl_c):
            signal.raise_signal(signal.SIGINT)

    def wait(self) -> int:
        return self.code

    def interrupt(self) -> None:
        self.received.append("interrupt")

    def kill(self) -> None:
        self.received.append("kill")


PROGRAM = Path("/bin/terraform")


class Root:
    """An Infrastructure whose commands end in a fake process."""

    def __init__(self, folder: Path, process: FakeProcess, program: Path = PROGRAM) -> None:
        self.commands: list[Sequence[str]] = []
        self.secrets: list[str | None] = []
        self.process = process
        self.workspace = Workspace(folder / "local")
        self.events: list[Event] = []
        self.infrastructure = Infrastructure(
            program=program,
            root=folder / "terraform",
            package_directory=folder / "packages",
            project_directory=folder,
            workspace=self.workspace,
            environment={"TF_DATA_DIR": "x"},
            credentials=lambda deployment: {"AWS_SECRET_ACCESS_KEY": f"of {deployment.endpoint_url}"},
            open_process=self._open,
        )

    def _open(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> FakeProcess:
        assert environment["TF_DATA_DIR"] == "x"
        self.secrets.append(environment.get("AWS_SECRET_ACCESS_KEY"))
        self.commands.append(command)
        return self.process


def test_apply_streams_its_events_and_returns_changes_and_outputs(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([PLAN, CREATED, APPLY, {"type": "outputs", "outputs": VALUES}]))
    applied = root.infrastructure.apply(LOCAL, root.events.append)
    assert applied.summary == ChangeSummary("apply", 1, 0, 0)
    assert applied.outputs == OUTPUTS
    assert ResourceEvent(Phase.FINISHED, "aws_sqs_queue.this", "create", 25) in root.events


def test_the_inputs_change_with_all_that_terraform_reads_and_with_nothing_else(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([]), Path("/bin/sh"))
    root.workspace.directory.mkdir(parents=True)
    read = (
        "terraform/main.tf",
        "packages/a.zip",
        "resources/pipelines/a/pipeline.json",
    )
    for name in read:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    inputs = root.infrastructure.inputs
    first = inputs(LOCAL)
    assert first
    (tmp_path / "terraform/main.tf").touch()
    (tmp_path / "local/cloud.log").write_text("not read")
    assert inputs(LOCAL) == first
    for name in read[1:]:
        (tmp_path / name).write_text("2")
    (tmp_path / "resources/new.json").write_text("1")
    changed = {str(tmp_path / name) for name in (*read[1:], "resources/new.json")}
    second = inputs(LOCAL)
    assert second
    assert second.changed_since(first) == changed
    assert first.changed_since(second) == changed
    (tmp_path / read[0]).write_text("2")
    for other in (inputs(LOCAL), inputs(replace(LOCAL, variables={"log_level": "DEBUG"}))):
        assert other
        assert other.changed_since(second) is None


def test_apply_passes_every_flag(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([]))
    root.infrastructure.apply(LOCAL, root.events.append)
    assert sorted(root.commands[0]) == sorted(
        [
            "/bin/terraform",
            "apply",
            "-auto-approve",
            "-input=false",
            "-json",
            "-no-color",
            f"-var-file={root.workspace.variables_path}",
        ]
    )


def test_destroy_asks_with_the_same_variables_and_without_the_removed_flag(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([]))
    root.infrastructure.apply(LOCAL, root.events.append)
    before = root.workspace.variables_path.read_text()
    root.infrastructure.destroy(LOCAL, root.events.append)
    assert root.workspace.variables_path.read_text() == before
    applied, destroyed = root.commands
    assert (applied[1], destroyed[1]) == ("apply", "destroy")
    assert applied[2:] == destroyed[2:]


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_part_is_named_resource_by_resource_and_no_warning_of_it_is_told(
    tmp_path: Path, command: str
) -> None:
    usual = {"severity": "warning", "summary": "Resource targeting is in effect", "detail": ""}
    other = {"severity": "warning", "summary": "Deprecated attribute", "detail": ""}
    told = [{"type": "diagnostic", "diagnostic": said} for said in (usual, other)]
    root = Root(tmp_path, FakeProcess(told))
    part = ["module.bucket.aws_s3_bucket.this", 'module.workflow["train"].aws_iam_role.this']
    getattr(root.infrastructure, command)(LOCAL, root.events.append, targets=part)
    assert [word for word in root.commands[0] if word.startswith("-target=")] == [
        f"-target={address}" for address in part
    ]
    assert root.events == [Diagnostic("warning", "Deprecated attribute")]


def test_keys_are_in_the_environment_of_the_commands_that_need_them_and_nowhere_else(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([APPLY, {"type": "outputs", "outputs": VALUES}]))
    root.infrastructure.init(root.events.append)
    root.infrastructure.apply(LOCAL, root.events.append)
    root.infrastructure.destroy(LOCAL, root.events.append)
    secret = f"of {LOCAL.endpoint_url}"
    assert root.secrets == [None, secret, secret]
    assert not any(secret in word for command in root.commands for word in command)
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not any(secret in text for text in written)


def test_init_is_told_where_the_state_is(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([]))
    root.infrastructure.init(root.events.append)
    assert f"-backend-config=path={root.workspace.state_path}" in root.commands[0]
    assert "-reconfigure" in root.commands[0]


def test_init_is_done_once_for_a_configuration(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([]))
    source = tmp_path / "terraform"
    (source / "modules").mkdir(parents=True)
    (source / "main.tf").write_text('module "queue" {}')
    root.infrastructure.init(root.events.append)
    root.infrastructure.init(root.events.append)
    assert len(root.commands) == 1
    for changed in ("main.tf", "modules/new.tf", ".terraform.lock.hcl"):
        (source / changed).write_text("# changed")
        root.infrastructure.init(root.events.append)
    assert len(root.commands) == 4


def test_a_failed_init_is_done_again(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([ERROR], code=1))
    for _ in range(2):
        with pytest.raises(TerraformError):
            root.infrastructure.init(root.events.append)
    assert len(root.commands) == 2


@pytest.mark.parametrize(("deployment", "endpoint"), [(LOCAL, LOCAL.endpoint_url), (AWS, None)])
def test_the_variables_say_where_to_and_hold_no_secret(
    tmp_path: Path, deployment: object, endpoint: str | None
) -> None:
    root = Root(tmp_path, FakeProcess([]))
    root.infrastructure.apply(deployment, root.events.append)  # type: ignore[arg-type]
    assert json.loads(root.workspace.variables_path.read_text()) == {
        "region": "us-west-2",
        "endpoint_url": endpoint,
        "lambda_package_directory": str(tmp_path / "packages"),
        "project_directory": str(tmp_path),
        "force_destroy": endpoint is not None,
    }


def test_a_failure_raises_what_terraform_said(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([ERROR], code=1))
    with pytest.raises(TerraformError, match="denied"):
        root.infrastructure.apply(LOCAL, root.events.append)


def test_ctrl_c_is_passed_on_once_and_the_end_waited_for(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([PLAN], code=1, ctrl_c=1))
    with pytest.raises(InterruptedByUserError, match="saved its state"):
        root.infrastructure.apply(LOCAL, root.events.append)
    assert root.process.received == ["interrupt"]


def test_a_second_ctrl_c_kills(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([PLAN], code=-9, ctrl_c=2))
    with pytest.raises(InterruptedByUserError, match="killed"):
        root.infrastructure.apply(LOCAL, root.events.append)
    assert root.process.received == ["interrupt", "kill"]


def test_what_was_done_before_ctrl_c_took_effect_counts(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([APPLY], ctrl_c=1))
    assert root.infrastructure.apply(LOCAL, root.events.append).summary.add == 1


def test_a_listener_that_fails_lets_terraform_end_cleanly(tmp_path: Path) -> None:
    root = Root(tmp_path, FakeProcess([CREATED]))

    def fail(_event: Event) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        root.infrastructure.apply(LOCAL, fail)
    assert root.process.received == ["interrupt"]
