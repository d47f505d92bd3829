"""Definitions are checked when a state machine is made or changed, and one state can be tried alone."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.machines import machine, waits_for_token
from tests.integration.stack import client
from tests.integration.wire import ROLE, Cloud, Document, refused, unique

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

pytestmark = pytest.mark.integration

WRONG = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Succeed"}}}
MESSAGE = (
    "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at "
    '/States/A/Next, MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C\''
)


def test_a_wrong_definition_makes_and_changes_no_state_machine(cloud: Cloud) -> None:
    definition = json.dumps(WRONG)
    with refused("InvalidDefinition", MESSAGE):
        cloud.states.create_state_machine(name=unique("machine"), definition=definition, roleArn=ROLE)
    made = machine(cloud, ("A", {"Type": "Pass"}))
    with refused("InvalidDefinition", MESSAGE):
        cloud.states.update_state_machine(stateMachineArn=made.arn, definition=definition)
    assert made.start({"still": 1}).output() == {"still": 1}


def test_a_definition_can_be_validated_without_a_state_machine(cloud: Cloud) -> None:
    answer = cloud.states.validate_state_machine_definition(definition=json.dumps(WRONG), maxResults=1)
    assert (answer["result"], answer["truncated"]) == ("FAIL", True)
    assert answer["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: B",
            "location": "/States/A/Next",
        }
    ]
    right = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "$.x", "End": True}}})
    assert cloud.states.validate_state_machine_definition(definition=right)["diagnostics"] == []
    warned = cloud.states.validate_state_machine_definition(definition=right, severity="WARNING")
    assert warned["result"] == "OK"
    assert [one["code"] for one in warned["diagnostics"]] == ["PASS_RESULT_IS_STATIC"]


def test_an_express_machine_cannot_wait_for_tokens(cloud: Cloud) -> None:
    definition = {"StartAt": "A", "States": {"A": waits_for_token("https://queue") | {"End": True}}}
    with refused(
        "InvalidDefinition", "does not support '.waitForTaskToken' service integration  at /States/A/Res"
    ):
        cloud.states.create_state_machine(
            name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE, type="EXPRESS"
        )


@pytest.mark.parametrize(
    ("resource", "is_known"),
    [
        ("arn:aws:states:::sqs:sendMessage", True),
        ("arn:aws:states:::sqs:sendMessage.sync", False),
        ("arn:aws:states:::aws-sdk:s3:listObjectsV2", True),
        ("arn:aws:states:::aws-sdk:sagemaker:describeEndpoint", True),
        ("arn:aws:states:::aws-sdk:s3:eatObject", False),
        ("arn:aws:states:::aws-sdk:nobody:call", False),
        ("arn:aws:states:::sagemaker:createTrainingJob.sync", True),
        ("arn:aws:states:::sagemaker:eatModel", False),
    ],
)
def test_what_a_task_calls_must_exist(cloud: Cloud, resource: str, is_known: bool) -> None:
    state = {"Type": "Task", "Resource": resource, "Parameters": {}, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    answer = cloud.states.validate_state_machine_definition(definition=definition)
    told = [one["message"] for one in answer["diagnostics"] if one.get("location") == "/States/A/Resource"]
    if is_known:
        assert told == []
    else:
        [message] = told
        assert message.startswith(f"The resource provided {resource} is not recognized.")


def try_state(cloud: Cloud, state: Document, given: Document) -> Document:
    new_client = client.__wrapped__  # one that reads the environment now
    states: SFNClient = new_client(cloud.stack.endpoint, "stepfunctions", cloud.stack.keys)
    answer = states.test_state(definition=json.dumps(state), roleArn=ROLE, input=json.dumps(given))
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def test_a_state_can_be_tried_alone(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")  # as `invoke env` sets it
    state = {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.a, 1)"}, "Next": "somewhere"}
    tried = try_state(cloud, state, {"a": 1})
    assert json.loads(tried.pop("output")) == {"sum": 2}
    assert tried == {"status": "SUCCEEDED", "nextState": "somewhere"}
    with refused("InvalidDefinition", "Field 'Coment' is not supported at /"):
        try_state(cloud, {**state, "Coment": ""}, {})
    jsonata = {
        "Type": "Pass",
        "QueryLanguage": "JSONata",
        "Output": {"a": "{% $states.input.b %}"},
        "End": True,
    }
    assert try_state(cloud, jsonata, {"b": [1]})["output"] == '{"a": [1]}'
    failed = try_state(cloud, jsonata, {})
    nothing = "The JSONata expression '$states.input.b' specified for the field 'Output/a' returned nothing"
    assert (failed["status"], failed["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert failed["cause"].startswith(nothing)
