"""The QualityCheck step: its job calculates a baseline, and compares the data with an earlier one.

The job writes its reports into the folder ``output_path`` ("Container Contract Outputs");
``constraint_violations.json`` decides about the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.baselines import REPORT, CheckType, Part, with_baseline
from localcloud.sagemaker.pipelines.check_step import (
    CheckStep,
    Settings,
    output_folder,
    parse_check_step,
    take_check_type,
)
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.steps import Context, Header


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCheckStep(CheckStep):
    """A step that checks the quality of data or of a model."""

    def reports(self, job: Mapping[str, object]) -> str:
        """Give the S3 folder of what a job writes into its ``output_path``."""
        match job:
            case {"Environment": {"output_path": str(path)}} if folder := output_folder(
                job, "LocalPath", path
            ):
                return folder
        raise StepError(
            "ClientError: The reports of the check would be lost: no output of its processing job has the "
            "LocalPath that the variable output_path of its Environment names."
        )

    def complete(
        self, context: Context, request: Mapping[str, object], settings: Settings, before: Mapping[Part, str]
    ) -> Mapping[str, object]:
        """Give the job the earlier baseline."""
        return with_baseline(request, before) if before else request

    def finds_violations(
        self, context: Context, job: Mapping[str, object], before: Mapping[str, str]
    ) -> bool:
        """Read the report that the job has written."""
        report = f"{self.reports(job)}/{REPORT}"
        match context.environment.read_json(report):
            case {"violations": list(found)}:
                return bool(found)
        raise StepError(f'ClientError: {report} is not a report of violations: it has no list "violations".')


def parse_quality_check_step(header: Header, members: dict[str, object]) -> QualityCheckStep:
    """Read a QualityCheck step of a definition, as `parse_check_step` does."""
    check_type = take_check_type(header, members, CheckType.DATA_QUALITY, CheckType.MODEL_QUALITY)
    return QualityCheckStep(**parse_check_step(header, members, check_type))
