"""What a CreateHyperParameterTuningJob request asks, read and checked.

Messages that users show are AWS's: a missing metric (aws/sagemaker-python-sdk#3932), too few combinations
(aws/amazon-sagemaker-operator-for-k8s#123). For the others AWS's words are not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localcloud.errors import ValidationError
from localcloud.sagemaker.jobs.training_request import check_training_request
from localcloud.sagemaker.tuning.progress import Limits
from localcloud.sagemaker.tuning.ranges import Categorical, Space, Values, read_space
from localcloud.sagemaker.tuning.search import Strategy
from localcloud.sagemaker.tuning.stopping import Hyperband, MedianRule, Never, StoppingRule
from localcloud.sagemaker.tuning.trials import Objective, Observation
from localcloud.sagemaker.wire.quotas import PARALLEL_TRAININGS_OF_TUNING, TRAININGS_OF_TUNING, check_quota
from localcloud.sagemaker.wire.requests import Request, mapping, structure

OBJECTIVE_METRIC = "_tuning_objective_metric"
"""The hyperparameter that names the objective (developer guide, "Define Metrics")."""

_EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")  # service model, MaxResource
_LONGEST = 20_000  # epochs (service model, MaxResource)
_INSTANCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
_OF_TUNING = frozenset(
    {
        "DefinitionName", "HyperParameterRanges", "HyperParameterTuningResourceConfig",
        "StaticHyperParameters", "TuningObjective",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """A training job definition: what its training jobs have in common, and what is searched.

    - `members`: those that a training job gets as they are.
    - `static`: the hyperparameters that never change, with the name of the objective metric.
    """

    name: str | None
    objective: Objective
    space: Space
    static: Mapping[str, str]
    members: Mapping[str, object]

    def training_request(self, name: str, values: Values, tags: Sequence[object] = ()) -> dict[str, object]:
        """Give the CreateTrainingJob request of a training job with these hyperparameters."""
        return {
            **self.members,
            "TrainingJobName": name,
            "HyperParameters": {**self.static, **values},
            "Tags": list(tags),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a tuning job does.

    `known`: for each definition, what parent jobs have found out.
    """

    strategy: Strategy
    limits: Limits
    rule: StoppingRule
    definitions: tuple[Definition, ...]
    seed: int | None
    known: tuple[tuple[Observation, ...], ...] = ()

    @property
    def objective(self) -> Objective:
        """The objective; definitions may call the metric differently."""
        return self.definitions[0].objective


def read_plan(request: Request) -> Plan:
    """Read a request that the service model has let pass.

    Raises `ServiceError`: ``ValidationException``.
    """
    request.refuse(("Autotune",))
    config = structure(request, "HyperParameterTuningJobConfig")
    strategy = Strategy(config.text("Strategy"))
    definitions = tuple(_definition(item, path, config) for path, item in definitions_in(request))
    names = [item.name for item in definitions]
    if len(definitions) > 1 and (None in names or len(set(names)) < len(names)):
        raise ValidationError("Each of TrainingJobDefinitions must have a DefinitionName of its own.")
    if len({item.objective.maximizes for item in definitions}) > 1:
        raise ValidationError("All TrainingJobDefinitions must have a TuningObjective of the same Type.")
    return Plan(
        strategy,
        _limits(config, strategy, definitions),
        _rule(config, strategy, definitions),
        definitions,
        config.optional_number("RandomSeed"),
    )


def definitions_in(request: Request) -> list[tuple[str, Request]]:
    """Give the training job definitions of a request, and where each stands.

    Raises `ServiceError`: ``ValidationException`` unless there is either one or a list of them.
    """
    one, several = (
        request.optional_structure("TrainingJobDefinition"),
        request.structures("TrainingJobDefinitions"),
    )
    if (one is None) is not bool(several):
        raise ValidationError("Specify either TrainingJobDefinition or TrainingJobDefinitions, and not both.")
    if one is not None:
        return [("TrainingJobDefinition", one)]
    return [(f"TrainingJobDefinitions.{number}", item) for number, item in enumerate(several, start=1)]


def _definition(item: Request, path: str, config: Request) -> Definition:
    objective = _objective(item, path, config)
    ranges = item.optional_structure("HyperParameterRanges") or config.optional_structure("ParameterRanges")
    if ranges is None:
        raise ValidationError(f"{path}: ParameterRanges or HyperParameterRanges is required.")
    where = (
        "ParameterRanges"
        if item.members.get("HyperParameterRanges") is None
        else f"{path}.HyperParameterRanges"
    )
    space = read_space(ranges, where)
    given = mapping(item, "StaticHyperParameters")
    for tuned in space.ranges:
        if tuned.name in given:
            raise ValidationError(f"{path}: the hyperparameter '{tuned.name}' is both static and tunable.")
    members = {
        name: value for name, value in item.members.items() if name not in _OF_TUNING and value is not None
    }
    if (resources := item.optional_structure("HyperParameterTuningResourceConfig")) is not None:
        members["ResourceConfig"] = _resources(resources, item, path)
    static = given | {OBJECTIVE_METRIC: objective.metric}
    found = Definition(item.optional_text("DefinitionName"), objective, space, static, members)
    try:
        check_training_request(Request(found.training_request("name", {})))
    except ValidationError as error:
        raise ValidationError(f"{path}: {error.message}") from error
    algorithm = structure(item, "AlgorithmSpecification")
    metrics = {metric.text("Name") for metric in algorithm.structures("MetricDefinitions")}
    if objective.metric not in metrics:
        raise ValidationError(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric in the "
            "metric definitions."
        )
    return found


