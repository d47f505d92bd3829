"""Baselines of QualityCheck and ClarifyCheck steps: their files, and where an earlier one lies.

A job of a QualityCheck step gets an earlier baseline as those of monitoring schedules do, whose requests
users show: as inputs ``constraints`` and ``baseline`` below ``/opt/ml/processing/baseline``, named by the
variables ``baseline_constraints`` and ``baseline_statistics``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.request_step import invoke
from localcloud.sagemaker.pipelines.service import Service

GROUP = "ModelPackageGroupName"
REPORT = "constraint_violations.json"


class CheckType(StrEnum):
    """What is checked; the value is the name in the definition."""

    DATA_QUALITY = "DATA_QUALITY"
    MODEL_QUALITY = "MODEL_QUALITY"
    DATA_BIAS = "DATA_BIAS"
    MODEL_BIAS = "MODEL_BIAS"
    EXPLAINABILITY = "MODEL_EXPLAINABILITY"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the files of a baseline."""

    name: str
    file: str

    @property
    def calculated(self) -> str:
        """The property that tells what the job has calculated."""
        return f"CalculatedBaseline{self.name}"

    @property
    def used(self) -> str:
        """The property that tells what later checks compare with."""
        return f"BaselineUsedForDriftCheck{self.name}"

    @property
    def supplied(self) -> str:
        """The member of a step that names an earlier one."""
        return f"SuppliedBaseline{self.name}"


CONSTRAINTS, STATISTICS = Part("Constraints", "constraints.json"), Part("Statistics", "statistics.json")
ANALYSIS = Part("Constraints", "analysis.json")
"""The constraints of Clarify are the results of an analysis (the SDK's test_clarify_check_steps.py)."""

_FOLDER = "/opt/ml/processing/baseline"
_INPUTS = {
    CONSTRAINTS: ("constraints", f"{_FOLDER}/constraints", "baseline_constraints"),
    STATISTICS: ("baseline", f"{_FOLDER}/stats", "baseline_statistics"),
}
"""How a job gets an earlier one: the input's name, its folder, the variable."""

_REGISTERED = {
    CheckType.DATA_QUALITY: {part: ("ModelDataQuality", part.name) for part in _INPUTS},
    CheckType.MODEL_QUALITY: {part: ("ModelQuality", part.name) for part in _INPUTS},
    CheckType.DATA_BIAS: {ANALYSIS: ("Bias", "PreTrainingConstraints")},
    CheckType.MODEL_BIAS: {ANALYSIS: ("Bias", "PostTrainingConstraints")},
    CheckType.EXPLAINABILITY: {ANALYSIS: ("Explainability", "Constraints")},
}
"""Where a model package's DriftCheckBaselines name them."""


def parts_of(check_type: CheckType) -> tuple[Part, ...]:
    """Give the files of a baseline."""
    return tuple(_REGISTERED[check_type])


def find_baseline(service: Service, check_type: CheckType, texts: Mapping[str, str]) -> dict[Part, str]:
    """Give the S3 URIs of an earlier baseline: what a step supplies goes before what its group has.

    `texts`: the members of the step that are not empty.

    Raises `StepError` where one of the files is missing.
    """
    parts = parts_of(check_type)
    supplied = {part: texts.get(part.supplied) for part in parts}
    registered: dict[Part, str] = {}
    if GROUP in texts and not all(supplied.values()):
        registered = _registered(service, check_type, texts[GROUP])
    found = {part: supplied[part] or registered.get(part) for part in parts}
    if missing := [part.name for part in parts if not found[part]]:
        raise StepError(
            f"ClientError: There is no earlier baseline ({', '.join(missing)}) for {check_type}: neither the "
            "step nor the latest approved model package of its group names one. A step with both SkipCheck "
            "and RegisterNewBaseline needs none."
        )
    return {part: str(uri) for part, uri in found.items()}


def with_baseline(request: Mapping[str, object], baseline: Mapping[Part, str]) -> dict[str, object]:
    """Give the request of a job that compares with a baseline."""
    inputs, environment = request.get("ProcessingInputs", []), request.get("Environment", {})
    assert isinstance(inputs, list)
    assert isinstance(environment, dict)
    more, variables = [], {}
    for part, uri in baseline.items():
        name, folder, variable = _INPUTS[part]
        source = {
            "S3Uri": uri,
            "LocalPath": folder,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        }
        more.append({"InputName": name, "S3Input": source})
        variables[variable] = f"{folder}/{uri.rpartition('/')[2]}"
    return {**request, "ProcessingInputs": [*inputs, *more], "Environment": environment | variables}


def _registered(service: Service, check_type: CheckType, group: str) -> dict[Part, str]:
    """Give the baseline of the latest approved model package of a group, as far as it has one."""
    wanted = {
        GROUP: group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    match invoke(service, "ListModelPackages", wanted):
        case {"ModelPackageSummaryList": [{"ModelPackageArn": arn}]}:
            package = invoke(service, "DescribeModelPackage", {"ModelPackageName": arn})
            return dict(_named(package.get("DriftCheckBaselines"), check_type))
    return {}


def _named(baselines: object, check_type: CheckType) -> Iterator[tuple[Part, str]]:
    for part, place in _REGISTERED[check_type].items():
        found = baselines
        for name in (*place, "S3Uri"):
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            yield part, found
