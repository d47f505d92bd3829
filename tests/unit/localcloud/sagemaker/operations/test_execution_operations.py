"""Start-, Describe-, Update- and ListPipelineExecutions, their steps, parameters and definitions."""

import json
from dataclasses import replace

import pytest

from localcloud.errors import ServiceError
from localcloud.ports import Principal
from localcloud.sagemaker.wire.identifiers import Identifiers
from tests.unit.localcloud.sagemaker.cloud import (
    CALLER,
    ROLE,
    Cloud,
    Document,
    callback_step,
    function_arn,
    get,
    lambda_step,
    running_cloud,
)

PARAMETERS = [
    {"Name": "text", "Type": "String", "DefaultValue": "a"},
    {"Name": "size", "Type": "Integer"},
]


def test_an_execution_is_described_while_it_runs_and_after(cloud: Cloud) -> None:
    cloud.create(callback_step("step"))
    arn = cloud.start(
        PipelineExecutionDisplayName="run-1",
        PipelineExecutionDescription="a test",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 3},
    )
    token = cloud.wait_for_messages(1)[0]["token"]
    running = cloud.describe(arn)
    created = running["CreationTime"]
    assert running == {
        "PipelineArn": arn.partition("/execution/")[0],
        "PipelineExecutionArn": arn,
        "PipelineExecutionDisplayName": "run-1",
        "PipelineExecutionDescription": "a test",
        "PipelineExecutionStatus": "Executing",
        "CreationTime": created,
        "LastModifiedTime": running["LastModifiedTime"],
        "CreatedBy": {},
        "LastModifiedBy": {},
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
        "PipelineVersionId": 1,
    }
    cloud.succeed(token)
    cloud.wait_for_end(arn)
    assert cloud.describe(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert cloud.describe(arn)["LastModifiedTime"] > created  # type: ignore[operator]


def test_executions_and_pipelines_tell_who_made_and_who_changed_them(cloud: Cloud) -> None:
    def by(name: str, operation: str, **request: object) -> Document:
        principal = Principal(f"arn:aws:iam::123456789012:user/{name}", f"AIDA{name}")
        caller = replace(CALLER, principal=lambda: principal)
        return cloud.sagemaker.call(operation, caller, request)

    def users(described: Document) -> tuple[object, object]:
        return described["CreatedBy"], described["LastModifiedBy"]

    def identity(name: str) -> Document:
        return {
            "IamIdentity": {"Arn": f"arn:aws:iam::123456789012:user/{name}", "PrincipalId": f"AIDA{name}"}
        }

    text = json.dumps({"Steps": [callback_step("ask")]})
    created = {"PipelineDefinition": text, "RoleArn": ROLE, "ClientRequestToken": cloud.token()}
    by("ann", "CreatePipeline", PipelineName="pipeline", **created)
    by("bob", "UpdatePipeline", PipelineName="pipeline", PipelineDescription="better")
    described = cloud.call("DescribePipeline", PipelineName="pipeline")
    assert users(described) == (identity("ann"), identity("bob"))

    started = by("ann", "StartPipelineExecution", PipelineName="pipeline", ClientRequestToken=cloud.token())
    arn = str(started["PipelineExecutionArn"])
    assert users(cloud.describe(arn)) == (identity("ann"), identity("ann"))
    by("bob", "UpdatePipelineExecution", PipelineExecutionArn=arn, PipelineExecutionDescription="mine")
    assert users(cloud.describe(arn)) == (identity("ann"), identity("bob"))
    by("eve", "StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=cloud.token())
    assert users(cloud.describe(arn)) == (identity("ann"), identity("eve"))


def test_an_execution_without_a_name_is_named_by_its_milliseconds(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step"))
    assert cloud.describe(arn)["PipelineExecutionDisplayName"] == "execution-1795251601000"


def test_a_pipeline_may_be_started_by_its_arn(cloud: Cloud) -> None:
    pipeline_arn = cloud.create(lambda_step("step"))
    assert cloud.start(pipeline_arn).startswith(f"{pipeline_arn}/execution/")


def test_the_execution_overrides_the_parallelism_of_the_pipeline(cloud: Cloud) -> None:
    cloud.create(
        callback_step("a"), callback_step("b"), ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )
    one = cloud.start()
    two = cloud.start(ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    assert (len(cloud.steps(one)), len(cloud.steps(two))) == (1, 2)
    assert cloud.describe(one)["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 1}
    cloud.call(
        "UpdatePipelineExecution",
        PipelineExecutionArn=one,
        ParallelismConfiguration={"MaxParallelExecutionSteps": 9},
    )
    assert len(cloud.steps(one)) == 2


def test_names_of_an_execution_may_be_changed(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step"))
    request = {"PipelineExecutionArn": arn, "PipelineExecutionDescription": "new"}
    assert cloud.call("UpdatePipelineExecution", **request) == {"PipelineExecutionArn": arn}
    assert cloud.describe(arn)["PipelineExecutionDescription"] == "new"
    assert str(cloud.describe(arn)["PipelineExecutionDisplayName"]).startswith("execution-")


def test_parameters_are_typed_and_only_the_given_ones_are_listed(cloud: Cloud) -> None:
    events: list[Document] = []
    cloud.host.functions[function_arn("function")] = events.append
    arguments = {"text": get("Parameters.text"), "size": get("Parameters.size")}
    cloud.create(lambda_step("step", Arguments=arguments), Parameters=PARAMETERS)
    arn = cloud.start(PipelineParameters=[{"Name": "size", "Value": "5"}])
    cloud.wait_for_end(arn)
    assert events == [{"text": "a", "size": 5}]
    listed = cloud.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn)
    assert listed == {"PipelineParameters": [{"Name": "size", "Value": "5"}]}


def test_parameters_are_listed_in_pages(cloud: Cloud) -> None:
    declared = [{"Name": f"p{number}"} for number in range(5)]
    given = [{"Name": f"p{number}", "Value": "x"} for number in (3, 1, 4, 0, 2)]
    cloud.create(lambda_step("step"), Parameters=declared)
    arn = cloud.start(PipelineParameters=given)
    first = cloud.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn, MaxResults=3)
    rest = cloud.call(
        "ListPipelineParametersForExecution", PipelineExecutionArn=arn, NextToken=first["NextToken"]
    )
    assert first["PipelineParameters"] == given[:3]
    assert rest == {"PipelineParameters": given[3:]}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([{"Name": "size", "Value": "x"}], "'size': \"x\" is not of type Integer"),
        ([], "have none: size"),
        ([{"Name": "sise", "Value": "1"}], "'sise' is unknown"),
        ([{"Name": "size", "Value": "1" * 1025}], "length less than or equal to 1024"),
        ([{"Name": f"p{number}", "Value": "1"} for number in range(201)], "length less than or equal to 200"),
    ],
)
def test_parameters_that_do_not_fit_start_nothing(cloud: Cloud, given: list[Document], reason: str) -> None:
    cloud.create(lambda_step("step"), Parameters=PARAMETERS)
    with pytest.raises(ServiceError) as caught:
        cloud.start(PipelineParameters=given)
    assert caught.value.code == "ValidationException"
    assert reason in caught.value.message
    assert cloud.call("ListPipelineExecutions", PipelineName="pipeline") == {"PipelineExecutionSummaries": []}


def test_the_same_start_may_be_asked_again_but_not_another_with_its_token(cloud: Cloud) -> None:
    cloud.create(lambda_step("step"))
    token = cloud.token()
    assert cloud.start(ClientRequestToken=token) == cloud.start(ClientRequestToken=token)
    with pytest.raises(ServiceError, match="was used with other parameters") as caught:
        cloud.start(ClientRequestToken=token, PipelineExecutionDisplayName="other")
    assert caught.value.code == "ConflictException"


def test_experiment_and_trial_are_told(cloud: Cloud) -> None:
    names = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    arn = cloud.run(lambda_step("step"), PipelineExperimentConfig=names)
    config = cloud.describe(arn)["PipelineExperimentConfig"]
    assert config == {"ExperimentName": "pipeline", "TrialName": arn.rpartition("/")[2]}


def test_an_experiment_cannot_be_named_by_a_document_in_s3(cloud: Cloud) -> None:
    name = {"Std:JsonGet": {"S3Uri": "s3://bucket/key", "Path": "a"}}
    cloud.create(lambda_step("step"), PipelineExperimentConfig={"ExperimentName": name})
    with pytest.raises(ServiceError, match="PipelineExperimentConfig cannot be read from s3://bucket/key"):
        cloud.start()


def test_ids_of_executions_are_never_given_twice() -> None:
    ids = iter(["a" * 12, "a" * 12, "b" * 12])
    with running_cloud(Identifiers(execution_id=lambda: next(ids))) as cloud:
        cloud.create(callback_step("step"))
        assert [cloud.start().rpartition("/")[2] for _ in range(2)] == ["a" * 12, "b" * 12]


def test_execution_variables_are_those_of_the_execution(cloud: Cloud) -> None:
    events: list[Document] = []
    cloud.host.functions[function_arn("function")] = events.append
    variables = (
        "StartDateTime",
        "PipelineName",
        "PipelineArn",
        "PipelineExecutionId",
        "PipelineExecutionArn",
    )
    arn = cloud.run(lambda_step("step", Arguments={name: get(f"Execution.{name}") for name in variables}))
    assert events == [
        {
            "StartDateTime": "2026-11-21T09:00:01.000Z",
            "PipelineName": "pipeline",
            "PipelineArn": arn.partition("/execution/")[0],
            "PipelineExecutionId": arn.rpartition("/")[2],
            "PipelineExecutionArn": arn,
        }
    ]


def test_executions_are_listed_newest_first(cloud: Cloud) -> None:
    cloud.create(lambda_step("step", "unheard"))
    arns = [cloud.start(PipelineExecutionDisplayName=f"run-{number}") for number in range(3)]
    for arn in arns:
        cloud.wait_for_end(arn)

    def listed(**request: object) -> list[str]:
        request |= {"PipelineName": "pipeline"}
        found = cloud.listed("ListPipelineExecutions", "PipelineExecutionSummaries", **request)
        return [str(summary["PipelineExecutionArn"]) for summary in found]

    assert listed() == arns[::-1]
    assert listed(SortOrder="Ascending") == arns
    assert listed(SortBy="PipelineExecutionArn", SortOrder="Ascending") == sorted(arns)
    assert listed(MaxResults=1) == arns[:1:-1]
    assert listed(CreatedAfter=cloud.describe(arns[1])["CreationTime"]) == arns[:1:-1]
    newest = cloud.listed("ListPipelineExecutions", "PipelineExecutionSummaries", PipelineName="pipeline")[0]
    assert newest == {
        "PipelineExecutionArn": arns[2],
        "StartTime": cloud.describe(arns[2])["CreationTime"],
        "PipelineExecutionStatus": "Failed",
        "PipelineExecutionDisplayName": "run-2",
        "PipelineExecutionFailureReason": "Step failure: One or multiple steps failed.",
    }


def test_steps_are_listed_last_first_and_in_pages(cloud: Cloud) -> None:
    steps = [lambda_step(f"s{number}", DependsOn=[f"s{number - 1}"] if number else []) for number in range(5)]
    arn = cloud.run(*steps)

    def page(**request: object) -> tuple[list[str], object]:
        answer = cloud.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn, **request)
        found = answer["PipelineExecutionSteps"]
        assert isinstance(found, list)
        return [step["StepName"] for step in found], answer.get("NextToken")

    assert page() == (["s4", "s3", "s2", "s1", "s0"], None)
    names, token = page(MaxResults=2)
    assert names == ["s4", "s3"]
    assert page(NextToken=token) == (["s2", "s1", "s0"], None)


def test_a_step_shows_names_and_times(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step", DisplayName="shown", Description="what it does"))
    step = cloud.steps(arn)["step"]
    assert (step["StepDisplayName"], step["StepDescription"]) == ("shown", "what it does")
    assert step["StartTime"] < step["EndTime"]  # type: ignore[operator]


def test_steps_are_listed_of_a_named_execution(cloud: Cloud) -> None:
    with pytest.raises(ServiceError, match="Value null at 'pipelineExecutionArn' failed"):
        cloud.call("ListPipelineExecutionSteps")


@pytest.mark.parametrize(
    "operation",
    [
        "DescribePipelineExecution",
        "DescribePipelineDefinitionForExecution",
        "ListPipelineExecutionSteps",
        "ListPipelineParametersForExecution",
        "UpdatePipelineExecution",
    ],
)
def test_an_execution_that_does_not_exist_is_not_found(cloud: Cloud, operation: str) -> None:
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/pipeline/execution/abcdefghijkl"
    with pytest.raises(ServiceError, match="does not exist") as caught:
        cloud.call(operation, PipelineExecutionArn=arn)
    assert caught.value.code == "ResourceNotFound"
