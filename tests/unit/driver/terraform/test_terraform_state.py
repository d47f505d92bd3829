import json
from collections.abc import Mapping

import pytest

from driver.terraform.state import by_module, read_managed_resources


def state(*resources: Mapping[str, object], version: int = 4) -> str:
    return json.dumps({"version": version, "resources": resources})


ROLE = {
    "module": "module.roles",
    "mode": "managed",
    "type": "aws_iam_role",
    "name": "this",
    "instances": [{"index_key": "lambda"}, {"index_key": "sagemaker"}],
}
QUEUE = {"mode": "managed", "type": "aws_sqs_queue", "name": "this", "instances": [{"index_key": 0}, {}]}
DOCUMENT = {"mode": "data", "type": "aws_iam_policy_document", "name": "this", "instances": [{}]}


def test_addresses_are_those_terraform_prints() -> None:
    assert [resource.address for resource in read_managed_resources(state(ROLE, QUEUE))] == [
        "aws_sqs_queue.this",
        "aws_sqs_queue.this[0]",
        'module.roles.aws_iam_role.this["lambda"]',
        'module.roles.aws_iam_role.this["sagemaker"]',
    ]


def test_what_a_resource_is_and_what_it_depends_on_is_read() -> None:
    instance = {
        "attributes": {"id": "a", "arn": "arn:a"},
        "dependencies": ["module.bucket.aws_s3_bucket.this"],
    }
    [found] = read_managed_resources(state(QUEUE | {"instances": [instance]}))
    assert (found.type, found.id, found.arn) == ("aws_sqs_queue", "a", "arn:a")
    assert found.dependencies == ("module.bucket.aws_s3_bucket.this",)


def test_what_the_provider_leaves_out_is_empty() -> None:
    [found] = read_managed_resources(state(QUEUE | {"instances": [{"attributes": {"id": None}}]}))
    assert (found.id, found.arn, found.dependencies) == ("", "", ())


def test_what_was_only_read_is_not_managed() -> None:
    assert read_managed_resources(state(DOCUMENT)) == []


@pytest.mark.parametrize("text", ["", "  \n", state()])
def test_an_empty_state_manages_nothing(text: str) -> None:
    assert read_managed_resources(text) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [(state(version=3), "version 4"), ("[]", "no JSON object"), (state()[:-9], "no complete JSON")],
)
def test_another_format_is_not_read_as_empty(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_managed_resources(text)


def test_resources_are_grouped_by_module() -> None:
    nested = {**QUEUE, "module": 'module.workflow["a.b"].module.role', "instances": [{}]}
    groups = by_module(read_managed_resources(state(ROLE, QUEUE, nested)))
    assert {module: [found.local_name for found in members] for module, members in groups.items()} == {
        "": ["aws_sqs_queue.this", "aws_sqs_queue.this[0]"],
        "module.roles": ['aws_iam_role.this["lambda"]', 'aws_iam_role.this["sagemaker"]'],
        'module.workflow["a.b"]': ["module.role.aws_sqs_queue.this"],
    }
