"""What QualityCheck and ClarifyCheck steps have in common: a processing job, and a baseline to compare with.

Members as the SageMaker Python SDK writes them (``workflow/quality_check_step.py``,
``workflow/clarify_check_step.py``); which baseline is used: developer guide, "Baseline calculation, drift
detection and lifecycle". The words of a violation are those of the SDK's integration tests
(``test_quality_check_steps.py``, ``test_clarify_check_steps.py``).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.baselines import GROUP, REPORT, CheckType, Part, find_baseline, parts_of
from localcloud.sagemaker.pipelines.caching import cache_key, earlier_run
from localcloud.sagemaker.pipelines.expressions import (
    Environment,
    Expression,
    Literal,
    evaluate,
    parse_expression,
)
from localcloud.sagemaker.pipelines.job_step import JobStep, parse_job_step
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.processing_step import PROCESSING
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError, present, take_choice
from localcloud.sagemaker.pipelines.request_step import invoke
from localcloud.sagemaker.pipelines.service import StartedJob
from localcloud.sagemaker.pipelines.steps import Context, Failed, Header, Outcome, Succeeded, Waiting, Work
from localcloud.sagemaker.pipelines.values import ValueType, convert

_FLAGS = {"SkipCheck": False, "RegisterNewBaseline": False, "FailOnViolation": True}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the members of a step say in one execution; a text that is empty counts as absent."""

    flags: Mapping[str, bool]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStep(JobStep, ABC):
    """A step that runs a check."""

    check_type: CheckType
    members: Mapping[str, Expression]

    @abstractmethod
    def reports(self, job: Mapping[str, object]) -> str:
        """Give the S3 folder of a job's results; `StepError` where it keeps none."""

    @abstractmethod
    def complete(
        self, context: Context, request: Mapping[str, object], settings: Settings, before: Mapping[Part, str]
    ) -> Mapping[str, object]:
        """Give the request of the job; `before` is the baseline that it compares with, if any."""

    @abstractmethod
    def finds_violations(
        self, context: Context, job: Mapping[str, object], before: Mapping[str, str]
    ) -> bool:
        """Tell whether the job's results violate the baseline; its report is there then.

        `before`: the files of the baseline, by the name of their part.
        """

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files of a baseline."""
        return parts_of(self.check_type)

    def expressions(self) -> Iterator[Expression]:
        """Yield what the arguments and the members hold."""
        yield from JobStep.expressions(self)  # super() fails in slotted dataclasses
        yield from self.members.values()

    def has_property(self, path: Path) -> bool:
        """Tell whether it is one of the files of a baseline."""
        return len(path) == 1 and path[0] in self._properties

    def resolve(self, context: Context) -> Work:
        """Evaluate arguments and members.

        Two runs must share all members but FailOnViolation (developer guide, "Default cache key attributes by
        pipeline step type").
        """
        request, settings = self.request(context), self._settings(context.environment)
        self.reports(request)
        flags = {name: flag for name, flag in settings.flags.items() if name != "FailOnViolation"}
        shared: dict[str, object] = {**self.cached(request), **flags, **settings.texts}
        shared["CheckType"] = self.check_type
        key = cache_key(self.expiry, shared, shared)
        return Work({}, partial(self._begin, context, request, settings, key), cache_key=key)

    def conclude(self, context: Context, job: StartedJob) -> Outcome:
        """Give the outcome of a step whose job is over: where that has completed, its results decide."""
        description = self.describe(context.service, job.name)
        outcome = self.ended(description)
        if not isinstance(outcome, Succeeded):
            return outcome
        shown, folder = context.metadata[self.header.type], self.reports(description)
        assert isinstance(shown, Mapping)
        before = {part.name: str(shown[part.used]) for part in self.parts if part.used in shown}
        told = dict(shown) | {part.calculated: f"{folder}/{part.file}" for part in self.parts}
        if told["RegisterNewBaseline"]:
            told |= {part.used: told[part.calculated] for part in self.parts}
        properties: dict[Path, str] = {(name,): str(told[name]) for name in self._properties}
        if told["SkipCheck"] or not self.finds_violations(context, description, before):
            return Succeeded(properties, {self.header.type.value: told})
        report = f"{folder}/{REPORT}"
        metadata = {self.header.type.value: told | {"ViolationReport": report}}
        if not self._settings(context.environment).flags["FailOnViolation"]:
            return Succeeded(properties, metadata)
        what = self.header.type.removesuffix("Check")
        reason = f"ClientError: {what} check failed. See violation report: {report}"
        return Failed(reason, metadata=metadata)

    @property
    def _properties(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in (part.calculated, part.used))

    def _begin(
        self,
        context: Context,
        request: Mapping[str, object],
        settings: Settings,
        key: str | None,
        ports: Ports,
    ) -> Outcome:
        """Find an earlier run that may stand for this one, or create the job."""
        service = context.service
        if earlier := earlier_run(service, self.header.name, key, self.expiry):
            return earlier
        skips, registers = settings.flags["SkipCheck"], settings.flags["RegisterNewBaseline"]
        before = {} if skips and registers else find_baseline(service, self.check_type, settings.texts)
        job = self.complete(context, request, settings, {} if skips else before)
        told: dict[str, object] = {
            "CheckType": self.check_type,
            "CheckJobArn": invoke(service, "CreateProcessingJob", job)[self.type.arn],
            "SkipCheck": skips,
            "RegisterNewBaseline": registers,
        }
        told |= {name: text for name, text in settings.texts.items() if name == GROUP}
        told |= {part.used: uri for part, uri in before.items()}
        return Waiting(StartedJob(self.kind, str(request[self.type.name])), {self.header.type: told})

    def _settings(self, environment: Environment) -> Settings:
        values = {name: evaluate(expression, environment) for name, expression in self.members.items()}
        flags = dict(_FLAGS)
        for name in _FLAGS.keys() & values.keys():
            try:
                flags[name] = bool(convert(values[name], ValueType.BOOLEAN))
            except ValueError as error:
                raise StepError(f"ClientError: {name}: {error}.") from error
        return Settings(
            flags, {name: str(value) for name, value in values.items() if name not in _FLAGS and value}
        )


def parse_check_step(header: Header, members: dict[str, object], check_type: CheckType, *more: str) -> Any:
    """Read the members of a check: the keyword arguments of a `CheckStep`.

    `more`: texts that the step has besides the group and the baselines that are supplied.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
    """
    texts = (GROUP, *(part.supplied for part in parts_of(check_type)), *more)
    rest = {name: value for name, value in members.items() if name != "CheckType"}
    own = present({name: rest.pop(name, None) for name in (*_FLAGS, *texts)})
    parsed = {name: parse_expression(value, f"{header.where}, {name}") for name, value in own.items()}
    for name, expression in parsed.items():
        wanted = bool if name in _FLAGS else str
        if isinstance(expression, Literal) and not isinstance(expression.value, wanted):
            raise DefinitionError(
                f"{header.where}: {name} must be a {'Boolean' if name in _FLAGS else 'String'}"
            )
    step = parse_job_step(PROCESSING, header, rest)
    given = {item.name: getattr(step, item.name) for item in fields(step)}
    return given | {"check_type": check_type, "members": parsed}


def take_check_type(header: Header, members: Mapping[str, object], *known: CheckType) -> CheckType:
    """Take the CheckType of a step; `DefinitionError` where it is none of these."""
    return take_choice(members.get("CheckType"), CheckType, "CheckType", header.where, known)


def output_folder(job: Mapping[str, object], member: str, wanted: str) -> str | None:
    """Give the S3 folder of the output of a processing job where this member has this value."""
    match job:
        case {"ProcessingOutputConfig": {"Outputs": list(outputs)}}:
            for output in outputs:
                match output:
                    case {"S3Output": {"S3Uri": str(uri)} as place} if wanted in {
                        output.get(member),
                        place.get(member),
                    }:
                        return uri.rstrip("/")
    return None
