"""What Lambda and Callback steps have in common: they call somebody with arguments who gives outputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from localcloud.sagemaker.pipelines.expressions import Environment, Expression, evaluate, parse_expression
from localcloud.sagemaker.pipelines.outputs import Output, output_paths, parse_outputs
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import DefinitionError, only_members, take_object
from localcloud.sagemaker.pipelines.steps import HEADER_MEMBERS, Header, refuse_unsupported
from localcloud.sagemaker.pipelines.values import Value, render

_MEMBERS = HEADER_MEMBERS | {"Arguments", "OutputParameters", "CacheConfig", "RetryPolicies"}


@dataclass(frozen=True, slots=True)
class CallingStep:
    """A step that calls a function or whoever reads a queue: its callee."""

    header: Header
    callee: Expression
    arguments: Mapping[str, Expression]
    outputs: tuple[Output, ...]

    def expressions(self) -> Iterator[Expression]:
        """Yield the callee and the arguments."""
        yield self.callee
        yield from self.arguments.values()

    def has_property(self, path: Path) -> bool:
        """Tell whether it is a declared output."""
        return path in output_paths(self.outputs)

    def evaluated(self, environment: Environment) -> tuple[str, dict[str, Value]]:
        """Evaluate the callee and the arguments."""
        arguments = {name: evaluate(argument, environment) for name, argument in self.arguments.items()}
        return render(evaluate(self.callee, environment)), arguments


AnyCallingStep = TypeVar("AnyCallingStep", bound=CallingStep)


def parse_calling_step(
    step_class: type[AnyCallingStep], callee: str, header: Header, members: dict[str, object]
) -> AnyCallingStep:
    """Read a step whose member `callee` says whom it calls.

    Raises
    ------
    DefinitionError
        Where a member is unknown, missing, malformed, or not supported.
    """
    members = only_members(members, _MEMBERS | {callee})
    refuse_unsupported(members, header)
    if callee not in members:
        raise DefinitionError(f"{header.where}: a step of type '{header.type}' needs {callee}")
    arguments = take_object(members.get("Arguments", {}), f"{header.where}, Arguments")
    return step_class(
        header,
        parse_expression(members[callee], f"{header.where}, {callee}"),
        {
            name: parse_expression(value, f"{header.where}, argument '{name}'")
            for name, value in arguments.items()
        },
        parse_outputs(members.get("OutputParameters", []), header.where),
    )
