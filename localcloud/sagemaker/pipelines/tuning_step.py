"""The Tuning step: runs a hyperparameter tuning job.

Its properties are the answers of DescribeHyperParameterTuningJob and of
ListTrainingJobsForHyperParameterTuningJob (developer guide, "Step Properties"), training jobs from the best
to the worst: ``Steps.tune.TrainingJobSummaries[0].TrainingJobName`` is what ``get_top_model_s3_uri`` of the
SDK takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from localcloud.sagemaker.pipelines.job_step import JobStep, JobType, parse_job_step
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.properties import has_property
from localcloud.sagemaker.pipelines.request_step import invoke
from localcloud.sagemaker.pipelines.service import StartedJob, StartedKind
from localcloud.sagemaker.pipelines.steps import Context, Header, Outcome
from localcloud.validation import operation_model

_LIST = "ListTrainingJobsForHyperParameterTuningJob"
_SUMMARIES = "TrainingJobSummaries"
_TOP = 50  # models that the SDK's get_top_model_s3_uri offers

_TUNING = JobType(
    StartedKind.TUNING,
    frozenset({"HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"}),
    role=None,
)
_CACHED_BY = frozenset(
    {
        "AlgorithmSpecification",
        "HyperParameterRanges",
        "InputDataConfig",
        "StaticHyperParameters",
        "TuningObjective",
    }
)
"""Of TrainingJobDefinition (developer guide, "Default cache key attributes by pipeline step type")."""


@dataclass(frozen=True, slots=True)
class TuningStep(JobStep):
    """A step that runs a tuning job."""

    def has_property(self, path: Path) -> bool:
        """Tell whether it is a member of one of the two answers."""
        if path[:1] == (_SUMMARIES,):
            return has_property(operation_model("sagemaker", _LIST).output_shape, path)
        return JobStep.has_property(self, path)  # super() fails in slotted dataclasses

    def cached(self, request: Mapping[str, object]) -> dict[str, object]:
        """Give what of a request two runs must share."""
        found = JobStep.cached(self, request)
        if isinstance(definition := found.get("TrainingJobDefinition"), Mapping):
            members = {name: value for name, value in definition.items() if name in _CACHED_BY}
            found["TrainingJobDefinition"] = members
        return found

    def conclude(self, context: Context, job: StartedJob) -> Outcome:
        """Give the outcome of a step whose tuning job is over."""
        service = context.service
        description = dict(self.describe(service, job.name))
        request = {
            self.type.name: job.name,
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Descending" if _maximizes(description) else "Ascending",
            "MaxResults": _TOP,
        }
        return self.ended(description | {_SUMMARIES: invoke(service, _LIST, request)[_SUMMARIES]})


def _maximizes(description: Mapping[str, object]) -> bool:
    """Tell the type of the objective, by the best training job; it matters only where there is one."""
    match description.get("BestTrainingJob"):
        case {"FinalHyperParameterTuningJobObjectiveMetric": {"Type": "Maximize"}}:
            return True
    return False


def parse_tuning_step(header: Header, members: dict[str, object]) -> TuningStep:
    """Read a Tuning step of a definition, as `parse_job_step` does."""
    step = parse_job_step(_TUNING, header, members)
    return TuningStep(**{item.name: getattr(step, item.name) for item in fields(step)})
