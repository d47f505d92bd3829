"""Requests for tuning jobs: what they ask, and which are refused."""

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, Document
from tests.unit.localcloud.sagemaker.jobs.requests import channel, refusal
from tests.unit.localcloud.sagemaker.tuning.requests import (
    CREATE,
    NAME,
    categorical,
    config,
    continuous,
    definition,
    describe,
    run,
    trainings,
    tuned,
    tuning,
)

OTHER = {"Type": "Minimize", "MetricName": "other"}
RESOURCES = "HyperParameterTuningResourceConfig"


def hyperband(**settings: int) -> Document:
    return {"HyperbandStrategyConfig": settings}


def without(request: Document, *names: str) -> Document:
    return {name: value for name, value in request.items() if name not in names}


NO_WAIT = (
    "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            tuning(of=config(HyperParameterTuningJobObjective=OTHER)),
            (
                "A metric is required for this hyperparameter tuning job objective. Provide a metric in the "
                "metric definitions."
            ),
        ),
        (
            tuning(of=config(ranges=categorical("x", 1, 2, 3), most=10)),
            (
                "You don't have enough combinations of hyperparameter ranges. The total number of "
                "hyperparameter "
                "combinations for the provided ranges [3.0] must be equal or greater than the value of "
                "MaxNumberOfJobs, [10]. Provide additional ranges."
            ),
        ),
        (tuning(of=config("Grid")), "The strategy Grid supports categorical hyperparameters only."),
        (
            tuning(of=config("Grid", categorical("x", 1, 2), 3)),
            (
                "With the strategy Grid, MaxNumberOfTrainingJobs must be the number of combinations, 2, or "
                "be left out; it is 3."
            ),
        ),
        (
            tuning(of=config("Hyperband")),
            (
                "The strategy Hyperband needs MaxResource in HyperbandStrategyConfig, or one of these static "
                "hyperparameters: epochs, numepochs, n-epochs, n_epochs, num_epochs."
            ),
        ),
        (
            tuning(of=config("Hyperband", StrategyConfig=hyperband(MinResource=4, MaxResource=3))),
            "MaxResource must not be less than MinResource, 4, nor greater than 20000; it is 3.",
        ),
        (
            tuning(
                of=config(
                    "Hyperband", TrainingJobEarlyStoppingType="Auto", StrategyConfig=hyperband(MaxResource=3)
                )
            ),
            "TrainingJobEarlyStoppingType must be Off with the strategy Hyperband.",
        ),
        (
            tuning(of=config(StrategyConfig=hyperband(MaxResource=3))),
            "HyperbandStrategyConfig is for the strategy Hyperband only.",
        ),
        (
            tuning(TrainingJobDefinition=definition(StaticHyperParameters={"x": "1"})),
            "TrainingJobDefinition: the hyperparameter 'x' is both static and tunable.",
        ),
        (
            tuning(of=without(config(), "ParameterRanges")),
            "TrainingJobDefinition: ParameterRanges or HyperParameterRanges is required.",
        ),
        (
            tuning(of=without(config(), "HyperParameterTuningJobObjective")),
            "TrainingJobDefinition: HyperParameterTuningJobObjective or TuningObjective is required.",
        ),
        (
            without(tuning(), "TrainingJobDefinition"),
            "Specify either TrainingJobDefinition or TrainingJobDefinitions, and not both.",
        ),
        (
            tuning(TrainingJobDefinitions=[definition()]),
            "Specify either TrainingJobDefinition or TrainingJobDefinitions, and not both.",
        ),
        (
            without(tuning(TrainingJobDefinitions=[definition()] * 2), "TrainingJobDefinition"),
            "Each of TrainingJobDefinitions must have a DefinitionName of its own.",
        ),
        (tuning(Autotune={"Mode": "Enabled"}), "Autotune is not supported by the local cloud."),
        (
            tuning(TrainingJobDefinition=definition(EnableManagedSpotTraining=True)),
            f"TrainingJobDefinition: {NO_WAIT}",
        ),
        (
            tuning(TrainingJobDefinition=definition(**{RESOURCES: {"InstanceCount": 1}})),
            f"Specify either ResourceConfig or TrainingJobDefinition.{RESOURCES}, and not both.",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(cloud: Cloud, request_: Document, message: str) -> None:
    assert refusal(cloud, CREATE, request_) == message
    assert not cloud.listed("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries")


def test_definitions_with_objectives_of_both_types_cannot_be_compared(cloud: Cloud) -> None:
    definitions = [
        definition(DefinitionName=kind, TuningObjective={"Type": kind, "MetricName": "loss"})
        for kind in ("Minimize", "Maximize")
    ]
    request = without(tuning(TrainingJobDefinitions=definitions), "TrainingJobDefinition")
    message = "All TrainingJobDefinitions must have a TuningObjective of the same Type."
    assert refusal(cloud, CREATE, request) == message


def test_data_must_be_there(cloud: Cloud) -> None:
    request = tuning(TrainingJobDefinition=definition(InputDataConfig=[channel(uri="s3://bucket/none/")]))
    assert refusal(cloud, CREATE, request).startswith('No S3 objects found under S3 URL "s3://bucket/none/"')


def test_the_number_of_epochs_is_found_among_the_static_hyperparameters(cloud: Cloud) -> None:
    static = {"StaticHyperParameters": {"epochs": '"1"'}}
    cloud.call(CREATE, **tuning(of=config("Hyperband", most=1), TrainingJobDefinition=definition(**static)))


@pytest.mark.parametrize(
    "resources",
    [
        {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
        {
            "AllocationStrategy": "Prioritized",
            "InstanceConfigs": [
                {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
                {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            ],
        },
    ],
)
def test_training_jobs_get_the_preferred_resources_of_tuning(cloud: Cloud, resources: Document) -> None:
    members = without(definition(**{RESOURCES: resources}), "ResourceConfig")
    job = run(cloud, tuning(of=config(most=1), TrainingJobDefinition=members))
    [training] = trainings(cloud)
    described = cloud.call("DescribeTrainingJob", TrainingJobName=training["TrainingJobName"])
    wanted = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    assert described["ResourceConfig"] == wanted
    found = job["TrainingJobDefinition"]
    assert isinstance(found, dict)
    assert (found[RESOURCES], found["ResourceConfig"]) == (resources, wanted)


def parent(cloud: Cloud, **more: object) -> None:
    static = {"StaticHyperParameters": {"epochs": "1"}}
    run(cloud, tuning("parent", config(most=3), TrainingJobDefinition=definition(**(static | more))))


def child(kind: str = "IdenticalDataAndAlgorithm", of: Document | None = None, **more: object) -> Document:
    start = {"ParentHyperParameterTuningJobs": [{NAME: "parent"}], "WarmStartType": kind}
    members = definition(**({"StaticHyperParameters": {"epochs": "1"}} | more))
    return tuning("child", of or config(most=1), TrainingJobDefinition=members, WarmStartConfig=start)


def x_of(training: Document) -> float:
    return float(tuned([training])[0])


def test_a_warm_start_uses_what_its_parent_knows(cloud: Cloud) -> None:
    parent(cloud)
    job = run(cloud, child(of=config("Bayesian", most=1)))
    alone = run(cloud, tuning("alone", config("Bayesian", most=1)))
    [of_child], [of_alone] = trainings(cloud, "child"), trainings(cloud, "alone")
    assert x_of(of_child) != x_of(of_alone)
    assert "OverallBestTrainingJob" not in alone
    nearest = min([*trainings(cloud, "parent"), of_child], key=lambda item: abs(x_of(item) - 3))
    overall = job["OverallBestTrainingJob"]
    assert isinstance(overall, dict)
    assert overall["TrainingJobName"] == nearest["TrainingJobName"]
    cloud.call("DeleteHyperParameterTuningJob", **{NAME: "parent"})
    assert describe(cloud, "child")["OverallBestTrainingJob"] == overall


def test_transfer_learning_names_no_best_of_all(cloud: Cloud) -> None:
    parent(cloud)
    assert "OverallBestTrainingJob" not in run(cloud, child("TransferLearning"))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            child(of=config("Grid", categorical("x", 1), 1)),
            "Warm start is for the strategies Bayesian and Random, not Grid.",
        ),
        (
            child(of=config(HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": "loss"})),
            (
                "The objective must be the same as in the parent tuning job parent: Minimize loss, and is "
                "Maximize loss."
            ),
        ),
        (
            child(StaticHyperParameters={"epochs": "1", "more": "1"}),
            (
                "The static and tunable hyperparameters together must be the same as in the parent tuning "
                "job "
                "parent: _tuning_objective_metric, epochs, x, and are _tuning_objective_metric, epochs, "
                "more, x."
            ),
        ),
        (
            child(of=config(ranges=categorical("x", 1, 2), most=1)),
            (
                "The type of the hyperparameter 'x' must be continuous as in the parent tuning job parent, "
                "and is categorical."
            ),
        ),
        (
            child(Environment={"A": "b"}),
            (
                "Only the following fields in TrainingJobDefinition are allowed to change: "
                "[algorithmSpecification, inputDataConfig, outputDataConfig, staticHyperParameters, roleArn, "
                "resourceConfig, stoppingCondition, vpcConfig, enableManagedSpotTraining, checkpointConfig]."
            ),
        ),
    ],
)
def test_a_warm_start_keeps_what_must_not_change(cloud: Cloud, request_: Document, message: str) -> None:
    parent(cloud)
    assert refusal(cloud, CREATE, request_) == message


def test_more_than_ten_changes_are_too_many(cloud: Cloud) -> None:
    names = [f"h{number}" for number in range(6)]
    parent(cloud, StaticHyperParameters=dict.fromkeys(names, "1"))
    changed = child(StaticHyperParameters=dict.fromkeys(names, "2"))
    assert refusal(cloud, CREATE, changed).endswith("against the parent tuning job parent, and are 12.")
    fewer = {name: "2" if name in names[:5] else "1" for name in names}
    assert run(cloud, child(StaticHyperParameters=fewer))["HyperParameterTuningJobStatus"] == "Completed"


def test_a_parent_must_be_there_and_have_ended(cloud: Cloud) -> None:
    message = refusal(cloud, CREATE, child(), "ResourceNotFound")
    assert message == "Amazon SageMaker can't find a tuning job with name parent."
    cloud.call(CREATE, **tuning("parent", config(ranges=continuous(), most=700)))
    message = "The parent tuning job parent must be Completed, Stopped or Failed, and is InProgress."
    assert refusal(cloud, CREATE, child()) == message


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (config(most=751), "'Number of training jobs per hyperparameter tuning job' is 750 Training Jobs"),
        (
            config(at_once=11),
            "'Number of parallel training jobs per hyperparameter tuning job' is 10 Training Jobs",
        ),
    ],
)
def test_a_tuning_job_keeps_the_quotas(cloud: Cloud, limits: Document, told: str) -> None:
    assert told in refusal(cloud, CREATE, tuning(of=limits), "ResourceLimitExceeded")


def test_combinations_of_a_grid_count_as_training_jobs(cloud: Cloud) -> None:
    ranges = [{"Name": name, "Values": [str(number) for number in range(28)]} for name in ("x", "y")]
    request = tuning(of=config("Grid", {"CategoricalParameterRanges": ranges}, None))
    assert f"a request delta of {28 * 28} " in refusal(cloud, CREATE, request, "ResourceLimitExceeded")
