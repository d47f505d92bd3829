"""Pipelines and state machines whose definition can be replaced alone; see `code_resources`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from driver.aws.code_resources import CodeResource

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient


class Definition(CodeResource):
    """What has a definition: `attribute` is the name that the provider has for it."""

    attribute = "definition"

    def is_made_of(self, file_hash: str) -> bool:
        """Leave that to the comparison of the template with what Terraform made of it."""
        return True

    @property
    def mark(self) -> Mapping[str, object]:
        """No definition."""
        return {self.attribute: ""}

    @property
    def known(self) -> Mapping[str, object]:
        """The definition, as Terraform wrote it."""
        return {self.attribute: self.content.decode()}


class PipelineDefinition(Definition):
    """That of a pipeline, `aws_sagemaker_pipeline`."""

    attribute = "pipeline_definition"

    def __init__(self, client: SageMakerClient, attributes: Mapping[str, Any], content: bytes) -> None:
        super().__init__(attributes, content)
        self._client = client
        self._name = str(attributes["pipeline_name"])

    def seen(self) -> dict[str, object]:
        """Ask SageMaker."""
        found = self._client.describe_pipeline(PipelineName=self._name)
        return {self.attribute: found["PipelineDefinition"], "role_arn": found["RoleArn"]}

    def upload(self) -> None:
        """Replace it; executions that run go on with the earlier one."""
        self._client.update_pipeline(PipelineName=self._name, PipelineDefinition=self.content.decode())


class StateMachineDefinition(Definition):
    """That of a state machine, `aws_sfn_state_machine`."""

    def __init__(self, client: SFNClient, attributes: Mapping[str, Any], content: bytes) -> None:
        super().__init__(attributes, content)
        self._client = client
        self._arn = str(attributes["arn"])

    def why_not(self) -> str:
        """Say whether each definition is a version of its own."""
        return "publish" if self.attributes.get("publish") else ""

    def seen(self) -> dict[str, object]:
        """Ask Step Functions."""
        found = self._client.describe_state_machine(stateMachineArn=self._arn)
        return {
            "definition": found["definition"],
            "role_arn": found["roleArn"],
            "revision_id": found.get("revisionId", ""),
        }

    def upload(self) -> None:
        """Replace it; executions that run go on with the earlier one."""
        self._client.update_state_machine(stateMachineArn=self._arn, definition=self.content.decode())
