"""The check of definitions: AWS's diagnostics, as it answered, and definitions that it takes."""

import json
from typing import Any

import pytest

from localcloud.states_language.checking import check, warnings
from localcloud.states_language.diagnostics import summary
from localcloud.states_language.states import Integrations

Document = dict[str, Any]
END: Document = {"Type": "Pass", "End": True}
CALL = "arn:aws:lambda:us-west-2:000000000000:function:f"
TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def found(definition: Document | str, **given: Any) -> list[tuple[str, str, str]]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [(one.code, one.message, one.location) for one in check(text, **given)]


def machine(state: Document, **fields: Any) -> Document:
    return {"StartAt": "A", "States": {"A": state}, **fields}


def told(state: Document, *, jsonata: bool = False, express: bool = False) -> list[tuple[str, str]]:
    """Check a machine of one state; give messages and where they point to within it."""
    language = {"QueryLanguage": "JSONata"} if jsonata else {}
    listed = found(machine(state, **language), is_express=express)
    assert {code for code, *_ in listed} <= {"SCHEMA_VALIDATION_FAILED"}
    return [(message, place.removeprefix("/States/A")) for _, message, place in listed]


def test_what_is_no_json_object_is_told_as_aws_recorded_it() -> None:
    assert found("") == [("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", "")]
    place = '[Source: (String)"not a definition"; line: 1, column: 4]'
    wanted = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    message = f"Unrecognized token 'not': {wanted}\n at {place}"
    assert found("not a definition") == [("INVALID_JSON_DESCRIPTION", message, place)]
    assert found({}) == [("SCHEMA_VALIDATION_FAILED", "These fields are required: [States, StartAt]", "/")]
    assert found("[]")[0][1] == "Definition must be a valid JSON object"
    assert found('{"a": 1, "a": 2}')[0][:2] == ("INVALID_JSON_DESCRIPTION", "Duplicate field 'a'")
    assert found('{"a": NaN}')[0][0] == "INVALID_JSON_DESCRIPTION"


@pytest.mark.parametrize(
    ("state", "message", "place"),
    [
        ({"End": True}, "These fields are required: [Type]", ""),
        (
            {"Type": "Nobody"},
            (
                "The field 'Type' should have one of these values: "
                "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
            ),
            "/Type",
        ),
        ({**END, "Coment": "x"}, "Field 'Coment' is not supported", ""),
        ({**END, "TimeoutSeconds": 1}, "Field 'TimeoutSeconds' is not supported", ""),
        ({**END, "Comment": 1}, "Expected value of type String", "/Comment"),
        ({"Type": "Pass"}, "This object should have only one of the following fields: [Next, End]", ""),
        ({**END, "Next": "A"}, "There should only be one of the following fields: [Next, End]", ""),
        ({**END, "OutputPath": "Test"}, "Value must be a valid JSONPath.", "/OutputPath"),
        ({**END, "OutputPath": "$.a["}, "Value must be a valid JSONPath.", "/OutputPath"),
        ({**END, "ResultPath": "$.a[*]"}, "Value is not a Reference Path", "/ResultPath"),
        (
            {**END, "Parameters": {"a": [{"b.$": "x"}]}},
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
            "/Parameters",
        ),
        (
            {**END, "Parameters": {"b.$": "States.Nobody($.a)"}},
            "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
            "/Parameters",
        ),
        ({**END, "Type": "Task"}, "These fields are required: [Resource]", ""),
        ({**END, "Type": "Task", "Resource": "f"}, "Value is not a valid resource ARN", "/Resource"),
        (
            {**END, "Type": "Task", "Resource": CALL, "TimeoutSeconds": 0},
            "Minimum value is 1",
            "/TimeoutSeconds",
        ),
        (
            {**END, "Type": "Task", "Resource": CALL, "TimeoutSeconds": "5"},
            "Expected value of type Integer",
            "/TimeoutSeconds",
        ),
        (
            {**END, "Type": "Task", "Resource": CALL, "Retry": [{"ErrorEquals": []}]},
            "Value cannot be empty",
            "/Retry[0]/ErrorEquals",
        ),
        (
            {**END, "Type": "Task", "Resource": CALL, "Retry": [{"ErrorEquals": ["States.ALL", "x"]}]},
            "States.ALL must appear alone and at end of list",
            "/Retry[0]/ErrorEquals",
        ),
        (
            {**END, "Type": "Task", "Resource": CALL, "Catch": [{"ErrorEquals": ["x"]}]},
            "These fields are required: [Next]",
            "/Catch[0]",
        ),
        (
            {**END, "Type": "Task", "Resource": CALL, "Retry": [{"ErrorEquals": ["x"], "BackoffRate": 0.5}]},
            "Minimum value is 1",
            "/Retry[0]/BackoffRate",
        ),
        (
            {**END, "Type": "Wait"},
            (
                "This object should have only one of the following fields: "
                "[SecondsPath, Seconds, TimestampPath, Timestamp]"
            ),
            "",
        ),
        (
            {**END, "Type": "Wait", "Timestamp": "soon"},
            "Value is not a valid RFC3339 timestamp",
            "/Timestamp",
        ),
        ({"Type": "Choice", "Choices": []}, "Value cannot be empty", "/Choices"),
        (
            {"Type": "Choice", "Choices": [{"Variable": "x", "IsNull": True, "Next": "A"}]},
            "Value is not a Reference Path: Reference path didn't start with '$'",
            "/Choices[0]/Variable",
        ),
        (
            {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "A"}]},
            "Expected value of type Number",
            "/Choices[0]/NumericEquals",
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Not": {"Variable": "$.x", "IsNull": True, "Next": "A"}, "Next": "A"}],
            },
            "Field 'Next' is not supported",
            "/Choices[0]/Not",
        ),
        ({**END, "Type": "Parallel", "Branches": []}, "Value cannot be empty", "/Branches"),
        ({**END, "Type": "Map"}, "These fields are required: [ItemProcessor]", ""),
        (
            {**END, "Output": "x"},
            (
                "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the "
                "'JSONata' QueryLanguage"
            ),
            "",
        ),
    ],
)
def test_a_state_that_breaks_the_schema(state: Document, message: str, place: str) -> None:
    assert (message, place) in told(state)


