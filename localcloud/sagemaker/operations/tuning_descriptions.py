"""What the API tells of tuning jobs, and of the training jobs that they launch."""

from collections.abc import Iterable

from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.jobs.lifecycle import JobState
from localcloud.sagemaker.operations.jobs import echo
from localcloud.sagemaker.tuning.plan import Definition, Plan
from localcloud.sagemaker.tuning.progress import converged_at
from localcloud.sagemaker.tuning.search import Strategy
from localcloud.sagemaker.tuning.trials import Trial, best, not_improving, objective_counters, status_counters
from localcloud.sagemaker.tuning.tuning import Tuning
from localcloud.sagemaker.wire.requests import Answer, Request, present, structure


def describe(tuning: Tuning, job: Job, state: JobState) -> Answer:
    """Give the members of DescribeHyperParameterTuningJobResponse."""
    plan, launched = tuning.plan, tuning.launched()
    trials = [trial for trial, _ in launched]
    inherited = [item for parent in tuning.parents for item in parent.launched()]
    return present(
        **echo(job)
        | _definitions(job.info.request, plan)
        | {
            "HyperParameterTuningJobArn": job.info.arn,
            "HyperParameterTuningJobConfig": _config(job.info.request, plan),
            "HyperParameterTuningJobStatus": state.status.value,
            "CreationTime": state.created,
            "HyperParameterTuningEndTime": state.ended,
            "LastModifiedTime": state.modified,
            "TrainingJobStatusCounters": status_counters(trials),
            "ObjectiveStatusCounters": objective_counters(trials),
            "BestTrainingJob": _best(plan, launched),
            "OverallBestTrainingJob": _best(plan, [*inherited, *launched]) if tuning.parents else None,
            "FailureReason": state.failure_reason,
            "TuningJobCompletionDetails": present(
                NumberOfTrainingJobsObjectiveNotImproving=len(not_improving(trials, plan.objective)),
                ConvergenceDetectedTime=converged_at(trials, plan.objective),
            ),
            "ConsumedResources": {"RuntimeInSeconds": _seconds(state)},
        }
    )


def summary(tuning: Tuning, job: Job) -> Answer:
    """Give the members of HyperParameterTuningJobSummary."""
    described = describe(tuning, job, job.state)
    config = described["HyperParameterTuningJobConfig"]
    assert isinstance(config, dict)
    names = (
        "HyperParameterTuningJobName", "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus",
        "CreationTime", "HyperParameterTuningEndTime", "LastModifiedTime", "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
    )  # fmt: skip
    return present(
        **{name: described.get(name) for name in names},
        Strategy=config["Strategy"],
        ResourceLimits=config["ResourceLimits"],
    )


def training_summary(plan: Plan, trial: Trial, job: Job) -> Answer:
    """Give the members of HyperParameterTrainingJobSummary."""
    definition, state = plan.definitions[trial.definition], job.state
    return present(
        TrainingJobDefinitionName=definition.name,
        TrainingJobName=job.info.name,
        TrainingJobArn=job.info.arn,
        CreationTime=state.created,
        TrainingStartTime=state.started,
        TrainingEndTime=state.ended if state.started is not None else None,
        TrainingJobStatus=trial.status.value,
        TunedHyperParameters=dict(trial.values),
        FailureReason=trial.failure_reason,
        FinalHyperParameterTuningJobObjectiveMetric=_objective(definition, trial),
        ObjectiveStatus=trial.objective_status,
    )


def _objective(definition: Definition, trial: Trial) -> Answer | None:
    if trial.objective is None:
        return None
    objective = definition.objective
    return {
        "Type": "Maximize" if objective.maximizes else "Minimize",
        "MetricName": objective.metric,
        "Value": trial.objective,
    }


def _best(plan: Plan, launched: Iterable[tuple[Trial, Job]]) -> Answer | None:
    jobs = {id(trial): (trial, job) for trial, job in launched}
    found = best((trial for trial, _ in jobs.values()), plan.objective)
    if found is None:
        return None
    trial, job = jobs[id(found)]
    tuning_job = (job.info.tuning_job_arn or "").rpartition("/")[2]
    return training_summary(plan, trial, job) | {"TuningJobName": tuning_job}


def _config(request: Request, plan: Plan) -> Answer:
    """Give HyperParameterTuningJobConfig with what AWS fills in."""
    config = structure(request, "HyperParameterTuningJobConfig")
    limits = dict(structure(config, "ResourceLimits").members)
    if plan.strategy is Strategy.GRID:  # "automatically calculated" (developer guide, "Grid search")
        limits["MaxNumberOfTrainingJobs"] = plan.limits.trainings
    return {"TrainingJobEarlyStoppingType": "Off"} | dict(config.members) | {"ResourceLimits": limits}


def _definitions(request: Request, plan: Plan) -> Answer:
    """Give the training job definitions as AWS completes them.

    Each has the hyperparameter that names the objective, and ResourceConfig also where the request has
    HyperParameterTuningResourceConfig: ``HyperparameterTuner.attach`` of the SDK v2 reads both.
    """

    def completed(item: Request, definition: Definition) -> dict[str, object]:
        static, resources = dict(definition.static), definition.members.get("ResourceConfig")
        return present(**dict(item.members) | {"StaticHyperParameters": static, "ResourceConfig": resources})

    one = request.optional_structure("TrainingJobDefinition")
    if one is not None:
        return {"TrainingJobDefinition": completed(one, plan.definitions[0])}
    several = zip(request.structures("TrainingJobDefinitions"), plan.definitions, strict=True)
    return {"TrainingJobDefinitions": [completed(item, definition) for item, definition in several]}


def _seconds(state: JobState) -> int:
    return int(((state.ended or state.modified) - state.created).total_seconds())