def _objective(item: Request, path: str, config: Request) -> Objective:
    found = item.optional_structure("TuningObjective")
    found = found or config.optional_structure("HyperParameterTuningJobObjective")
    if found is None:
        raise ValidationError(f"{path}: HyperParameterTuningJobObjective or TuningObjective is required.")
    return Objective(found.text("MetricName"), found.text("Type") == "Maximize")


def _resources(resources: Request, item: Request, path: str) -> dict[str, object]:
    """Give the ResourceConfig of a training job: of InstanceConfigs the first, which is preferred."""
    path = f"{path}.HyperParameterTuningResourceConfig"
    if item.members.get("ResourceConfig") is not None:
        raise ValidationError(f"Specify either ResourceConfig or {path}, and not both.")
    configs = resources.structures("InstanceConfigs")
    if configs and any(resources.members.get(name) is not None for name in _INSTANCES[:3]):
        raise ValidationError(f"{path}: InstanceConfigs cannot stand beside {', '.join(_INSTANCES[:3])}.")
    members = {**resources.members, **(configs[0].members if configs else {})}
    return {name: members[name] for name in _INSTANCES if members.get(name) is not None}


def _limits(config: Request, strategy: Strategy, definitions: Sequence[Definition]) -> Limits:
    resources = structure(config, "ResourceLimits")
    trainings = resources.optional_number("MaxNumberOfTrainingJobs")
    parallel = resources.optional_number("MaxParallelTrainingJobs")
    assert parallel is not None
    size = sum(item.space.size for item in definitions)
    if strategy is Strategy.GRID:
        if not all(isinstance(item, Categorical) for one in definitions for item in one.space.ranges):
            raise ValidationError("The strategy Grid supports categorical hyperparameters only.")
        if trainings is not None and trainings != size:
            raise ValidationError(
                f"With the strategy Grid, MaxNumberOfTrainingJobs must be the number of combinations, "
                f"{size:g}, or be left out; it is {trainings}."
            )
        trainings = int(size)
    elif trainings is not None and size < trainings:
        raise ValidationError(
            "You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter "
            f"combinations for the provided ranges [{float(size)}] must be equal or greater than the value "
            f"of MaxNumberOfJobs, [{trainings}]. Provide additional ranges."
        )
    _check_quotas(trainings or 0, parallel)
    criteria = config.optional_structure("TuningJobCompletionCriteria") or Request({})
    target = criteria.members.get("TargetObjectiveMetricValue")
    assert target is None or isinstance(target, int | float)
    idle = criteria.optional_structure("BestObjectiveNotImproving") or Request({})
    convergence = criteria.optional_structure("ConvergenceDetected") or Request({})
    return Limits(
        int(min(size, trainings or TRAININGS_OF_TUNING)),
        parallel,
        resources.optional_number("MaxRuntimeInSeconds"),
        target,
        idle.optional_number("MaxNumberOfTrainingJobsNotImproving"),
        convergence.optional_text("CompleteOnConvergence") == "Enabled",
    )


def _check_quotas(trainings: int, parallel: int) -> None:
    for name, most, asked in (
        ("Number of training jobs per hyperparameter tuning job", TRAININGS_OF_TUNING, trainings),
        (
            "Number of parallel training jobs per hyperparameter tuning job",
            PARALLEL_TRAININGS_OF_TUNING,
            parallel,
        ),
    ):
        check_quota(name, most, 0, asked, "Training Jobs")


def _rule(config: Request, strategy: Strategy, definitions: Sequence[Definition]) -> StoppingRule:
    stops_early = config.optional_text("TrainingJobEarlyStoppingType") == "Auto"
    of_strategy = config.optional_structure("StrategyConfig") or Request({})
    hyperband = of_strategy.optional_structure("HyperbandStrategyConfig")
    if strategy is not Strategy.HYPERBAND:
        if hyperband is not None:
            raise ValidationError("HyperbandStrategyConfig is for the strategy Hyperband only.")
        return MedianRule() if stops_early else Never()
    if stops_early:
        raise ValidationError("TrainingJobEarlyStoppingType must be Off with the strategy Hyperband.")
    hyperband = hyperband or Request({})
    most = hyperband.optional_number("MaxResource") or _epochs(definitions)
    if most is None:
        raise ValidationError(
            "The strategy Hyperband needs MaxResource in HyperbandStrategyConfig, or one of these static "
            f"hyperparameters: {', '.join(_EPOCHS)}."
        )
    least = hyperband.optional_number("MinResource") or 1
    if not least <= most <= _LONGEST:
        raise ValidationError(
            f"MaxResource must not be less than MinResource, {least}, nor greater than {_LONGEST}; "
            f"it is {most}."
        )
    return Hyperband(least, most)


def _epochs(definitions: Sequence[Definition]) -> int | None:
    """Find the number of epochs among the static hyperparameters; the SDK writes numbers in quotes."""
    for definition in definitions:
        for name in _EPOCHS:
            if (text := definition.static.get(name, "").strip('"')).isdecimal():
                return int(text)
    return None
