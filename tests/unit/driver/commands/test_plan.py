from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from driver.commands.plan import PlanChanges
from driver.commands.status import ShowStatus
from driver.host.console import Console
from driver.model.exceptions import BusyError, NotDeployedError, TerraformError, WrongUseError
from driver.model.values import Deployment
from driver.settings.project import Project
from driver.settings.settings import Settings
from driver.terraform.events import OnEvent
from driver.terraform.plan import Action, Attribute, Change, Plan
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import LOCAL, ROOT, FakeTarget, FakeTerraform, World

IMAGINED = "http://127.0.0.1:1"
QUEUE = Change("module.queue", "module.queue.aws_sqs_queue.this", Action.CREATE)
POLICY = Change(
    "module.roles",
    "module.roles.aws_iam_role_policy.jobs",
    Action.UPDATE,
    (Attribute("policy", '"before"', '"after"'),),
)


@dataclass
class Planner(FakeTerraform):
    """A Terraform that plans what it is told."""

    plan_made: Plan = field(default_factory=Plan)
    asked: list[tuple[Deployment, bool]] = field(default_factory=list)

    def plan(self, deployment: Deployment, on_event: OnEvent, *, is_new: bool = False) -> Plan:
        if self.failure:
            raise self.failure
        self.asked.append((deployment, is_new))
        return self.plan_made


class Asleep(FakeTarget):
    """A local cloud that does not run, and must not be started."""

    def address(self) -> tuple[str, str | None]:
        raise NotDeployedError("The local cloud does not run.")

    def check(self, *, assume_yes: bool) -> None:
        raise AssertionError

    def start(self) -> Deployment:
        raise AssertionError


@contextmanager
def imagine(account_id: str) -> Iterator[str]:
    yield IMAGINED


def plan(world: World, planner: Planner, console: Console | None = None) -> int:
    world.terraform = planner
    world.settings = Settings(Project(ROOT), ROOT / ".sagestep", region="eu-west-1")
    return PlanChanges(world.context(console), imagine)()


@pytest.fixture
def planner(world: World) -> Planner:
    return Planner(world.workspace)


def test_nothing_to_change_ends_with_0(world: World, planner: Planner) -> None:
    world.deploy()
    world.workspace.keep_deployment(replace(LOCAL, variables={"name_prefix": "sagestep"}))
    assert plan(world, planner) == 0
    assert "nothing would change" in world.screen.text
    ((asked, is_new),) = planner.asked
    assert (asked.variables["name_prefix"], replace(asked, variables={}), is_new) == (
        "sagestep",
        LOCAL,
        False,
    )


def test_changes_end_with_2_and_are_told_by_module(world: World, planner: Planner) -> None:
    world.deploy()
    planner.plan_made = Plan((POLICY, QUEUE))
    assert plan(world, planner) == 2
    lines = world.screen.text.splitlines()
    assert lines.index("module.queue") + 1 == lines.index("  + aws_sqs_queue.this")
    assert lines.index("  ~ aws_iam_role_policy.jobs") + 1 == lines.index('      policy: "before" → "after"')
    assert "1 resource to add, 1 resource to change" in lines
    assert "apply" not in " ".join(planner.calls)


def test_outputs_alone_are_told(world: World, planner: Planner) -> None:
    world.deploy()
    planner.plan_made = Plan(outputs=("queue_url",))
    assert plan(world, planner) == 2
    assert "queue_url" in world.screen.text


def test_without_a_cloud_none_is_started_and_all_is_new(world: World, planner: Planner) -> None:
    world.target = Asleep()
    planner.plan_made = Plan((QUEUE,))
    assert plan(world, planner) == 2
    ((deployment, is_new),) = planner.asked
    assert is_new
    assert (deployment.endpoint_url, deployment.region) == (IMAGINED, "eu-west-1")
    assert "was not started" in world.screen.text
    assert world.workspace.deployment() is None


def test_the_state_of_a_cloud_that_is_gone_counts_for_nothing(world: World, planner: Planner) -> None:
    world.deploy(replace(LOCAL, instance="before"))
    plan(world, planner)
    assert [is_new for _, is_new in planner.asked] == [True]
    assert world.workspace.resources()  # it is not forgotten: nothing is changed


def test_a_plan_is_a_document(world: World, planner: Planner) -> None:
    world.deploy()
    program = Program()
    planner.plan_made = Plan((QUEUE, POLICY), drift=(POLICY,))
    assert plan(world, planner, program.console) == 2
    document = program.document("plan")
    assert document["has_changes"]
    assert document["counts"] == {"create": 1, "update": 1, "replace": 0, "delete": 0, "forget": 0}
    assert document["changes"][1]["attributes"] == [
        {"name": "policy", "before": '"before"', "after": '"after"', "differences": []}
    ]
    assert document["drift"][0]["address"] == POLICY.address


def test_a_plan_without_a_cloud_names_no_account(world: World, planner: Planner) -> None:
    world.target = Asleep()
    program = Program()
    assert plan(world, planner, program.console) == 0
    document = program.document("plan")
    assert (document["is_cloud_asked"], document["account_id"]) == (False, None)


def test_another_region_is_refused_as_up_would(world: World, planner: Planner) -> None:
    world.deploy(replace(LOCAL, region="us-east-1"))
    with pytest.raises(WrongUseError, match="region is us-east-1"):
        plan(world, planner)


def test_a_failure_of_terraforms_is_one(world: World, planner: Planner) -> None:
    planner.failure = TerraformError("`terraform plan` failed.")
    with pytest.raises(TerraformError):
        plan(world, planner)


def test_it_waits_for_nobody_who_changes_the_target(world: World, planner: Planner) -> None:
    with world.workspace.lock("invoke up"), pytest.raises(BusyError):
        plan(world, planner)


def status(world: World, planner: Planner, *, all_resources: bool = False) -> list[str]:
    """Show the status with what was changed from outside."""
    world.terraform = planner
    ShowStatus(world.context())(all_resources=all_resources, drift=True)
    return world.screen.text.splitlines()


def test_status_tells_what_was_changed_from_outside(world: World, planner: Planner) -> None:
    world.deploy()
    gone = replace(QUEUE, action=Action.DELETE)
    planner.plan_made = Plan((QUEUE, POLICY), drift=(POLICY, gone))
    lines = status(world, planner)
    assert "! module.roles.aws_iam_role_policy.jobs was changed outside Terraform" in lines
    assert '    policy: "before" → "after"' in lines
    assert "! module.queue.aws_sqs_queue.this was deleted outside Terraform" in lines
    assert planner.asked == [(LOCAL, False)]


def test_status_says_that_nothing_was_changed_from_outside(world: World, planner: Planner) -> None:
    world.deploy()
    planner.plan_made = Plan((QUEUE,))  # the source has more than is deployed: that is no drift
    assert "✓ nothing was changed outside Terraform" in status(world, planner)


def test_status_names_every_resource_if_asked(world: World, planner: Planner) -> None:
    world.deploy()
    assert "    aws_sqs_queue.dlq" in status(world, planner, all_resources=True)
    assert "    aws_sqs_queue.main" in world.screen.text
