"""SageMaker: pipeline executions and notebook instances, as this driver's own values."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from driver.model.documents import object_in
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.status import Status
from driver.model.values import Notebook, PipelineExecution, Step

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import (
        PipelineExecutionStepTypeDef,
        PipelineExecutionSummaryTypeDef,
    )

_ALL_STEPS = 100  # the largest page; AWS allows 50 steps in a pipeline
_PAGE = 100
# Well-formed, and of no execution: only its absence can be reported.
_NOWHERE = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-probe/execution/000000000000"


class Pipelines:
    """SageMaker, as far as this project needs it."""

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def start(self, pipeline_name: str, display_name: str, parameters: Mapping[str, str]) -> str:
        """Start an execution once, whatever is retried on the way, and return its ARN."""
        answer = self._client.start_pipeline_execution(
            PipelineName=pipeline_name,
            PipelineExecutionDisplayName=display_name,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=str(uuid.uuid4()),
        )
        return answer["PipelineExecutionArn"]

    def describe(self, arn: str) -> PipelineExecution:
        """Describe an execution. Raises `WrongUseError` if there is no such execution."""
        try:
            answer = self._client.describe_pipeline_execution(PipelineExecutionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ResourceNotFound", "ValidationException"}:
                raise
            raise WrongUseError(
                f"There is no execution {arn.rpartition('/')[2]}.",
                error.response["Error"]["Message"],
                "`invoke executions` lists the recent ones.",
            ) from error
        status = Status.parse(answer["PipelineExecutionStatus"])
        return PipelineExecution(
            arn=arn,
            display_name=answer.get("PipelineExecutionDisplayName", ""),
            status=status,
            started=answer["CreationTime"],
            ended=answer["LastModifiedTime"] if status.is_terminal else None,
            reason=answer.get("FailureReason", ""),
        )

    def steps(self, arn: str) -> tuple[Step, ...]:
        """List the steps of an execution that have started, in that order, with one request a page."""
        pages = self._client.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn, SortOrder="Ascending", PaginationConfig={"PageSize": _ALL_STEPS}
        )
        return tuple(_step(item) for page in pages for item in page["PipelineExecutionSteps"])

    def definition(self, pipeline_name: str) -> Mapping[str, object]:
        """Return the definition of a pipeline, parsed.

        Raises `NotDeployedError` if there is no such pipeline.
        """
        try:
            answer = self._client.describe_pipeline(PipelineName=pipeline_name)
        except self._client.exceptions.ResourceNotFound as error:
            raise NotDeployedError(
                f"There is no pipeline {pipeline_name}.",
                error.response["Error"]["Message"],
                "`invoke up` brings it back.",
            ) from error
        return object_in(answer["PipelineDefinition"]) or {}

    def definition_of_execution(self, arn: str) -> Mapping[str, object]:
        """Return the definition of an execution's pipeline, parsed, as it was when the execution started."""
        answer = self._client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
        return object_in(answer["PipelineDefinition"]) or {}

    def executions(self, pipeline_name: str) -> Iterator[PipelineExecution]:
        """List a pipeline's executions, the newest first; their ends are not listed.

        Yields nothing if there is no such pipeline. Pages are fetched as they are needed.
        """
        pages = self._client.get_paginator("list_pipeline_executions").paginate(
            PipelineName=pipeline_name,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"PageSize": _PAGE},
        )
        try:
            for page in pages:
                yield from map(_summarized, page["PipelineExecutionSummaries"])
        except self._client.exceptions.ResourceNotFound:
            return

    def parameters(self, arn: str) -> dict[str, str]:
        """Return the parameters an execution was started with."""
        pages = self._client.get_paginator("list_pipeline_parameters_for_execution").paginate(
            PipelineExecutionArn=arn
        )
        return {item["Name"]: item["Value"] for page in pages for item in page["PipelineParameters"]}

    def stop(self, arn: str) -> None:
        """Ask an execution to stop, unless it has ended or is stopping; its running steps end first."""
        try:
            self._client.stop_pipeline_execution(
                PipelineExecutionArn=arn, ClientRequestToken=str(uuid.uuid4())
            )
        except ClientError:
            # It may have ended since it was seen running, or somebody else may be stopping it: which error
            # that is, AWS does not document.
            status = self.describe(arn).status
            if not (status.is_terminal or status is Status.STOPPING):
                raise

    def notebooks(self, limit: int) -> list[Notebook]:
        """List some of the account's notebook instances."""
        answer = self._client.list_notebook_instances(MaxResults=limit)
        return [
            Notebook(
                name=item["NotebookInstanceName"],
                arn=item["NotebookInstanceArn"],
                status=item.get("NotebookInstanceStatus", ""),
                created=item["CreationTime"],
            )
            for item in answer["NotebookInstances"]
        ]

    def why_no_pipelines(self) -> str:
        """Find out why this endpoint cannot run pipelines.

        Emulators exist that store pipelines and run none. Only one that runs them knows their steps, and says
        of an execution it has never heard of that it is not found.

        Returns one sentence; nothing if it can.
        """
        try:
            self._client.list_pipeline_execution_steps(PipelineExecutionArn=_NOWHERE)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFound":
                return ""
            return f"ListPipelineExecutionSteps answers {code}: {error.response['Error']['Message']}"
        except BotoCoreError as error:
            return f"It does not answer: {error}."
        return "ListPipelineExecutionSteps lists steps of an execution that does not exist."


def _summarized(item: PipelineExecutionSummaryTypeDef) -> PipelineExecution:
    return PipelineExecution(
        arn=item["PipelineExecutionArn"],
        display_name=item.get("PipelineExecutionDisplayName", ""),
        status=Status.parse(item["PipelineExecutionStatus"]),
        started=item["StartTime"],
        reason=item.get("PipelineExecutionFailureReason", ""),
    )


def _step(item: PipelineExecutionStepTypeDef) -> Step:
    kind, found = next(iter(item.get("Metadata", {}).items()), ("", None))
    metadata = found if isinstance(found, dict) else {}
    arn = str(metadata.get("Arn") or metadata.get("CheckJobArn") or "")
    return Step(
        name=item["StepName"],
        type=kind,
        status=Status.parse(item["StepStatus"]),
        started=item.get("StartTime"),
        ended=item.get("EndTime"),
        reason=item.get("FailureReason", ""),
        attempts=item.get("AttemptCount") or 1,
        # A Lambda step's is the function, which was there before.
        resource_arn="" if kind == "Lambda" else arn,
        output=_output(metadata),
        is_cached=bool(item.get("CacheHitResult")),
        waits_for=str(metadata.get("SqsQueueUrl") or arn),
    )


def _output(metadata: Mapping[str, object]) -> str:
    """Write a step's output parameters, or the outcome of a condition."""
    parameters, outcome = metadata.get("OutputParameters"), metadata.get("Outcome")
    if isinstance(parameters, list) and parameters:
        return json.dumps({item["Name"]: item["Value"] for item in parameters})
    return json.dumps({"Outcome": outcome}) if outcome else ""
