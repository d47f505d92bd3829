from collections.abc import Iterator
from contextlib import nullcontext

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from driver.aws.pipelines import Pipelines
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import Status
from driver.model.values import Notebook, PipelineExecution, Step
from tests.unit.driver.fakes import NOON, PIPELINE

ARN = f"{PIPELINE}/execution/abcdefghijkl"


@pytest.fixture(scope="module")
def client() -> object:
    return boto3.client(
        "sagemaker", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def sagemaker(client: object) -> Iterator[Stubber]:
    with Stubber(client) as stubber:  # type: ignore[arg-type]
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def pipelines(sagemaker: Stubber) -> Pipelines:
    return Pipelines(sagemaker.client)  # type: ignore[arg-type]


def test_an_execution_is_started_with_parameters_and_a_token(
    sagemaker: Stubber, pipelines: Pipelines
) -> None:
    sagemaker.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": ARN},
        {
            "PipelineName": "sagestep-geospatial",
            "PipelineExecutionDisplayName": "run-1",
            "PipelineParameters": [{"Name": "parameter_region", "Value": "us-west-2"}],
            "ClientRequestToken": ANY,
        },
    )
    assert pipelines.start("sagestep-geospatial", "run-1", {"parameter_region": "us-west-2"}) == ARN


def test_an_execution_that_has_ended_says_when_and_why(sagemaker: Stubber, pipelines: Pipelines) -> None:
    reason = "Step failure: One or multiple steps failed."
    sagemaker.add_response(
        "describe_pipeline_execution",
        {
            "PipelineExecutionStatus": "Failed",
            "PipelineExecutionDisplayName": "run-1",
            "FailureReason": reason,
            "CreationTime": NOON,
            "LastModifiedTime": NOON,
        },
        {"PipelineExecutionArn": ARN},
    )
    assert pipelines.describe(ARN) == PipelineExecution(ARN, "run-1", Status.FAILED, NOON, NOON, reason)


def test_all_steps_come_with_one_request(sagemaker: Stubber, pipelines: Pipelines) -> None:
    first = {
        "StepName": "vej-processing-step",
        "StepStatus": "Failed",
        "StartTime": NOON,
        "EndTime": NOON,
        "FailureReason": "no",
        "Metadata": {"Lambda": {"Arn": "arn:aws:lambda:us-west-2:000000000000:function:x"}},
    }
    second = {"StepName": "later", "StepStatus": "Starting"}
    sagemaker.add_response(
        "list_pipeline_execution_steps",
        {"PipelineExecutionSteps": [first, second]},
        {"PipelineExecutionArn": ARN, "SortOrder": "Ascending", "MaxResults": 100},
    )
    assert pipelines.steps(ARN) == (
        Step(
            "vej-processing-step",
            "Lambda",
            Status.FAILED,
            NOON,
            NOON,
            "no",
            waits_for="arn:aws:lambda:us-west-2:000000000000:function:x",
        ),
        Step("later", "", Status.STARTING),
    )


def test_steps_come_page_by_page_with_what_they_made_and_gave_on(
    sagemaker: Stubber, pipelines: Pipelines
) -> None:
    job = "arn:aws:sagemaker:us-west-2:000000000000:training-job/sagestep-train"
    function = "arn:aws:lambda:us-west-2:000000000000:function:sagestep-geospatial"
    asked = {"PipelineExecutionArn": ARN, "SortOrder": "Ascending", "MaxResults": 100}
    trained = {
        "StepName": "Train",
        "StepStatus": "Succeeded",
        "AttemptCount": 2,
        "Metadata": {"TrainingJob": {"Arn": job}},
        "CacheHitResult": {"SourcePipelineExecutionArn": ARN},
    }
    called = {
        "StepName": "Call",
        "StepStatus": "Succeeded",
        "Metadata": {
            "Lambda": {"Arn": function, "OutputParameters": [{"Name": "vej_arn", "Value": "arn:x"}]}
        },
    }
    decided = {
        "StepName": "Decide",
        "StepStatus": "Succeeded",
        "Metadata": {"Condition": {"Outcome": "False"}},
    }
    checked = {
        "StepName": "Check",
        "StepStatus": "Failed",
        "Metadata": {"ClarifyCheck": {"CheckType": "DATA_BIAS", "CheckJobArn": job}},
    }
    sagemaker.add_response(
        "list_pipeline_execution_steps", {"PipelineExecutionSteps": [trained], "NextToken": "more"}, asked
    )
    sagemaker.add_response(
        "list_pipeline_execution_steps",
        {"PipelineExecutionSteps": [called, decided, checked]},
        {**asked, "NextToken": "more"},
    )
    first, second, third, fourth = pipelines.steps(ARN)
    assert (fourth.type, fourth.resource_arn) == ("ClarifyCheck", job)
    assert (first.attempts, first.resource_arn, first.is_cached) == (2, job, True)
    assert (second.attempts, second.resource_arn, second.output) == (1, "", '{"vej_arn": "arn:x"}')
    assert third.output == '{"Outcome": "False"}'


