"""What steps have in common whose Arguments are the request of one of SageMaker's operations.

They create something; their properties are the answer of its Describe operation (developer guide, "Add a
step", "Step Properties"). A request without a role gets the pipeline's ("By default, each step takes on the
pipeline execution role").
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from botocore.model import StructureShape

from localcloud.errors import ServiceError
from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.arguments import (
    Branches,
    Items,
    Node,
    check_request,
    expressions_in,
    fill,
    parse_arguments,
)
from localcloud.sagemaker.pipelines.expressions import ExecutionReference, Expression, references
from localcloud.sagemaker.pipelines.names import LONGEST, new_name
from localcloud.sagemaker.pipelines.parameters import Parameter
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.properties import has_property, properties_in
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError, only_members, take_object
from localcloud.sagemaker.pipelines.retry_policies import parse_retry_policies, type_of_error
from localcloud.sagemaker.pipelines.service import Service, StartedJob, StartedKind
from localcloud.sagemaker.pipelines.steps import HEADER_MEMBERS, Context, Header, Outcome, Succeeded, Work
from localcloud.validation import Unknown, operation_model


@dataclass(frozen=True, slots=True)
class RequestType:
    """How the API speaks of what a step creates.

    `noun`: its name in operations: ``Create<noun>``, ``Describe<noun>``.
    `metadata`: its name in the step's metadata.
    `name`: the member that names it, in both operations; given by the local cloud where the definition does
    not.
    `arn`: the member of the answer that has its ARN.
    `role`: the member that names a role, where there is one.
    `prefixed`: whether a name in the definition is only the beginning of the real one.
    `longest`: how many characters a name may have.
    """

    noun: str
    metadata: str
    name: str
    arn: str
    role: str | None = None
    prefixed: bool = True
    longest: int = LONGEST


@dataclass(frozen=True, slots=True)
class RequestStep:
    """A step that creates something."""

    header: Header
    type: RequestType
    arguments: Node

    def expressions(self) -> Iterator[Expression]:
        """Yield what the arguments hold."""
        yield from expressions_in(self.arguments)

    def has_property(self, path: Path) -> bool:
        """Tell whether it is a member of the Describe operation's answer."""
        return has_property(operation_model("sagemaker", f"Describe{self.type.noun}").output_shape, path)

    def check(self, parameters: Mapping[str, Parameter]) -> None:
        """Check the arguments against the service model, as far as they are known."""
        shape = operation_model("sagemaker", f"Create{self.type.noun}").input_shape
        assert isinstance(shape, StructureShape)
        given = _members(self.arguments)
        for expression in expressions_in(given.get(self.type.name, Items(()))):
            if ExecutionReference(self.type.name) in references(expression):
                raise DefinitionError(
                    f"{self.header.where}: Execution.{self.type.name} cannot name its own job."
                )
        supplied: dict[str, object] = {}
        if self.type.name in shape.required_members and (self.type.prefixed or self.type.name not in given):
            supplied[self.type.name] = Unknown("string")
        if self.type.role is not None and self.type.role not in given:
            supplied[self.type.role] = Unknown("string")
        check_request(self.arguments, shape, f"{self.header.where}, Arguments", parameters, supplied)

    def request(self, context: Context) -> dict[str, object]:
        """Evaluate the arguments, and name what is to be created."""
        environment, members = context.environment, dict(_members(self.arguments))
        named = members.pop(self.type.name, None)
        given = None if named is None else str(fill(named, environment))
        if given is None or self.type.prefixed:
            execution_id = environment.execution["PipelineExecutionId"]
            given = new_name(given, execution_id, self.header.name, self.type.longest)
        environment = replace(environment, execution={**environment.execution, self.type.name: given})
        filled = {self.type.name: given} | {
            name: fill(member, environment) for name, member in members.items()
        }
        if self.type.role is not None:
            filled.setdefault(self.type.role, context.role_arn)
        return filled

    def create(self, service: Service, request: Mapping[str, object]) -> Mapping[str, object]:
        """Call the Create operation; give the step's metadata.

        Raises `StepError` where it is refused, in AWS's words: users show "ClientError: Failed to invoke
        sagemaker:CreateTrainingJob. Error Details: …".
        """
        answer = invoke(service, f"Create{self.type.noun}", request)
        return {self.type.metadata: {"Arn": answer[self.type.arn]}}

    def describe(self, service: Service, name: str) -> Mapping[str, object]:
        """Call the Describe operation; `StepError` where it is refused."""
        return invoke(service, f"Describe{self.type.noun}", {self.type.name: name})


@dataclass(frozen=True, slots=True)
class FollowedStep(RequestStep, ABC):
    """A step that creates what goes on by itself, and follows it to its end."""

    @property
    @abstractmethod
    def kind(self) -> StartedKind:
        """What it is that goes on."""

    @abstractmethod
    def ended(self, description: Mapping[str, object]) -> Outcome:
        """Give the outcome from the answer of the Describe operation."""

    def conclude(self, context: Context, job: StartedJob) -> Outcome:
        """Give the outcome of a step whose job is over."""
        return self.ended(self.describe(context.service, job.name))


def _members(arguments: Node) -> Mapping[str, Node]:
    assert isinstance(arguments, Branches)
    return arguments.members


def invoke(service: Service, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
    """Call an operation; `StepError` where it is refused."""
    try:
        return service.call(operation, request)
    except ServiceError as error:
        raise StepError(
            f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}",
            type_of_error(error),
        ) from error


def parse_request_step(
    request_type: RequestType, header: Header, members: dict[str, object], *more: str
) -> RequestStep:
    """Read a step whose Arguments are a request.

    `more`: members that the step has beside those of every step, and Arguments.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
    """
    members = only_members(members, HEADER_MEMBERS | {"Arguments", *more})
    where = f"{header.where}, Arguments"
    arguments = parse_arguments(take_object(members.get("Arguments"), where), where)
    policies = parse_retry_policies(members.get("RetryPolicies", []), header.where)
    return RequestStep(replace(header, retry_policies=policies), request_type, arguments)


@dataclass(frozen=True, slots=True)
class CreatingStep(RequestStep):
    """A step that creates something at once."""

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments."""
        return Work({}, partial(self.perform, context.service, self.request(context)))

    def perform(self, service: Service, request: Mapping[str, object], ports: Ports) -> Outcome:
        """Create it, and look what it has become; `StepError` where that is refused."""
        metadata = self.create(service, request)
        description = self.describe(service, str(request[self.type.name]))
        return Succeeded(properties_in(description), metadata)
