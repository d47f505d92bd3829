"""The RegisterModel step: registers a version in a model package group, which is made where it is missing.

AWS's example notebooks of pipelines register into groups that nothing else creates
(aws/amazon-sagemaker-examples, ``sagemaker-pipelines-preprocess-train-evaluate-batch-transform``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.arguments import fill
from localcloud.sagemaker.pipelines.properties import properties_in
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.request_step import CreatingStep, RequestType, invoke, parse_request_step
from localcloud.sagemaker.pipelines.service import Service
from localcloud.sagemaker.pipelines.steps import Context, Header, Outcome, Succeeded

_GROUP = "ModelPackageGroupName"
_PACKAGE = RequestType(
    "ModelPackage",
    metadata="RegisterModel",
    name="ModelPackageName",
    arn="ModelPackageArn",
    prefixed=False,
)


@dataclass(frozen=True, slots=True)
class RegisterModelStep(CreatingStep):
    """A step that registers a model."""

    def request(self, context: Context) -> dict[str, object]:
        """Evaluate the arguments; a version in a group has no name of its own."""
        filled = fill(self.arguments, context.environment)
        assert isinstance(filled, dict)
        return filled

    def perform(self, service: Service, request: Mapping[str, object], ports: Ports) -> Outcome:
        """Register the model; `StepError` where that is refused."""
        group = request.get(_GROUP)
        if group is not None:
            _ensure_group(service, str(group))
        answer = invoke(service, "CreateModelPackage", request)
        arn = str(answer[self.type.arn])
        properties = properties_in(self.describe(service, arn))
        return Succeeded(properties, {self.type.metadata: {"Arn": arn}})


def parse_register_model_step(header: Header, members: dict[str, object]) -> RegisterModelStep:
    """Read a RegisterModel step of a definition, as `parse_request_step` does."""
    step = parse_request_step(_PACKAGE, header, members, "RetryPolicies")
    return RegisterModelStep(step.header, step.type, step.arguments)


def _ensure_group(service: Service, group: str) -> None:
    """Create the group; AWS asks for that permission where there is one already, too (recorded denials)."""
    try:
        invoke(service, "CreateModelPackageGroup", {_GROUP: group})
    except StepError as error:
        if "already exists" not in str(error):
            raise
