"""The graph of a definition's steps: who waits for whom, and what makes a graph wrong.

A step waits for the steps of its DependsOn, for those its expressions refer to, and, inside a branch,
for its Condition step.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from localcloud.sagemaker.pipelines.expressions import StepReference, references
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.sagemaker.pipelines.steps import Step, StepType


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a step stands: it runs where that Condition step has that outcome."""

    condition: str
    outcome: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of a definition, checked.

    `steps`: by name, in the definition's order; those of branches follow their Condition step.
    `branches`: for the steps inside a branch, which one.
    `dependencies`: for every step, the steps it waits for.
    `order`: the names, every step after those it waits for.
    """

    steps: Mapping[str, Step]
    branches: Mapping[str, Branch]
    dependencies: Mapping[str, frozenset[str]]
    order: tuple[str, ...]


def build_graph(placed: Iterable[tuple[Step, Branch | None]]) -> Graph:
    """Link the steps of a definition.

    Raises `DefinitionError` where a name is used twice, a step waits for or refers to one that does not exist
    or to a property it does not have, a step waits for a Fail step, or steps wait for each other in a circle.
    """
    steps: dict[str, Step] = {}
    branches: dict[str, Branch] = {}
    for step, branch in placed:
        name = step.header.name
        if name in steps:
            raise DefinitionError(f"Step names must be unique. Duplicate step name: '{name}'.")
        steps[name] = step
        if branch is not None:
            branches[name] = branch
    dependencies = {name: _dependencies(step, steps, branches.get(name)) for name, step in steps.items()}
    return Graph(steps, branches, dependencies, _order(dependencies))


def _dependencies(step: Step, steps: Mapping[str, Step], branch: Branch | None) -> frozenset[str]:
    name = step.header.name
    names = set(step.header.depends_on)
    for dependency in step.header.depends_on:
        if dependency not in steps:
            raise DefinitionError(f"Step '{name}' depends on step '{dependency}', which does not exist.")
    for expression in step.expressions():
        for reference in references(expression):
            if isinstance(reference, StepReference):
                _check_reference(reference, name, steps)
                names.add(reference.step)
    for dependency in names:
        if steps[dependency].header.type is StepType.FAIL:
            raise DefinitionError(f"{name} can not depends on {dependency}")  # AWS's own words
    if branch is not None:
        names.add(branch.condition)
    return frozenset(names)


def _check_reference(reference: StepReference, name: str, steps: Mapping[str, Step]) -> None:
    target = steps.get(reference.step)
    if target is None:
        raise DefinitionError(
            f"Step '{name}' refers to '{reference.text}', but step '{reference.step}' does not exist."
        )
    if target.header.type is not StepType.FAIL and not target.has_property(reference.path):
        raise DefinitionError(
            f"Step '{name}' refers to '{reference.text}', but step '{reference.step}' of type "
            f"'{target.header.type}' does not have this property."
        )


def _order(dependencies: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    try:
        return tuple(TopologicalSorter(dependencies).static_order())
    except CycleError as error:
        # graphlib names the circle backwards, its first step again at the end.
        circle = " -> ".join(reversed(error.args[1]))
        raise DefinitionError(f"Steps depend on each other in a circle: {circle}.") from error
