"""Warm start: what a tuning job may change against its parents, and what it learns from them.

Rules are those of the developer guide, "Run a Warm Start Hyperparameter Tuning Job". The message about fields
that must not change is AWS's (aws/sagemaker-python-sdk#3693).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from localcloud.errors import ValidationError
from localcloud.sagemaker.tuning.plan import Definition, Plan
from localcloud.sagemaker.tuning.ranges import Categorical, Numeric, Range
from localcloud.sagemaker.tuning.search import Strategy
from localcloud.sagemaker.tuning.trials import Observation, Trial

_MOST_CHANGES = 10
_MAY_CHANGE = (
    "algorithmSpecification", "inputDataConfig", "outputDataConfig", "staticHyperParameters", "roleArn",
    "resourceConfig", "stoppingCondition", "vpcConfig", "enableManagedSpotTraining", "checkpointConfig",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parent:
    """A tuning job that has ended."""

    name: str
    plan: Plan
    trials: Sequence[Trial]


def warmed(plan: Plan, parents: Sequence[Parent]) -> Plan:
    """Give the plan with what its parents have found out.

    Raises `ServiceError`: ``ValidationException`` where it differs from them in what must not change.
    """
    if plan.strategy not in {Strategy.BAYESIAN, Strategy.RANDOM}:
        raise ValidationError(f"Warm start is for the strategies Bayesian and Random, not {plan.strategy}.")
    known = []
    for definition in plan.definitions:
        found: list[Observation] = []
        for parent in parents:
            of_parent = _same(definition, parent)
            _check(definition, of_parent, parent)
            found += _observations(of_parent, parent)
        known.append(tuple(found))
    return replace(plan, known=tuple(known))


def _same(definition: Definition, parent: Parent) -> Definition:
    for item in parent.plan.definitions:
        if item.name == definition.name or len(parent.plan.definitions) == 1:
            return item
    raise ValidationError(
        f"The parent tuning job {parent.name} has no training job definition {definition.name}."
    )


def _observations(definition: Definition, parent: Parent) -> list[Observation]:
    place = parent.plan.definitions.index(definition)
    return [
        Observation({**definition.static, **trial.values}, definition.objective.score(trial.objective))
        for trial in parent.trials
        if trial.definition == place and trial.objective is not None
    ]


def _check(new: Definition, old: Definition, parent: Parent) -> None:
    where = f"the parent tuning job {parent.name}"
    if new.objective != old.objective:
        raise ValidationError(
            f"The objective must be the same as in {where}: {_objective(old)}, and is {_objective(new)}."
        )
    before, after = _types(old), _types(new)
    if before.keys() != after.keys():
        raise ValidationError(
            f"The static and tunable hyperparameters together must be the same as in {where}: "
            f"{', '.join(sorted(before))}, and are {', '.join(sorted(after))}."
        )
    for name, kind in after.items():
        if None not in {kind, before[name]} and kind != before[name]:
            raise ValidationError(
                f"The type of the hyperparameter '{name}' must be {before[name]} as in {where}, "
                f"and is {kind}."
            )
    if (changes := _changes(new, old)) > _MOST_CHANGES:
        raise ValidationError(
            "Changes of hyperparameters to static and of static values must not be more than "
            f"{_MOST_CHANGES} against {where}, and are {changes}."
        )
    allowed = {name.lower() for name in _MAY_CHANGE}
    names = {*new.members, *old.members}
    if any(new.members.get(name) != old.members.get(name) for name in names if name.lower() not in allowed):
        raise ValidationError(
            "Only the following fields in TrainingJobDefinition are allowed to change: "
            f"[{', '.join(_MAY_CHANGE)}]."
        )


def _objective(definition: Definition) -> str:
    objective = definition.objective
    return f"{'Maximize' if objective.maximizes else 'Minimize'} {objective.metric}"


def _types(definition: Definition) -> dict[str, str | None]:
    """Give the type of each hyperparameter by name; None for a static one."""
    static: dict[str, str | None] = dict.fromkeys(definition.static)
    return static | {item.name: _type(item) for item in definition.space.ranges}


def _type(item: Range) -> str:
    match item:
        case Categorical():
            return "categorical"
        case Numeric(is_integer=True):
            return "integer"
    return "continuous"


def _changes(new: Definition, old: Definition) -> int:
    """Count changes as AWS does: each value of a category that became static, and two for a static value."""
    tunable = {item.name: item for item in old.space.ranges}
    found = 0
    for name, value in new.static.items():
        if (item := tunable.get(name)) is not None:
            found += len(item.values) if isinstance(item, Categorical) else 1
        elif old.static[name] != value:
            found += 2
    return found
