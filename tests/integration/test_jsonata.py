"""State machines in JSONata: what expressions give, where they fail, and jobs of SageMaker within them."""

import json

import pytest

from tests.integration.machines import calls, catch, machine
from tests.integration.wire import Cloud, Document

pytestmark = pytest.mark.integration

JSONATA = {"QueryLanguage": "JSONata"}


def a_pass(**fields: object) -> Document:
    return {"Type": "Pass", **fields}


def test_variables_arguments_and_outputs_are_evaluated(cloud: Cloud, echo: str) -> None:
    first = a_pass(
        Assign={"names": "{% $states.input.people.name %}", "more": {"n": "{% 1 + 2 %}"}}, Next="call"
    )
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": echo,
            "Payload": {"names": "{% $names %}", "n": "{% $more.n %}", "text": "as it is"},
        },
        "Assign": {"answer": "{% $states.result.Payload %}"},
        "Output": "{% $states.result.Payload.names[0] & '!' %}",
        "Next": "choose",
    }
    choose = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $count($names) > 5 %}", "Next": "many"}],
        "Default": "few",
    }
    few = a_pass(Output={"greeting": "{% 'Hello, ' & $states.input %}", "n": "{% $answer.n %}", "none": None})
    many = a_pass()
    states = machine(
        cloud, ("first", first), ("call", call), ("choose", choose), ("few", few), ("many", many), **JSONATA
    )
    run = states.start({"people": [{"name": "Ada"}, {"name": "Grace"}]})
    assert run.output() == {"greeting": "Hello, Ada!", "n": 3, "none": None}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$length($uuid())", 36),
        ("$states.context.StateMachine.Name ~> $contains('machine')", True),
        ("{'odd': $filter([1..5], function($v) { $v % 2 = 1 })}", {"odd": [1, 3, 5]}),
    ],
)
def test_the_functions_of_step_functions_are_there(cloud: Cloud, expression: str, value: object) -> None:
    states = machine(cloud, ("only", a_pass(Output=f"{{% {expression} %}}")), **JSONATA)
    assert states.start().output() == value


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("$states.input.nobody", " returned nothing (undefined)."),
        ('$sum(["a"])', ' threw an error during evaluation. T0412: Argument 1 of function "sum" must be'),
        ('$eval("1+1")', " threw an error during evaluation. T1006: Attempted to invoke a non-function"),
    ],
)
def test_a_failed_expression_is_named_with_its_field(cloud: Cloud, expression: str, cause: str) -> None:
    output = {"list": ["{% 1 %}", f"{{% {expression} %}}"]}
    run = machine(cloud, ("only", a_pass(Output=output)), **JSONATA).start()
    error, told = run.failure()
    assert error == "States.QueryEvaluationError"
    entered = "An error occurred while executing the state 'only' (entered at the event id #2). "
    assert told.startswith(
        f"{entered}The JSONata expression '{expression}' specified for the field 'Output/list[1]'{cause}"
    )
    [event] = run.events("EvaluationFailed")
    assert event["evaluationFailedEventDetails"] == {
        "error": error,
        "cause": told,
        "location": "Output/list[1]",
        "state": "only",
    }


def test_a_failed_expression_of_a_task_is_caught(cloud: Cloud, echo: str) -> None:
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": echo, "Payload": "{% $states.input.nobody %}"},
        "Catch": [
            {
                "ErrorEquals": ["States.QueryEvaluationError"],
                "Next": "caught",
                "Output": "{% $states.errorOutput %}",
            }
        ],
    }
    run = machine(cloud, ("call", call), ("caught", a_pass()), **JSONATA).start()
    assert run.output()["Error"] == "States.QueryEvaluationError"
    assert len(run.events("EvaluationFailed")) == 1


def test_states_of_both_languages_work_together(cloud: Cloud) -> None:
    first = a_pass(Parameters={"n.$": "States.MathAdd($.n, 1)"}, Next="second")
    second = a_pass(
        **JSONATA, Output="{% {'n': $states.input.n * 2} %}", Assign={"big": {"x": ["{% 7 %}"]}}, Next="third"
    )
    third = a_pass(Parameters={"n.$": "$.n", "x.$": "$big.x[0]"})
    assert machine(cloud, ("first", first), ("second", second), ("third", third)).start(
        {"n": 1}
    ).output() == {
        "n": 4,
        "x": 7,
    }


def test_a_map_has_items_and_a_concurrency_of_expressions(cloud: Cloud) -> None:
    each = {
        "Type": "Map",
        "Items": "{% $states.input.numbers %}",
        "MaxConcurrency": "{% 1 + 1 %}",
        "ItemSelector": {"twice": "{% $states.context.Map.Item.Value * 2 %}"},
        "ItemProcessor": {
            "StartAt": "one",
            "States": {"one": a_pass(Output="{% $states.input.twice %}", End=True)},
        },
        "Output": "{% $sum($states.result) %}",
    }
    assert machine(cloud, ("each", each), **JSONATA).start({"numbers": [1, 2, 3]}).end()["output"] == "12"


def test_what_a_function_raises_reaches_a_catch(cloud: Cloud) -> None:
    source = "def handler(event, context):\n    raise KeyError('lost')\n"
    task = calls(cloud.function(source)) | {"Catch": catch("KeyError")}
    parameters = task.pop("Parameters")
    run = machine(cloud, ("call", task | {"Arguments": parameters}), ("caught", a_pass()), **JSONATA).start()
    told = json.loads(run.output()["Cause"])
    assert told["errorType"] == "KeyError"
    assert told["stackTrace"] == [
        "  File \"/var/task/index.py\", line 2, in handler\n    raise KeyError('lost')\n"
    ]