def test_a_state_of_jsonata_that_breaks_the_schema() -> None:
    only = (
        "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' "
    )
    assert told({**END, "Parameters": {}}, jsonata=True) == [(only + "QueryLanguage", "")]
    downgrade = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    assert (downgrade, "") in told({**END, "QueryLanguage": "JSONPath"}, jsonata=True)
    open_end = "JSONata string must start with {% and end with %}"
    assert told({**END, "Output": {"a": ["{% 1"]}}, jsonata=True) == [(open_end, "/Output/a[0]")]
    assert told({"Type": "Wait", "Seconds": "{% 1 %}", "End": True}, jsonata=True) == []


def test_expressions_are_read_when_the_machine_is_made() -> None:
    output = {
        "v": "{% phone %}",
        "w": "{% 1 + %}",
        "x": "{% $states.errorOutput %}",
        "y": "{% $states.input %}",
    }
    definition = machine({**END, "Output": output}, QueryLanguage="JSONata")
    assert found(definition) == [
        (
            "UNSUPPORTED_JSONATA_EXPRESSION",
            "Reference to 'phone' at the top level is not supported.",
            "/States/A/Output/v",
        ),
        ("INVALID_JSONATA_EXPRESSION", "Unexpected end of expression", "/States/A/Output/w"),
        (
            "UNSUPPORTED_JSONATA_EXPRESSION",
            "Field '$states.errorOutput' does not exist.",
            "/States/A/Output/x",
        ),
    ]


def test_what_an_express_machine_cannot_do() -> None:
    task = {**END, "Type": "Task", "Resource": TOKEN}
    assert told(task) == []
    words = "Express state machine does not support '.waitForTaskToken' service integration "
    assert told(task, express=True) == [(words, "/Resource")]