def test_a_definition_is_read_as_it_is_or_as_it_was(sagemaker: Stubber, pipelines: Pipelines) -> None:
    text = '{"Version": "2020-12-01", "Steps": []}'
    sagemaker.add_response(
        "describe_pipeline", {"PipelineDefinition": text}, {"PipelineName": "sagestep-geospatial"}
    )
    sagemaker.add_response(
        "describe_pipeline_definition_for_execution",
        {"PipelineDefinition": text},
        {"PipelineExecutionArn": ARN},
    )
    document = {"Version": "2020-12-01", "Steps": []}
    assert pipelines.definition("sagestep-geospatial") == document
    assert pipelines.definition_of_execution(ARN) == document


def test_a_pipeline_that_is_gone_has_no_definition(sagemaker: Stubber, pipelines: Pipelines) -> None:
    sagemaker.add_client_error("describe_pipeline", "ResourceNotFound", "Pipeline does not exist.")
    with pytest.raises(NotDeployedError, match="no pipeline sagestep-geospatial"):
        pipelines.definition("sagestep-geospatial")


def test_a_running_execution_has_no_end(sagemaker: Stubber, pipelines: Pipelines) -> None:
    sagemaker.add_response(
        "describe_pipeline_execution",
        {"PipelineExecutionStatus": "Executing", "CreationTime": NOON, "LastModifiedTime": NOON},
    )
    assert pipelines.describe(ARN).ended is None


@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_an_execution_that_does_not_exist_is_the_users_slip(
    sagemaker: Stubber, pipelines: Pipelines, code: str
) -> None:
    sagemaker.add_client_error("describe_pipeline_execution", code, "does not exist")
    with pytest.raises(WrongUseError, match="abcdefghijkl"):
        pipelines.describe(ARN)


def test_no_more_pages_are_fetched_than_are_needed(sagemaker: Stubber, pipelines: Pipelines) -> None:
    summaries = [
        {
            "PipelineExecutionArn": f"{PIPELINE}/execution/{name}",
            "PipelineExecutionStatus": "Executing",
            "StartTime": NOON,
        }
        for name in ("c", "b", "a")
    ]
    sagemaker.add_response(
        "list_pipeline_executions",
        {"PipelineExecutionSummaries": summaries, "NextToken": "more"},
        {"PipelineName": "p", "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 100},
    )
    listed = pipelines.executions("p")
    assert [next(listed).id, next(listed).id] == ["c", "b"]


def test_a_pipeline_that_does_not_exist_has_no_executions(sagemaker: Stubber, pipelines: Pipelines) -> None:
    sagemaker.add_client_error("list_pipeline_executions", "ResourceNotFound", "no such pipeline")
    assert list(pipelines.executions("p")) == []


def test_parameters_are_collected_from_all_pages(sagemaker: Stubber, pipelines: Pipelines) -> None:
    for name, token in (("a", "more"), ("b", None)):
        page: dict[str, object] = {"PipelineParameters": [{"Name": name, "Value": name.upper()}]}
        sagemaker.add_response(
            "list_pipeline_parameters_for_execution", page | ({"NextToken": token} if token else {})
        )
    assert pipelines.parameters(ARN) == {"a": "A", "b": "B"}


def test_notebooks_are_listed(sagemaker: Stubber, pipelines: Pipelines) -> None:
    arn = "arn:aws:sagemaker:us-west-2:000000000000:notebook-instance/test-notebook"
    item = {"NotebookInstanceName": "test-notebook", "NotebookInstanceArn": arn, "CreationTime": NOON}
    sagemaker.add_response("list_notebook_instances", {"NotebookInstances": [item]}, {"MaxResults": 5})
    assert pipelines.notebooks(5) == [Notebook("test-notebook", arn, "", NOON)]


def test_only_an_endpoint_that_knows_steps_runs_pipelines(sagemaker: Stubber, pipelines: Pipelines) -> None:
    sagemaker.add_client_error("list_pipeline_execution_steps", "ResourceNotFound", "no such execution")
    assert pipelines.why_no_pipelines() == ""


@pytest.mark.parametrize(("code", "status"), [("InternalFailure", 501), ("UnknownOperation", 404)])
def test_any_other_answer_says_why_it_runs_none(
    sagemaker: Stubber, pipelines: Pipelines, code: str, status: int
) -> None:
    sagemaker.add_client_error(
        "list_pipeline_execution_steps", code, "API for service 'sagemaker' not yet implemented", status
    )
    assert code in pipelines.why_no_pipelines()


def test_an_endpoint_that_invents_steps_runs_none(sagemaker: Stubber, pipelines: Pipelines) -> None:
    sagemaker.add_response("list_pipeline_execution_steps", {"PipelineExecutionSteps": []})
    assert "does not exist" in pipelines.why_no_pipelines()


@pytest.mark.parametrize(
    ("status", "is_refused"), [("Succeeded", False), ("Stopping", False), ("Executing", True)]
)
def test_stopping_what_has_just_ended_or_is_being_stopped_is_no_error(
    sagemaker: Stubber, pipelines: Pipelines, status: str, is_refused: bool
) -> None:
    sagemaker.add_client_error("stop_pipeline_execution", "ConflictException", "It cannot be stopped.")
    sagemaker.add_response(
        "describe_pipeline_execution",
        {"PipelineExecutionStatus": status, "CreationTime": NOON, "LastModifiedTime": NOON},
    )
    with pytest.raises(ClientError) if is_refused else nullcontext():
        pipelines.stop(ARN)
