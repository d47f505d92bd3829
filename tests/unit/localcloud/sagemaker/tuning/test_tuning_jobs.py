"""Tuning jobs from their creation to their end: what they launch, what they tell, how they fail and stop."""

import json
import re
import threading
import time

import pytest

from tests.unit.localcloud.sagemaker.cloud import ROLE, Cloud
from tests.unit.localcloud.sagemaker.jobs.containers import FakeContainer, FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET, refusal, unpacked
from tests.unit.localcloud.sagemaker.tuning.requests import (
    CREATE,
    NAME,
    await_end,
    categorical,
    config,
    continuous,
    definition,
    describe,
    hyperparameters,
    loss_of_x,
    run,
    trainings,
    tuned,
    tuning,
)

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/tune"


def test_a_tuning_job_trains_and_names_the_best(cloud: Cloud) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    assert cloud.call(CREATE, **tuning(Tags=tags)) == {"HyperParameterTuningJobArn": ARN}
    job = await_end(cloud)
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 4, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0
    }  # fmt: skip
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    jobs = trainings(cloud)
    names = [str(item["TrainingJobName"]) for item in jobs]
    assert [bool(re.fullmatch(rf"tune-00{n}-[0-9a-f]{{8}}", name)) for n, name in enumerate(names, 1)] == [
        True
    ] * 4
    nearest = min(jobs, key=lambda item: abs(float(tuned([item])[0]) - 3))
    best = job["BestTrainingJob"]
    assert best == nearest | {"TuningJobName": "tune"}
    value = (float(tuned([nearest])[0]) - 3) ** 2
    assert nearest["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize", "MetricName": "loss", "Value": value
    }  # fmt: skip
    training = cloud.call("DescribeTrainingJob", TrainingJobName=nearest["TrainingJobName"])
    assert training["TuningJobArn"] == ARN
    assert training["HyperParameters"] == {"_tuning_objective_metric": "loss", "x": tuned([nearest])[0]}
    key = f"out/{nearest['TrainingJobName']}/output/model.tar.gz"
    assert unpacked(cloud, key) == {"model.txt": tuned([nearest])[0].encode()}
    assert cloud.listed("ListTags", "Tags", ResourceArn=training["TrainingJobArn"]) == tags
    assert cloud.listed("ListTags", "Tags", ResourceArn=ARN) == tags


def test_each_training_runs_on_the_instances_that_are_asked_for(cloud: Cloud, images: FakeImages) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10}
    run(cloud, tuning(of=config(most=2), TrainingJobDefinition=definition(ResourceConfig=resources)))
    assert sorted(str(item.run.host_name) for item in images.containers) == ["algo-1"] * 2 + ["algo-2"] * 2


def test_it_describes_what_was_asked_with_the_defaults(cloud: Cloud) -> None:
    static = {"StaticHyperParameters": {"epochs": "1"}}
    job = run(cloud, tuning(TrainingJobDefinition=definition(**static)))
    found, settings = job["TrainingJobDefinition"], job["HyperParameterTuningJobConfig"]
    assert isinstance(found, dict)
    assert isinstance(settings, dict)
    assert found["StaticHyperParameters"] == {"epochs": "1", "_tuning_objective_metric": "loss"}
    assert settings["TrainingJobEarlyStoppingType"] == "Off"
    assert job["ConsumedResources"] == {"RuntimeInSeconds": pytest.approx(60, abs=120)}
    assert "OverallBestTrainingJob" not in job
    assert [
        detail["HyperParameterTuningJobStatus"]
        for detail in cloud.host.details("SageMaker HyperParameter Tuning Job State Change")
    ] == ["InProgress", "Completed"]


def test_no_more_training_jobs_run_at_once_than_allowed(cloud: Cloud, images: FakeImages) -> None:
    running, most = set[int](), list[int]()
    lock, together = threading.Lock(), threading.Barrier(2)

    def program(container: FakeContainer) -> int:
        with lock:
            running.add(id(container))
            most.append(len(running))
        together.wait(20)
        with lock:
            running.discard(id(container))
        return loss_of_x(container)

    images.program = program
    assert run(cloud, tuning(of=config(most=6, at_once=2)))["HyperParameterTuningJobStatus"] == "Completed"
    assert (len(most), max(most)) == (6, 2)


