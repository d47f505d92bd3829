"""The Condition step: decides which of its two branches runs.

Its outcome is a property that other steps may refer to (``Steps.c.Outcome``). Branches cannot hold
another Condition step (AWS's developer guide, "Condition step", Limitations).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.conditions import Condition, holds, operands, parse_condition
from localcloud.sagemaker.pipelines.expressions import Expression
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    only_members,
    present,
    take_list,
    take_object,
)
from localcloud.sagemaker.pipelines.steps import (
    HEADER_MEMBERS,
    Context,
    Header,
    Succeeded,
    Work,
)

OUTCOME: Path = ("Outcome",)


@dataclass(frozen=True, slots=True)
class ConditionStep:
    """A step whose conditions are ANDed."""

    header: Header
    conditions: tuple[Condition, ...]

    def expressions(self) -> Iterator[Expression]:
        """Yield what the conditions compare."""
        for condition in self.conditions:
            yield from operands(condition)

    def has_property(self, path: Path) -> bool:
        """Tell whether it is the outcome."""
        return path == OUTCOME

    def resolve(self, context: Context) -> Work:
        """Evaluate the conditions, up to the first that does not hold."""
        outcome = all(holds(condition, context.environment) for condition in self.conditions)
        metadata = {"Condition": {"Outcome": "True" if outcome else "False"}}
        return Work(metadata, lambda _: Succeeded({OUTCOME: outcome}))


def parse_condition_step(header: Header, members: dict[str, object]) -> ConditionStep:
    """Read a Condition step of a definition; `branches_of` gives the steps inside it.

    Raises `DefinitionError` where a member is unknown or a condition malformed.
    """
    members = only_members(members, HEADER_MEMBERS | {"Arguments"})
    arguments = take_object(members.get("Arguments"), f"{header.where}, Arguments")
    arguments = only_members(arguments, {"Conditions", "IfSteps", "ElseSteps"})
    conditions = take_list(arguments.get("Conditions"), f"{header.where}, Conditions")
    if not conditions:
        raise DefinitionError(f"{header.where}: Conditions must hold at least one condition")
    return ConditionStep(header, tuple(parse_condition(item, header.where) for item in conditions))


def branches_of(members: Mapping[str, object], where: str) -> Iterator[tuple[bool, dict[str, object]]]:
    """Yield the steps inside a Condition step, each with the outcome that makes it run."""
    arguments = present(take_object(members.get("Arguments"), f"{where}, Arguments"))
    for outcome, branch in ((True, "IfSteps"), (False, "ElseSteps")):
        for item in take_list(arguments.get(branch) or [], f"{where}, {branch}"):
            yield outcome, take_object(item, f"{where}, a member of {branch}")
