"""The QualityCheck step: a processing job calculates a baseline and compares the data with an earlier one.

Members as the SageMaker Python SDK writes them (``workflow/quality_check_step.py``); which baseline is used:
developer guide, "Baseline calculation, drift detection and lifecycle". The job writes its reports into the
folder ``output_path`` ("Container Contract Outputs"); ``constraint_violations.json`` decides about the step,
in the words of the SDK's integration tests (``test_quality_check_steps.py``).

ClarifyCheck steps stay refused by name: AWS does not document how their job gets the earlier baseline and
the name of the model.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial

from localcloud.ports import Ports
from localcloud.sagemaker.pipelines.baselines import GROUP, PARTS, CheckType, find_baseline, with_baseline
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
from localcloud.sagemaker.pipelines.service import Service, StartedJob
from localcloud.sagemaker.pipelines.steps import Context, Failed, Header, Outcome, Succeeded, Waiting, Work
from localcloud.sagemaker.pipelines.values import ValueType, convert

_FLAGS = {"SkipCheck": False, "RegisterNewBaseline": False, "FailOnViolation": True}
_TEXTS = (GROUP, *(part.supplied for part in PARTS))
_PROPERTIES = tuple(name for part in PARTS for name in (part.calculated, part.used))
_VIOLATIONS = "constraint_violations.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the members of a step say in one execution; a text that is empty counts as absent."""

    flags: Mapping[str, bool]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCheckStep(JobStep):
    """A step that runs a check."""

    check_type: CheckType
    members: Mapping[str, Expression]

    def expressions(self) -> Iterator[Expression]:
        """Yield what the arguments and the members hold."""
        yield from JobStep.expressions(self)  # super() fails in slotted dataclasses
        yield from self.members.values()

    def has_property(self, path: Path) -> bool:
        """Tell whether it is one of the files of a baseline."""
        return len(path) == 1 and path[0] in _PROPERTIES

    def resolve(self, context: Context) -> Work:
        """Evaluate arguments and members.

        Two runs must share all members but FailOnViolation (developer guide, "Default cache key attributes by
        pipeline step type").
        """
        request, settings = self.request(context), self._settings(context.environment)
        _reports(request)
        flags = {name: flag for name, flag in settings.flags.items() if name != "FailOnViolation"}
        shared: dict[str, object] = {**self.cached(request), **flags, **settings.texts}
        key = cache_key(self.expiry, shared, shared)
        return Work({}, partial(self._begin, context.service, request, settings, key), cache_key=key)

    def conclude(self, context: Context, job: StartedJob) -> Outcome:
        """Give the outcome of a step whose job is over: where that has completed, its report decides."""
        description = self.describe(context.service, job.name)
        outcome = self.ended(description)
        if not isinstance(outcome, Succeeded):
            return outcome
        shown, folder = context.metadata[self.header.type], _reports(description)
        assert isinstance(shown, Mapping)
        told = dict(shown) | {part.calculated: f"{folder}/{part.file}" for part in PARTS}
        if told["RegisterNewBaseline"]:
            told |= {part.used: told[part.calculated] for part in PARTS}
        properties: dict[Path, str] = {(name,): str(told[name]) for name in _PROPERTIES}
        report = f"{folder}/{_VIOLATIONS}"
        if told["SkipCheck"] or not _violations(context.environment.read_json(report), report):
            return Succeeded(properties, {self.header.type.value: told})
        metadata = {self.header.type.value: told | {"ViolationReport": report}}
        if not self._settings(context.environment).flags["FailOnViolation"]:
            return Succeeded(properties, metadata)
        reason = f"ClientError: Quality check failed. See violation report: {report}"
        return Failed(reason, metadata=metadata)

    def _begin(
        self,
        service: Service,
        request: Mapping[str, object],
        settings: Settings,
        key: str | None,
        ports: Ports,
    ) -> Outcome:
        """Find an earlier run that may stand for this one, or create the job."""
        if earlier := earlier_run(service, self.header.name, key, self.expiry):
            return earlier
        skips, registers = settings.flags["SkipCheck"], settings.flags["RegisterNewBaseline"]
        before = {} if skips and registers else find_baseline(service, self.check_type, settings.texts)
        job = request if skips else with_baseline(request, before)
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
        return Settings(flags, {name: str(values[name]) for name in _TEXTS if values.get(name)})


def parse_quality_check_step(header: Header, members: dict[str, object]) -> QualityCheckStep:
    """Read a QualityCheck step of a definition, as `parse_job_step` does.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
    """
    rest = dict(members)
    own = present({name: rest.pop(name, None) for name in (*_FLAGS, *_TEXTS)})
    check_type = take_choice(rest.pop("CheckType", None), CheckType, "CheckType", header.where)
    parsed = {name: parse_expression(value, f"{header.where}, {name}") for name, value in own.items()}
    for name, expression in parsed.items():
        wanted = bool if name in _FLAGS else str
        if isinstance(expression, Literal) and not isinstance(expression.value, wanted):
            raise DefinitionError(
                f"{header.where}: {name} must be a {'Boolean' if name in _FLAGS else 'String'}"
            )
    step = parse_job_step(PROCESSING, header, rest)
    given = {item.name: getattr(step, item.name) for item in fields(step)}
    return QualityCheckStep(**given, check_type=check_type, members=parsed)


def _reports(job: Mapping[str, object]) -> str:
    """Give the S3 folder of what a job writes into its ``output_path``; `StepError` where it has none."""
    match job:
        case {
            "Environment": {"output_path": str(path)},
            "ProcessingOutputConfig": {"Outputs": list(outputs)},
        }:
            for output in outputs:
                match output:
                    case {"S3Output": {"LocalPath": str(folder), "S3Uri": str(uri)}} if folder == path:
                        return uri.rstrip("/")
    raise StepError(
        "ClientError: The reports of the check would be lost: no output of its processing job has the "
        "LocalPath that the variable output_path of its Environment names."
    )


def _violations(document: object, report: str) -> list[object]:
    match document:
        case {"violations": list(found)}:
            return found
    raise StepError(f'ClientError: {report} is not a report of violations: it has no list "violations".')