def test_a_grid_trains_each_combination_once(cloud: Cloud) -> None:
    job = run(cloud, tuning(of=config("Grid", categorical("x", 1, 2, 3, 4, 5), None, 2)))
    assert sorted(tuned(trainings(cloud))) == ["1", "2", "3", "4", "5"]
    settings, best = job["HyperParameterTuningJobConfig"], job["BestTrainingJob"]
    assert isinstance(settings, dict)
    assert isinstance(best, dict)
    assert settings["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 5, "MaxParallelTrainingJobs": 2}
    assert best["TunedHyperParameters"] == {"x": "3"}


def test_bayesian_search_comes_nearer_than_its_random_beginning(cloud: Cloud) -> None:
    run(cloud, tuning(of=config("Bayesian", most=14)))
    losses = [(float(value) - 3) ** 2 for value in tuned(trainings(cloud))]
    assert min(losses) < 0.01 < min(losses[:3])


def test_the_same_seed_chooses_the_same_values(cloud: Cloud) -> None:
    for name in ("one", "two", "other"):
        run(cloud, tuning(name, config(RandomSeed=2 if name == "other" else 1)))
    one, two, other = (tuned(trainings(cloud, name)) for name in ("one", "two", "other"))
    assert one == two != other


def test_a_failed_training_job_is_one_of_them(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        return 1 if hyperparameters(container)["x"] == "1" else loss_of_x(container)

    images.program = program
    job = run(cloud, tuning(of=config("Grid", categorical("x", 1, 2, 3), None)))
    counters = job["TrainingJobStatusCounters"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert isinstance(counters, dict)
    assert (counters["Completed"], counters["NonRetryableError"]) == (2, 1)
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 2, "Pending": 0, "Failed": 1}
    [failed] = trainings(cloud, StatusEquals="Failed")
    assert (failed["ObjectiveStatus"], failed["FailureReason"]) == (
        "Failed",
        "AlgorithmError: , exit code: 1",
    )
    by_objective = trainings(cloud, SortBy="FinalObjectiveMetricValue")
    assert tuned(by_objective) == ["3", "2"]


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
def test_of_equal_training_jobs_the_earliest_is_first_and_the_best(cloud: Cloud, order: str) -> None:
    job = run(cloud, tuning(of=config("Grid", categorical("x", 2, 4), None)))  # both lose 1
    sorted_jobs = trainings(cloud, SortBy="FinalObjectiveMetricValue", SortOrder=order)
    names = [item["TrainingJobName"] for item in trainings(cloud)]
    assert [item["TrainingJobName"] for item in sorted_jobs] == names
    best = job["BestTrainingJob"]
    assert isinstance(best, dict)
    assert best["TrainingJobName"] == names[0]


@pytest.mark.parametrize(("most", "attempts"), [(20, 5), (2, 2)])
def test_a_tuning_job_fails_where_no_training_job_succeeds(
    cloud: Cloud, images: FakeImages, most: int, attempts: int
) -> None:
    images.program = lambda _: 1
    job = run(cloud, tuning(of=config(most=most)))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        f"No training job succeeded after {attempts} attempts. For additional details, please take a look at "
        "the training job failures by listing training jobs for the hyperparameter tuning job."
    )
    assert len(trainings(cloud)) == attempts
    assert "BestTrainingJob" not in job


def test_a_tuning_job_fails_where_the_objective_is_never_printed(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: 0
    job = run(cloud, tuning(of=config(most=20)))
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert str(job["FailureReason"]).startswith("No objective metrics found after running 5 training jobs.")


def test_a_training_job_that_runs_too_long_counts_with_what_it_has_printed(
    cloud: Cloud, images: FakeImages
) -> None:
    def program(container: FakeContainer) -> int | None:
        loss_of_x(container)
        return None if hyperparameters(container)["x"] == "2" else 0

    images.program = program
    slow = definition(StoppingCondition={"MaxRuntimeInSeconds": 30})
    of = config("Grid", categorical("x", 1, 2), None)
    job = run(cloud, tuning(of=of, TrainingJobDefinition=slow))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert [item["TrainingJobStatus"] for item in trainings(cloud)] == ["Completed", "Stopped"]
    best = job["BestTrainingJob"]
    assert isinstance(best, dict)
    assert best["TunedHyperParameters"] == {"x": "2"}


def test_stopping_a_tuning_job_stops_its_training_jobs(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.call(CREATE, **tuning(of=config(most=10, at_once=2)))
    images.await_start()
    images.await_start()
    assert refusal(cloud, "DeleteHyperParameterTuningJob", {NAME: "tune"}).endswith(
        "is not in a terminal state. Stop it first."
    )
    assert cloud.call("StopHyperParameterTuningJob", **{NAME: "tune"}) == {}
    job = await_end(cloud)
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert [item["TrainingJobStatus"] for item in trainings(cloud)] == ["Stopped", "Stopped"]
    assert "already" in refusal(cloud, "StopHyperParameterTuningJob", {NAME: "tune"})


def test_a_training_job_that_somebody_stops_is_one_of_them(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int | None:
        return None if hyperparameters(container)["x"] == "1" else loss_of_x(container)

    images.program = program
    cloud.call(CREATE, **tuning(of=config("Grid", categorical("x", 1, 2), None)))
    images.await_start()
    [first] = trainings(cloud)
    cloud.call("StopTrainingJob", TrainingJobName=first["TrainingJobName"])
    counters = await_end(cloud)["TrainingJobStatusCounters"]
    assert isinstance(counters, dict)
    assert (counters["Completed"], counters["Stopped"]) == (1, 1)


def test_it_is_complete_when_the_objective_is_good_enough(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int | None:
        loss_of_x(container)
        return None if hyperparameters(container)["x"] == "4" else 0

    images.program = program
    criteria = {"TargetObjectiveMetricValue": 0.5}
    of = config("Grid", categorical("x", 4, 3, 2, 1), None, 2, TuningJobCompletionCriteria=criteria)
    job = run(cloud, tuning(of=of))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert {str(item["TrainingJobStatus"]) for item in trainings(cloud)} == {"Completed", "Stopped"}
    assert len(trainings(cloud)) < 4


def test_it_is_complete_when_nothing_improves(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int:
        container.say("loss=1;")
        return 0

    images.program = program
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    job = run(cloud, tuning(of=config(most=50, TuningJobCompletionCriteria=criteria)))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TuningJobCompletionDetails"] == {"NumberOfTrainingJobsObjectiveNotImproving": 3}
    assert len(trainings(cloud)) == 4


def test_it_is_complete_when_its_time_is_up(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    limits = {"MaxParallelTrainingJobs": 1, "MaxRuntimeInSeconds": 120}
    job = run(cloud, tuning(of=config(ResourceLimits=limits)))
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert [item["TrainingJobStatus"] for item in trainings(cloud)] == ["Stopped"]


def test_hopeless_training_jobs_are_stopped_early(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> int | None:
        loss_of_x(container)
        return None if hyperparameters(container)["x"] == "9" else 0

    images.program = program
    of = config("Grid", categorical("x", 2, 4, 9), None, TrainingJobEarlyStoppingType="Auto")
    job = run(cloud, tuning(of=of))
    assert [item["TrainingJobStatus"] for item in trainings(cloud)] == ["Completed", "Completed", "Stopped"]
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert trainings(cloud)[2]["ObjectiveStatus"] == "Succeeded"


def test_hyperband_stops_those_that_are_worse_at_a_rung(cloud: Cloud, images: FakeImages) -> None:
    def program(container: FakeContainer) -> None:
        container.say(f"loss={hyperparameters(container)['x']};")
        threading.Timer(0.5, container.end, (0,)).start()

    images.program = program
    settings = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 3}}
    job = run(cloud, tuning(of=config("Hyperband", most=6, StrategyConfig=settings)))
    seen: list[float] = []
    for item in trainings(cloud):
        seen.append(float(tuned([item])[0]))
        is_behind = len(seen) >= 3 and seen[-1] > sorted(seen)[len(seen) // 3 - 1]
        assert item["TrainingJobStatus"] == ("Stopped" if is_behind else "Completed")
    best = job["BestTrainingJob"]
    assert isinstance(best, dict)
    assert tuned([best]) == [repr(min(seen))]


def test_several_definitions_take_turns(cloud: Cloud) -> None:
    objective = {"Type": "Minimize", "MetricName": "loss"}
    definitions = [
        definition(
            DefinitionName="few", TuningObjective=objective, HyperParameterRanges=categorical("x", 1, 2)
        ),
        definition(DefinitionName="many", TuningObjective=objective, HyperParameterRanges=continuous()),
    ]
    request = tuning(TrainingJobDefinitions=definitions)
    del request["TrainingJobDefinition"]
    request["HyperParameterTuningJobConfig"] = {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 6, "MaxParallelTrainingJobs": 1},
    }
    job = run(cloud, request)
    names = [item["TrainingJobDefinitionName"] for item in trainings(cloud)]
    assert names == ["few", "many", "few", "many", "many", "many"]
    found = job["TrainingJobDefinitions"]
    assert isinstance(found, list)
    assert [item["DefinitionName"] for item in found] == ["few", "many"]


def test_where_a_training_job_cannot_be_created_the_tuning_job_fails(
    cloud: Cloud, images: FakeImages
) -> None:
    def program(container: FakeContainer) -> int:
        cloud.host.objects.clear()
        return loss_of_x(container)

    images.program = program
    job = run(cloud, tuning())
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert str(job["FailureReason"]).startswith("ClientError: No S3 objects found under S3 URL")
    assert len(trainings(cloud)) == 1


def test_tuning_jobs_are_listed_and_deleted(cloud: Cloud) -> None:
    for name in ("b", "a", "c"):
        run(cloud, tuning(name, config(most=1)))

    def names(**request: object) -> list[object]:
        found = cloud.listed("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries", **request)
        return [item[NAME] for item in found]

    assert names() == ["a", "b", "c"]
    assert names(SortBy="CreationTime", SortOrder="Descending", StatusEquals="Completed") == ["c", "a", "b"]
    assert names(NameContains="b") == ["b"]
    first = cloud.call("ListHyperParameterTuningJobs", MaxResults=2)
    assert names(MaxResults=2, NextToken=first["NextToken"]) == ["c"]
    [found] = cloud.listed(
        "ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries", NameContains="a"
    )
    described = describe(cloud, "a")
    shared = found.keys() - {"Strategy", "ResourceLimits"}
    assert {name: found[name] for name in shared} == {name: described[name] for name in shared}
    assert (found["Strategy"], found["ResourceLimits"]) == (
        "Random",
        {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
    )
    [training] = trainings(cloud, "a")
    assert cloud.call("DeleteHyperParameterTuningJob", **{NAME: "a"}) == {}
    assert names() == ["b", "c"]
    assert cloud.call("DescribeTrainingJob", TrainingJobName=training["TrainingJobName"])
    for operation in ("Describe", "Delete", "Stop"):
        message = refusal(cloud, f"{operation}HyperParameterTuningJob", {NAME: "a"}, "ResourceNotFound")
        assert message == "Amazon SageMaker can't find a tuning job with name a."
    assert refusal(cloud, CREATE, tuning("b"), "ResourceInUse")


def test_training_jobs_are_given_page_by_page(cloud: Cloud) -> None:
    run(cloud, tuning(of=config("Grid", categorical("x", *range(12)), None, 4)))
    operation, request = "ListTrainingJobsForHyperParameterTuningJob", {NAME: "tune"}
    first = cloud.call(operation, **request)
    second = cloud.call(operation, **request, NextToken=first["NextToken"])
    pages = [first["TrainingJobSummaries"], second["TrainingJobSummaries"]]
    assert [len(page) for page in pages if isinstance(page, list)] == [10, 2]
    assert "NextToken" not in second


def test_the_service_closes_while_a_tuning_job_runs(cloud: Cloud, images: FakeImages) -> None:
    images.program = lambda _: None
    cloud.call(CREATE, **tuning(of=config(most=10, at_once=2)))
    images.await_start()
    begun = time.monotonic()
    cloud.sagemaker.close()
    assert time.monotonic() - begun < 20
    assert describe(cloud)["HyperParameterTuningJobStatus"] == "Stopped"


def test_a_role_that_does_not_trust_sagemaker_is_refused(cloud: Cloud) -> None:
    cloud.host.untrusting.add(ROLE)
    assert refusal(cloud, CREATE, tuning()).startswith(f"Could not assume role {ROLE}.")
    assert not cloud.listed("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries")


def test_training_jobs_work_as_the_role_of_their_definition(cloud: Cloud) -> None:
    run(cloud, tuning(of=config(most=1)))
    [training] = trainings(cloud)
    sources = {role.source_arn for role in cloud.host.sessions}
    assert sources == {ARN, training["TrainingJobArn"]}
    assert {role.arn for role in cloud.host.sessions} == {ROLE}


def test_a_role_and_data_are_those_of_the_definition(cloud: Cloud) -> None:
    run(cloud, tuning(of=config(most=1)))
    [item] = trainings(cloud)
    training = cloud.call("DescribeTrainingJob", TrainingJobName=item["TrainingJobName"])
    assert training["RoleArn"] == ROLE
    assert json.dumps(training["InputDataConfig"]).count(f"s3://{BUCKET}/data/") == 1
