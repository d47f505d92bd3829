"""What steps that run jobs have in common: they create a job and follow it to its end.

A failed job fails its step with ``ClientError:`` before the job's own FailureReason, as AWS's integration
tests of the SageMaker Python SDK show (``test_step_decorator.py``: "ClientError: AlgorithmError: …").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.caching import cache_key, earlier_run, parse_cache_config
from localcloud.sagemaker.pipelines.names import LONGEST, SHORT
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.properties import properties_in
from localcloud.sagemaker.pipelines.property_files import PropertyFile
from localcloud.sagemaker.pipelines.reading import present
from localcloud.sagemaker.pipelines.request_step import FollowedStep, RequestType, parse_request_step
from localcloud.sagemaker.pipelines.retry_policies import type_of_failure
from localcloud.sagemaker.pipelines.service import Service, StartedJob, StartedKind
from localcloud.sagemaker.pipelines.steps import (
    Context,
    Failed,
    Header,
    Outcome,
    Stopped,
    Succeeded,
    Waiting,
    Work,
)


@dataclass(frozen=True, slots=True)
class JobType:
    """A type of job.

    `cached_by`: the members of a request that two runs must share (developer guide, "Default cache key
    attributes by pipeline step type").
    `role`: the member of the request that names a role, where there is one.
    """

    kind: StartedKind
    cached_by: frozenset[str]
    role: str | None = "RoleArn"

    @property
    def request(self) -> RequestType:
        """How the API speaks of the job."""
        noun = f"{self.kind}Job"
        metadata, longest = ("TuningJob", SHORT) if self.kind is StartedKind.TUNING else (noun, LONGEST)
        return RequestType(noun, metadata, f"{noun}Name", f"{noun}Arn", self.role, longest=longest)


@dataclass(frozen=True, slots=True)
class JobStep(FollowedStep):
    """A step that runs a job."""

    job_type: JobType
    expiry: timedelta | None
    property_files: tuple[PropertyFile, ...] = ()

    @property
    def kind(self) -> StartedKind:
        """What type of job it runs."""
        return self.job_type.kind

    def has_property(self, path: Path) -> bool:
        """Tell whether it is a property file, or a member of the Describe operation's answer."""
        is_file = any(file.path == path for file in self.property_files)
        return is_file or FollowedStep.has_property(self, path)  # super() fails in slotted dataclasses

    def resolve(self, context: Context) -> Work:
        """Evaluate the arguments, and name the job."""
        request = self.request(context)
        cached = self.cached(request)
        key = cache_key(self.expiry, cached, cached)
        return Work({}, partial(self._start, context.service, request, key), cache_key=key)

    def cached(self, request: Mapping[str, object]) -> dict[str, object]:
        """Give what of a request two runs must share."""
        return {name: value for name, value in request.items() if name in self.job_type.cached_by}

    def ended(self, description: Mapping[str, object]) -> Outcome:
        """Give the outcome of the step from what is told of its job when that is over."""
        noun = self.type.noun
        match description[f"{noun}Status"]:
            case "Completed":
                properties = properties_in(description)
                files = dict(file.locate(properties) for file in self.property_files)
                return Succeeded(properties | files)
            case "Stopped":
                late = description.get("SecondaryStatus") == "MaxRuntimeExceeded"
                how = "ran out of time" if late else "was stopped"
                return Stopped(f"ClientError: {noun} {description[self.type.name]} {how}.")
        reason = str(description.get("FailureReason"))
        return Failed(f"ClientError: {reason}", type_of_failure(reason))

    def _start(
        self, service: Service, request: Mapping[str, object], key: str | None, ports: Ports
    ) -> Outcome:
        """Find an earlier run that may stand for this one, or create the job."""
        if earlier := earlier_run(service, self.header.name, key, self.expiry):
            return earlier
        metadata = self.create(service, request)
        return Waiting(StartedJob(self.kind, str(request[self.type.name])), metadata)


def parse_job_step(job_type: JobType, header: Header, members: dict[str, object]) -> JobStep:
    """Read a step that runs a job of this type.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
    """
    step = parse_request_step(job_type.request, header, members, "RetryPolicies", "CacheConfig")
    expiry = parse_cache_config(present(members).get("CacheConfig", {}), header.where)
    return JobStep(step.header, step.type, step.arguments, job_type, expiry)


TRAINING = JobType(
    StartedKind.TRAINING,
    frozenset(
        {
            "AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig", "DebugRuleConfigurations",
            "Environment", "HyperParameters", "InputDataConfig",
        }
    ),
)  # fmt: skip


def parse_training_step(header: Header, members: dict[str, object]) -> JobStep:
    """Read a Training step of a definition, as `parse_job_step` does."""
    return parse_job_step(TRAINING, header, members)


TRANSFORM = JobType(
    StartedKind.TRANSFORM,
    frozenset({"DataProcessing", "Environment", "ModelName", "TransformInput"}),
    role=None,
)


def parse_transform_step(header: Header, members: dict[str, object]) -> JobStep:
    """Read a Transform step of a definition, as `parse_job_step` does."""
    return parse_job_step(TRANSFORM, header, members)
