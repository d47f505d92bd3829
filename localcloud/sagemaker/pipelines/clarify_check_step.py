"""The ClarifyCheck step: its job analyses bias or explainability, the step compares that with a baseline.

The job is one of Clarify ("Configure a SageMaker Clarify Processing Job"): the input ``analysis_config``, the
output ``analysis_result`` with ``analysis.json``. AWS does not document how the job of a check gets the
earlier baseline, so the comparison is made here, by the documented rules (`drift`); the report lies where
a monitoring job writes it, beside the analysis. What is written is written as the job's role.

ModelName is a member of the step, while the SDK takes ``model_name`` out of the analysis configuration,
which must have it ("Analysis Configuration Files", predictor). The job gets a configuration with it, an
object of its own below the results.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.ports import Objects
from localcloud.sagemaker.pipelines.baselines import ANALYSIS, REPORT, CheckType, Part
from localcloud.sagemaker.pipelines.check_step import (
    CheckStep,
    Settings,
    output_folder,
    parse_check_step,
    take_check_type,
)
from localcloud.sagemaker.pipelines.documents import write_json
from localcloud.sagemaker.pipelines.drift import attribution_drift, bias_drift
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError
from localcloud.sagemaker.pipelines.steps import Context, Header
from localcloud.sagemaker.wire.roles import role_of_job
from localcloud.sagemaker.wire.s3_uri import S3Uri

_MODEL = "ModelName"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClarifyCheckStep(CheckStep):
    """A step that checks bias or explainability."""

    def reports(self, job: Mapping[str, object]) -> str:
        """Give the S3 folder of the output ``analysis_result``."""
        if folder := output_folder(job, "OutputName", "analysis_result"):
            return folder
        raise StepError(
            "ClientError: The results of the check would be lost: its processing job has no output "
            "analysis_result."
        )

    def complete(
        self, context: Context, request: Mapping[str, object], settings: Settings, before: Mapping[Part, str]
    ) -> Mapping[str, object]:
        """Give the job the name of the model; keep a baseline that its results would replace."""
        baseline = before.get(ANALYSIS)
        if (
            baseline
            and (kept := self._baseline(request, baseline)) != baseline
            and not _is_there(context, kept)
        ):
            objects = _objects(context, request, str(request[self.type.name]))
            write_json(objects, kept, context.environment.read_json(baseline), _key(request))
        if self.check_type is CheckType.DATA_BIAS:
            return request
        return self._with_model(context, request, settings)

    def _with_model(
        self, context: Context, request: Mapping[str, object], settings: Settings
    ) -> Mapping[str, object]:
        model, inputs = settings.texts.get(_MODEL), request.get("ProcessingInputs")
        if model is None:
            raise StepError(f"ClientError: {_MODEL} is empty.")
        assert isinstance(inputs, list)
        for number, item in enumerate(inputs):
            match item:
                case {"InputName": "analysis_config", "S3Input": {"S3Uri": str(uri)} as source}:
                    place = f"{self._own_folder(request)}/analysis_config.json"
                    document = _named(context.environment.read_json(uri), model, uri)
                    objects = _objects(context, request, str(request[self.type.name]))
                    write_json(objects, place, document, _key(request))
                    changed = {**item, "S3Input": {**source, "S3Uri": place}}
                    return {**request, "ProcessingInputs": [*inputs[:number], changed, *inputs[number + 1 :]]}
        raise StepError("ClientError: The processing job of the check has no input analysis_config.")

    def _own_folder(self, job: Mapping[str, object]) -> str:
        """Give a folder that no other job has."""
        return f"{self.reports(job)}/{job[self.type.name]}"

    def _baseline(self, job: Mapping[str, object], baseline: str) -> str:
        """Give where the baseline lies while the job runs: elsewhere if its results replace it.

        All tries of an execution share that place: a later one finds the first one's results in the baseline.
        """
        replaced = S3Uri.parse(f"{self.reports(job)}/{ANALYSIS.file}")
        try:
            same = S3Uri.parse(baseline) == replaced
        except ValueError as error:
            raise StepError(f"ClientError: {error}") from error
        return f"{self._own_folder(job).rpartition('-')[0]}/baseline.json" if same else baseline

    def finds_violations(
        self, context: Context, job: Mapping[str, object], before: Mapping[str, str]
    ) -> bool:
        """Compare the analysis with the baseline, and write the report of the violations."""
        folder = self.reports(job)
        calculated, baseline = f"{folder}/{ANALYSIS.file}", self._baseline(job, before[ANALYSIS.name])
        compare = attribution_drift if self.check_type is CheckType.EXPLAINABILITY else bias_drift
        section = _SECTIONS[self.check_type]
        read = context.environment.read_json
        try:
            found = compare(read(baseline), read(calculated), section)
        except ValueError as error:
            raise StepError(
                f"ClientError: {calculated} cannot be compared with {baseline}: {error}."
            ) from error
        if found:
            objects = _objects(context, job, str(job[self.type.name]))
            write_json(objects, f"{folder}/{REPORT}", {"version": "1.0", "violations": found}, _key(job))
        return bool(found)


_SECTIONS = {
    CheckType.DATA_BIAS: "pre_training_bias_metrics",
    CheckType.MODEL_BIAS: "post_training_bias_metrics",
    CheckType.EXPLAINABILITY: "explanations",
}


def parse_clarify_check_step(header: Header, members: dict[str, object]) -> ClarifyCheckStep:
    """Read a ClarifyCheck step of a definition, as `parse_check_step` does."""
    check_type = take_check_type(header, members, *_SECTIONS)
    more = () if check_type is CheckType.DATA_BIAS else (_MODEL,)
    step = ClarifyCheckStep(**parse_check_step(header, members, check_type, *more))
    if more and _MODEL not in step.members:
        raise DefinitionError(f"{header.where}: {_MODEL} is missing; a check of {check_type} needs it")
    return step


def _named(document: object, model: str, uri: str) -> dict[str, object]:
    match document:
        case {"predictor": dict(predictor)}:
            assert isinstance(document, dict)
            return {**document, "predictor": {**predictor, "model_name": model}}
    raise StepError(f'ClientError: {uri} is not an analysis configuration: it has no object "predictor".')


def _is_there(context: Context, uri: str) -> bool:
    try:
        context.environment.read_json(uri)
    except StepError:
        return False
    return True


def _objects(context: Context, job: Mapping[str, object], name: str) -> Objects:
    """Give S3 as a job's role sees it."""
    arn = f"{context.execution_arn.rpartition(':')[0]}:processing-job/{name}"
    return context.working_as(role_of_job(str(job["RoleArn"]), arn)).objects


def _key(job: Mapping[str, object]) -> str | None:
    match job:
        case {"ProcessingOutputConfig": {"KmsKeyId": str(key)}}:
            return key
    return None
