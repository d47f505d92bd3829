import json

from driver.terraform.state import ManagedResource, by_module, read_managed_resources

STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "module": 'module.workflow["train"]',
            "type": "aws_sfn_state_machine",
            "name": "this",
            "instances": [{"attributes": {"arn": "arn:aws:states:train", "id": "arn:aws:states:train"}}],
        },
        {"mode": "data", "type": "aws_region", "name": "current", "instances": [{"attributes": {}}]},
        {
            "mode": "managed",
            "type": "aws_iam_role_policy",
            "name": "this",
            "instances": [{"index_key": 0, "attributes": {"id": "jobs:this"}}],
        },
    ],
}


def test_resources_are_listed_with_what_aws_calls_them() -> None:
    found = read_managed_resources(json.dumps(STATE))
    assert found == [
        ManagedResource("", "aws_iam_role_policy.this[0]", "", "jobs:this"),
        ManagedResource(
            'module.workflow["train"]',
            "aws_sfn_state_machine.this",
            "arn:aws:states:train",
            "arn:aws:states:train",
        ),
    ]
    assert found[1].address == 'module.workflow["train"].aws_sfn_state_machine.this'
    assert list(by_module(found)) == ["", 'module.workflow["train"]']


def test_an_empty_state_describes_nothing() -> None:
    assert read_managed_resources("") == []
