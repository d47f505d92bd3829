import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.model.exceptions import InterruptedByUserError, TerraformError
from driver.terraform.events import ChangeSummary, Event
from driver.terraform.infrastructure import Infrastructure
from tests.unit.driver.fakes import LOCAL
from tests.unit.driver.terraform.test_infrastructure import ERROR, PLAN, FakeProcess

CREATE = {"address": "aws_sqs_queue.this", "mode": "managed", "change": {"actions": ["create"]}}
DOCUMENT = {"format_version": "1.2", "resource_changes": [CREATE]}
Ends = Callable[[Sequence[str]], FakeProcess]


def planning(code: int, *messages: Mapping[str, object], shown: FakeProcess | None = None) -> Ends:
    """Let `plan` end so, and `show` tell the plan."""

    def start(command: Sequence[str]) -> FakeProcess:
        if command[1] == "show":
            return shown or FakeProcess([DOCUMENT])
        return FakeProcess(messages, code)

    return start


class Root:
    """An Infrastructure whose commands end in fake processes; it keeps what lay in the folder meanwhile."""

    def __init__(self, folder: Path, start: Ends) -> None:
        self.commands: list[Sequence[str]] = []
        self.events: list[Event] = []
        self.variables: Mapping[str, object] = {}
        self.workspace = Workspace(folder / "local")
        self._start = start
        self.infrastructure = Infrastructure(
            program=Path("/bin/terraform"),
            root=folder,
            package_directory=folder / "packages",
            project_directory=folder,
            workspace=self.workspace,
            environment={},
            open_process=self._open,
        )

    def _open(self, command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> FakeProcess:
        self.commands.append(command)
        if command[1] == "plan":
            self.variables = json.loads(Path(self.flag("var-file")).read_text())
        return self._start(command)

    def flag(self, name: str) -> str:
        """Return what the first command was given."""
        found = [word for word in self.commands[0] if word.startswith(f"-{name}=")]
        return found[0].partition("=")[2] if found else ""


def test_a_plan_without_changes_is_not_even_shown(tmp_path: Path) -> None:
    root = Root(tmp_path, planning(0))
    assert not root.infrastructure.plan(LOCAL, root.events.append)
    assert [command[1] for command in root.commands] == ["plan"]


def test_a_plan_with_changes_ends_well_too(tmp_path: Path) -> None:
    root = Root(tmp_path, planning(2, PLAN))
    plan = root.infrastructure.plan(LOCAL, root.events.append)
    assert [change.address for change in plan.changes] == ["aws_sqs_queue.this"]
    assert "-detailed-exitcode" in root.commands[0]
    assert "-json" in root.commands[0]
    assert root.commands[1][-1] == root.flag("out")
    assert root.events == [ChangeSummary("plan", 1, 0, 0)]


def test_a_plan_leaves_nothing_behind(tmp_path: Path) -> None:
    root = Root(tmp_path, planning(0))
    root.infrastructure.plan(LOCAL, root.events.append)
    assert root.variables["endpoint_url"] == LOCAL.endpoint_url
    assert list(root.workspace.directory.iterdir()) == [root.workspace.configuration_directory]


def test_a_plan_of_everything_begins_with_no_state(tmp_path: Path) -> None:
    warning = {"severity": "warning", "summary": "Deprecated flag: -state", "detail": ""}
    root = Root(tmp_path, planning(2, {"type": "diagnostic", "diagnostic": warning}))
    root.infrastructure.plan(LOCAL, root.events.append, is_new=True)
    assert root.events == []
    assert root.flag("state")
    assert not Path(root.flag("state")).exists()
    root = Root(tmp_path, planning(2))
    root.infrastructure.plan(LOCAL, root.events.append)
    assert not root.flag("state")


def test_a_log_that_the_user_asked_for_is_no_plan(tmp_path: Path) -> None:
    class Chatty(FakeProcess):
        @property
        def lines(self) -> Sequence[str]:
            return ["2026-11-21T12:00:00Z [INFO] Terraform version\n", f"{json.dumps(DOCUMENT)}\n"]

    root = Root(tmp_path, planning(2, shown=Chatty([])))
    assert root.infrastructure.plan(LOCAL, root.events.append)


@pytest.mark.parametrize("start", [planning(1, ERROR), planning(2, shown=FakeProcess([], 1))])
def test_any_other_code_is_a_failure(tmp_path: Path, start: Ends) -> None:
    root = Root(tmp_path, start)
    with pytest.raises(TerraformError):
        root.infrastructure.plan(LOCAL, root.events.append)
    assert list(root.workspace.directory.iterdir()) == [root.workspace.configuration_directory]


def test_ctrl_c_is_passed_on(tmp_path: Path) -> None:
    interrupted = FakeProcess([], 1, ctrl_c=1)
    root = Root(tmp_path, lambda _: interrupted)
    with pytest.raises(InterruptedByUserError):
        root.infrastructure.plan(LOCAL, root.events.append)
    assert interrupted.received == ["interrupt"]