def test_a_resource_that_nobody_knows_is_named() -> None:
    resource = "arn:aws:states:::sqs:eatMessage"

    class Nothing(Integrations):
        def is_recognized(self, resource: str) -> bool:
            return False

    listed = found(machine({**END, "Type": "Task", "Resource": resource}), integrations=Nothing())
    assert listed[0][1].startswith(f"The resource provided {resource} is not recognized.")


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        (
            {"A": {"Type": "Pass", "Next": "NOPE"}},
            [
                ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: NOPE", "/States/A/Next"),
                ("MISSING_END_STATE", "Workflow has no terminal state", ""),
            ],
        ),
        (
            {
                "A": {"Type": "Pass", "Next": "B"},
                "B": {"Type": "Pass", "Next": "A"},
                "C": {"Type": "Pass", "Next": "A"},
            },
            [("MISSING_END_STATE", "Workflow has no terminal state", "")],
        ),
        (
            {
                "A": {"Type": "Pass", "Next": "B"},
                "B": {"Type": "Pass", "Next": "A"},
                "C": {"Type": "Succeed"},
            },
            [("MISSING_TRANSITION_TARGET", 'State "C" is not reachable.', "/States/C")],
        ),
        (
            {
                "A": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "X"}],
                    "Default": "Y",
                },
                "B": END,
            },
            [
                ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Y", "/States/A/Default"),
                ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/States/A/Choices[0]/Next"),
                ("MISSING_TRANSITION_TARGET", 'State "B" is not reachable.', "/States/B"),
            ],
        ),
        (
            {
                "A": {
                    "Type": "Parallel",
                    "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}],
                    "End": True,
                }
            },
            [
                ("DUPLICATE_STATE_NAME", "Duplicate State name: A", "/States/A/Branches[0]/States/A"),
                (
                    "MISSING_TRANSITION_TARGET",
                    "Missing 'Next' target: B",
                    "/States/A/Branches[0]/States/A/Next",
                ),
                ("MISSING_END_STATE", "Workflow has no terminal state", ""),
            ],
        ),
    ],
)
def test_where_states_lead(states: Document, wanted: list[tuple[str, str, str]]) -> None:
    assert found({"StartAt": "A", "States": states}) == wanted


def test_a_start_that_is_not_there() -> None:
    assert found({"StartAt": "X", "States": {"A": END}}) == [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/StartAt"),
        ("MISSING_TRANSITION_TARGET", 'State "A" is not reachable.', "/States/A"),
    ]


def test_the_message_of_invalid_definition_is_aws_s() -> None:
    states = {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": END}
    assert summary(check(json.dumps({"StartAt": "pass1", "States": states}))) == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at "
        '/States/pass1/Next, MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2\''
    )


def test_a_large_definition_that_aws_takes_is_taken() -> None:
    inner = {"StartAt": "one", "States": {"one": {"Type": "Task", "Resource": CALL, "End": True}}}
    states: Document = {
        "A": {
            "Type": "Map",
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject"},
            "ItemBatcher": {"MaxItemsPerBatch": 2},
            "ToleratedFailurePercentage": 5,
            "ItemSelector": {
                "a.$": "$$.Map.Item.Value",
                "b.$": "States.Format('{}: \\'{}\\'', $.x, $v.y[0])",
            },
            "ItemProcessor": {
                **inner,
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            },
            "ResultPath": None,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$['a b'].c", "Next": "C"}],
            "Next": "B",
        },
        "B": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.a[0].b", "IsPresent": True},
                        {"Not": {"Variable": "$v", "StringMatches": "*"}},
                    ],
                    "Next": "C",
                },
                {"Variable": "$.t", "TimestampLessThanPath": "$$.State.EnteredTime", "Next": "C"},
            ],
            "Default": "D",
        },
        "C": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.JsonToString($)"},
        "D": {"Type": "Wait", "Timestamp": "2026-03-14T01:59:00Z", "Next": "E"},
        "E": {
            "Type": "Pass",
            "InputPath": "$..a[?(@.b == 'x')].c[1:2]",
            "QueryLanguage": "JSONPath",
            "Next": "F",
        },
        "F": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input %}", "End": True},
    }
    assert found({"StartAt": "A", "States": states, "TimeoutSeconds": 60, "Version": "1.0"}) == []


def test_texts_that_look_like_paths_are_warned_of() -> None:
    states = {"A": {**END, "Parameters": {"a": "$.x", "b.$": "$.y", "c": "$5"}, "Result": ["$.z"]}}
    listed = [
        (one.code, one.location, one.severity)
        for one in warnings(json.dumps({"StartAt": "A", "States": states}))
    ]
    assert listed == [
        ("NO_DOLLAR", "/States/A/Parameters/a", "WARNING"),
        ("PASS_RESULT_IS_STATIC", "/States/A/Result[0]", "WARNING"),
    ]
