"""The operations on hyperparameter tuning jobs.

A tuning job that is not there is ``ResourceNotFound`` in the words that AWS's Kubernetes operator looks for;
one that runs cannot be deleted ("not in a terminal state", as Terraform's AWS provider looks for it).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.jobs.job import Job, JobInfo, Kind
from localcloud.sagemaker.jobs.lifecycle import JobState, StopAsked
from localcloud.sagemaker.jobs.training_request import check_data_exists
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.jobs import create_job, list_jobs, ports_of_role
from localcloud.sagemaker.operations.training_jobs import create_training_job
from localcloud.sagemaker.operations.tuning_descriptions import describe, summary, training_summary
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.tuning.plan import definitions_in, read_plan
from localcloud.sagemaker.tuning.ranges import Values
from localcloud.sagemaker.tuning.trials import Trial
from localcloud.sagemaker.tuning.tuning import Report, Tuning
from localcloud.sagemaker.tuning.warm_start import Parent, warmed
from localcloud.sagemaker.wire.pagination import Key, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present

_NAME = "HyperParameterTuningJobName"
_PAGE = 10  # service model, MaxResults of both lists


def create_tuning_job(call: Call) -> Answer:
    """Create a tuning job; the data of its training jobs must exist."""
    request, caller = call.request, call.store.caller
    info = JobInfo(Kind.TUNING, caller, request.text(_NAME), request)
    plan = read_plan(request)
    for _, definition in definitions_in(request):
        objects = ports_of_role(call, info, definition.text("RoleArn")).objects
        check_data_exists(JobInfo(Kind.TRAINING, caller, info.name, definition), objects)
    parents: dict[str, Tuning] = {}
    if (warm_start := request.optional_structure("WarmStartConfig")) is not None:
        names = [item.text(_NAME) for item in warm_start.structures("ParentHyperParameterTuningJobs")]
        parents = {name: _parent(call, name) for name in names}
        plan = warmed(plan, [Parent(name, item.plan, item.trials()) for name, item in parents.items()])
        if warm_start.text("WarmStartType") != "IdenticalDataAndAlgorithm":
            parents = {}
    tuning = Tuning(plan, info.name, tuple(parents.values()))
    tags = request.members.get("Tags") or []
    assert isinstance(tags, list)

    lasting = call.lasting()

    def launch(place: int, name: str, values: Values, report: Report) -> Job:
        definition = plan.definitions[place]

        def observe(metric: str, value: float) -> None:
            if metric == definition.objective.metric:
                report(value)

        training = Request(definition.training_request(name, values, tags))
        create_training_job(replace(lasting, request=training), info.arn, observe)
        with lasting.store.lock:
            return lasting.store.jobs.find(Kind.TRAINING, name, name)

    with call.store.lock:
        call.store.jobs.check_is_new(info)
        call.store.tunings[info.name] = tuning
        return create_job(
            call, info, lambda context: tuning.run(context, launch), None, partial(_describe, call.store)
        )


def _describe(store: Store, job: Job, state: JobState) -> Answer:
    return describe(store.tunings[job.info.name], job, state)


def describe_tuning_job(call: Call) -> Answer:
    """Describe a tuning job; `ServiceError` ``ResourceNotFound`` where there is none."""
    job, tuning = _find(call, call.request.text(_NAME))
    return describe(tuning, job, job.state)


def list_tuning_jobs(call: Call) -> Answer:
    """List tuning jobs, by name unless told otherwise."""

    def summarize(job: Job) -> Answer:
        return summary(call.store.tunings[job.info.name], job)

    with call.store.lock:  # so that none is deleted meanwhile
        return list_jobs(Kind.TUNING, call, order="Ascending", size=_PAGE, sort_by="Name", summary=summarize)


def stop_tuning_job(call: Call) -> Answer:
    """Stop a tuning job and its training jobs; one that is stopping already continues to stop.

    Raises `ServiceError`: ``ResourceNotFound``, or ``ValidationException`` where it has ended.
    """
    job, _ = _find(call, call.request.text(_NAME))
    if not job.handle(StopAsked()) and job.state.status.terminal:
        raise ValidationError(
            f"The request was rejected because the hyperparameter tuning job is already in status "
            f"{job.state.status}."
        )
    return {}


def delete_tuning_job(call: Call) -> Answer:
    """Delete a tuning job; its training jobs stay.

    Raises `ServiceError`: ``ResourceNotFound``, or ``ValidationException`` where it has not ended.
    """
    with call.store.lock:
        job, _ = _find(call, call.request.text(_NAME))
        if not job.state.status.terminal:
            raise ValidationError(
                f"The hyperparameter tuning job {job.info.name} is not in a terminal state. Stop it first."
            )
        call.store.jobs.delete(job.info)
        del call.store.tunings[job.info.name]
        del call.store.tags[job.info.arn]
    return {}


def list_training_jobs(call: Call) -> Answer:
    """List the training jobs of a tuning job, by name unless told otherwise.

    Sorted by their objective, those that have none are left out (service model, SortBy), and of equals the
    earliest comes first in both orders: the first of the best is the BestTrainingJob.
    """
    request = call.request
    descending = is_descending(request, "Ascending")
    _, tuning = _find(call, request.text(_NAME))
    sort_by, status = request.optional_text("SortBy") or "Name", request.optional_text("StatusEquals")
    found, token = page(
        request,
        [
            item
            for item in tuning.launched()
            if status in {None, item[0].status.value}
            and (sort_by != "FinalObjectiveMetricValue" or item[0].objective is not None)
        ],
        _order(sort_by, -1 if descending else 1),
        descending=descending,
        size=_PAGE,
    )
    return present(
        TrainingJobSummaries=[training_summary(tuning.plan, trial, training) for trial, training in found],
        NextToken=token,
    )


def _order(sort_by: str, earlier: int) -> Callable[[tuple[Trial, Job]], Key]:
    match sort_by:
        case "CreationTime":
            return lambda item: (item[1].state.created.timestamp(), item[0].number)
        case "Status":
            return lambda item: (item[0].status.value, item[0].number)
        case "FinalObjectiveMetricValue":
            return lambda item: (item[0].objective or 0.0, earlier * item[0].number)
    return lambda item: (item[1].info.name,)


def _find(call: Call, name: str) -> tuple[Job, Tuning]:
    with call.store.lock:
        if name not in call.store.tunings:
            raise ServiceError(
                "ResourceNotFound", f"Amazon SageMaker can't find a tuning job with name {name}."
            )
        return call.store.jobs.find(Kind.TUNING, name, name), call.store.tunings[name]


def _parent(call: Call, name: str) -> Tuning:
    job, tuning = _find(call, name)
    if not job.state.status.terminal:
        raise ValidationError(
            f"The parent tuning job {name} must be Completed, Stopped or Failed, and is {job.state.status}."
        )
    return tuning
