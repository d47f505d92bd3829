"""What Lambda and Callback steps have in common: they call somebody with arguments who gives outputs.

Arguments may be nested, and CacheConfig be given (AWS's JSON schema of a definition, ``LambdaStep`` and
``CallbackStep``). The developer guide lists no cache key for these steps: here an earlier run stands for a
new one where it called the same function or queue with the same arguments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from localcloud.sagemaker.pipelines.arguments import Node, expressions_in, fill, parse_arguments
from localcloud.sagemaker.pipelines.caching import cache_key, parse_cache_config
from localcloud.sagemaker.pipelines.expressions import Environment, Expression, evaluate, parse_expression
from localcloud.sagemaker.pipelines.outputs import Output, output_paths, parse_outputs
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import DefinitionError, only_members, take_object
from localcloud.sagemaker.pipelines.steps import HEADER_MEMBERS, Header, refuse_unsupported
from localcloud.sagemaker.pipelines.values import render

_MEMBERS = HEADER_MEMBERS | {"Arguments", "OutputParameters", "CacheConfig", "RetryPolicies"}


@dataclass(frozen=True, slots=True)
class CallingStep:
    """A step that calls a function or sends a message to a queue: its callee."""

    header: Header
    callee: Expression
    arguments: Mapping[str, Node]
    outputs: tuple[Output, ...]
    expiry: timedelta | None

    def expressions(self) -> Iterator[Expression]:
        """Yield the callee and the arguments."""
        yield self.callee
        for argument in self.arguments.values():
            yield from expressions_in(argument)

    def has_property(self, path: Path) -> bool:
        """Tell whether it is a declared output."""
        return path in output_paths(self.outputs)

    def evaluated(self, environment: Environment) -> tuple[str, dict[str, object], str | None]:
        """Evaluate the callee and the arguments; give them and the cache key, where caching is on."""
        arguments = {name: fill(argument, environment) for name, argument in self.arguments.items()}
        callee = render(evaluate(self.callee, environment))
        called: dict[str, object] = {"callee": callee, "arguments": arguments}
        return callee, arguments, cache_key(self.expiry, called, called)


AnyCallingStep = TypeVar("AnyCallingStep", bound=CallingStep)


def parse_calling_step(
    step_class: type[AnyCallingStep], callee: str, header: Header, members: dict[str, object]
) -> AnyCallingStep:
    """Read a step whose member `callee` says whom it calls.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
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
            name: parse_arguments(value, f"{header.where}, argument '{name}'")
            for name, value in arguments.items()
        },
        parse_outputs(members.get("OutputParameters", []), header.where),
        parse_cache_config(members.get("CacheConfig", {}), header.where),
    )
