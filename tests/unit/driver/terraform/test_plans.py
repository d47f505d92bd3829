import json
from collections.abc import Mapping
from typing import Any

import pytest

from driver.terraform.plan import Action, Attribute, Plan, read_plan

SECRET = "hunter2"


def change(
    actions: list[str],
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    *,
    address: str = "module.queue.aws_sqs_queue.this",
    **more: object,
) -> dict[str, object]:
    """Make a change as `terraform show -json` has it."""
    return {
        "address": address,
        "module_address": address.rpartition(".aws_")[0],
        "mode": "managed",
        "change": {"actions": actions, "before": before, "after": after, **more},
    }


def read(*changes: Mapping[str, object], drift: tuple[Mapping[str, object], ...] = ()) -> Plan:
    return read_plan(json.dumps({"resource_changes": changes, "resource_drift": drift}))


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["create"], Action.CREATE),
        (["update"], Action.UPDATE),
        (["delete", "create"], Action.REPLACE),
        (["create", "delete"], Action.REPLACE),
        (["delete"], Action.DELETE),
        (["forget"], Action.FORGET),
    ],
)
def test_each_of_terraforms_actions_has_its_word(actions: list[str], expected: Action) -> None:
    plan = read(change(actions, {}, {}))
    assert [found.action for found in plan.changes] == [expected]
    assert plan.count(expected) == 1
    assert plan


def test_what_is_left_alone_or_only_read_is_no_change() -> None:
    reading = {**change(["read"]), "mode": "data"}
    assert not read(change(["no-op"], {"a": 1}, {"a": 1}), reading)


def test_an_update_names_the_attributes_that_change() -> None:
    before = {"same": 1, "timeout": 30, "policy": "x" * 500, "arn": "arn:aws:sqs"}
    after = {"same": 1, "timeout": 60, "policy": "y" * 600}
    (found,) = read(change(["update"], before, after, after_unknown={"arn": True})).changes
    assert found.module == "module.queue"
    assert found.attributes == (
        Attribute("arn", '"arn:aws:sqs"', "(known after it is done)"),
        Attribute("policy", "(502 characters)", "(602 characters)"),
        Attribute("timeout", "30", "60"),
    )


@pytest.mark.parametrize("marks", [True, {"key": True}, {"key": [{"value": True}]}])
@pytest.mark.parametrize("side", ["before_sensitive", "after_sensitive"])
def test_what_is_secret_is_never_kept(marks: object, side: str) -> None:
    values = {"key": [{"value": SECRET}]}, {"key": [{"value": f"{SECRET}!"}]}
    marked: dict[str, Any] = {side: marks}
    plan = read(change(["update"], *values, **marked))
    assert SECRET not in repr(plan)
    assert plan.changes[0].attributes == (Attribute("key", "(secret)", "(secret)"),)


def test_drift_is_what_would_be_changed_back() -> None:
    """A refresh finds lists empty that were null, and much else that means nothing."""
    plan = read(
        change(["update"], {"timeout": 99, "tags": {}}, {"timeout": 30, "tags": {}}),
        change(["create"], None, {}, address="module.topic.aws_sns_topic.this"),
        drift=(
            change(["update"], {"timeout": 30, "tags": None}, {"timeout": 99, "tags": {}}),
            change(["update"], {"tags": None}, {"tags": {}}, address="module.role.aws_iam_role.this"),
            change(["delete"], {}, None, address="module.topic.aws_sns_topic.this"),
        ),
    )
    assert [(found.address, found.action) for found in plan.drift] == [
        ("module.queue.aws_sqs_queue.this", Action.UPDATE),
        ("module.topic.aws_sns_topic.this", Action.DELETE),
    ]
    assert plan.drift[0].attributes == (Attribute("timeout", "30", "99"),)


def test_outputs_alone_are_a_change_too() -> None:
    changes = {"new": {"actions": ["create"]}, "old": {"actions": ["no-op"]}}
    plan = read_plan(json.dumps({"output_changes": changes}))
    assert plan.outputs == ("new",)
    assert plan
